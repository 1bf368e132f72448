"""Compares two tables, by key or as bags of rows: counts only, and no value leaves the engine."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from ids_build.config import Config
from ids_build.differences import RowDifference
from ids_build.errors import ExecutionError
from ids_build.relation import Relation
from ids_build.runner.complaints import PlanError
from ids_build.runner.cuts import quote
from ids_build.runner.datatypes import describe_type, plain_type
from ids_build.runner.engine import Engine, find_note, read_footer
from ids_build.runner.footers import digest_content, find_parts

_ROW = quote("ids_build_row")
# A row of one side that found none on the other, in what `side_by_side` gives.
GONE, NEW = f"new_rows.{_ROW} is null", f"old_rows.{_ROW} is null"
LONE = f"({NEW} or {GONE})"
# Sums of floats depend on the order of rows in their last digits: nine digits that are equal are equal.
_CLOSE = "1e-9"
_DIGITS = 9
_OLD, _NEW = "ids_build_old", "ids_build_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two files of one table; `key` is the grain, empty where whole rows are compared."""

    relation: Relation
    before: Path
    after: Path
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """Columns with their types, the order that was noted (None in a foreign file), and the number of rows."""

    columns: tuple[tuple[str, str], ...]
    order: tuple[str, ...] | None
    rows: int


def side_by_side(old: str, new: str, key: Sequence[str]) -> str:
    """Return the full join of what two FROM clauses give, called old_rows and new_rows, by a key that both have.

    Where both lie in the order of the key, the engine merges them: nothing is held in memory.
    """
    rows = [f"(select *, true as {_ROW} from {query})" for query in (old, new)]
    keys = " and ".join(f"old_rows.{quote(name)} = new_rows.{quote(name)}" for name in key)
    return f"{rows[0]} as old_rows full join {rows[1]} as new_rows on {keys}"


def differs(old: pa.Field, new: pa.Field) -> str:
    """Return the condition that a column differs in a row that both sides have: NULL is equal to NULL, floats to nine digits."""
    left, right, is_float = *_alike(old, new, ("old_rows.", "new_rows.")), _is_float(old, new)
    condition = f"({left} is distinct from {right})"
    if is_float:
        apart = f"abs({left} - {right})"
        near = f"{apart} <= {_CLOSE} * greatest(abs({left}), abs({right})) and {apart} < 1e308"  # no number is near to infinity
        condition += f" and not coalesce({near}, false)"
    return f"(not {LONE} and {condition})"


def count_rows(conditions: Mapping[str, str], rows: str, engine: Engine) -> Counter[str]:
    """Return for each condition how many rows meet it, in one pass."""
    counted = ", ".join(f"count(*) filter (where {condition}) as c{n}" for n, condition in enumerate(conditions.values()))
    (found,) = [row for batch in engine.stream(f"select {counted} from {rows}") for row in batch.to_pylist()]
    return Counter(dict(zip(conditions, found.values(), strict=True)))


def compare_tables(pairs: Sequence[Pair], config: Config) -> Iterator[RowDifference]:
    """Yield how the rows of each pair of files differ, one after the other, in bounded memory."""
    engine = Engine(threads=config.threads, memory_limit=config.memory_limit, spill_dir=config.spill_dir)
    for pair in pairs:
        sides = _Sides(pair, engine)
        try:
            yield sides.compare()
        except (PlanError, ExecutionError) as error:
            told = sides.counted()
            yield replace(told, notes=(*told.notes, f"the rows cannot be compared: {error.message}"))
        finally:
            sides.close()


def read_table(path: Path) -> TableFile:
    """Return what the footer of a table's file tells; StorageError when it cannot be read."""
    footer, rows = _read_footers(path)
    note = find_note(footer)
    columns = tuple((field.name, describe_type(field.type)) for field in footer.schema.to_arrow_schema())
    order = tuple(note["order"]) if "order" in note else None
    return TableFile(columns=columns, order=order, rows=rows)


def _read_footers(path: Path) -> tuple[pyarrow.parquet.FileMetaData, int]:
    """Return the first footer of a table, and the number of rows of all its parts; StorageError when there is none."""
    footers = [read_footer(part) for part in find_parts(path) or [path]]
    return footers[0], sum(int(footer.num_rows) for footer in footers)


