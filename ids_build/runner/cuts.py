"""What a table held as of a day: the dates by which its rows and columns say when they are known, and the query that cuts it."""

from datetime import date
from typing import Any

import pyarrow as pa

from ids_build.config import nearest
from ids_build.errors import Location, TypeCheckError
from ids_build.nodes import Column, Model, Seed, Source
from ids_build.runner.datatypes import describe_type

ALWAYS = "always"


def known_on(node: Model | Seed | Source) -> str | None:
    """Return the column whose date a row is known from, ``always``, or None when the table does not say.

    Seeds are timeless, and so is a table that asks: its rows are no knowledge but the question.
    """
    return node.meta.get("known_on") or (ALWAYS if isinstance(node, Seed) or node.meta.get("asks") else None)


def cut_at(node: Model | Seed | Source, schema: pa.Schema, day: date) -> str:
    """Return the query of what the registered table held on that day.

    Rows that were known later are left out; of the others a date that lies later reads as the column's word for open,
    else as NULL, and so does what its column says to be known on such a date. A row without its date is kept.
    """
    rows = known_on(node) or ALWAYS
    described = {column.name: column for column in node.columns}
    shown = [_show(field, described.get(field.name), rows, schema, day) for field in schema]
    kept = "" if rows == ALWAYS else f" where {on_or_before(rows, schema, day)} or {quote(rows)} is null"
    return f"select {', '.join(shown)} from {node.relation.sql}{kept}"


def ask_on(node: Model | Seed | Source, schema: pa.Schema, day: date) -> str:
    """Return the query of a table that asks, its rows up to that day asked again as of that day.

    Never earlier than they were: who was born, or ill, on the own day is so on a later one. Of several rows that differ in
    the day alone (of the grain, else of all columns) the newest stays.
    """
    asked = node.meta["asks"]
    grain = node.grain if isinstance(node, Model | Seed) else ()
    names = [name for name in schema.names if name != asked]
    key = ", ".join(quote(name) for name in grain if name != asked) or ", ".join(map(quote, names)) or "1"
    turn = f"row_number() over (partition by {key} order by {quote(asked)} desc) as ids_build_turn"
    until = f"select *, {turn} from {node.relation.sql} where {on_or_before(asked, schema, day)}"
    shown = [f"{_literal(day, schema.field(name))} as {quote(name)}" if name == asked else quote(name) for name in schema.names]
    return f"select {', '.join(shown)} from ({until}) where ids_build_turn = 1"


def on_or_before(name: str, schema: pa.Schema, day: date) -> str:
    """Return the condition that a column of dates or timestamps is no later than that day."""
    return f"{_day_of(name, schema)} <= date '{day}'"


def quote(name: str) -> str:
    """Return a column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def check_days(node: Model | Seed | Source, schema: pa.Schema) -> None:
    """Raise TypeCheckError when what a table says of days names no column, or one that holds no dates."""
    for key in ("known_on", "asks"):
        named = node.meta.get(key)
        if named is not None and (key, named) != ("known_on", ALWAYS):
            _check_day(key, named, schema, _place(node, key, named))
    if isinstance(node, Model):
        day, ahead = node.meta.get("as_of"), node.meta.get("looks_ahead") or ()
        if day is not None:
            _check_day("as_of", day, schema, _place(node, "as_of", day))
        for name in (ahead,) if isinstance(ahead, str) else ahead:
            at = _place(node, "looks_ahead", name)
            _check_name("looks_ahead", name, schema, at)
            if day is None:
                raise TypeCheckError("'looks_ahead' says nothing without 'as_of'", at=at, hint="add 'as_of: a date column'")
    for column in node.columns:
        _check_column(column, schema)


def _show(field: pa.Field, column: Column | None, rows: str, schema: pa.Schema, day: date) -> str:
    name, meta = quote(field.name), column.meta if column else {}
    # In a timeless table only those columns come and go that say so themselves.
    known = meta.get("known_on") or (field.name if _is_day(field.type) and rows != ALWAYS else ALWAYS)
    if known in (ALWAYS, rows):
        return name
    shut = _literal(meta["open"], field) if meta.get("open") else "null"
    return f"case when {_day_of(known, schema)} > date '{day}' then {shut} else {name} end as {name}"


def _literal(day: Any, field: pa.Field) -> str:
    """Return a day as SQL; as a moment it is told in microseconds, for the engine cannot read a text beyond the year 2262."""
    if not pa.types.is_timestamp(field.type):
        return f"date '{day}'"
    return f"to_timestamp_micros({(date.fromisoformat(str(day)) - date(1970, 1, 1)).days * 86_400_000_000})"


def _day_of(name: str, schema: pa.Schema) -> str:
    return f"cast({quote(name)} as date)" if pa.types.is_timestamp(schema.field(name).type) else quote(name)


def _is_day(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_date(data_type) or pa.types.is_timestamp(data_type))


def _check_day(key: str, name: Any, schema: pa.Schema, at: Location | None) -> None:
    _check_name(key, name, schema, at)
    if not _is_day(schema.field(name).type):
        told = describe_type(schema.field(name).type)
        raise TypeCheckError(f"'{key}' names '{name}', which is {told} and no date", at=at, hint="name a column of dates")


def _check_name(key: str, name: Any, schema: pa.Schema, at: Location | None) -> None:
    if name not in schema.names:
        hint = nearest(str(name), schema.names) or f"the columns are {', '.join(schema.names[:12])}"
        raise TypeCheckError(f"'{key}' names '{name}', which is no column", at=at, hint=hint)


def _check_column(column: Column, schema: pa.Schema) -> None:
    known, shut = column.meta.get("known_on"), column.meta.get("open")
    if known is not None and known != ALWAYS:
        _check_day("known_on", known, schema, column.at)
    if shut is None:
        return
    _check_day("open", column.name, schema, column.at)
    try:
        date.fromisoformat(str(shut))
    except ValueError:
        raise TypeCheckError(f"'open: {shut}' is no date", at=column.at, hint="write it like 9999-12-31") from None


def _place(node: Model | Seed | Source, key: str, word: Any) -> Location:
    return node.places.get((key, str(word))) or (node.at if isinstance(node, Source) else Location(path=node.path))
