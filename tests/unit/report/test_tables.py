from datetime import date, datetime
from decimal import Decimal

import pytest

from ids_build.report.exhibits import Exhibit, Heading
from ids_build.report.tables import format_csv, format_rows
from tests.support import AT


def _exhibit(kind: str, *cells: object, key: bool = False) -> Exhibit:
    heading = Heading(name="x", data_type=kind, key=key)
    return Exhibit(name="t", title="T", at=AT, headings=(heading,), rows=tuple((cell,) for cell in cells))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, '""'), (1234567, "1234567"), ("<5", "<5"), (True, "true"), (0.123456789, "0.123456789"), (Decimal("1.50"), "1.50"),
        (date(2020, 1, 2), "2020-01-02"), (datetime(2020, 1, 2, 3, 4), "2020-01-02T03:04:00"),
        ("Sjælland, Øst", '"Sjælland, Øst"'),
        ('say "no"', '"say ""no"""'),
    ],
)  # fmt: skip
def test_csv_holds_every_digit(cell: object, text: str) -> None:
    assert format_csv(_exhibit("string", cell)) == f"x\n{text}\n"


def test_csv_of_no_rows_is_a_header() -> None:
    assert format_csv(_exhibit("string")) == "x\n"


@pytest.mark.parametrize(
    ("kind", "cells", "texts"),
    [
        ("int64", (1234567, 0, None, "<5"), ["1,234,567", "0", "", "<5"]),
        ("float64", (0.5, 0.25, 0.0), ["0.50", "0.25", "0.00"]),
        ("float64", (1.0, 2.0, None), ["1", "2", ""]),
        ("float64", (0.123456, -0.2), ["0.123", "-0.200"]),
        ("float64", (1234.5678,), ["1,234.6"]),
        ("float64", (0.0001234,), ["0.00012"]),
        ("float64", (float("nan"), float("inf"), 1.5), ["nan", "inf", "1.50"]),
        ("decimal128(10, 2)", (Decimal("1234.50"),), ["1,234.50"]),
        ("date", (date(2020, 1, 2),), ["2020-01-02"]),
        ("boolean", (True, False, None), ["yes", "no", ""]),
        ("string", ("Ø", None), ["Ø", ""]),
    ],
)
def test_the_page_shows_numbers_that_can_be_read(kind: str, cells: tuple[object, ...], texts: list[str]) -> None:
    assert [cell.text for (cell,) in format_rows(_exhibit(kind, *cells), 10)] == texts


def test_a_key_such_as_a_year_has_no_thousands() -> None:
    assert format_rows(_exhibit("int32", 2020, key=True), 10)[0][0].text == "2020"
    assert format_rows(_exhibit("float64", 2020.0, key=True), 10)[0][0].text == "2020"


def test_numbers_are_told_by_their_column() -> None:
    assert format_rows(_exhibit("int64", "<5"), 10)[0][0].number
    assert not format_rows(_exhibit("string", "5"), 10)[0][0].number


def test_no_more_rows_than_asked_for() -> None:
    assert len(format_rows(_exhibit("int64", *range(20)), 7)) == 7
    assert format_rows(_exhibit("int64"), 7) == []
