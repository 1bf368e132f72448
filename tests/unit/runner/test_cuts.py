from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from ids_build.errors import Location, TypeCheckError
from ids_build.nodes import Column, Model
from ids_build.runner.cuts import ask_on, check_days, cut_at, known_on
from ids_build.runner.engine import Engine
from tests.support import AT, make_model, make_seed, make_source

DAY = date(2010, 6, 15)
BEFORE, AFTER, OPEN = date(2010, 6, 14), date(2010, 6, 16), date(9999, 12, 31)
ROWS = pa.table(
    {
        "id": [1, 2, 3, 4],
        "began": pa.array([BEFORE, DAY, AFTER, None], pa.date32()),
        "ended": pa.array([DAY, AFTER, AFTER, AFTER], pa.date32()),
        "moment": pa.array([datetime(2010, 6, 15, 23, 59), datetime(2010, 6, 16), None, None], pa.timestamp("us")),
        "word": ["a", "b", "c", "d"],
    }
)


def _model(columns: dict[str, dict[str, Any]] | None = None, **meta: Any) -> Model:
    described = tuple(Column(name=name, meta=told, at=AT) for name, told in (columns or {}).items())
    return make_model("staging.spells", columns=described, meta=meta, grain=tuple(meta.get("grain", ())))


def _ask(query: str, rows: pa.Table = ROWS) -> list[dict[str, Any]]:
    engine = Engine(threads=1, memory_limit=64 * 1024**2)
    engine.add_rows(make_model("staging.spells").relation, rows)
    return sorted(engine.fetch(query).to_pylist(), key=lambda row: str(row["id"]))


def _cut(model: Model) -> list[dict[str, Any]]:
    return _ask(cut_at(model, ROWS.schema, DAY))


def test_rows_of_later_days_are_left_out_and_those_without_a_day_stay() -> None:
    assert [row["id"] for row in _cut(_model(known_on="began"))] == [1, 2, 4]


def test_a_later_date_reads_as_missing() -> None:
    rows = _cut(_model(known_on="began"))
    assert [row["ended"] for row in rows] == [DAY, None, None]
    assert [row["moment"] for row in rows] == [datetime(2010, 6, 15, 23, 59), None, None]
    assert [row["word"] for row in rows] == ["a", "b", "d"]


def test_a_column_may_say_what_it_reads_while_it_is_open() -> None:
    columns = {"ended": {"open": OPEN}, "moment": {"open": "9999-12-31"}}
    rows = _cut(_model(columns, known_on="began"))
    assert [row["ended"] for row in rows] == [DAY, OPEN, OPEN]
    assert [row["moment"] for row in rows] == [datetime(2010, 6, 15, 23, 59), datetime(9999, 12, 31), None]


def test_a_column_may_be_known_on_the_day_in_another() -> None:
    columns = {"ended": {"known_on": "began"}, "word": {"known_on": "ended"}, "moment": {"known_on": "always"}}
    rows = _cut(_model(columns, known_on="began"))
    assert [row["ended"] for row in rows] == [DAY, AFTER, AFTER]
    assert [row["word"] for row in rows] == ["a", None, None]
    assert [row["moment"] for row in rows][1] == datetime(2010, 6, 16)


def test_rows_may_be_known_from_a_moment_on() -> None:
    assert [row["id"] for row in _cut(_model(known_on="moment"))] == [1, 3, 4]


def test_a_timeless_table_is_left_as_it_is() -> None:
    assert _cut(_model(known_on="always")) == ROWS.to_pylist()
    assert [row["word"] for row in _cut(_model({"word": {"known_on": "ended"}}, known_on="always"))] == ["a", None, None, None]


def test_seeds_and_tables_that_ask_are_timeless() -> None:
    assert known_on(make_seed()) == "always"
    assert known_on(_model(asks="began")) == "always"
    assert known_on(_model(asks="began", known_on="ended")) == "ended"
    assert known_on(make_source()) is None


ASKED = pa.table(
    {
        "id": ["p1", "p1", "p1", "p2", "p3"],
        "began": pa.array([date(2001, 1, 1), BEFORE, AFTER, DAY, AFTER], pa.date32()),
        "arm": ["x", "y", "z", "x", "x"],
    }
)


def test_who_was_asked_up_to_the_day_is_asked_again_on_it_once() -> None:
    rows = _ask(ask_on(_model(asks="began", grain=["id", "began"]), ASKED.schema, DAY), ASKED)
    assert rows == [{"id": "p1", "began": DAY, "arm": "y"}, {"id": "p2", "began": DAY, "arm": "x"}]


def test_without_a_grain_rows_that_differ_in_the_day_alone_are_one() -> None:
    rows = _ask(ask_on(_model(asks="began"), ASKED.schema, DAY), ASKED)
    assert sorted((row["id"], row["arm"]) for row in rows) == [("p1", "x"), ("p1", "y"), ("p2", "x")]


@pytest.mark.parametrize(
    ("meta", "columns", "message", "hint"),
    [
        ({"known_on": "begn"}, {}, "'known_on' names 'begn', which is no column", "did you mean 'began'?"),
        ({"known_on": ["began"]}, {}, "'known_on' names '['began']', which is no column", "did you mean 'began'?"),
        ({"known_on": "word"}, {}, "'known_on' names 'word', which is string and no date", "name a column of dates"),
        ({"asks": "always"}, {}, "'asks' names 'always', which is no column", "the columns are id, began, ended, moment, word"),
        ({"as_of": "id"}, {}, "'as_of' names 'id', which is int64 and no date", "name a column of dates"),
        ({"as_of": "began", "looks_ahead": ["wrd"]}, {}, "'looks_ahead' names 'wrd', which is no column", "did you mean 'word'?"),
        ({"looks_ahead": "word"}, {}, "'looks_ahead' says nothing without 'as_of'", "add 'as_of: a date column'"),
        ({}, {"word": {"known_on": "endd"}}, "'known_on' names 'endd', which is no column", "did you mean 'ended'?"),
        ({}, {"word": {"open": OPEN}}, "'open' names 'word', which is string and no date", "name a column of dates"),
        ({}, {"ended": {"open": "never"}}, "'open: never' is no date", "write it like 9999-12-31"),
    ],
)
def test_a_word_that_fits_no_column_is_refused(
    meta: dict[str, Any], columns: dict[str, dict[str, Any]], message: str, hint: str
) -> None:
    with pytest.raises(TypeCheckError) as caught:
        check_days(_model(columns, **meta), ROWS.schema)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.at == (AT if columns else Location(path="models/staging/spells.sql"))


def test_the_place_is_the_one_of_the_word() -> None:
    place = Location(path="models/spells.yml", line=4, column=30)
    source = make_source(meta={"known_on": "begn"}, places={("known_on", "begn"): place})
    with pytest.raises(TypeCheckError) as caught:
        check_days(source, ROWS.schema)
    assert caught.value.at == place


def test_what_fits_is_accepted() -> None:
    columns = {"ended": {"open": OPEN}, "word": {"known_on": "ended"}, "gone": {"known_on": "always"}}
    check_days(_model(columns, known_on="began", asks="moment", as_of="began", looks_ahead=["word", "began"]), ROWS.schema)
    check_days(_model(known_on="always"), ROWS.schema)
