from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.errors import PropertiesError
from ids_build.runner.rows import infer_type, make_table
from tests.support import AT


def _cell(text: str | None, kind: pa.DataType) -> Any:
    return make_table(["a"], [[text]], pa.schema([("a", kind)]), AT).column("a")[0].as_py()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0042", pa.string(), "0042"), (" x ", pa.string(), " x "), ("", pa.string(), ""), (None, pa.string(), None),
        ("42", pa.int32(), 42), (" 42 ", pa.int32(), 42), ("-1", pa.int8(), -1), ("", pa.int32(), None), (None, pa.int32(), None),
        ("2.5", pa.float64(), 2.5), ("1e3", pa.float64(), 1000.0), ("2.50", pa.decimal128(5, 2), Decimal("2.50")),
        ("true", pa.bool_(), True), ("False", pa.bool_(), False), ("2000-02-29", pa.date32(), date(2000, 2, 29)),
        ("12:30:00", pa.time32("s"), time(12, 30)), ("2000-02-29 12:30:00", pa.timestamp("us"), datetime(2000, 2, 29, 12, 30)),
        ("2000-02-29", pa.timestamp("us"), datetime(2000, 2, 29)), ("  ", pa.date32(), None),
    ],
)  # fmt: skip
def test_a_text_becomes_a_value_of_the_columns_type(text: str | None, kind: pa.DataType, value: Any) -> None:
    assert _cell(text, kind) == value


def test_nan_is_a_number_and_not_null() -> None:
    found = _cell("NaN", pa.float64())
    assert found is not None and found != found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x", pa.int32()), ("1.5", pa.int32()), ("1.0", pa.int32()), ("x", pa.float64()), ("2,5", pa.float64()),
        ("1", pa.bool_()),
        ("yes", pa.bool_()), ("29-02-2000", pa.date32()), ("2001-02-29", pa.date32()), ("25:00", pa.time32("s")),
        ("x", pa.timestamp("us")), ("x", pa.decimal128(5, 2)), ("300", pa.int8()), ("3000000000", pa.int32()),
        ("-1", pa.uint64()),
        ("2.555", pa.decimal128(5, 2)), ("99999.00", pa.decimal128(5, 2)), ("1_000", pa.int32()), ("1_0.5", pa.float64()),
    ],
)  # fmt: skip
def test_a_text_that_is_no_value_of_the_type_is_refused_with_its_column(text: str, kind: pa.DataType) -> None:
    with pytest.raises(PropertiesError, match=f"'{text}' is no .*column 'a'") as caught:
        _cell(text, kind)
    assert caught.value.at == AT


def test_a_column_that_is_left_out_is_null() -> None:
    table = make_table(["b"], [["1"], ["2"]], pa.schema([("a", pa.string()), ("b", pa.int32())]), AT)
    assert table.to_pydict() == {"a": [None, None], "b": [1, 2]}


def test_columns_stand_in_the_order_of_the_schema() -> None:
    table = make_table(["b", "a"], [["1", "x"]], pa.schema([("a", pa.string()), ("b", pa.int32())]), AT)
    assert table.to_pylist() == [{"a": "x", "b": 1}]


def test_an_unknown_column_is_told_with_the_known_ones() -> None:
    with pytest.raises(PropertiesError, match="unknown column 'c'") as caught:
        make_table(["c"], [], pa.schema([("a", pa.string()), ("b", pa.int32())]), AT)
    assert caught.value.hint == "the columns are a, b"


def test_a_column_declared_non_null_takes_null_in_a_fixture() -> None:
    assert make_table(["a"], [[None]], pa.schema([pa.field("a", pa.int32(), nullable=False)]), AT).num_rows == 1


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "0"], pa.int64()), (["1", None], pa.int64()), (["1", "2.5"], pa.float64()), (["1e3"], pa.float64()),
        (["01"], pa.string()), (["1", "02"], pa.string()), (["00.5"], pa.string()), ([" 1"], pa.string()), (["+1"], pa.string()),
        (["2000-02-29"], pa.date32()), (["2001-02-29"], pa.string()), (["2000-02-29", "x"], pa.string()),
        (["true", "FALSE"], pa.bool_()), (["true", "1"], pa.string()), (["x"], pa.string()), ([], pa.string()),
        ([None], pa.string()),
        (["999999999999999999"], pa.int64()), (["1234567890123456789"], pa.string()), (["0.12345678901234567890"], pa.string()),
        (["1", "x"], pa.string()),
    ],
)  # fmt: skip
def test_a_type_is_guessed_so_that_nothing_is_lost(cells: list[str | None], kind: pa.DataType) -> None:
    assert infer_type(cells) == kind


@given(st.lists(st.text("0123456789", min_size=1, max_size=25), min_size=1, max_size=4))
def test_digits_come_back_as_they_were_written(cells: list[str]) -> None:
    table = make_table(["a"], [[cell] for cell in cells], pa.schema([("a", infer_type(cells))]), AT)
    assert [str(value) for value in table.column("a").to_pylist()] == cells
