"""Data tests: from a YAML word to an SQL condition or query that finds failing rows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import DataTest
from ids_build.relation import Relation

ARGUMENTS = {
    "not_null": (),
    "unique": (),
    "accepted_values": ("values", "quote"),
    "relationships": ("to", "field"),
    "join_rate": ("to", "field", "at_least"),
    "not_constant": ("by",),
    "grain": ("columns",),
    "unique_combination_of_columns": ("combination_of_columns",),
    "expression_is_true": ("expression",),
    "accepted_range": ("min_value", "max_value", "inclusive"),
    "no_look_ahead": ("days",),
}
BUILT_IN = frozenset(ARGUMENTS)
_OF_A_COLUMN = BUILT_IN - {"grain", "unique_combination_of_columns", "expression_is_true", "no_look_ahead"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSpec:
    """A data test as the YAML says it."""

    __test__ = False  # not a test itself, whatever its name tells pytest

    kind: str
    at: Location
    column: str | None = None
    name: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


def make_data_test(spec: TestSpec, table: Relation, other: Relation | None, project: str) -> DataTest:
    """Return the built-in data test of that kind on `table`; `other` is the relation that `to:` names.

    Raises PropertiesError when an argument is missing or unknown.
    """
    check_arguments(spec)
    if spec.column is None and spec.kind in _OF_A_COLUMN:
        raise PropertiesError(f"test '{spec.kind}' has no column", at=spec.at, hint="write it under a column")
    predicate: str | None = None
    sql: str | None = None
    where = spec.config.get("where")
    if spec.kind in ("unique", "grain", "unique_combination_of_columns"):
        sql = _find_repeated(spec, table, where)
    elif spec.kind in ("relationships", "join_rate"):
        sql = _find_unmatched(spec, table, other, where)
    elif spec.kind == "not_constant":
        sql = _find_constant(spec, table, where)
    else:
        predicate = _failing(spec, quote(spec.column) if spec.column else "")
        if where:
            predicate = f"({where}) and ({predicate})"
    return name_data_test(spec, table, project, references=(table, other) if other else (table,), predicate=predicate, sql=sql)


def check_arguments(spec: TestSpec) -> None:
    """Raise PropertiesError when a built-in test is given an argument that it does not take."""
    for name in spec.arguments:
        if name not in ARGUMENTS[spec.kind]:
            hint = nearest(name, ARGUMENTS[spec.kind]) or f"it takes {', '.join(ARGUMENTS[spec.kind]) or 'none'}"
            raise PropertiesError(f"test '{spec.kind}' has no argument '{name}'", at=spec.at, hint=hint)


def name_data_test(
    spec: TestSpec,
    table: Relation | None,
    project: str,
    *,
    references: tuple[Relation, ...],
    predicate: str | None = None,
    sql: str | None = None,
) -> DataTest:
    """Return the node of a data test, with dbt's kind of name and id."""
    owner = table.name if table else ""
    words = [spec.kind, owner, spec.column or ""]
    name = spec.name or "_".join(word for word in words if word)
    told = json.dumps([spec.kind, str(table), spec.column, spec.arguments, spec.config], sort_keys=True, default=str)
    digest = hashlib.sha256(told.encode()).hexdigest()[:10]
    tags = spec.config.get("tags") or ()
    severity = str(spec.config.get("severity", "error")).lower()
    if severity not in ("error", "warn"):
        raise PropertiesError(f"unknown severity '{severity}'", at=spec.at, hint="write error or warn")
    return DataTest(
        unique_id=f"test.{project}.{name}.{digest}",
        name=name,
        kind=spec.kind,
        at=spec.at,
        table=table,
        references=references,
        predicate=predicate,
        sql=sql,
        column=spec.column,
        severity=severity,
        tags=(tags,) if isinstance(tags, str) else tuple(tags),
        meta=spec.config.get("meta") or {},
    )


