"""Raw deliveries: makes one typed view of a source from its files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ids_build.config import nearest
from ids_build.errors import ConfigError, ExecutionError, IdsBuildError, Location
from ids_build.nodes import Column, Source
from ids_build.relation import Relation
from ids_build.runner.casts import Cast, make_cast, sql_type
from ids_build.runner.cohort import Cohort, bounds, restrict
from ids_build.runner.datatypes import WORDS, arrow_type, describe_type, plain_type
from ids_build.runner.engine import Engine
from ids_build.runner.footers import Footers
from ids_build.runner.raw_files import Chosen, RawFile, alike, choose_files

PERIOD_COLUMNS = {"period_start": pa.date32(), "period_end": pa.date32(), "source_file": pa.string()}
_RAW = "ids_build_raw"
_ALL = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Files with the same names and types, read as one table, and the cast of each contract column."""

    relation: Relation
    files: tuple[RawFile, ...]
    casts: tuple[tuple[Column, Cast], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A source as it was found: groups of files, those left out for a preferred one, and what the report should say."""

    source: Source
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    left_out: tuple[RawFile, ...] = ()

    @property
    def files(self) -> tuple[RawFile, ...]:
        """Return the files that are read."""
        return tuple(file for group in self.groups for file in group.files)


def declared_schema(source: Source) -> pa.Schema | None:
    """Return the contract of a source with the period columns, None when it declares no typed column.

    Raises ConfigError for a data_type that is no known word, or that only some columns have.
    """
    typed = [column for column in source.columns if column.data_type]
    if not typed:
        return None
    for column in source.columns:
        if not column.data_type:
            raise ConfigError(
                f"column '{column.name}' has no data_type", at=column.at, hint="other columns have one; give all or none"
            )
    fields = [pa.field(column.name, _contract(column)) for column in typed]
    return pa.schema([*fields, *(pa.field(name, kind) for name, kind in _period_columns(source).items())])


def open_source(
    source: Source,
    engine: Engine,
    project_dir: Path,
    cohort: Cohort | None = None,
    *,
    footers: Footers | None = None,
    through_view: bool = False,
) -> Delivery:
    """Register the source's relation in the engine as one view over its files and return what was found.

    `through_view` says that models read it through a view, with conditions of their own.

    With a cohort the view keeps the rows of its persons; the cohort, and the source through which this one knows its
    persons, are registered already.

    Names are matched without regard to case and with the declared aliases; a declared column that a file lacks
    reads as NULL. Raises ConfigError when no file is found or periods collide, ExecutionError for a file
    that is no parquet, lacks a key column, or holds a column of a type that cannot be cast.
    """
    return open_files(choose_files(source, project_dir, footers), engine, cohort, through_view=through_view)


def open_files(
    chosen: Chosen,
    engine: Engine,
    cohort: Cohort | None = None,
    *,
    through_view: bool = False,
    only: Sequence[RawFile] | None = None,
) -> Delivery:
    """Register the relation of a source over the files that were chosen, or over some of them, and return what was found.

    Raises as `open_source` does for a file that does not fit.
    """
    source, found = chosen.source, chosen.files if only is None else tuple(only)
    columns = _columns(source, chosen.files)
    if cohort:
        _check_person(source, columns)
    groups: list[Group] = []
    for number, files in enumerate(alike(found)):
        relation = Relation(layer=_RAW, name=f"{source.relation.layer}_{source.name}_{number}")
        _register(relation, files, engine)
        groups.append(Group(relation=relation, files=files, casts=tuple(_match(source, columns, files[0]))))
    queries: list[str] = []
    for group in groups:
        engine.add_rows(_facts_relation(group), _facts(group))
        queries.append(_select(source, group, bounds(source, cohort) if cohort else None))
    query = " union all ".join(queries)
    alone = len(groups) == 1 and not (through_view and len(groups[0].files) > 1)
    engine.add_view(source.relation, _gather(restrict(source, query, cohort)) if cohort else query if alone else _gather(query))
    notes = [*chosen.notes, *_notes(source, columns, found)]
    if cohort and source.rules.person is None:
        notes.append(f"'{source.relation}' names no person column (meta: {{person: ...}}); it is read whole")
    return Delivery(source=source, groups=tuple(groups), notes=tuple(notes), left_out=chosen.left_out)


def _register(relation: Relation, files: Sequence[RawFile], engine: Engine) -> None:
    """Register files that share one schema under one name, names and types as delivered."""
    if files[0].delimiter:
        engine.add_text_file(relation, files[0].path, files[0].schema.names, files[0].delimiter)
    else:
        engine.add_raw_files(relation, [file.path for file in files], files[0].schema)


def tell_lost_values(error: IdsBuildError, deliveries: Iterable[Delivery], engine: Engine) -> None:
    """Make the error name file, column and count, where a delivery holds values that its contract cannot take."""
    lost = [found for delivery in deliveries for found in count_lost(delivery, engine)]
    if not lost:
        return
    file, column, kind, count = lost[0]
    values = "1 value" if count == 1 else f"{count} values"
    error.at = Location(path=file)
    error.message = f"{values} of column '{column}' cannot be read as {kind}"
    error.hint = "correct the delivery, or declare another data_type for the column"


def count_lost(delivery: Delivery, engine: Engine) -> list[tuple[str, str, str, int]]:
    """Return file, column, contract type and the number of values that cannot be cast without loss."""
    found: list[tuple[str, str, str, int]] = []
    for group in delivery.groups:
        checked = [(column, cast) for column, cast in group.casts if cast.checked]
        if not checked:
            continue
        for file in group.files:
            relation = Relation(layer=_RAW, name="one_file")
            _register(relation, [file], engine)
            counts = engine.fetch(
                "select "
                + ", ".join(
                    f"count(*) filter (where {_is_given(column, file)} and ({cast.safe}) is null) as c{number}"
                    for number, (column, cast) in enumerate(checked)
                )
                + f" from {relation.sql}"
            )
            for number, (column, _) in enumerate(checked):
                lost = counts.column(number)[0].as_py()
                if lost:
                    found.append((file.shown, column.name, str(column.data_type), int(lost)))
    return found


# -- columns --------------------------------------------------------------------------------------


def _contract(column: Column) -> pa.DataType:
    kind = arrow_type(column.data_type or "")
    if kind is None:
        hint = nearest(column.data_type or "", WORDS) or f"use one of {', '.join(sorted(WORDS))}"
        raise ConfigError(f"unknown data_type '{column.data_type}' of column '{column.name}'", at=column.at, hint=hint)
    return kind


def _columns(source: Source, files: Iterable[RawFile]) -> tuple[Column, ...]:
    """Return the typed columns of the contract; for a source without one, the columns of its files."""
    declared = tuple(column for column in source.columns if column.data_type)
    if declared:
        return declared
    seen: dict[str, Column] = {}
    for file in files:
        for field in file.schema:
            name = field.name.lower()
            seen.setdefault(name, Column(name=name, data_type=describe_type(field.type), at=source.at))
    return tuple(seen.values())


def _check_person(source: Source, columns: Iterable[Column]) -> None:
    """Raise ConfigError when files of a source without a contract lack the column that says whose a row is."""
    names = [column.name for column in columns]
    if source.rules.person and source.rules.person.column not in names:
        key = source.rules.person.column
        raise ConfigError(
            f"source '{source.relation}' has no column '{key}' to hold the person",
            at=source.at,
            hint=nearest(key, names) or "correct 'meta: {person: ...}'",
        )


def _raw_field(column: Column, file: RawFile) -> str | None:
    """Return the name under which the file holds the column, None when it does not."""
    wanted = {column.name.lower(), *(alias.lower() for alias in column.aliases)}
    names = [name for name in file.schema.names if name.lower() in wanted]
    if len(names) > 1:
        raise ExecutionError(
            f"'{names[0]}' and '{names[1]}' both read as column '{column.name}'",
            at=Location(path=file.shown),
            hint="take one of the two columns out of the file",
        )
    return names[0] if names else None


def _raw_name(column: Column, file: RawFile) -> str:
    return '"' + (_raw_field(column, file) or "").replace('"', '""') + '"'


def _is_given(column: Column, file: RawFile) -> str:
    """Return the condition that a raw value is there: neither NULL, nor blank text, nor NaN."""
    name = _raw_name(column, file)
    given = f"nullif(trim(cast({name} as varchar)), '') is not null"
    floating = pa.types.is_floating(plain_type(file.schema.field(_raw_field(column, file)).type))
    return f"{given} and not isnan(cast({name} as double))" if floating else given


def _match(source: Source, columns: Iterable[Column], file: RawFile) -> Iterable[tuple[Column, Cast]]:
    keys = {key.lower() for key in source.key}
    for column in columns:
        contract = _contract(column)
        name = _raw_field(column, file)
        if name is None:
            if column.name.lower() in keys:
                raise ExecutionError(
                    f"source '{source.relation}': key column '{column.name}' is missing",
                    at=Location(path=file.shown),
                    hint=nearest(column.name, [field.lower() for field in file.schema.names]) or "ask for a delivery that has it",
                )
            null = f"arrow_cast(null, '{sql_type(contract)}')"
            yield column, Cast(sql=null, safe=null, checked=False)
            continue
        raw = file.schema.field(name).type
        cast = make_cast(_raw_name(column, file), raw, contract)
        if cast is None:
            raise ExecutionError(
                f"source '{source.relation}': column '{column.name}' is {describe_type(raw)},"
                f" the contract says {column.data_type}",
                at=Location(path=file.shown),
                hint="correct the delivery, or the column's data_type",
            )
        yield column, cast


def _period_columns(source: Source) -> dict[str, pa.DataType]:
    own = {column.name.lower() for column in source.columns}
    return {name: kind for name, kind in PERIOD_COLUMNS.items() if name not in own}


# -- SQL ------------------------------------------------------------------------------------------


def _facts_relation(group: Group) -> Relation:
    return Relation(layer=_RAW, name=f"{group.relation.name}_files")


def _file_key(file: RawFile) -> str:
    """Return the file's name as the engine's input_file_name() tells it: absolute, without the first slash."""
    return file.path.as_posix().lstrip("/")


def _facts(group: Group) -> pa.Table:
    """Return the small table that says for each file of a group what it covers."""
    return pa.table(
        {
            "path": pa.array([_file_key(file) for file in group.files], pa.string()),
            "ids_build_period_start": pa.array([file.period.start if file.period else None for file in group.files], pa.date32()),
            "ids_build_period_end": pa.array([file.period.end if file.period else None for file in group.files], pa.date32()),
            "ids_build_source_file": pa.array([file.name for file in group.files], pa.string()),
        }
    )


def _select(source: Source, group: Group, condition: str | None) -> str:
    query = _select_all(source, group)
    return f"select * from ({query}) as held where {condition}" if condition else query


def _select_all(source: Source, group: Group) -> str:
    columns = [f'{cast.sql} as "{column.name}"' for column, cast in group.casts]
    columns += [f"ids_build_facts.ids_build_{name} as {name}" for name in _period_columns(source)]
    facts = f"{_facts_relation(group).sql} as ids_build_facts"
    if len(group.files) == 1:
        return f"select {', '.join(columns)} from {group.relation.sql} cross join {facts}"
    # The engine knows a row's file only next to the scan: casts stand outside.
    named = f"select *, input_file_name() as ids_build_file from {group.relation.sql}"
    return (
        f"select {', '.join(columns)} from ({named}) as ids_build_rows"
        f" join {facts} on ids_build_facts.path = ids_build_rows.ids_build_file"
    )


def _gather(query: str) -> str:
    """Return the query of a source so that what sorts it sorts it whole.

    A bare union hands on a stream for every scan, and what sorts it would sort scan by scan, each with a small
    share of the memory (20 million rows in five groups failed with 1 GB). A limit that limits nothing gathers
    the streams first. Above the join with a cohort it also keeps a sort from moving below the join, where the engine
    forgets columns that are constant in one file, and refuses its own plan. And it keeps conditions of models above
    itself: next to the scan they would part it from the name of its file.
    """
    return f"select * from ({query}) as gathered limit {_ALL}"


def _notes(source: Source, columns: Sequence[Column], files: Sequence[RawFile]) -> Iterable[str]:
    """Say which declared columns are absent, and where."""
    for column in columns:
        absent = [file.path.name for file in files if _raw_field(column, file) is None]
        if len(absent) == len(files):
            yield f"'{source.relation}' has no column '{column.name}'; it reads as NULL"
        elif absent:
            some = ", ".join(absent[:3]) + (f" and {len(absent) - 3} more" if len(absent) > 3 else "")
            yield f"'{source.relation}' has no column '{column.name}' in {some}; it reads as NULL there"
