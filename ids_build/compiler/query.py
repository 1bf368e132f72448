"""Rendered SQL in, the tables it reads out. The one room that knows sqlglot."""

import re
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import traverse_scope

from ids_build.errors import QueryError
from ids_build.relation import Relation

# sqlglot has no DataFusion dialect; postgres read 99.3 % of the statements tried. It only reads here:
# what runs is the rendered text as it stands.
_DIALECT = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableName:
    """A table as a query names it; `layer` is empty for a bare name. `offset` counts characters."""

    layer: str
    name: str
    offset: int

    @property
    def relation(self) -> Relation:
        """Return the name as a relation."""
        return Relation(layer=self.layer, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the parser saw: tables read (CTEs resolved by scope), and whether the query orders its rows.

    `understood` is False when sqlglot could not read the text: then its tables are unknown, and only
    the engine can tell whether the text is wrong or merely newer than the parser.
    """

    tables: tuple[TableName, ...] = ()
    ordered: bool = False
    understood: bool = True


def parse_query(sql: str) -> Query:
    """Return what one SELECT reads; QueryError when the text is empty, no query, or several statements."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect=_DIALECT) if statement is not None]
    except (sqlglot.ParseError, sqlglot.TokenError):
        return Query(understood=False)
    if not statements:
        raise QueryError("the file holds no query", hint="write one SELECT")
    if len(statements) > 1:
        raise QueryError("the file holds more than one statement", hint="write one SELECT a file")
    tree = statements[0]
    if not isinstance(tree, exp.Query):
        raise QueryError("a model can only read", hint="write a SELECT")
    found: dict[tuple[str, str], TableName] = {}
    if sql != sql.lower():
        tree = normalize_identifiers(tree, dialect=_DIALECT)
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                table = TableName(layer=_fold(source.args.get("db")), name=_fold(source.this), offset=_offset(source, sql))
                found.setdefault((table.layer, table.name), table)
    return Query(tables=tuple(found.values()), ordered=tree.args.get("order") is not None)


def _fold(identifier: exp.Expression | None) -> str:
    """Return the name as the engine hears it: lower case unless quoted."""
    if not isinstance(identifier, exp.Identifier):
        return ""
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()


def _offset(table: exp.Table, sql: str) -> int:
    start = table.this.meta.get("start")
    if isinstance(start, int):
        return start
    found = re.search(rf"\b{re.escape(table.name)}\b", sql)
    return found.start() if found else 0