def quote(name: str) -> str:
    """Return a column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """Return a YAML scalar as SQL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _failing(spec: TestSpec, column: str) -> str:
    if spec.kind == "not_null":
        return f"{column} is null"
    if spec.kind == "accepted_values":
        values = _list(spec, "values")
        quoted = spec.arguments.get("quote", True) is not False
        words = ", ".join(literal(str(value) if quoted and not isinstance(value, int | float) else value) for value in values)
        return f"{column} is not null and {column} not in ({words})"
    if spec.kind == "expression_is_true":
        expression = str(_argument(spec, "expression"))
        return f"not coalesce(({f'{column} ' if column else ''}{expression}), true)"
    low, high = spec.arguments.get("min_value"), spec.arguments.get("max_value")
    equal = "" if spec.arguments.get("inclusive", True) is not False else "="
    sides = [f"{column} <{equal} {low}"] if low is not None else []
    sides += [f"{column} >{equal} {high}"] if high is not None else []
    if not sides:
        raise _missing(spec, "min_value")
    return " or ".join(sides)


def _find_repeated(spec: TestSpec, table: Relation, where: Any) -> str:
    if spec.kind == "unique":
        keys = [quote(spec.column or "")]
        conditions = [f"{keys[0]} is not null"]
    else:
        name = "columns" if spec.kind == "grain" else "combination_of_columns"
        keys = [quote(str(key)) for key in _list(spec, name)]
        conditions = []
    conditions += [f"({where})"] if where else []
    by = ", ".join(keys)
    condition = f" where {' and '.join(conditions)}" if conditions else ""
    return f"select {by} from {table.sql}{condition} group by {by} having count(*) > 1"


def _find_unmatched(spec: TestSpec, table: Relation, other: Relation | None, where: Any) -> str:
    """Return the query for values that the other table lacks; for a join rate none when few enough of them lack."""
    if other is None:
        raise _missing(spec, "to")
    column, key = quote(spec.column or ""), quote(str(_argument(spec, "field")))
    condition = f"child.{column} is not null" + (f" and ({where})" if where else "")
    unmatched = (
        f"select child.{column} from {table.sql} as child left anti join {other.sql} as parent"
        f" on child.{column} = parent.{key} where {condition}"
    )
    if spec.kind == "relationships":
        return unmatched
    # In whole numbers: 7 of 100 are 0.07, which a float is not.
    share, whole = _share(spec).as_integer_ratio()
    return (
        f"with unmatched as ({unmatched}), counted as ("
        f"select (select count(*) from {table.sql} as child where {condition}) as total,"
        " (select count(*) from unmatched) as lost)"
        f" select unmatched.* from unmatched cross join counted where (total - lost) * {whole} < total * {share}"
    )


def _share(spec: TestSpec) -> Decimal:
    """Return the share that must be found, above 0 and at most 1."""
    given = _argument(spec, "at_least")
    try:
        share = Decimal(str(given))
        fine = 0 < share <= 1
    except InvalidOperation:
        fine = False
    if not fine:
        raise PropertiesError(f"'at_least: {given}' is no share", at=spec.at, hint="write a number above 0, at most 1: 0.95")
    return share


def _find_constant(spec: TestSpec, table: Relation, where: Any) -> str:
    """Return the query that gives a row when a column has one value; with `by`, only if that column has several."""
    column = quote(spec.column or "")
    condition = f"{column} is not null" + (f" and ({where})" if where else "")
    by = quote(str(spec.arguments["by"])) if "by" in spec.arguments else ""
    several = f" and min({by}) < max({by})" if by else ""
    return f"select 1 as constant from {table.sql} where {condition} having min({column}) = max({column}){several}"


def _argument(spec: TestSpec, name: str) -> Any:
    if name not in spec.arguments:
        raise _missing(spec, name)
    return spec.arguments[name]


def _list(spec: TestSpec, name: str) -> list[Any]:
    values = _argument(spec, name)
    if not isinstance(values, list | tuple) or not values:
        hint = f"write '{name}: [a, b]', or a variable that is such a list"
        raise PropertiesError(f"'{name}' of test '{spec.kind}' is no list, or an empty one", at=spec.at, hint=hint)
    return list(values)


def _missing(spec: TestSpec, name: str) -> PropertiesError:
    return PropertiesError(f"test '{spec.kind}' has no '{name}'", at=spec.at, hint=f"give it under 'arguments: {{{name}: ...}}'")
