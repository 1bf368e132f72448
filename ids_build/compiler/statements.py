"""Statements that a user types: rendered, checked to be one query that only reads, and their tables found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ids_build.compiler import files
from ids_build.compiler.query import TableName, cut_end, parse_query
from ids_build.compiler.template import Names, Templates
from ids_build.config import Config, nearest
from ids_build.errors import Location, QueryError, UnknownNodeError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed, Source
from ids_build.relation import Relation

PLACE = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query of a user as a model without a file, and the tables that it names without a layer."""

    model: Model
    bare: Mapping[str, Relation]


class Statements:
    """Reads statements with the macros, variables and tables of one project."""

    def __init__(self, config: Config, graph: Graph, given: Mapping[str, Relation]) -> None:
        """Compile the macros. `given` are tables from outside the project, by the bare name under which they are known."""
        macros = files.read_project_files(config).macros
        self._templates = Templates(macros, config.vars, config.environment, config.target)
        tables = [graph.table(relation) for relation in graph.tables]
        refs = {node.name: node.relation for node in tables if isinstance(node, Model | Seed)}
        sources = {(node.relation.layer, node.name): node.relation for node in tables if isinstance(node, Source)}
        self._names = Names(refs=refs, sources=sources)
        self._known = frozenset((*graph.tables, *given.values()))
        raw = [name for _, name in sources]
        unique = {name: relation for (_, name), relation in sources.items() if raw.count(name) == 1}
        self.bare: Mapping[str, Relation] = {**unique, **refs, **given}

    def read(self, text: str, path: str = PLACE) -> Statement:
        """Return the statement; a bare name means a table that was given, else a model or seed, else a source.

        Raises TemplateError, QueryError or UnknownNodeError with the place in `path`.
        """
        rendered = self._templates.render(path, text, self._names)
        sql = cut_end(rendered.sql)
        try:
            query = parse_query(sql, place="text", subject="a query")
        except QueryError as error:
            raise QueryError(error.message, at=Location(path=path, line=1), hint="write one SELECT") from None
        model = Model(
            unique_id=f"query.{path}",
            name=PLACE,
            relation=Relation(layer="ids_build", name=PLACE),
            path=path,
            raw_sql=text,
            sql=sql,
            spans=rendered.spans,
            references=(),
        )
        named = query.tables if query.understood else self._guess(sql)
        found = {table: self.find(f"{table.layer}.{table.name}".lstrip("."), model.locate(table.offset)) for table in named}
        bare = {table.name: relation for table, relation in found.items() if not table.layer}
        return Statement(model=replace(model, references=tuple(dict.fromkeys(found.values()))), bare=bare)

    def find(self, name: str, at: Location | None = None) -> Relation:
        """Return the table of a name, with or without its layer; UnknownNodeError for nothing."""
        layer, _, table = name.rpartition(".")
        relation = Relation(layer=layer, name=table) if layer else self.bare.get(name)
        if relation is None or relation not in self._known:
            hint = nearest(name, [*self.bare, *map(str, self._known)]) or "'ids ls' lists the tables"
            raise UnknownNodeError(f"unknown table '{name}'", at=at, hint=hint)
        return relation

    def _guess(self, sql: str) -> tuple[TableName, ...]:
        """Return the tables that stand as words in a text that only the engine can parse."""
        words = frozenset(re.findall(r"[\w.]+", sql.lower().replace('"', "")))
        full = [(relation.layer, relation.name) for relation in self._known if str(relation) in words]
        bare = [("", name) for name in self.bare if name in words]
        return tuple(TableName(layer=layer, name=name, offset=0) for layer, name in (*full, *bare))
