from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ids_build.errors import ExecutionError
from ids_build.relation import Relation
from ids_build.runner.casts import Cast, make_cast, sql_type
from ids_build.runner.datatypes import plain_type
from ids_build.runner.engine import Engine

RAW = Relation(layer="raw", name="t")
ENGINE = Engine(threads=1, memory_limit=64 * 1024**2)
LOST = object()
NAN = float("nan")
D = Decimal


def _cast(value: Any, raw: pa.DataType, contract: pa.DataType) -> Any:
    """Return what the value becomes, or LOST when the cast refuses it; the counting form must agree."""
    cast = make_cast('"v"', raw, contract)
    assert cast is not None
    ENGINE.add_rows(RAW, pa.table({"v": pa.array([value], raw)}))
    counted = ENGINE.fetch(f"select {cast.safe} as v from {RAW.sql}").column(0)[0].as_py()
    try:
        column = ENGINE.fetch(f"select {cast.sql} as v from {RAW.sql}").column(0)
    except ExecutionError:
        assert cast.checked and counted is None, "a value is refused that the count does not find"
        return LOST
    assert plain_type(column.type) == contract
    assert repr(counted) == repr(column[0].as_py())
    return column[0].as_py()


F, S, I64, I32, DATE, TS = pa.float64(), pa.string(), pa.int64(), pa.int32(), pa.date32(), pa.timestamp("us")
DAY = date(2000, 2, 29)

KEPT = [
    # whole numbers among themselves
    (5, pa.int8(), I64, 5), (5, I64, pa.int8(), 5), (-128, I64, pa.int8(), -128), (7, pa.uint32(), I64, 7),
    (7, I64, pa.uint64(), 7),
    (2**63, pa.uint64(), pa.uint64(), 2**63), (None, I64, pa.int8(), None), (True, pa.bool_(), I32, 1),
    (False, pa.bool_(), I32, 0),
    # whole numbers held as something else
    (5.0, F, I32, 5), (-5.0, F, I32, -5), (NAN, F, I32, None), (None, F, I32, None), (D("5.00"), pa.decimal128(9, 2), I32, 5),
    ("5", S, I32, 5), (" 5 ", S, I32, 5), ("-5", S, I32, -5), ("0", S, I32, 0), ("", S, I32, None), ("   ", S, I32, None),
    (2.0**53, F, I64, 2**53),
    # anything to text
    (101, I32, S, "101"), (101.0, F, S, "101"), (NAN, F, S, None), (2.5, F, S, "2.5"), (-0.125, F, S, "-0.125"),
    (0.1, pa.float32(), S, "0.1"), (True, pa.bool_(), S, "true"), (DAY, DATE, S, "2000-02-29"),
    (D("1.50"), pa.decimal128(9, 2), S, "1.50"), ("0101", S, S, "0101"), ("", S, S, ""), (" x ", pa.large_string(), S, " x "),
    # numbers
    (5, I32, F, 5.0), (2**53, I64, F, 2.0**53), ("2.5", S, F, 2.5), (" -2.5 ", S, F, -2.5), ("0.5", S, F, 0.5), ("", S, F, None),
    (5, I32, pa.decimal128(9, 2), D("5.00")),
    ("2.5", S, pa.decimal128(9, 2), D("2.50")), (D("2.50"), pa.decimal128(9, 2), pa.decimal128(12, 4), D("2.5000")),
     (0.5, pa.float32(), F, 0.5), (0.5, F, pa.float32(), 0.5),
    (16_777_216, I32, pa.float32(), 16_777_216.0),
    # dates
    ("2000-02-29", S, DATE, DAY), ("20000229", S, DATE, DAY), ("29-02-2000", S, DATE, DAY), ("29/02/2000", S, DATE, DAY),
    ("29.02.2000", S, DATE, DAY), (" 2000-02-29 ", S, DATE, DAY),
    ("", S, DATE, None), (None, S, DATE, None), (20000229, I32, DATE, DAY),
    (20000229.0, F, DATE, DAY), (NAN, F, DATE, None), (datetime(2000, 2, 29), TS, DATE, DAY), (None, TS, DATE, None),
    (datetime(2000, 2, 29), pa.timestamp("ns"), DATE, DAY), (DAY, pa.date64(), DATE, DAY),
    ("01-02-2000", S, DATE, date(2000, 2, 1)),
    # times and moments
    ("12:30:00", S, pa.time32("s"), time(12, 30)), ("", S, pa.time32("s"), None),
    (time(12, 30), pa.time64("us"), pa.time32("s"), time(12, 30)),
    ("2000-02-29 12:30:00", S, TS, datetime(2000, 2, 29, 12, 30)), (DAY, DATE, TS, datetime(2000, 2, 29)), ("", S, TS, None),
    (datetime(2000, 2, 29, 12), pa.timestamp("s"), TS, datetime(2000, 2, 29, 12)),
    # truth
    (1, I32, pa.bool_(), True), (0, pa.int8(), pa.bool_(), False), (None, I32, pa.bool_(), None),
    # nothing at all
    (None, pa.null(), I32, None), (None, pa.null(), S, None), (None, pa.null(), DATE, None),
]  # fmt: skip

