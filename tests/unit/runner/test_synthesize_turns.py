"""Simulated turns of lives: births, deaths, migrations, stretches between stages, and several rows of a person."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ids_build.errors import PropertiesError
from ids_build.nodes import Column, Source

from .test_synthesize import AT, LISTS, PEOPLE, attribute, census, column, read, run, table, visits

YEARS = {"from": 2001, "to": 2009}
STAGES = {
    "school": {"age": [15, 17], "chance": 0.9},
    "college": {"after": "school", "age": [16, 22], "chance": {"female": 1, "male": 0}},
}
Row = dict[str, Any]


def turns(name: str, grain: str, *more: Column, **simulate: Any) -> Source:
    columns = [attribute("id", of="identifier"), column("day", "date", kind="date", of="start"), *more]
    return table(name, columns, **{"grain": grain, "files": YEARS, **simulate})


def spells(*more: Column, **simulate: Any) -> Source:
    columns = [
        column("stage", kind="draw", name="stage"),
        column("until", "date", kind="date", of="end"),
        column("word", kind="choice", sticky=1, values={"a": 1, "b": 1, "c": 1}),
        attribute("sex"),
        attribute("birth", "date"),
    ]
    return turns(
        "spells", "spells", *columns, *more, **{"stages": STAGES, "files": {"from": 2005, "to": 2009, "step": 4}, **simulate}
    )


def everybody(out: Path) -> dict[str, list[Row]]:
    """Return the snapshots by date, in order."""
    return {path.stem: read(path) for path in sorted((out / "census").iterdir())}


def collect(folder: Path) -> list[Row]:
    return [row for path in sorted(folder.iterdir()) for row in read(path)]


def test_births_are_those_of_the_census_with_the_same_parents(tmp_path: Path) -> None:
    parents = [attribute("mother"), attribute("father"), attribute("mother_birth", "date"), attribute("birth", "date")]
    run(tmp_path, census(files={"from": "200012", "to": "200912", "step": 12}), turns("births", "births", *parents))
    births = {row["id"]: row for row in collect(tmp_path / "births")}
    assert len(births) == len(collect(tmp_path / "births")) > 100
    known: dict[str, Row] = {row["id"]: row for rows in everybody(tmp_path).values() for row in rows}
    seen = [row for name, row in known.items() if name in births]
    assert len(seen) > 0.9 * len(births)
    for row in seen:
        birth = births[row["id"]]
        assert (birth["mother"], birth["father"], birth["day"]) == (row["mother"], row["father"], row["birth"])
        assert (birth["mother"] is None) == (birth["mother_birth"] is None)
        assert birth["mother"] not in known or birth["mother_birth"] == known[birth["mother"]]["birth"]
    assert sum(births[row["id"]]["mother"] in known for row in seen) > 0.9 * len(seen)


def test_a_birth_stands_in_the_file_of_its_year(tmp_path: Path) -> None:
    run(tmp_path, census(), turns("births", "births"))
    for path in (tmp_path / "births").iterdir():
        assert {str(row["day"].year) for row in read(path)} <= {path.stem}


def test_the_dead_and_those_who_left_are_in_no_later_snapshot(tmp_path: Path) -> None:
    moves = turns("moves", "migrations", column("way", kind="draw", name="direction"))
    run(tmp_path, census(), turns("deaths", "deaths", attribute("death", "date")), moves)
    gone = {row["id"]: row["day"] for row in collect(tmp_path / "deaths")}
    assert len(gone) > 50
    assert all(row["day"] == row["death"] for row in collect(tmp_path / "deaths"))
    left = {row["id"]: row["day"] for row in collect(tmp_path / "moves") if row["way"] == "out"}
    assert len(left) > 50
    assert not gone.keys() & left.keys()
    for label, rows in everybody(tmp_path).items():
        last = dt.date(int(label[:4]), 12, 31)
        for row in rows:
            assert {**gone, **left}.get(row["id"], dt.date.max) > last


def test_who_is_in_a_snapshot_and_not_in_the_next_has_died_or_left(tmp_path: Path) -> None:
    moves = turns("moves", "migrations", column("way", kind="draw", name="direction"))
    run(tmp_path, census(files={"from": "200112", "to": "200912", "step": 12}), turns("deaths", "deaths"), moves)
    gone = {row["id"] for row in collect(tmp_path / "deaths")}
    left = {row["id"] for row in collect(tmp_path / "moves") if row["way"] == "out"}
    came = {row["id"]: row["day"] for row in collect(tmp_path / "moves") if row["way"] == "in"}
    persons = [{row["id"]: row for row in rows} for rows in everybody(tmp_path).values()]
    for before, after in zip(persons, persons[1:], strict=False):
        assert before.keys() - after.keys() <= gone | left
    first, second = persons[0], persons[1]
    new = [row for name, row in second.items() if name not in first]
    assert all(row["id"] in came or row["birth"].year == 2002 for row in new)


def test_who_goes_abroad_and_comes_back_is_in_no_snapshot_meanwhile(tmp_path: Path) -> None:
    said = {"lists": LISTS, "people": {**PEOPLE, "absences": {"share": 0.3, "days": [500, 900]}}}
    source = census(files={"from": "200012", "to": "200912", "step": 12})
    people = table("census", source.columns, said=said, **source.meta["simulate"])
    moves = turns(
        "moves", "migrations", column("way", kind="draw", name="direction"), files=YEARS, window=["2000-01-01", "2009-12-31"]
    )
    run(tmp_path, people, moves, visits())
    trips: dict[str, list[Row]] = {}
    for row in sorted(collect(tmp_path / "moves"), key=lambda row: row["day"]):
        trips.setdefault(row["id"], []).append(row)
    both = {
        name: (out["day"], back["day"])
        for name, rows in trips.items()
        for out, back in zip(rows, rows[1:], strict=False)
        if (out["way"], back["way"]) == ("out", "in")
    }
    assert len(both) > 20
    assert all(500 <= (back - out).days <= 900 for out, back in both.values())
    for label, rows in everybody(tmp_path).items():
        day, present = dt.date(int(label[:4]), 12, 31), {row["id"]: row for row in rows}
        abroad = {name for name, (out, back) in both.items() if out <= day < back}
        assert not abroad & present.keys()
        assert all(row["partner"] not in abroad for row in rows)
        returned = {name: back for name, (_, back) in both.items() if back <= day}
        assert all(row["moved_in"] >= returned[name] for name, row in present.items() if name in returned)
    for row in collect(tmp_path / "visits"):
        out, back = both.get(row["person"], (dt.date.max, dt.date.max))
        assert not out <= row["first_day"] < back


def test_a_history_holds_all_from_the_window_to_the_end_of_its_period(tmp_path: Path) -> None:
    said = {"history": True, "files": {"from": 2004, "to": 2008, "step": 4}, "window": ["2002-01-01", "2009-12-31"]}
    run(tmp_path, census(), turns("deaths", "deaths", **said))
    earlier, later = ({row["id"]: row["day"] for row in read(tmp_path / f"deaths/{year}.parquet")} for year in (2004, 2008))
    assert {day.year for day in earlier.values()} == {2002, 2003, 2004}
    assert {day.year for day in later.values()} == {2002, 2003, 2004, 2005, 2006, 2007, 2008}
    assert earlier.items() <= later.items()


def test_stretches_of_a_person_follow_each_other_and_the_last_is_open(tmp_path: Path) -> None:
    run(tmp_path, census(), spells())
    persons: dict[str, list[Row]] = {}
    for row in read(tmp_path / "spells/2009.parquet"):
        persons.setdefault(row["id"], []).append(row)
    assert {len(rows) for rows in persons.values()} == {1, 2}
    for rows in persons.values():
        rows.sort(key=lambda row: row["day"])
        assert [row["stage"] for row in rows] == ["school", "college"][: len(rows)]
        assert [row["until"] for row in rows][:-1] == [row["day"] - dt.timedelta(1) for row in rows][1:]
        assert rows[-1]["until"] is None
        assert len(rows) == 1 or (rows[0]["sex"] == "female" and rows[1]["day"] >= rows[0]["day"] + dt.timedelta(365))
        assert 14.99 < (rows[0]["day"] - rows[0]["birth"]).days / 365.25 < 17.01


def test_a_stretch_is_the_same_in_every_delivery_but_for_what_came_later(tmp_path: Path) -> None:
    run(tmp_path, census(), spells())
    earlier, later = (
        {(row["id"], row["day"]): row for row in read(tmp_path / f"spells/{year}.parquet")} for year in (2005, 2009)
    )
    assert max(day for _, day in earlier) <= dt.date(2005, 12, 31)
    assert earlier.keys() < later.keys()
    assert all(later[key]["word"] == row["word"] and later[key]["stage"] == row["stage"] for key, row in earlier.items())
    closed = [later[key]["until"] for key, row in earlier.items() if row["until"] != later[key]["until"]]
    assert closed
    assert all(day >= dt.date(2005, 12, 31) for day in closed)


def test_an_open_end_can_be_a_date(tmp_path: Path) -> None:
    run(tmp_path, census(), spells(column("to", "date", kind="date", of="end", open="9999-12-31")))
    rows = read(tmp_path / "spells/2009.parquet")
    assert {row["to"] for row in rows if row["until"] is None} == {dt.date(9999, 12, 31)}
    assert all(row["to"] == row["until"] for row in rows if row["until"] is not None)


def test_a_person_of_a_snapshot_can_have_several_rows_that_differ(tmp_path: Path) -> None:
    jobs = table(
        "jobs",
        [
            attribute("id", of="identifier"),
            attribute("age", "int16"),
            column("place", kind="pool", count=5000, digits=5, sticky=100000),
            column("first", kind="choice", strata=[{"when": {"position": 0}, "values": {"yes": 1}}]),
            column("work", kind="draw", name="work"),
        ],
        grain="snapshot",
        files={"from": 2003, "to": 2004},
        draws={"work": {"kind": "choice", "sticky": 365, "values": {"full": 1, "none": 1}}},
        count={"kind": "choice", "strata": [{"when": {"age": "18-60", "work": "full"}, "values": {1: 1, 3: 1}}]},
    )
    twin = census(draws=jobs.meta["simulate"]["draws"], files={"from": 2003, "to": 2003})
    people = table(
        "census",
        [*twin.columns, column("work", kind="draw", name="work")],
        said=twin.source_meta["simulate"],
        **twin.meta["simulate"],
    )
    run(tmp_path, people, jobs)
    rows: dict[str, list[Row]] = {}
    for row in read(tmp_path / "jobs/2003.parquet"):
        rows.setdefault(row["id"], []).append(row)
    workers = {row["id"] for row in read(tmp_path / "census/2003.parquet") if 18 <= row["age"] <= 60 and row["work"] == "full"}
    assert rows.keys() == workers, "a sticky draw is the same in both tables"
    assert {len(found) for found in rows.values()} == {1, 3}
    assert all(sum(row["first"] == "yes" for row in found) == 1 for found in rows.values())
    assert any(len({row["place"] for row in found}) > 1 for found in rows.values())
    later = {(row["id"], row["place"]) for row in read(tmp_path / "jobs/2004.parquet")}
    assert {(row["id"], row["place"]) for found in rows.values() for row in found} & later


def test_some_rows_can_hold_the_value_of_another_row(tmp_path: Path) -> None:
    columns = [attribute("mother"), column("told", kind="attribute", name="mother", swapped=0.2)]
    run(tmp_path, census(), turns("births", "births", *columns))
    rows = collect(tmp_path / "births")
    assert 0.1 < sum(row["mother"] != row["told"] for row in rows) / len(rows) < 0.3


def test_numbers_can_be_normal_and_dates_delivered_as_danish_text(tmp_path: Path) -> None:
    columns = [
        column("weight", "int32", kind="integer", mean=3500, deviation=500, **{"from": 3000, "to": 4000}),
        column("slash", "date", kind="date", of="start"),
        column("point", "date", kind="date", of="start"),
    ]
    run(tmp_path, census(), turns("births", "births", *columns, drift={"types": {"slash": "slash_text", "point": "point_text"}}))
    rows = collect(tmp_path / "births")
    weights = [row["weight"] for row in rows]
    assert (min(weights), max(weights)) == (3000, 4000)
    assert 3450 < sum(weights) / len(weights) < 3550
    assert all(row["slash"] == f"{row['day']:%d/%m/%Y}" and row["point"] == f"{row['day']:%d.%m.%Y}" for row in rows)


def test_equal_seeds_give_equal_bytes_of_turns(tmp_path: Path) -> None:
    grains = [turns(grain, grain) for grain in ("births", "deaths", "migrations")]
    for out in ("one", "other"):
        run(tmp_path / out, census(), *grains, spells(), persons=500)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.parquet"))
    assert len(files) > 30
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes() for file in files)


@pytest.mark.parametrize("persons", [1, 3, 20])
def test_a_handful_of_people_has_turns_too(tmp_path: Path, persons: int) -> None:
    grains = [turns(grain, grain) for grain in ("births", "deaths", "migrations")]
    assert run(tmp_path, census(), *grains, spells(), persons=persons)


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (turns("t", "brths"), "unknown grain 'brths'", "did you mean 'births'?"),
        (turns("t", "deaths"), "grain 'deaths' without people", "add people"),
        (turns("t", "spells"), "grain 'spells' without 'stages'", "add stages"),
        (spells(stages={"a": {"ages": [1, 2]}}), "unknown key 'ages'", "did you mean 'age'?"),
        (spells(stages={"a": {"age": [1, 2], "after": "b"}, "b": {"age": [3, 4]}}), "unknown stage 'b'", "known: "),
    ],
)
def test_unknown_words_of_turns_are_refused(tmp_path: Path, source: Source, message: str, hint: str) -> None:
    with pytest.raises(PropertiesError) as caught:
        run(tmp_path, source, persons=10)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.at == AT


@pytest.mark.parametrize("rules", [{"chance": 0.5}, {"age": 16}, {"age": ["x", 17]}, {"age": [15, 17], "chance": {"female": 1}}])
def test_a_stage_that_cannot_be_read_is_told(tmp_path: Path, rules: Any) -> None:
    with pytest.raises(PropertiesError, match="'stages' of simulate cannot be read") as caught:
        run(tmp_path, census(), spells(stages={"school": rules}), persons=10)
    assert "age: [from, to]" in (caught.value.hint or "")
