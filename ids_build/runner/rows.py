"""Rows written as text, in seeds and fixtures, turned into typed Arrow tables."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ids_build.errors import Location, PropertiesError
from ids_build.runner.datatypes import describe_type, plain_type

_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS = {"true": True, "false": False}


def make_table(
    columns: Sequence[str], values: Sequence[Sequence[str | None]], schema: pa.Schema, at: Location | None
) -> pa.Table:
    """Return a table of `schema` from text cells; a column that is left out is NULL.

    Raises PropertiesError for an unknown column or a text that is no value of the column's type.
    """
    for name in columns:
        if name not in schema.names:
            raise PropertiesError(f"unknown column '{name}'", at=at, hint=f"the columns are {', '.join(schema.names)}")
    arrays: list[pa.Array] = []
    for field in schema:
        cells: list[Any] = [None] * len(values)
        if field.name in columns:
            index = columns.index(field.name)
            kind = plain_type(field.type)
            told = [row[index] for row in values]
            cells = told if pa.types.is_string(kind) else [_convert(cell, kind, field.name, at) for cell in told]
        arrays.append(pa.array(cells, field.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema([field.with_nullable(True) for field in schema]))


def infer_type(cells: Sequence[str | None]) -> pa.DataType:
    """Return the narrowest type that keeps every cell as it is written; text with leading zeros stays text."""
    found = [cell for cell in cells if cell is not None]
    if not found:
        return pa.string()
    if all(_INTEGER.fullmatch(cell) for cell in found):
        return pa.int64() if all(len(cell) < 19 for cell in found) else pa.string()
    if all(_NUMBER.fullmatch(cell) for cell in found):
        return pa.float64() if all(_keeps_digits(cell) for cell in found) else pa.string()
    if all(_DATE.fullmatch(cell) for cell in found) and _all_dates(found):
        return pa.date32()
    if all(cell.lower() in _WORDS for cell in found):
        return pa.bool_()
    return pa.string()


def _keeps_digits(cell: str) -> bool:
    """Return whether a float holds the number as it is written."""
    try:
        return Decimal(repr(float(cell))) == Decimal(cell)
    except ArithmeticError:
        return False


def _all_dates(cells: Sequence[str]) -> bool:
    try:
        return all(date.fromisoformat(cell) for cell in cells)
    except ValueError:
        return False


def _convert(cell: str | None, kind: pa.DataType, name: str, at: Location | None) -> Any:
    if cell is None:
        return None
    text = cell.strip()
    if not text:
        return None
    try:
        value = _parse(text, kind)
        # Arrow refuses what lies outside the type's range, or has more decimals than it holds.
        pa.scalar(value, kind)
        return value
    except (ValueError, KeyError, ArithmeticError):
        hint = "dates are written YYYY-MM-DD" if pa.types.is_temporal(kind) else "correct the cell, or the column's data_type"
        raise PropertiesError(f"'{cell}' is no {describe_type(kind)} (column '{name}')", at=at, hint=hint) from None


def _parse(text: str, kind: pa.DataType) -> Any:
    if "_" in text:
        # Python reads 1_000 as a number.
        raise ValueError(text)
    if pa.types.is_boolean(kind):
        return _WORDS[text.lower()]
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_floating(kind):
        return float(text)
    if pa.types.is_decimal(kind):
        return Decimal(text)
    if pa.types.is_date(kind):
        return date.fromisoformat(text)
    if pa.types.is_time(kind):
        return time.fromisoformat(text)
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(text)
    raise ValueError(text)
