"""Casts from what a delivery holds to what the contract says: lossless, or refused."""

from dataclasses import dataclass

import pyarrow as pa

from ids_build.runner.datatypes import plain_type

# 2**53: above it a float no longer holds every whole number.
_EXACT = 9007199254740992
_EXACT_SINGLE = 16777216


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """How a raw column becomes the contract's type.

    `sql` fails while it runs on a value that would lose something; `safe` gives NULL for such a value
    instead, so that they can be counted. `checked` is False when nothing can be lost.
    """

    sql: str
    safe: str
    checked: bool


def make_cast(column: str, raw: pa.DataType, contract: pa.DataType) -> Cast | None:
    """Return the cast of an SQL column expression, None when the two types have nothing to do with each other.

    Allowed: between widths of whole numbers; whole numbers held as float or text; numbers to text;
    dates held as timestamp at midnight, as ISO, Danish (DD-MM-YYYY) or YYYYMMDD text or number;
    times as text. Blank text is NULL for every type but text. Refused while running, never rounded:
    2.5 as a whole number, '0103' as a number (it would lose its zero), 30-02-2000 as a date.
    """
    if pa.types.is_dictionary(raw):
        return _from_dictionary(column, raw, contract)
    stored, raw, contract = raw, plain_type(raw), plain_type(contract)
    if raw == contract:
        return _to_width(column, stored, contract)
    if pa.types.is_null(raw):
        return _unchecked("null", contract)
    if pa.types.is_string(contract):
        return _to_text(column, raw)
    if pa.types.is_integer(contract):
        return _to_integer(column, raw, contract)
    if pa.types.is_floating(contract) or pa.types.is_decimal(contract):
        return _to_number(column, raw, contract)
    if pa.types.is_date32(contract):
        return _to_date(column, raw)
    if pa.types.is_time(contract) and pa.types.is_string(raw):
        return _checked(_matching(column, "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"), contract)
    if pa.types.is_timestamp(contract) and (pa.types.is_string(raw) or pa.types.is_date32(raw)):
        return _checked(f"nullif(trim({column}), '')" if pa.types.is_string(raw) else column, contract)
    if pa.types.is_boolean(contract) and pa.types.is_integer(raw):
        return _checked(_only(column, f"{column} in (0, 1)", "bigint"), contract)
    return None


def sql_type(data_type: pa.DataType) -> str:
    """Return Arrow's name of a type as DataFusion's arrow_cast() spells it."""
    names = {
        pa.string(): "Utf8", pa.bool_(): "Boolean", pa.date32(): "Date32", pa.time32("s"): "Time32(s)",
        pa.timestamp("us"): "Timestamp(µs)", pa.int8(): "Int8", pa.int16(): "Int16", pa.int32(): "Int32",
        pa.int64(): "Int64", pa.uint64(): "UInt64", pa.float32(): "Float32", pa.float64(): "Float64",
    }  # fmt: skip
    if pa.types.is_decimal(data_type):
        return f"Decimal128({data_type.precision}, {data_type.scale})"
    return names[data_type]


def _unchecked(sql: str, contract: pa.DataType) -> Cast:
    told = f"arrow_cast({sql}, '{sql_type(contract)}')"
    return Cast(sql=told, safe=told, checked=False)


def _from_dictionary(column: str, raw: pa.DataType, contract: pa.DataType) -> Cast | None:
    """Return the cast of a dictionary of texts; parquet keeps no dictionary of anything else that a contract knows."""
    if not pa.types.is_string(plain_type(raw)):
        return None
    return make_cast(_unchecked(column, pa.string()).sql, pa.string(), contract)


def _to_width(column: str, stored: pa.DataType, contract: pa.DataType) -> Cast:
    """Return the cast between ways of storing one type: a fraction that the contract does not hold is refused."""
    if stored == contract:
        return Cast(sql=column, safe=column, checked=False)
    if pa.types.is_time(contract):
        return _checked(_matching(f"cast({column} as varchar)", "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"), contract)
    if pa.types.is_timestamp(contract):
        return _checked(_truncated(column, "microsecond", "timestamp") if stored.unit == "ns" else column, contract)
    return _unchecked(column, contract)


def _checked(sql: str, contract: pa.DataType) -> Cast:
    return Cast(
        sql=f"arrow_cast({sql}, '{sql_type(contract)}')",
        safe=f"arrow_try_cast({sql}, '{sql_type(contract)}')",
        checked=True,
    )


def _only(column: str, condition: str, number: str) -> str:
    """Return the column as text where the condition holds, and a text that no cast accepts elsewhere."""
    return f"case when {column} is null then null when {condition} then cast(cast({column} as {number}) as varchar) else '!' end"


def _matching(column: str, pattern: str) -> str:
    """Return the trimmed text where it has the form, and a text that no cast accepts elsewhere; blank is NULL."""
    text = f"nullif(trim({column}), '')"
    return f"case when {text} is null then null when regexp_like({text}, '{pattern}') then {text} else '!' end"