REFUSED = [
    (128, I64, pa.int8()), (-1, I64, pa.uint64()), (2**63, pa.uint64(), I64),
    (2.5, F, I32), (1e300, F, I64), (float("inf"), F, I64), (2.0**53 + 2, F, I64), (3e9, F, I32),
    (D("5.50"), pa.decimal128(9, 2), I32),
    ("5.0", S, I32), ("0103", S, I32), ("x", S, I32), ("5x", S, I32), ("1e3", S, I32), ("99999999999", S, I32), ("1 2", S, I32),
    (1e300, F, S), (float("inf"), F, S),
    (2**53 + 1, I64, F), ("x", S, F), ("2,5", S, F), ("0103", S, F), ("00.5", S, F), ("0103", S, pa.decimal128(9, 2)),
    (16_777_217, I32, pa.float32()), (1e300, F, pa.float32()), (2**24 + 1, I64, pa.float32()),
      ("2.555", S, pa.decimal128(9, 2)),
    (D("99999999.00"), pa.decimal128(12, 2), pa.decimal128(5, 2)), (2**40, I64, pa.decimal128(5, 2)),
    ("30-02-2000", S, DATE), ("2000-02-30", S, DATE), ("20000230", S, DATE), ("2000", S, DATE), ("x", S, DATE),
    ("00-00-0000", S, DATE),
    ("01-02-99", S, DATE), ("29-02-2000 12:30", S, DATE), ("2000-02-29 12:30:00", S, DATE), ("29-02-2000x", S, DATE),
    ("2000-02-29 00:00:00", S, DATE),
    (20000230, I32, DATE), (0, I32, DATE), (2000, I32, DATE), (20000229.5, F, DATE), (datetime(2000, 2, 29, 12), TS, DATE),
    ("25:00:00", S, pa.time32("s")), ("x", S, pa.time32("s")), ("12:30:00.5", S, pa.time32("s")),
    (time(12, 30, 0, 500_000), pa.time64("us"), pa.time32("s")), (1, pa.timestamp("ns"), TS),
    ("x", S, TS), ("2000-02-30 00:00:00", S, TS),
    (2, I32, pa.bool_()), (-1, I32, pa.bool_()),
]  # fmt: skip

UNRELATED = [
    (pa.decimal128(9, 2), F), (F, pa.decimal128(9, 2)), (pa.decimal128(9, 2), pa.decimal128(9, 1)),
    (S, pa.bool_()), (F, pa.bool_()), (DATE, pa.bool_()), (pa.bool_(), DATE), (pa.bool_(), F), (DATE, I32), (TS, I64), (DATE, F),
    (I32, TS), (I32, pa.time32("s")), (TS, S), (pa.time32("s"), S), (pa.list_(I32), S), (pa.list_(I32), I32), (pa.binary(), S),
    (pa.time32("s"), DATE), (DATE, pa.time32("s")),
]  # fmt: skip


def _label(value: object) -> str:
    return str(value).replace(" ", "_")


@pytest.mark.parametrize(("value", "raw", "contract", "expected"), KEPT, ids=_label)
def test_a_value_that_loses_nothing_is_cast(value: Any, raw: pa.DataType, contract: pa.DataType, expected: Any) -> None:
    assert _cast(value, raw, contract) == expected


@pytest.mark.parametrize(("value", "raw", "contract"), REFUSED, ids=_label)
def test_a_value_that_would_lose_something_is_refused(value: Any, raw: pa.DataType, contract: pa.DataType) -> None:
    assert _cast(value, raw, contract) is LOST


@pytest.mark.parametrize(("raw", "contract"), UNRELATED, ids=_label)
def test_types_that_have_nothing_to_do_with_each_other_have_no_cast(raw: pa.DataType, contract: pa.DataType) -> None:
    assert make_cast('"v"', raw, contract) is None


def test_a_column_of_the_contracts_own_type_is_left_as_it_is() -> None:
    assert make_cast('"v"', I32, I32) == Cast(sql='"v"', safe='"v"', checked=False)


# -- invariants -----------------------------------------------------------------------------------

INTEGERS = {f"int{bits}": st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(INTEGERS)), st.sampled_from([*sorted(INTEGERS), "double"]), st.data())
def test_a_whole_number_is_the_same_number_afterwards_or_refused(raw: str, contract: str, data: st.DataObject) -> None:
    value = data.draw(INTEGERS[raw])
    found = _cast(value, pa.type_for_alias(raw), pa.type_for_alias(contract))
    assert found is LOST or found == value


@settings(max_examples=150, deadline=None)
@given(st.floats(width=64), st.sampled_from(["int8", "int32", "int64", "double", "string"]))
def test_a_float_is_the_same_number_afterwards_or_refused(value: float, contract: str) -> None:
    found = _cast(value, F, pa.type_for_alias(contract))
    if value != value:
        assert found is None or found != found
    else:
        assert found is LOST or float(found) == value


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text("0123456789-.", max_size=12), st.text(max_size=6), st.integers().map(str)))
def test_a_text_read_as_a_whole_number_is_written_the_same(text: str) -> None:
    found = _cast(text, S, I64)
    if found is None:
        assert text.strip(" ") == ""
    else:
        assert found is LOST or str(found) == text.strip(" ")


@settings(max_examples=150, deadline=None)
@given(
    st.dates(date(1000, 1, 1), date(9999, 12, 31)), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"])
)
def test_a_date_is_read_the_same_however_it_is_written(day: date, form: str) -> None:
    assert _cast(day.strftime(form), S, DATE) == day


@settings(max_examples=150, deadline=None)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
def test_a_moment_is_a_date_only_at_midnight(moment: datetime) -> None:
    found = _cast(moment, TS, DATE)
    assert found == moment.date() if moment.time() == time() else found is LOST


@pytest.mark.parametrize(
    ("kind", "name"),
    [(pa.string(), "Utf8"), (pa.decimal128(9, 2), "Decimal128(9, 2)"), (pa.time32("s"), "Time32(s)"), (pa.bool_(), "Boolean")],
)
def test_the_engine_knows_the_spelling_of_every_contract_type(kind: pa.DataType, name: str) -> None:
    assert sql_type(kind) == name
    assert ENGINE.fetch(f"select arrow_cast(null, '{name}') as v").schema.field("v").type == kind
