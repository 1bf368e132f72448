"""Queries of a user: tables laid ready when a query names them, rows as a stream or written to a file."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ids_build.config import Config
from ids_build.errors import ConfigError, ExecutionError, Location, StorageError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed, Source
from ids_build.relation import Relation
from ids_build.runner.cohort import Cohort
from ids_build.runner.complaints import PlanError
from ids_build.runner.datatypes import describe_type, plain_type
from ids_build.runner.materializations import digest_query, lay_input, open_workshop, tell_lost
from ids_build.runner.raw_files import find_files
from ids_build.runner.storage import Storage
from ids_build.runner.typecheck import explain_plan_error

BARE = "public"  # the engine looks for a name without a layer there
HIDDEN = "(hidden)"
Table = pa.Table
RecordBatchReader = pa.RecordBatchReader


class Reader:
    """One session that only reads: sources, built tables, and registries given from outside the project."""

    def __init__(
        self, graph: Graph, config: Config, cohort: Cohort | None, registries: Mapping[Relation, Sequence[Source]]
    ) -> None:
        """Open the session. `registries` are read instead of the tables of the same name; several sources are one table."""
        self._registries = registries
        self._laid: set[Relation] = set()
        self.files: set[Path] = set()
        self.shop = open_workshop(graph, {}, config, Storage(config.target_path), cohort)

    def plan(self, model: Model, bare: Mapping[str, Relation]) -> tuple[pa.Schema, tuple[str, ...]]:
        """Lay the tables of a query ready and return its columns, and the notes on sources that are read for the first time.

        `bare` are names that the query uses without a layer. Raises TypeCheckError at the place in the query's text.
        """
        notes = tuple(dict.fromkeys(note for relation in model.references for note in self._lay(relation)))
        for name, relation in bare.items():
            own = Relation(layer=BARE, name=name)
            if own != relation and own not in self._laid:
                self.shop.engine.add_view(own, f"select * from {relation.sql}")
                self._laid.add(own)
        try:
            return _plain_schema(self.shop.engine.schema(model.sql)), notes
        except PlanError as error:
            raise explain_plan_error(model, error) from None

    def is_current(self, model: Model) -> bool:
        """Say whether the built table of a model of the report was made by the query that the model has now."""
        if model.materialized != "table":
            return True
        return self.shop.engine.read_note(self.shop.storage.table_path(model.relation)).get("query") == digest_query(model)

    def _lay(self, relation: Relation) -> tuple[str, ...]:
        if relation in self._laid:
            return ()
        if relation in self._registries:
            found = self._unite(relation, self._registries[relation])
        else:
            found = self._lay_ready(self.shop.graph.table(relation))
        self._laid.add(relation)
        return found

    def _lay_ready(self, node: Model | Seed | Source) -> tuple[str, ...]:
        """Register an input, and through a view what the view reads."""
        if isinstance(node, Model) and node.materialized != "table":
            below = [note for relation in node.references for note in self._lay(relation)]
            return (*below, *lay_input(node, self.shop))
        notes = lay_input(node, self.shop)
        cohort, path = self.shop.cohort, self.shop.storage.table_path(node.relation)
        if cohort and isinstance(node, Model) and self.shop.engine.read_note(path).get("cohort") != cohort.digest:
            raise StorageError(
                f"'{node.relation}' was built for other persons than the cohort",
                hint=f"build it with the same --cohort and another --target-path, and name that here: '--select +{node.name}'",
            )
        return notes

    def _unite(self, relation: Relation, parts: Sequence[Source]) -> tuple[str, ...]:
        """Register the files of the registries of one name as one table."""
        notes: list[str] = []
        if relation in self.shop.graph.tables:
            notes.extend(note for part in parts for note in lay_input(part, self.shop))
            self._check_periods(parts)
            queries = [f"select * from {part.relation.sql}" for part in parts]
        else:
            queries = [query for part in parts for query in self._lay_files(part)]
            if self.shop.cohort:
                notes.append(f"'{relation.name}' declares no person column; it is read whole")
        union = " union all by name ".join(queries)
        try:
            self.shop.engine.schema(union)  # types are compared when the whole plan is made
            self.shop.engine.add_view(relation, union)
        except PlanError:
            raise ConfigError(
                f"the files of '{relation.name}' do not fit together",
                hint="give them different names, and cast and unite them in the query",
            ) from None
        return tuple(notes)

    def _lay_files(self, part: Source) -> Iterator[str]:
        """Register files as they are, alike ones together, and yield a query over each: names in lower case, nothing added."""
        alike: dict[tuple[tuple[str, str], ...], list[Path]] = {}
        for path in find_files(part, self.shop.project_dir):
            alike.setdefault(tuple((field.name, str(field.type)) for field in _read_schema(path, part)), []).append(path)
            self.files.add(path.resolve())
        for number, (columns, paths) in enumerate(alike.items()):
            own = Relation(layer=part.relation.layer, name=f"{part.name}_{number}")
            self.shop.engine.add_raw_files(own, paths, _read_schema(paths[0], part))
            yield f"select {', '.join(f'{_quoted(name)} as {_quoted(name.lower())}' for name, _ in columns)} from {own.sql}"

    def _check_periods(self, parts: Sequence[Source]) -> None:
        """Raise ConfigError where two folders of one name cover the same day."""
        seen = [(part, file) for part in parts for file in self.shop.deliveries[part.relation].files if file.period]
        for number, (part, file) in enumerate(seen):
            for other, rival in seen[:number]:
                if part is not other and file.period and rival.period and file.period.overlaps(rival.period):
                    raise ConfigError(
                        f"the registries named '{part.name}' cover the same period in '{rival.shown}'",
                        at=Location(path=file.shown),
                        hint="leave one of them out, or give them different names",
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a query, before its rows are read: every way to them reads anew.

    `schema` are its columns, `hidden` the places of those that may carry identifiers, `limit` the most rows it gives.
    `notes` are facts about the sources that are read.
    """

    reader: Reader
    sql: str
    schema: pa.Schema
    hidden: frozenset[int] = frozenset()
    limit: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return names and data types of the columns."""
        return tuple((field.name, describe_type(field.type)) for field in self.schema)

    def showing_all(self) -> "Answer":
        """Return the same answer with nothing hidden."""
        return replace(self, hidden=frozenset())

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, batch by batch, in bounded memory; ExecutionError when the engine fails, without a word of data."""
        try:
            for batch in self.reader.shop.engine.stream(self._limited()):
                columns = [column.cast(field.type) for column, field in zip(batch.columns, self.schema, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
        except ExecutionError as error:
            tell_lost(error, self.reader.shop.deliveries, self.reader.shop)
            raise

    def shown(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as they may be shown: columns that may carry identifiers say that they are hidden."""
        schema = self._shown_schema()
        for batch in self.batches():
            columns = [
                pa.repeat(pa.scalar(HIDDEN), batch.num_rows) if place in self.hidden else column
                for place, column in enumerate(batch.columns)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def table(self) -> pa.Table:
        """Return all rows as a table in memory."""
        return pa.Table.from_batches(list(self.batches()), schema=self.schema)

    def stream(self) -> pa.RecordBatchReader:
        """Return the rows as a reader of record batches."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Yield the rows as they may be shown, as Python values."""
        for batch in self.shown():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def csv(self, *, whole: bool = False) -> Iterator[bytes]:
        """Yield the rows as CSV with a header: NULL is an empty cell, text stands in quotes.

        Identifiers are hidden unless `whole`. Raises ConfigError for a column of lists or structures.
        """
        self.check_names()
        schema = self.schema if whole else self._shown_schema()
        for field in schema:
            if pa.types.is_nested(field.type):
                raise ConfigError(f"CSV cannot hold column '{field.name}', {describe_type(field.type)}", hint="write parquet")
        yield _csv_text(pa.RecordBatch.from_pylist([], schema=schema), head=True)
        for batch in self.batches() if whole else self.shown():
            yield _csv_text(batch, head=False)

    def parquet(self, sink: BinaryIO) -> None:
        """Write all rows, complete, as one parquet file to a stream."""
        self.check_names()
        with pyarrow.parquet.ParquetWriter(sink, self.schema, compression="zstd") as writer:
            for batch in self.batches():
                writer.write_batch(batch)

    def write(self, path: Path) -> None:
        """Write all rows, complete, to a .parquet or .csv file.

        The file is put in place when it is whole. Raises ConfigError for a file that the query itself reads or a table of
        the project, StorageError when it cannot be written.
        """
        self.check_names()
        self._check_place(path)
        draft = path.with_name(f"{path.stem}.draft{path.suffix}")
        try:
            if path.suffix.lower() == ".csv":
                with draft.open("wb") as file:
                    for text in self.csv(whole=True):
                        file.write(text)
            else:
                self.reader.shop.engine.write(self._limited(), draft, order=(), note={})
            os.replace(draft, path)
        except OSError as error:
            raise StorageError(
                f"cannot write '{path}': {error.strerror or 'refused'}", hint="check the folder and its rights"
            ) from None
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def check_names(self) -> None:
        """Raise ConfigError when two columns have one name."""
        for name in self.schema.names:
            if self.schema.names.count(name) > 1:
                raise ConfigError(f"the query gives two columns named '{name}'", hint="name one of them with 'as'")

    def _shown_schema(self) -> pa.Schema:
        return pa.schema(
            [field.with_type(pa.string()) if place in self.hidden else field for place, field in enumerate(self.schema)]
        )

    def _limited(self) -> str:
        return self.sql if self.limit is None else f"({self.sql}\n) limit {self.limit}"

    def _check_place(self, path: Path) -> None:
        """Raise ConfigError when the file is read by this session, or belongs to the project's results."""
        read = self.reader.files | {file.path for delivery in self.reader.shop.deliveries.values() for file in delivery.files}
        if path.resolve() in read or self.reader.shop.storage.owns(path):
            raise ConfigError(f"'{path}' is a file that queries read", hint="write to another file")


def _read_schema(path: Path, source: Source) -> pa.Schema:
    try:
        return pyarrow.parquet.read_schema(path)
    except (pa.ArrowException, OSError):
        raise ExecutionError(
            f"'{source.name}': this is no whole parquet file",
            at=Location(path=path.as_posix()),
            hint="copy it again, or take it out of the folder",
        ) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _csv_text(batch: pa.RecordBatch, *, head: bool) -> bytes:
    sink = io.BytesIO()
    pyarrow.csv.write_csv(batch, sink, pyarrow.csv.WriteOptions(include_header=head))
    return sink.getvalue()


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns with texts stored the plain way, and none that may not be NULL."""
    fields = [field.with_nullable(True).remove_metadata() for field in schema]
    return pa.schema([field.with_type(pa.string()) if plain_type(field.type) == pa.string() else field for field in fields])
