"""Rendered SQL in, the tables it reads and what it means out. The one room that knows sqlglot."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import traverse_scope

from ids_build.compiler.entries import NotKeepableError, describe_noun, parse_noun
from ids_build.errors import QueryError
from ids_build.relation import Relation

# sqlglot has no DataFusion dialect; postgres read 99.3 % of the statements tried. It only reads here:
# what runs is the rendered text as it stands.
_DIALECT = "postgres"
# What tells how many rows there are, or which of them this is, and nothing of what stands in them.
_NUMBERS = (exp.Count, exp.RowNumber, exp.Rank, exp.DenseRank)
_ALL = "*"
# What says something else every time it is asked.
_CLOCKS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
_VOLATILE = _CLOCKS | {"random", "uuid", "gen_random_uuid", "now", "today"}
_WORD = re.compile(r"[A-Za-z_]\w*")


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

    `meaning` is one and the same for texts that differ only in comments, blanks, upper and lower case, and in what they
    call CTEs and tables. `volatile` are functions that say something else every time. `understood` is False when
    sqlglot could not read the text: then its tables are unknown, and only the engine can tell whether the text is wrong
    or merely newer than the parser.
    """

    tables: tuple[TableName, ...] = ()
    ordered: bool = False
    understood: bool = True
    meaning: str = ""
    volatile: tuple[str, ...] = ()


def parse_query(sql: str, *, place: str = "file", subject: str = "a model") -> Query:
    """Return what one SELECT reads; QueryError when the text is empty, no query, or several statements.

    `place` and `subject` are the words for where the text stands and what it is.
    """
    dialect = sqlglot.Dialect.get_or_raise(_DIALECT)
    tokens: list[sqlglot.Token] = []
    try:
        tokens = dialect.tokenize(sql)
        statements = [statement for statement in dialect.parser().parse(tokens, sql) if statement is not None]
    except sqlglot.TokenError:
        return Query(understood=False, meaning=_digest([sql]), volatile=tuple(sorted(_VOLATILE.intersection(_words(sql)))))
    except sqlglot.ParseError:
        words = _spell(sql, tokens)
        return Query(understood=False, meaning=_digest(words), volatile=_find_volatile(words))
    if not statements:
        raise QueryError(f"the {place} holds no query", hint="write one SELECT")
    if len(statements) > 1:
        raise QueryError(f"the {place} holds more than one statement", hint=f"write one SELECT a {place}")
    tree = statements[0]
    if not isinstance(tree, exp.Query):
        raise QueryError(f"{subject} can only read", hint="write a SELECT")
    words = _spell(sql, tokens)
    meaning = _digest(_rename(words, tokens, tree))
    found: dict[tuple[str, str], TableName] = {}
    if sql != sql.lower():
        tree = normalize_identifiers(tree, dialect=_DIALECT)
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                table = TableName(layer=_fold(source.args.get("db")), name=_fold(source.this), offset=_offset(source, sql))
                found.setdefault((table.layer, table.name), table)
    ordered = tree.args.get("order") is not None
    return Query(tables=tuple(found.values()), ordered=ordered, meaning=meaning, volatile=_find_volatile(words))


