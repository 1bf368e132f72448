from datetime import date
from typing import Any

import pytest

from ids_build.nodes import Column, NamedColumn, Report
from ids_build.report.exhibits import Exhibit, Heading, first_sentence, make_exhibit
from tests.support import AT, make_model

COLUMNS = (("sex", "string"), ("year", "int32"), ("n", "int64"), ("share", "float64"), ("known", "boolean"), ("first", "date"))
DAY = date(2020, 1, 1)


def _exhibit(*rows: tuple[object, ...], threshold: int = 5, counts: tuple[str, ...] = ("n",), **parts: Any) -> Exhibit:
    named = tuple(NamedColumn(role="counts", name=name, at=AT) for name in counts)
    model = make_model("staging.ages", order=("sex", "year"), report=Report(title="Ages", at=AT, counts=named), **parts)
    return make_exhibit(model, COLUMNS, rows, threshold, DAY)


@pytest.mark.parametrize("count", [1, 4])
def test_a_row_with_a_small_count_keeps_its_keys_alone(count: int) -> None:
    shown = _exhibit(("f", 2020, count, 0.5, True, DAY))
    assert shown.rows == (("f", 2020, "<5", None, True, None),)
    assert shown.masked == {0}


@pytest.mark.parametrize("count", [0, 5, None])
def test_other_counts_are_shown(count: int | None) -> None:
    shown = _exhibit(("f", 2020, count, 0.5, True, DAY))
    assert (shown.rows, shown.masked) == ((("f", 2020, count, 0.5, True, DAY),), frozenset())


def test_one_small_count_blanks_the_others_of_its_row() -> None:
    model = make_model(
        "staging.flow",
        order=("step",),
        report=Report(
            title="Flow", at=AT, counts=tuple(NamedColumn(role="counts", name=name, at=AT) for name in ("a", "b", "c"))
        ),
    )
    columns = [("step", "int32"), ("a", "int64"), ("b", "int64"), ("c", "int64")]
    shown = make_exhibit(model, columns, [(1, 100, 97, 3), (2, 97, 90, 7)], 5, None)
    assert shown.rows == ((1, None, None, "<5"), (2, 97, 90, 7))


def test_a_negative_count_is_not_told_either() -> None:
    assert _exhibit(("f", 2020, -3, 0.5, True, DAY)).rows[0][2:4] == ("<5", None)


def test_another_threshold_masks_more_or_nothing() -> None:
    row = ("f", 2020, 9, 0.5, True, DAY)
    assert _exhibit(row, threshold=10).rows[0][2] == "<10"
    assert _exhibit(("f", 2020, 1, 0.5, True, DAY), threshold=1).masked == frozenset()


def test_a_table_that_counts_no_persons_is_shown_as_it_is() -> None:
    assert _exhibit(("f", 2020, 1, 0.5, True, DAY), counts=()).masked == frozenset()


def test_rows_stand_in_the_order_of_their_keys_numbers_in_texts_as_numbers() -> None:
    words = ["10-14", None, "5-9", "100+", "0-4"]
    shown = _exhibit(*((word, year, 9, 0.0, False, DAY) for word in words for year in (2, 1)))
    assert [row[0] for row in shown.rows][::2] == [None, "0-4", "5-9", "10-14", "100+"]
    assert [row[1] for row in shown.rows] == [1, 2] * 5


def test_a_table_without_keys_keeps_its_order() -> None:
    model = make_model("staging.ages", report=Report(title="Ages", at=AT))
    assert make_exhibit(model, [("a", "string")], [("z",), ("b",)], 5, None).rows == (("z",), ("b",))


def test_masked_rows_are_not_drawn() -> None:
    shown = _exhibit(("f", 2020, 3, 0.5, True, DAY), ("m", 2020, 8, 0.5, True, DAY))
    assert [row["sex"] for row in shown.drawn()] == ["m"]


def test_headings_tell_keys_counts_and_numbers() -> None:
    told = {heading.name: (heading.key, heading.count, heading.number) for heading in _exhibit().headings}
    assert told == {
        "sex": (True, False, False), "year": (True, False, True), "n": (False, True, True), "share": (False, False, True),
        "known": (True, False, False), "first": (False, False, False),
    }  # fmt: skip


def test_what_the_yaml_says_of_model_and_columns_goes_along() -> None:
    columns = [Column(name="n", description="Persons\n in all.", meta={"unit": "persons"})]
    shown = _exhibit(columns=columns, description="One row per sex. Not for\nmore.")
    assert (shown.description, shown.built, shown.title) == ("One row per sex.", DAY, "Ages")
    assert (shown.heading("n").description, shown.heading("n").unit) == ("Persons in all.", "persons")


@pytest.mark.parametrize(
    ("parts", "label"),
    [
        ({"description": "Mean income. Before tax."}, "Mean income"),
        ({"description": "A description that is much too long to stand at the axis of any plot"}, "n left"),
        ({"unit": "DKK"}, "n left (DKK)"),
        ({}, "n left"),
    ],
)
def test_an_axis_says_what_is_short(parts: dict[str, str], label: str) -> None:
    assert Heading(name="n_left", data_type="int64", **parts).label == label


@pytest.mark.parametrize(
    ("text", "first"),
    [("One row. Two rows.", "One row."), ("Births, e.g. of 2.5 kg,\n and more", "Births, e.g. of 2.5 kg, and more"), ("", "")],
)
def test_the_first_sentence_is_found(text: str, first: str) -> None:
    assert first_sentence(text) == first