class _Sides:
    """The two files of a pair, registered beside each other."""

    def __init__(self, pair: Pair, engine: Engine) -> None:
        self._pair, self._engine = pair, engine
        self._names = tuple(Relation(layer=layer, name=pair.relation.name) for layer in (_OLD, _NEW))
        footers, self._rows = zip(*(_read_footers(path) for path in (pair.before, pair.after)), strict=True)
        self._schemas = tuple(footer.schema.to_arrow_schema() for footer in footers)
        found = [find_note(footer) for footer in footers]
        self._notes: tuple[str, ...] = ()
        if found[0].get("cohort") != found[1].get("cohort"):
            self._notes = ("built for other persons: the cohorts differ",)
        for name, path, note in zip(self._names, (pair.before, pair.after), found, strict=True):
            engine.add_file(name, path, [column for column in note.get("order") or () if isinstance(column, str)])

    def close(self) -> None:
        """Forget the two files."""
        for name in self._names:
            self._engine.drop(name)

    def counted(self) -> RowDifference:
        """Return how many rows there are on each side, and no more."""
        return RowDifference(before=self._rows[0], after=self._rows[1], key=self._pair.key, notes=self._notes)

    def compare(self) -> RowDifference:
        """Return how the rows differ: not at all where the files are the same, else by key, else as bags of rows."""
        told = self.counted()
        if self._same():
            return replace(told, gained=0, lost=0, altered=0 if told.key else None, identical=True)
        key = self._pair.key
        lacking = [name for name in key if not all(name in schema.names for schema in self._schemas)]
        if lacking:
            note = f"'{lacking[0]}' of the grain is no column on both sides: whole rows were compared"
            return replace(self._compare_bags(), notes=(*self._notes, note))
        return self._compare_by_key() if key else self._compare_bags()

    def _same(self) -> bool:
        """Say whether both files are one, or hold the same: equal rows make equal bytes, and notes in footers do not count."""
        one, other = self._pair.before, self._pair.after
        if one.samefile(other):
            return True
        return self._rows[0] == self._rows[1] and digest_content(one) == digest_content(other)

    def _shared(self) -> list[tuple[pa.Field, pa.Field]]:
        old, new = self._schemas
        return [(field, new.field(field.name)) for field in old if field.name in new.names]

    def _compare_by_key(self) -> RowDifference:
        key, told = self._pair.key, self.counted()
        columns = {quote(old.name): (old, new) for old, new in self._shared() if old.name not in key}
        conditions = {name: differs(*fields) for name, fields in columns.items()}
        asked = {"old": f"not ({NEW})", "new": f"not ({GONE})", "gained": NEW, "lost": GONE, **conditions}
        asked["altered"] = " or ".join(conditions.values()) or "false"
        old, new = (self._by_key(place) for place in (0, 1))
        found = count_rows(asked, side_by_side(old, new, key), self._engine)
        if found["old"] > self._rows[0] or found["new"] > self._rows[1]:
            note = f"'{', '.join(key)}' is not unique on both sides: whole rows were compared"
            return replace(self._compare_bags(), notes=(*self._notes, note))
        changed = {fields[0].name: found[name] for name, fields in columns.items() if found[name]}
        return replace(told, gained=found["gained"], lost=found["lost"], altered=found["altered"], columns=changed)

    def _by_key(self, place: int) -> str:
        """Return one side as a query; a column of the key that was retyped is compared as text."""
        name, schema = self._names[place], self._schemas[place]
        retyped = [old.name for old, new in self._shared() if old.name in self._pair.key and not _same_type(old, new)]
        if not retyped:
            return name.sql
        shown = [f"cast({quote(n)} as varchar) as {quote(n)}" if n in retyped else quote(n) for n in schema.names]
        return f"(select {', '.join(shown)} from {name.sql})"

    def _compare_bags(self) -> RowDifference:
        """Count whole rows, each as often as it stands there, by the columns that both sides have."""
        told, shared = replace(self.counted(), key=()), self._shared()
        if not shared:
            return replace(told, notes=(*told.notes, "no column is on both sides"))
        sides = []
        for place, numbers in enumerate(("1 as was, 0 as is_now", "0 as was, 1 as is_now")):
            shown = [_rounded(_alike(*fields, ("", ""))[place], *fields) + f" as k{n}" for n, fields in enumerate(shared)]
            sides.append(f"select {', '.join(shown)}, {numbers} from {self._names[place].sql}")
        keys = ", ".join(f"k{n}" for n in range(len(shared)))
        bags = f"select sum(was) as was, sum(is_now) as is_now from ({' union all '.join(sides)}) group by {keys}"
        (found,) = self._engine.fetch(f"""
            select coalesce(sum(greatest(is_now - was, 0)), 0) as gained, coalesce(sum(greatest(was - is_now, 0)), 0) as lost
            from ({bags})""").to_pylist()
        return replace(told, gained=int(found["gained"]), lost=int(found["lost"]))


def _alike(old: pa.Field, new: pa.Field, owners: tuple[str, str]) -> tuple[str, str]:
    """Return both columns as SQL in one type: their own, else numbers as double precision, anything else as text."""
    left, right = (f"{owner}{quote(field.name)}" for owner, field in zip(owners, (old, new), strict=True))
    if _same_type(old, new):
        return left, right
    word = "double" if _is_number(old) and _is_number(new) else "varchar"
    return f"cast({left} as {word})", f"cast({right} as {word})"


def _rounded(column: str, old: pa.Field, new: pa.Field) -> str:
    """Return a column so that floats equal to nine digits are one; at the edge of a digit two such may still be told apart."""
    if not _is_float(old, new):
        return column
    scale = f"power(cast(10 as double), {_DIGITS - 1} - floor(log10(abs({column}))))"
    usual = f"abs({column}) between 1e-290 and 1e290"  # beyond these the scale itself is no number
    return f"case when {usual} then round({column} * {scale}) / {scale} else {column} end"


def _same_type(old: pa.Field, new: pa.Field) -> bool:
    return bool(plain_type(old.type) == plain_type(new.type))


def _is_number(field: pa.Field) -> bool:
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(kind(field.type) for kind in kinds)


def _is_float(old: pa.Field, new: pa.Field) -> bool:
    """Say whether the two are compared as floats."""
    if _same_type(old, new):
        return bool(pa.types.is_floating(old.type))
    return _is_number(old) and _is_number(new)
