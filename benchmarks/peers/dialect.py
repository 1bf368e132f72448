"""DataFusion's SQL as DuckDB's: sqlglot, with rules of our own where the two engines mean different things.

Types decide: a division of whole numbers, a date or a fraction cast to a whole number. They are known from the planned
columns of every table that a query reads.
"""

from collections.abc import Mapping

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

Tables = Mapping[tuple[str, str], pa.Schema]  # columns by layer and name
_FROM = "postgres"  # sqlglot has no dialect of DataFusion; the project's own parser reads it so
_NAMES = {"make_array": "list_value", "array_has": "list_contains"}
_WHOLE = exp.DataType.INTEGER_TYPES
_FRACTION = {*exp.DataType.REAL_TYPES}


def duckdb_type(kind: pa.DataType) -> str:
    """Return DuckDB's word for an Arrow type."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "VARCHAR"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP"
    if pa.types.is_time(kind):
        return "TIME"
    if pa.types.is_date(kind):
        return "DATE"
    return {
        "bool": "BOOLEAN", "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT",
        "uint8": "UTINYINT", "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "float": "FLOAT",
        "double": "DOUBLE", "null": "VARCHAR",
    }[str(kind)]  # fmt: skip


def make_schema(tables: Tables) -> MappingSchema:
    """Return the columns of all tables as sqlglot wants them."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for (layer, name), schema in tables.items():
        found.setdefault(layer, {})[name] = {field.name: duckdb_type(field.type) for field in schema}
    return MappingSchema(found, dialect="duckdb")


def to_duckdb(sql: str, schema: MappingSchema) -> str:
    """Return a query of DataFusion in DuckDB's words; tables bear their names."""
    tree = sqlglot.parse_one(sql, dialect=_FROM)
    tree = qualify(tree, schema=schema, dialect=_FROM, validate_qualify_columns=False, quote_identifiers=True)
    tree = annotate_types(tree, schema=schema, dialect=_FROM)
    for node in reversed(list(tree.walk(bfs=True))):
        other = _translate(node)
        if other is not node:
            node.replace(other)
    return tree.sql(dialect="duckdb", pretty=True)


def _translate(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Cast):
        return _cast(node)
    if isinstance(node, exp.Div):
        both = all(side.type is not None and side.type.this in _WHOLE for side in (node.this, node.expression))
        return exp.IntDiv(this=node.this, expression=node.expression) if both else _untyped(node)
    if isinstance(node, exp.LastValue | exp.FirstValue) and not isinstance(node.parent, exp.Window | exp.IgnoreNulls):
        name = "last" if isinstance(node, exp.LastValue) else "first"
        return exp.Anonymous(this=name, expressions=[node.this])
    if isinstance(node, exp.Anonymous) and str(node.this).lower() in _NAMES:
        return exp.Anonymous(this=_NAMES[str(node.this).lower()], expressions=node.expressions)
    return node


def _untyped(node: exp.Div) -> exp.Div:
    node.set("typed", False)
    node.set("safe", False)
    return node


def _cast(node: exp.Cast) -> exp.Expression:
    """Return a cast as DataFusion means it: dates are days since 1970, fractions are cut off."""
    given, wanted = node.this.type, node.to.this
    if given is None:
        return node
    epoch = "DATE '1970-01-01'"
    if wanted in _WHOLE and given.this == exp.DataType.Type.DATE:
        days = sqlglot.parse_one(f"CAST(x - {epoch} AS {node.to.sql('duckdb')})", dialect="duckdb")
        next(days.find_all(exp.Column)).replace(node.this)
        return days
    if wanted == exp.DataType.Type.DATE and given.this in _WHOLE:
        day = sqlglot.parse_one(f"({epoch} + CAST(x AS INTEGER))", dialect="duckdb")
        next(day.find_all(exp.Column)).replace(node.this)
        return day
    if wanted in _WHOLE and given.this in _FRACTION:
        node.set("this", exp.Anonymous(this="trunc", expressions=[node.this]))
    return node
