"""What a query says, however it is spelt: its parts in one form, and how two queries differ. sqlglot's second room."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, walk_in_scope

from ids_build.differences import Change
from ids_build.relation import Relation

# As in `query`: sqlglot has no DataFusion dialect. What it cannot read is compared as text.
_DIALECT = "postgres"
_LONGEST = 240
# Two conditions that have less than this in common are one taken out and one put in, not one that was changed.
_ALIKE = 0.5
_SYMMETRIC = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
Columns = Mapping[Relation, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part of a query, columns told by the tables they come from; `kind` is that of the change when it differs."""

    kind: str
    subject: str
    text: str


_NOTHING = _Part(kind="query changed", subject="", text="")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anatomy:
    """The digest of what a query says, and its parts."""

    digest: str
    parts: Counter[_Part] = field(default_factory=Counter)
    names: frozenset[str] = frozenset()


def compare_queries(before: tuple[str, Columns], after: tuple[str, Columns]) -> tuple[Change, ...]:
    """Return how one query differs from another, part by part; nothing when both say the same.

    Comments, case, formatting, the names and the order of CTEs, aliases of tables, parentheses without meaning and the
    order of conditions do not count. Each query is a text with the columns of the tables that it reads, by which bare
    names and stars are told.
    """
    if before[0] == after[0]:
        return ()
    old, new = _dissect(*before), _dissect(*after)
    if old is None or new is None:
        same = before[0].split() == after[0].split()
        return () if same else (Change(kind="query changed", subject="the parser cannot read it"),)
    if old.digest == new.digest:
        return _compare_functions(before[0], after[0])
    gone, come = old.parts - new.parts, new.parts - old.parts
    found = _pair(sorted(gone.elements(), key=_place), sorted(come.elements(), key=_place), old.names & new.names)
    return tuple(found) or (Change(kind="query changed", subject="how its parts are put together"),)


# -- two queries ------------------------------------------------------------------------------------


def _place(part: _Part) -> tuple[str, str, str]:
    return part.kind, part.subject, part.text


def _pair(gone: list[_Part], come: list[_Part], names: frozenset[str]) -> list[Change]:
    """Return the changes that make the parts on the left those on the right; each part has at most one partner."""
    left, pairs = list(come), list[tuple[_Part | None, _Part | None]]()
    for old in gone:
        new = _find_partner(old, left)
        if new:
            left.remove(new)
        pairs.append((old, new))
    pairs += [(None, new) for new in left]
    told = [_tell(old, new, names) for old, new in pairs if (old and new) or (old or new or _NOTHING).kind != "column"]
    # A column that came or went is told as such, and a step by what uses it: alone they count only when nothing else does.
    return told or [_tell(old, new, names) for old, new in pairs]


def _find_partner(part: _Part, others: list[_Part]) -> _Part | None:
    near = [other for other in others if other.kind == part.kind and other.subject == part.subject]
    if part.kind == "column":
        return near[0] if near else None
    alike = [(SequenceMatcher(None, part.text, other.text).ratio(), other) for other in near]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= _ALIKE else None


def _tell(old: _Part | None, new: _Part | None, names: frozenset[str]) -> Change:
    part = old or new or _NOTHING
    kind = part.kind
    if kind == "column":
        kind = "column computed differently" if part.subject in names else "step computed differently"
    return Change(kind=kind, subject=part.subject, before=_short(old), after=_short(new))


def _short(part: _Part | None) -> str:
    text = part.text if part else ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _compare_functions(before: str, after: str) -> tuple[Change, ...]:
    """Return a change where functions have other names: some that the engine tells apart the parser reads as one."""
    old, new = _functions(before), _functions(after)
    gone, come = (", ".join(sorted(set(left - right))) for left, right in ((old, new), (new, old)))
    changed = gone or come
    return (Change(kind="query changed", subject="functions have other names", before=gone, after=come),) if changed else ()


