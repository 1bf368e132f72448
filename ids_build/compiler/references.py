"""What a model reads: the parsed query is believed, ref() and source() are its witnesses."""

import re
from collections.abc import Collection

from ids_build.compiler.query import Query, TableName
from ids_build.compiler.template import Names
from ids_build.config import nearest
from ids_build.errors import Location, UnknownNodeError
from ids_build.nodes import Model
from ids_build.relation import Relation

_READS = re.compile(r"(?:ref|source)\(\s*(?:['\"]([^'\"]+)['\"]\s*,\s*)?['\"]([^'\"]+)['\"]")


def find_references(
    model: Model, asked: tuple[Relation, ...], query: Query, tables: Collection[Relation], warnings: list[str]
) -> tuple[Relation, ...]:
    """Return what the parsed query reads; ref() and source() are witnesses, and name what a comment depends on.

    `asked` is what the template named. Raises UnknownNodeError for a table that is nobody's.
    """
    if not query.understood:
        return asked
    found: list[Relation] = []
    for table in query.tables:
        relation = table.relation
        if relation not in tables:
            raise _unknown(model, table, tables)
        found.append(relation)
    declared = _depends_on(model.raw_sql)
    for relation in asked:
        if relation in found:
            continue
        if relation.name in declared:
            found.append(relation)
        else:
            warnings.append(f"{model.path}  '{relation}' is named but not read; no edge is made")
    return tuple(found)


def parse_reference(text: str, names: Names, at: Location) -> Relation:
    """Return the relation of a YAML text such as ``ref('x')``, ``source('a', 'b')`` ; UnknownNodeError for nothing."""
    found = _READS.search(text)
    first, second = found.groups() if found else (None, text.strip())
    is_source = re.search(r"\bsource\s*\(", text) is not None
    relation = names.sources.get((first or "", second)) if is_source else names.refs.get(second)
    if relation is None:
        known = [*names.refs, *(name for _, name in names.sources)]
        hint = nearest(second, known) or "write ref('model') or source('group', 'table')"
        raise UnknownNodeError(f"unknown table '{second}'", at=at, hint=hint)
    return relation


def _unknown(model: Model, table: TableName, tables: Collection[Relation]) -> UnknownNodeError:
    at = model.locate(table.offset)
    if not table.layer:
        full = [str(relation) for relation in tables if relation.name == table.name]
        hint = f"write {full[0]}" if full else nearest(table.name, {relation.name for relation in tables})
        return UnknownNodeError(f"unknown table '{table.name}'", at=at, hint=hint or "name it with ref() or source()")
    hint = nearest(str(table.relation), map(str, tables))
    return UnknownNodeError(f"unknown table '{table.relation}'", at=at, hint=hint or "name it with ref() or source()")


def _depends_on(text: str) -> frozenset[str]:
    """Return the names in dbt's ``-- depends_on: {{ ref('x') }}`` comments."""
    lines = [line for line in text.splitlines() if line.lstrip().startswith("--") and "depends_on" in line]
    return frozenset(found.group(2) for line in lines for found in _READS.finditer(line))
