from decimal import Decimal
from typing import Any

import pytest

from ids_build.errors import ExecutionError
from ids_build.report.sheets import Sheet, describe_number, describe_value, find_boxes, make_sheets
from tests.support import AT
from tests.support.reports import make_exhibit, make_plot

BARS = make_plot("bars", "y x by panel")


def _sheets(*rows: tuple[object, ...], **parts: Any) -> list[Sheet]:
    return list(make_sheets(make_exhibit("y x by panel", *rows, plot=BARS, **parts)))


def _flow(roles: str, *rows: tuple[object, ...], **words: str) -> list[tuple[list[str], list[str]]]:
    (sheet,) = make_sheets(make_exhibit(roles, *rows, plot=make_plot("flow", roles, words=words)))
    return find_boxes(sheet)


def test_nothing_is_drawn_without_a_plot_or_rows() -> None:
    assert list(make_sheets(make_exhibit("y x", ("a", 1)))) == []
    assert _sheets() == []


def test_each_panel_is_a_sheet_in_order_of_appearance() -> None:
    sheets = _sheets(("a", 1, "f", "old"), ("a", 2, "f", "new"), ("b", 3, "f", "old"))
    assert [(sheet.panel, sheet.numbers("x")) for sheet in sheets] == [("old", [1.0, 3.0]), ("new", [2.0])]


def test_masked_rows_and_rows_without_a_number_are_left_out() -> None:
    (sheet,) = _sheets(
        ("a", "<5", "f", "p"), ("b", None, "f", "p"), ("d", float("inf"), "f", "p"), ("c", 7, "f", "p"), masked=frozenset({0})
    )
    assert sheet.values("y") == ["c"]


def test_a_band_that_one_group_lacks_keeps_its_place() -> None:
    rows = [("0-4", 1, "f", "p"), ("10+", 1, "f", "p"), ("0-4", 1, "m", "p"), ("5-9", 1, "m", "p"), ("10+", 1, "m", "p")]
    (sheet,) = _sheets(*rows)
    assert sheet.bands() == ["0-4", "5-9", "10+"]
    assert [(number, name, len(found)) for number, name, found in sheet.groups()] == [(0, "f", 2), (1, "m", 3)]


def test_a_group_keeps_its_number_and_the_axes_their_reach_in_every_panel() -> None:
    old, new = _sheets(("a", 1, "f", "old"), ("b", 9, "m", "old"), ("a", 5, "m", "new"))
    assert [(number, name) for number, name, _ in new.groups()] == [(1, "m")]
    assert (new.group_count, new.reach("x"), old.reach("x")) == (2, [1.0, 9.0, 5.0], [1.0, 9.0, 5.0])


def test_numbers_come_from_decimals_and_null_is_none() -> None:
    plot = make_plot("dots", "y x low high")
    (sheet,) = make_sheets(make_exhibit("y x low high", ("a", Decimal("1.5"), None, 2), plot=plot))
    assert sheet.numbers("x") == [1.5]
    assert str(sheet.numbers("low")) == "[nan]"
    assert sheet.values("by") == [None]


def test_an_axis_says_what_the_yaml_says_else_the_column() -> None:
    plot = make_plot("dots", "y x", words={"x_label": "Share of all"})
    (sheet,) = make_sheets(make_exhibit("y x", ("a", 1), plot=plot))
    assert (sheet.label("x"), sheet.label("y")) == ("Share of all", "y")


def test_too_many_groups_are_refused() -> None:
    plot = make_plot("pyramid", "y x by")
    with pytest.raises(ExecutionError) as caught:
        list(make_sheets(make_exhibit("y x by", *(("a", 1, word) for word in "fmu"), plot=plot)))
    assert caught.value.message == "'ages' has 3 groups in 'by'; a plot of kind 'pyramid' shows 2"
    assert caught.value.at == AT
    with pytest.raises(ExecutionError, match="has 9 groups in 'by'; a plot of kind 'bars' shows 8"):
        _sheets(*(("a", 1, str(word), "p") for word in range(9)))


@pytest.mark.parametrize(("kind", "named"), [("bars", "'y' and 'by'"), ("steps", "'x' and 'by'")])
def test_two_rows_for_one_mark_are_refused_without_a_value(kind: str, named: str) -> None:
    rows = [(4711, 4711, "f"), (4711, 4711, "f")]
    with pytest.raises(ExecutionError) as caught:
        list(make_sheets(make_exhibit("y x by", *rows, plot=make_plot(kind, "y x by"))))
    assert caught.value.message == f"'ages' has several rows of one {named}"
    assert "4711" not in str(caught.value)


def test_a_flow_shows_who_is_left_and_who_was_taken_out() -> None:
    rows = [("Born in 2000", 100, 100, 0), ("Alive at one year", 100, 1090, -990), ("Known parents", 1090, 1090, 0)]
    assert _flow("label before after excluded", *rows) == [
        (["Born in 2000", "n = 100"], []),
        (["Alive at one year", "n = 1,090"], ["Excluded", "n = −990"]),
        (["Known parents", "n = 1,090"], []),
    ]


def test_a_flow_that_begins_with_a_step_has_a_box_before_it() -> None:
    assert _flow("reason before after", ("Died", 100, 90), start="All") == [
        (["All", "n = 100"], []),
        (["n = 90"], ["Died", "n = 10"]),
    ]
    assert _flow("label after excluded", ("Alive", 90, 10))[0] == (["At the start", "n = 100"], [])


def test_a_reason_is_told_even_where_nobody_is_taken_out() -> None:
    boxes = _flow("label reason after excluded", ("All", None, 9, 0), ("Alive", "Died", 9, 0))
    assert boxes == [(["All", "n = 9"], []), (["Alive", "n = 9"], ["Died", "n = 0"])]


def test_a_long_label_is_broken_into_lines() -> None:
    boxes = _flow("label after", ("A label that is far too long to stand on one line of its box", 9))
    assert boxes == [(["A label that is far too long to stand on", "one line of its box", "n = 9"], [])]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(missing)"),
        (True, "yes"),
        (False, "no"),
        (2020, "2020"),
        (10.0, "10"),
        (2.5, "2.5"),
        ("Ø", "Ø"),
        (Decimal("1.5"), "1.5"),
    ],
)
def test_a_key_is_told_in_words(value: object, text: str) -> None:
    assert describe_value(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(1234567, 0, "1,234,567"), (-0.5, 2, "−0.50"), (Decimal("2"), 0, "2"), (0, 1, "0.0")]
)
def test_a_number_is_told_in_figures(value: float, decimals: int, text: str) -> None:
    assert describe_number(value, decimals) == text