def _functions(sql: str) -> Counter[str]:
    tokens = sqlglot.tokenize(sql, dialect=_DIALECT)
    around = zip([None, *tokens], tokens, tokens[1:], strict=False)
    named = TokenType.VAR, TokenType.L_PAREN
    called = [
        token.text.lower()
        for before, token, after in around
        if (token.token_type, after.token_type) == named and (before is None or before.token_type is not TokenType.ALIAS)
    ]
    return Counter(name for name in called if name != "cast")  # a cast may be spelt with two colons


# -- one query --------------------------------------------------------------------------------------


def _read(sql: str, columns: Columns) -> exp.Query | None:
    """Return the tree of a query with every column told by its table and every star spread out."""
    schema: dict[str, object] = {}
    layers: dict[str, dict[str, dict[str, str]]] = {}
    for relation, names in columns.items():
        layers.setdefault(relation.layer, {})[relation.name] = dict.fromkeys(names, "text")
    schema.update(layers)
    try:
        tree = sqlglot.parse_one(sql, dialect=_DIALECT)
        if not isinstance(tree, exp.Query):
            return None
        for join in tree.find_all(exp.Join):
            if join.args.get("kind") in ("INNER", "OUTER", "CROSS"):
                join.set("kind", None)  # the word may as well be left out
        # A name in WHERE is never one that SELECT gives, whatever some dialects say.
        return qualify(
            tree,
            dialect=_DIALECT,
            schema=schema,
            expand_alias_refs=False,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
    except (SqlglotError, RecursionError):
        return None


def _dissect(sql: str, columns: Columns) -> _Anatomy | None:
    tree = _read(sql, columns)
    root = build_scope(tree) if tree else None
    if tree is None or root is None:
        return None
    digest = _spell_scopes(build_scope(tree.copy()) or root)
    names = frozenset(item.output_name for item in tree.selects)
    return _Anatomy(digest=digest, parts=Counter(_find_parts(root)), names=names)


def _find_parts(root: Scope) -> list[_Part]:
    """Return the parts of all SELECTs that the result is made of."""
    scopes = _reached(root)
    # A subquery in a condition is told with the condition.
    found = [part for scope in scopes if not _depth(scope) for part in _parts_of(scope, root)]
    tables = {_table_name(table) for scope in scopes for table in scope.sources.values() if isinstance(table, exp.Table)}
    # Only now, when everything is found by its alias, columns are named by their tables.
    for column, names in [(column, _origin(column, scope)) for scope in scopes for column in _own_columns(scope)]:
        for key, name in zip(("catalog", "db", "table", "this"), (None, None, None, *names)[-4:], strict=True):
            column.set(key, exp.to_identifier(name) if name else None)
    for table in root.expression.find_all(exp.Table):
        table.set("alias", None)
    parts = [_Part(kind=kind, subject=subject, text=words + _render(nodes)) for kind, subject, words, nodes in found]
    made = [part for part in parts if part.kind != "column" or part.text != part.subject]
    return [*made, *(_Part(kind="tables read changed", subject=name, text="read") for name in sorted(tables))]


def _parts_of(scope: Scope, root: Scope) -> Iterator[tuple[str, str, str, list[exp.Expr]]]:
    """Yield kind, subject, words and expressions of each part of one SELECT."""
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        yield "rows kept changed", "set operation", f"{query.key}{'' if query.args.get('distinct') else ' all'}", []
    if not isinstance(query, exp.Select):
        return
    for clause in ("where", "having", "qualify"):
        found = query.args.get(clause)
        yield from (("filter changed", clause, "", [condition]) for condition in _conjuncts(found.this if found else None))
    for join in query.args.get("joins") or ():
        kinds = [str(join.args[key]).lower() for key in ("method", "side", "kind") if join.args.get(key)]
        conditions = _conjuncts(join.args.get("on"))
        told = " ".join([*kinds, "join", *(["on "] if conditions else [])])
        yield "join changed", _target(join.this, scope), told, conditions
    group = query.args.get("group")
    if group:
        yield "grouping changed", "group by", "", list(group.iter_expressions())
    for key, words in (("distinct", "distinct"), ("order", "order by"), ("limit", "limit"), ("offset", "offset")):
        if query.args.get(key):
            yield "rows kept changed", words, "", [query.args[key]]
    for item in query.selects:
        if scope is root or not isinstance(item.unalias(), exp.Column):
            yield "column", item.output_name, "", [item.unalias()]


def _reached(root: Scope) -> list[Scope]:
    """Return the scopes that the result is made of: a CTE that nobody reads is none of them."""
    found: dict[int, Scope] = {}
    front = [root]
    while front:
        scope = front.pop()
        if id(scope) in found:
            continue
        found[id(scope)] = scope
        read = [source for _, source in scope.selected_sources.values() if isinstance(source, Scope)]
        front += [*read, *scope.subquery_scopes, *scope.set_operation_scopes, *scope.derived_table_scopes, *scope.udtf_scopes]
    return list(found.values())


def _own_columns(scope: Scope) -> list[exp.Column]:
    return [node for node in walk_in_scope(scope.expression) if isinstance(node, exp.Column)]


def _origin(column: exp.Column, scope: Scope) -> tuple[str, ...]:
    """Return layer, table and name of the column that this one is, or its name alone where it is made on the way."""
    around: Scope | None = scope
    while around is not None and column.table not in around.sources:
        around = around.parent
    source = around.sources[column.table] if around else None
    if isinstance(source, exp.Table):
        return (*_table_name(source).split("."), column.name)
    if isinstance(source, Scope) and source is not scope and isinstance(source.expression, exp.Select):
        for item in source.expression.selects:
            made = item.unalias()
            if item.output_name == column.name and isinstance(made, exp.Column):
                return _origin(made, source)
    return (column.name,)


def _target(node: exp.Expr, scope: Scope) -> str:
    """Return the table that is joined, or in parentheses those that a query of its own reads."""
    source = scope.sources.get(node.alias_or_name)
    if isinstance(source, exp.Table):
        return _table_name(source)
    if not isinstance(source, Scope):
        return "(rows)"
    tables = [table for inner in _reached(source) for table in inner.sources.values() if isinstance(table, exp.Table)]
    return f"({', '.join(sorted(set(map(_table_name, tables)))) or 'rows'})"


def _table_name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    if condition is None:
        return []
    condition = condition.unnest()
    return [part.unnest() for part in condition.flatten()] if isinstance(condition, exp.And) else [condition]


def _render(nodes: list[exp.Expr]) -> str:
    for pair in [pair for node in nodes for pair in node.find_all(*_SYMMETRIC)]:
        left, right = pair.this, pair.expression
        if (isinstance(left, exp.Literal), left.sql()) > (isinstance(right, exp.Literal), right.sql()):
            pair.set("this", right)
            pair.set("expression", left)
    return " and ".join(sorted(map(_words_of, nodes)))


def _words_of(node: exp.Expr) -> str:
    # Postgres has no try_cast: in its spelling a cast that may fail and one that may not would look the same.
    dialect = "" if node.find(exp.TryCast) else _DIALECT
    return node.sql(dialect=dialect, comments=False, normalize_functions="lower")


# -- one spelling -----------------------------------------------------------------------------------


def _spell_scopes(root: Scope) -> str:
    """Return the digest of the query. A table is known by its place, a CTE or a subquery in FROM by its own digest."""
    scopes = list(root.traverse())  # what is read stands before what reads it
    names = {id(scope): _place_names(scope) for scope in scopes}
    renamed = [(column, _new_name(column.table, scope, names)) for scope in scopes for column in _own_columns(scope)]
    sources = {id(scope): list(scope.selected_sources.items()) for scope in scopes}
    for column, name in renamed:
        if name:
            column.set("table", exp.to_identifier(name))
    digests: dict[int, str] = {}
    for scope in scopes:
        for alias, (node, source) in sources[id(scope)]:
            place = names[id(scope)].get(alias, alias)
            place_of = node.parent if isinstance(node.parent, exp.Subquery) else node
            if isinstance(source, Scope) and isinstance(place_of, exp.Table | exp.Subquery):
                place_of.replace(exp.to_table(digests.get(id(source), "itself")).as_(place))
            elif isinstance(node, exp.Table):
                node.set("alias", exp.TableAlias(this=exp.to_identifier(place), columns=_alias_columns(node)))
        if _hands_on(scope, sources[id(scope)]):
            digests[id(scope)] = digests[id(sources[id(scope)][0][1][1])]
            continue
        owner = scope.expression.parent
        listed = [_spell(column) for column in _alias_columns(owner)] if isinstance(owner, exp.CTE | exp.Subquery) else []
        text = _spell(scope.expression, leave_out="with_") + ",".join(listed)
        digests[id(scope)] = "q" + hashlib.sha256(text.encode()).hexdigest()
    return digests[id(root)]


def _hands_on(scope: Scope, sources: Sequence[tuple[str, tuple[Any, exp.Table | Scope]]]) -> bool:
    """Say whether a SELECT gives what its one CTE gives, neither more nor less nor under other names."""
    query, source = scope.expression, sources[0][1][1] if len(sources) == 1 else None
    if not isinstance(query, exp.Select) or not isinstance(source, Scope) or source is scope:
        return False
    said = {key for key, value in query.args.items() if value not in (None, False, [])}
    plain = all(isinstance(item.unalias(), exp.Column) and item.unalias().name == item.output_name for item in query.selects)
    given = source.expression.named_selects if isinstance(source.expression, exp.Query) else None
    return said <= {"expressions", "from_", "with_"} and plain and query.named_selects == given


def _alias_columns(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return list(alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else []


def _place_names(scope: Scope) -> dict[str, str]:
    """Return a name for each table of FROM and JOIN by its place, other names in a subquery than around it."""
    query, depth = scope.expression, _depth(scope)
    start = query.args.get("from_") if isinstance(query, exp.Select) else None
    read = [start, *(query.args.get("joins") or ())] if start else []
    aliases = dict.fromkeys([*(node.this.alias_or_name for node in read), *scope.selected_sources])
    return {alias: f"t{depth}_{number}" for number, alias in enumerate(aliases)}


def _depth(scope: Scope) -> int:
    """Return how many subqueries in expressions lie around the SELECT, up to the next CTE or subquery in FROM."""
    depth, around = 0, scope
    while around.parent is not None and not (around.is_cte or around.is_derived_table):
        depth += around.is_subquery
        around = around.parent
    return depth


def _new_name(alias: str, scope: Scope, names: Mapping[int, Mapping[str, str]]) -> str | None:
    around: Scope | None = scope
    while around is not None:
        if alias in names[id(around)]:
            return names[id(around)][alias]
        around = around.parent
    return None


def _spell(value: Any, leave_out: str = "") -> str:
    """Return a tree as one text: all that it says, nothing of how it was written."""
    if isinstance(value, list):
        return "[" + ",".join(map(_spell, value)) + "]"
    if not isinstance(value, exp.Expr):
        return str(value)
    if isinstance(value, exp.Paren):
        return _spell(value.this)
    if isinstance(value, exp.Identifier):
        return f"`{value.name}`"
    if isinstance(value, exp.Anonymous):
        return f"{value.name.lower()}({_spell(value.expressions)})"
    if isinstance(value, exp.And | exp.Or):
        return f"{value.key}({','.join(sorted(_spell(part) for part in value.flatten()))})"
    if isinstance(value, _SYMMETRIC):
        return f"{value.key}({','.join(sorted((_spell(value.this), _spell(value.expression))))})"
    if isinstance(value, exp.In) and value.expressions:
        return f"in({_spell(value.this)};{','.join(sorted(map(_spell, value.expressions)))})"
    said = {key: item for key, item in value.args.items() if key != leave_out and item not in (None, False, [], "")}
    if isinstance(value, exp.Literal):
        return f"{'text' if value.is_string else 'number'}({value.name!r})"
    return f"{value.key}({';'.join(f'{key}:{_spell(item)}' for key, item in sorted(said.items()))})"
