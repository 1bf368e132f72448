"""The runner's door for single registers: opens the files of one source under a folder, restricted to some persons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ids_build.config import Config
from ids_build.errors import ConfigError, IdsBuildError, Location
from ids_build.nodes import PersonKey, Source
from ids_build.relation import Relation
from ids_build.runner.cohort import PERSONS, Cohort, make_cohort
from ids_build.runner.engine import Engine, in_list
from ids_build.runner.sources import Delivery, declared_schema, open_source, tell_lost_values

__all__ = [
    "Cohort",
    "Kept",
    "describe",
    "in_list",
    "make_cohort",
    "open_register",
    "open_tables",
    "schema_of",
    "stream_table",
]

_LAYER = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The persons whose rows are kept; for a register that does not name them, the register that does and its folder."""

    cohort: Cohort
    column: str | None = None
    parent: Source | None = None
    parent_folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that holds a register, and the files it was found in."""

    engine: Engine
    deliveries: tuple[Delivery, ...]


def schema_of(source: Source, *, periods: bool = False, metadata: dict[str, str] | None = None) -> pa.Schema:
    """Return the contract of a source; with `periods` also period_start, period_end and source_file.

    Raises ConfigError for a source that declares no types.
    """
    declared = declared_schema(source)
    if declared is None:
        raise ConfigError(f"source '{source.relation}' declares no types", at=source.at, hint="give its columns a 'data_type'")
    own = {column.name for column in source.columns}
    fields = [field for field in declared if periods or field.name in own]
    return pa.schema(fields, metadata=metadata)


def open_register(source: Source, folder: Path, kept: Kept | None, config: Config) -> Opened:
    """Return a session in which the source's files under `folder` are the table of its lower-case name.

    Where persons are kept, ``filtered_<name>`` holds their rows. Raises ConfigError when the folder is
    none, and what opening a source raises; a folder without files is a table without rows.
    """
    engine = Engine(threads=config.threads, memory_limit=config.memory_limit, spill_dir=config.spill_dir)
    found = _open(_placed(source, folder, source.name.lower()), engine, None)
    if kept:
        engine.add_rows(PERSONS, kept.cohort.rows)
        restricted = _placed(source, folder, f"filtered_{source.name.lower()}")
        if kept.parent:
            assert kept.parent_folder is not None and kept.column is not None
            parent = replace(_placed(kept.parent, kept.parent_folder, kept.parent.name), relation=kept.parent.relation)
            found += _open(parent, engine, kept.cohort)
            person = PersonKey(column=kept.column, via=parent.relation)
            restricted = replace(restricted, rules=replace(restricted.rules, person=person))
        _open(restricted, engine, kept.cohort)
    return Opened(engine=engine, deliveries=found)


def open_tables(tables: Mapping[str, pa.Table], config: Config) -> Any:
    """Return a datafusion SessionContext that holds these tables."""
    engine = Engine(threads=config.threads, memory_limit=config.memory_limit, spill_dir=config.spill_dir)
    for name, rows in tables.items():
        engine.add_rows(Relation(layer=_LAYER, name=name), rows)
    return engine.context


def stream_table(opened: Opened, table: str, schema: pa.Schema) -> pa.RecordBatchReader:
    """Return the rows of a table that `open_register` made, with the columns of the schema, batch by batch.

    While they come: ExecutionError with file, column and count where values cannot become the contract's type.
    """
    return pa.RecordBatchReader.from_batches(schema, _batches(opened, table, schema))


def _batches(opened: Opened, table: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    named = ", ".join('"' + name.replace('"', '""') + '"' for name in schema.names)
    try:
        for batch in opened.engine.stream(f'select {named} from {_LAYER}."{table}"'):
            yield batch.cast(schema)
    except IdsBuildError as error:
        tell_lost_values(error, opened.deliveries, opened.engine)
        raise


def _open(source: Source, engine: Engine, cohort: Cohort | None) -> tuple[Delivery, ...]:
    """Register the source, and return its delivery where it has files."""
    if not any(Path(source.location or "").parent.parent.rglob("*.parquet")):
        engine.add_empty(source.relation, schema_of(source, periods=True))
        return ()
    return (open_source(source, engine, Path(), cohort),)


def _placed(source: Source, folder: Path, name: str) -> Source:
    """Return the source with its files under `folder`, at any depth."""
    if folder.is_file():
        raise ConfigError("this is a file; a register is a folder", at=Location(path=str(folder)), hint="name its folder")
    if not folder.is_dir():
        raise ConfigError("there is no such folder", at=Location(path=str(folder)), hint="correct the path of the register")
    location = str(folder.resolve() / "**" / "*.parquet")
    return replace(source, relation=Relation(layer=_LAYER, name=name), location=location)


def describe(source: Source, version: str) -> dict[str, str]:
    """Return what the schema's metadata says of a register."""
    return {"description": source.description, "primary_key": ", ".join(source.key), "version": version}
