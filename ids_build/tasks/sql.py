"""Answer queries over built tables, sources and registries given by path."""

import glob
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from ids_build.compiler.compiler import PLACE, Statements, find_carriers, find_identifiers
from ids_build.config import Config
from ids_build.errors import ConfigError, Location
from ids_build.graph import Graph
from ids_build.nodes import Model, Source
from ids_build.relation import Relation
from ids_build.runner.runner import BARE, Answer, Reader, RecordBatchReader, Table, open_cohort
from ids_build.tasks.ls import compile_graph

__all__ = ["Answer", "RecordBatchReader", "Session", "Table", "open_session"]

Registries = Iterable[tuple[str, Path]]


class Session:
    """One project opened for queries; a table is opened when a query first names it."""

    def __init__(
        self, config: Config, graph: Graph, given: Mapping[str, Relation], registries: Mapping[Relation, tuple[Source, ...]]
    ) -> None:
        """Open the engine. `given` are the tables from outside by name, `registries` those that the graph does not hold."""
        self._statements = Statements(config, graph, given)
        self._reader = Reader(graph, config, open_cohort(graph, config), registries)
        tables = [graph.table(relation) for relation in graph.tables]
        columns = [column for node in tables for column in node.columns]
        # A file of the user has no YAML, and a query may call things as it likes: any column called like one that some
        # YAML of the project marks counts as an identifier.
        self._identifiers = find_identifiers(tables)
        names = (*map(str, graph.tables), *self._statements.bare, *(column.name for column in columns))
        self.words: tuple[str, ...] = tuple(sorted(set(names)))

    def ask(self, text: str, *, limit: int | None = None, path: str = PLACE) -> Answer:
        """Return the answer to one query, planned and not yet run; its rows are read by the answer's methods.

        The text may hold Jinja. `limit` is the most rows to give, `path` how errors call the place of the text. Raises
        CompileError for a text that is no query over known tables, StorageError for a table that was never built.
        """
        statement = self._statements.read(text, path)
        schema, notes = self._reader.plan(statement.model, statement.bare)
        hidden = find_carriers(statement.model.sql, self._identifiers, schema.names)
        return Answer(reader=self._reader, sql=statement.model.sql, schema=schema, hidden=hidden, limit=limit, notes=notes)

    def is_current(self, model: Model) -> bool:
        """Say whether the built table of a model of the report was made by the query that the model has now."""
        return self._reader.is_current(model)

    def find(self, name: str) -> Relation:
        """Return the table of that name, with or without its layer: a model or seed, else a source."""
        return self._statements.find(name)


def open_session(config: Config, registries: Registries = ()) -> Session:
    """Return a session over the project's tables and sources, and over `registries`: names, each with a folder or file.

    Files named like a source (with or without its group) are read with that source's contract, any others as they
    are. One name given several times is one table. Raises ConfigError for a path where nothing lies.
    """
    graph = compile_graph(config)
    found: dict[Relation, tuple[Source, ...]] = {}
    for name, path in registries:
        source = _find_source(name.lower(), graph)
        relation = source.relation if source else Relation(layer=BARE, name=name.lower())
        found[relation] = (*found.get(relation, ()), _place(source, relation, path, len(found.get(relation, ()))))
    # A source that lies elsewhere is the project's own: its views, and what knows its persons through it, read it too.
    moved = {relation: parts[0] for relation, parts in found.items() if relation in graph.tables and len(parts) == 1}
    nodes = {graph.tables[relation]: replace(part, relation=relation) for relation, part in moved.items()}
    graph = replace(graph, nodes={**graph.nodes, **nodes})
    given = {relation.name: relation for relation in found}
    return Session(config, graph, given, {relation: parts for relation, parts in found.items() if relation not in moved})


def _find_source(name: str, graph: Graph) -> Source | None:
    found = [source for source in graph.sources() if name in (source.name.lower(), str(source.relation).lower())]
    if len(found) > 1:
        names = " or ".join(f"'{source.relation}'" for source in found)
        raise ConfigError(f"several sources are named '{name}'", hint=f"write {names}")
    return found[0] if found else None


def _place(source: Source | None, relation: Relation, path: Path, number: int) -> Source:
    """Return the source of the files at a path; the engine knows each under a name of its own."""
    if path.is_dir():
        location = str(path.absolute() / "*.parquet")
    elif path.is_file() and path.suffix.lower() == ".parquet":
        location = str(path.absolute().parent / glob.escape(path.name))
    else:
        _refuse(relation, path)
    own = Relation(layer="files" if number == 0 else f"files_{number + 1}", name=relation.name)
    if source:
        return replace(source, relation=own, location=location)
    return Source(unique_id=f"files.{own}", name=own.name, relation=own, at=Location(path=str(path)), location=location)


def _refuse(relation: Relation, path: Path) -> NoReturn:
    what = "is no parquet file" if path.is_file() else "does not exist"
    raise ConfigError(f"'{relation.name}': '{path}' {what}", hint="name a folder of parquet files, or one such file")