def _truncated(column: str, unit: str, kind: str) -> str:
    """Return a moment as the text of `kind` where it is a whole `unit`, and a text that no cast accepts elsewhere."""
    whole = f"{column} = date_trunc('{unit}', {column})"
    return f"case when {column} is null then null when {whole} then cast(cast({column} as {kind}) as varchar) else '!' end"


def _number(column: str, raw: pa.DataType) -> str:
    """Return a float or decimal column as double; NaN, of either sign, is NULL."""
    number = f"cast({column} as double)"
    return f"case when isnan({number}) then null else {number} end" if pa.types.is_floating(raw) else number


def _to_text(column: str, raw: pa.DataType) -> Cast | None:
    if pa.types.is_integer(raw) or pa.types.is_boolean(raw) or pa.types.is_date32(raw) or pa.types.is_decimal(raw):
        return _unchecked(f"cast({column} as varchar)", pa.string())
    if pa.types.is_floating(raw):
        # A whole number is written without a fraction, as a key held as a float must be; others as briefly as can be read back.
        given = f"({_number(column, raw)})"
        whole = _to_integer(f"(case when {given} = trunc({given}) then {given} end)", pa.float64(), pa.int64())
        assert whole is not None
        fraction = f"case when {given} <> trunc({given}) then cast({column} as varchar) end"
        sql, safe = (f"coalesce(cast({text} as varchar), {fraction})" for text in (whole.sql, whole.safe))
        return Cast(sql=sql, safe=safe, checked=True)
    return None


def _to_integer(column: str, raw: pa.DataType, contract: pa.DataType) -> Cast | None:
    if pa.types.is_boolean(raw):
        return _unchecked(column, contract)
    if pa.types.is_integer(raw):
        wider = raw.bit_width < contract.bit_width and not pa.types.is_unsigned_integer(contract)
        return _unchecked(column, contract) if wider else _checked(column, contract)
    if pa.types.is_floating(raw) or pa.types.is_decimal(raw):
        given = f"({_number(column, raw)})"
        whole = f"{given} = trunc({given}) and {given} between -{_EXACT} and {_EXACT}"
        return _checked(_only(given, whole, "bigint"), contract)
    if pa.types.is_string(raw):
        text = f"nullif(trim({column}), '')"
        number = f"cast(try_cast({text} as bigint) as varchar)"
        return _checked(f"case when {text} is null then null when {number} = {text} then {text} else '!' end", contract)
    return None


def _to_number(column: str, raw: pa.DataType, contract: pa.DataType) -> Cast | None:
    if pa.types.is_string(raw):
        places = contract.scale if pa.types.is_decimal(contract) else 300
        power = "" if pa.types.is_decimal(contract) else "([eE][-+]?[0-9]+)?"
        return _checked(_matching(column, f"^-?(0|[1-9][0-9]*)([.][0-9]{{1,{max(places, 1)}}})?{power}$"), contract)
    if pa.types.is_integer(raw) and pa.types.is_decimal(contract):
        return _checked(column, contract)
    if pa.types.is_integer(raw):
        exact = _EXACT if contract.bit_width == 64 else _EXACT_SINGLE
        return _checked(_only(column, f"{column} between -{exact} and {exact}", "bigint"), contract)
    if pa.types.is_floating(raw) and pa.types.is_floating(contract):
        if raw.bit_width <= contract.bit_width:
            return _unchecked(column, contract)
        same = f"cast(cast({column} as float) as double) = {column} or isnan({column})"
        return _checked(_only(column, same, "double"), contract)
    if pa.types.is_decimal(raw) and pa.types.is_decimal(contract) and raw.scale <= contract.scale:
        return _checked(column, contract)
    return None


def _to_date(column: str, raw: pa.DataType) -> Cast | None:
    date = pa.date32()
    if pa.types.is_timestamp(raw):
        return _checked(_truncated(column, "day", "date"), date)
    if pa.types.is_integer(raw) or pa.types.is_floating(raw):
        whole = _to_integer(column, raw, pa.int64())
        assert whole is not None
        given = f"({_number(column, raw)})" if pa.types.is_floating(raw) else column
        return _checked(_iso(f"cast({whole.safe} as varchar)", given), date)
    if pa.types.is_string(raw):
        text = f"nullif(trim({column}), '')"
        return _checked(_iso(text, text), date)
    return None


def _iso(text: str, given: str) -> str:
    """Return a date text as ISO: YYYYMMDD, DD-MM-YYYY, DD/MM/YYYY, DD.MM.YYYY and ISO itself are read."""
    dashed = f"replace(replace({text}, '/', '-'), '.', '-')"
    return (
        f"case when {given} is null then null"
        f" when {text} is null then '!'"
        f" when length({text}) = 8 then concat(substr({text}, 1, 4), '-', substr({text}, 5, 2), '-', substr({text}, 7, 2))"
        f" when length({text}) <> 10 then '!'"
        f" when substr({dashed}, 3, 1) = '-'"
        f" then concat(substr({dashed}, 7, 4), '-', substr({dashed}, 4, 2), '-', substr({dashed}, 1, 2))"
        f" else {text} end"
    )