class Queries:
    """Parses queries, each text once; what was found is handed on by the digest of the text, as plain values."""

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        """`known` is what an earlier run handed on."""
        self._known = known or {}
        self.found: dict[str, Any] = {}

    def parse(self, sql: str) -> Query:
        """Return what one SELECT reads; raises as parse_query does."""
        key = hashlib.sha256(sql.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        told = self.found.get(key) or self._known.get(key)
        query = _as_query(told) if told else None
        if query is None:
            query = parse_query(sql)
            told = describe_noun(query)
        self.found[key] = told
        return query


def _as_query(told: Any) -> Query | None:
    """Return the query that was handed on, None for what cannot have been."""
    try:
        query: Query = parse_noun(Query, told)
        return query if describe_noun(query) == told else None
    except (TypeError, ValueError, NotKeepableError):
        return None


def cut_end(sql: str) -> str:
    """Return a statement without the semicolon that ends it, and what follows that."""
    try:
        tokens = sqlglot.tokenize(sql, dialect=_DIALECT)
    except sqlglot.TokenError:
        return sql
    while tokens and tokens[-1].token_type is sqlglot.TokenType.SEMICOLON:
        sql = sql[: tokens.pop().start]
    return sql


def find_carriers(sql: str, identifiers: Collection[str], columns: Sequence[str]) -> frozenset[int]:
    """Return the places of those result columns of a query that may carry an identifier; all of them when in doubt.

    `identifiers` are names of columns, `columns` the names of the result. Names are followed, not scopes: what is called
    like an identifier, or like anything that this query makes from one, carries it. Counts, row numbers and tests for
    NULL carry nothing.
    """
    everything = frozenset(range(len(columns)))
    carried = {name.lower() for name in identifiers}
    if not carried:
        return frozenset()
    try:
        tree = sqlglot.parse_one(sql, dialect=_DIALECT)
    except (sqlglot.ParseError, sqlglot.TokenError):
        return everything
    if not isinstance(tree, exp.Query) or tree.find(exp.Pivot):
        return everything
    while not (found := {name for node in tree.walk() for name in _passed_on(node, carried)}) <= carried:
        carried |= found
    hits = _hits(tree, carried)
    if hits is None:
        # What a star stands for is known by name alone; a name that the engine made up is in doubt.
        stars = [place for place, item in enumerate(tree.selects) if item.is_star]
        first, behind = stars[0], len(tree.selects) - stars[-1] - 1
        middle = columns[first : len(columns) - behind]
        hits = [_hit(item, carried) for item in tree.selects[:first]]
        hits += [_ALL in carried or name.lower() in carried or not name.isidentifier() for name in middle]
        hits += [_hit(item, carried) for item in tree.selects[stars[-1] + 1 :]]
    return frozenset(place for place, hit in enumerate(hits) if hit) if len(hits) == len(columns) else everything


def _spell(sql: str, tokens: Sequence[sqlglot.Token]) -> list[str]:
    """Return the tokens as they are written, plain words in lower case; comments, blanks and a last semicolon are no tokens."""
    written = [sql[token.start : token.end + 1] for token in tokens]
    while written and written[-1] == ";":
        written.pop()
    return [word.lower() if _WORD.fullmatch(word) else word for word in written]


def _rename(words: Sequence[str], tokens: Sequence[sqlglot.Token], tree: exp.Expr) -> list[str]:
    """Return the tokens with the names of CTEs and tables numbered in the order in which they come.

    What the parser makes of the text is not trusted further: it reads some functions as one that the engine tells apart.
    A name that stands for anything else as well keeps its spelling, and so does one that the parser saw less often than
    it is written; what follows a dot is never such a name.
    """
    places: dict[int, str] = {}
    others: set[str] = set()
    for name in tree.find_all(exp.Identifier):
        folded, owner = _fold(name), name.parent
        of_table = isinstance(owner, exp.Table | exp.Column) and (owner.args.get("db") or owner.args.get("table")) is not None
        names_table = isinstance(owner, exp.TableAlias | exp.Table) and name.arg_key == "this" and not of_table
        qualifies = isinstance(owner, exp.Column) and name.arg_key == "table" and not owner.args.get("db")
        if names_table or qualifies:
            places[name.meta.get("start", -1)] = folded
        elif not (of_table and name.arg_key == "this"):
            others.add(folded)
    plain = [word[1:-1] if word.startswith('"') else word for word in words]
    written = Counter(word for word, before in zip(plain, ["", *words], strict=False) if before != ".")
    seen = Counter(places.values())
    named = {folded for folded, count in seen.items() if folded not in others and written[folded] == count}
    numbers: dict[str, str] = {}
    renamed = list(words)
    for index, token in enumerate(tokens[: len(words)]):
        folded = places.get(token.start, "")
        if folded in named:
            renamed[index] = numbers.setdefault(folded, f"${len(numbers)}")
    return renamed


def _find_volatile(words: Sequence[str]) -> tuple[str, ...]:
    """Return the functions among the tokens that say something else every time."""
    after = [*words[1:], ""]
    return tuple(sorted({word for word, next_ in zip(words, after, strict=False) if _is_volatile(word, next_)}))


def _is_volatile(word: str, after: str) -> bool:
    return word in _CLOCKS or (word in _VOLATILE and after == "(")


def _words(sql: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(sql)}


def _digest(words: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def _hits(query: exp.Query, carried: Collection[str]) -> list[bool] | None:
    """Say for each result column whether it may carry identifiers; None when a star hides which columns there are."""
    if any(item.is_star for item in query.selects):
        return None
    if isinstance(query.unnest(), exp.SetOperation) and _ALL in carried:
        return [True] * len(query.selects)
    return [_hit(item, carried) for item in query.selects]


def _hit(item: exp.Expr, carried: Collection[str]) -> bool:
    return item.output_name.lower() in carried or _carries(item, carried)


def _passed_on(node: exp.Expr, carried: Collection[str]) -> set[str]:
    """Return the names under which a part of the query hands identifiers on."""
    if isinstance(node, exp.Alias):
        return {node.alias.lower()} if _carries(node.this, carried) else set()
    if isinstance(node, exp.SetOperation) and not node.args.get("by_name"):
        left, right = node.left.selects, _hits(node.right, carried)
        if right is None or len(left) != len(right) or any(item.is_star for item in left):
            return {_ALL}  # columns meet by place, and a star hides the places
        return {one.output_name.lower() or _ALL for one, hit in zip(left, right, strict=True) if hit}
    return _renamed(node, carried) if isinstance(node, exp.TableAlias) else set()


def _renamed(alias: exp.TableAlias, carried: Collection[str]) -> set[str]:
    """Return which names of a column list such as ``as t(a, b)`` may stand for identifiers."""
    owner, names = alias.parent, [column.name.lower() for column in alias.columns]
    if isinstance(owner, exp.CTE | exp.Subquery) and isinstance(owner.this, exp.Query):
        hits = _hits(owner.this, carried)
        known = hits is not None and len(hits) == len(names)
        return {name for name, hit in zip(names, hits or (), strict=True) if hit} if known else set(names)
    if isinstance(owner, exp.Table) and isinstance(owner.this, exp.Identifier):
        return set(names)  # the columns of a table renamed by place
    made = owner is not None and any(_carries(column, carried) for column in owner.find_all(exp.Column))
    return {*names, alias.name.lower()} if made else set()


def _carries(node: exp.Expr, carried: Collection[str]) -> bool:
    """Say whether a value may be, or be made from, an identifier."""
    if isinstance(node, exp.Window | exp.Filter) and isinstance(node.this, _NUMBERS):
        return False
    if isinstance(node, (*_NUMBERS, exp.Exists)) or (isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)):
        return False
    if isinstance(node, exp.Column):
        # A name that is no word was made up by the engine from an expression: in doubt, it carries.
        return _ALL in carried or not node.name.isidentifier() or any(part.name.lower() in carried for part in node.parts)
    if isinstance(node, exp.Star):
        return True
    if isinstance(node, exp.Select):
        return any(_carries(item, carried) for item in node.expressions)
    return any(_carries(child, carried) for child in node.iter_expressions())


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
