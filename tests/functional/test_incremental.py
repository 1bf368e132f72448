"""Incremental models: a table in parts that says the same in whatever order its batches came."""

import itertools
import json
import os
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .test_generations import CRASH, KEPT
from .toy import REPOSITORY, Toy, run_script

Maker = Callable[..., Toy]
SOURCE = """
sources:
  - name: raw
    tables:
      - name: visits
        meta: {external_location: "raw/visits/*.parquet", period: file_name}
        columns: [{name: pnr, data_type: string}, {name: cost, data_type: int64}]
models:
  - name: visits
    meta: {grain: [pnr, day]}
"""
BY_PERIOD = """
{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }}
select pnr, period_end as day, sum(cost) as cost, count(*) as visits
from {{ source('raw', 'visits') }}
group by pnr, period_end
"""
CHILD = "select pnr, sum(visits) as visits from {{ ref('visits') }} group by pnr"


def delivery(*rows: tuple[str, int]) -> pa.Table:
    return pa.table({"pnr": pa.array([row[0] for row in rows]), "cost": pa.array([row[1] for row in rows], pa.int64())})


YEARS = {
    "2001": delivery(("a", 1), ("b", 2), ("b", 3)),
    "2002": delivery(("c", 4), ("a", 5)),
    "2003": delivery(("a", 6), ("d", 7)),
}


def name(year: str) -> str:
    return f"raw/visits/{year}.parquet"


def project(toy: Maker, model: str = BY_PERIOD, years: tuple[str, ...] = ("2001", "2003"), **more: Any) -> Toy:
    files = {"models/visits.sql": model, "models/visits.yml": SOURCE, "models/child.sql": CHILD}
    return toy({**files, **{name(year): YEARS[year] for year in years}, **more.pop("files", {})}, **more)


def build(toy: Toy, *args: str) -> list[str]:
    """Build and return the notes on parts."""
    ran = toy.run("build", *args)
    assert ran.code == 0, ran.out + ran.err
    return [line.removeprefix("note: ") for line in ran.out.splitlines() if " parts made" in line]


def read(toy: Toy, table: str = "visits") -> list[dict[str, Any]]:
    """Return the rows of a table in parts, as a stranger reads it: a folder of parquet files."""
    return sorted(pq.read_table(toy.path(table)).to_pylist(), key=str)


def files(toy: Toy) -> dict[str, int]:
    """Return the parts of the table and which file each is."""
    return {path.stem: path.stat().st_ino for path in sorted(toy.path("visits").iterdir())}


def test_a_table_is_a_folder_of_parts_one_for_each_period(toy: Maker) -> None:
    shop = project(toy)
    assert build(shop) == []
    assert list(files(shop)) == ["2001", "2003"]
    assert [(row["pnr"], row["day"].year, row["cost"], row["visits"]) for row in read(shop)] == [
        ("a", 2001, 1, 1),
        ("a", 2003, 6, 1),
        ("b", 2001, 5, 2),
        ("d", 2003, 7, 1),
    ]
    assert shop.rows("child") == [{"pnr": "a", "visits": 2}, {"pnr": "b", "visits": 2}, {"pnr": "d", "visits": 1}]


def test_a_new_a_late_and_a_replaced_period_make_their_own_parts_alone(toy: Maker) -> None:
    shop = project(toy, years=("2002",))
    build(shop)
    before = files(shop)
    shop.write({name("2001"): YEARS["2001"], name("2003"): YEARS["2003"]})
    assert build(shop) == ["'main.visits': 2 of 3 parts made (2003 new; 2001 late)"]
    between = files(shop)
    assert between["2002"] == before["2002"]
    shop.write({name("2002"): delivery(("e", 1), ("e", 2))})
    assert build(shop, "--full-refresh", "--select", "child") == []  # the child alone: nothing of the other is made
    assert build(shop) == ["'main.visits': 1 of 3 parts made (2002 changed)"]
    assert {label for label, number in files(shop).items() if between[label] == number} == {"2001", "2003"}
    assert {row["pnr"] for row in read(shop)} == {"a", "b", "d", "e"}


def test_a_period_that_is_gone_leaves_no_part(toy: Maker) -> None:
    shop = project(toy)
    build(shop)
    (shop.folder / name("2001")).unlink()
    ran = shop.run("build", "--full-refresh")
    assert ran.code == 0, ran.out
    assert list(files(shop)) == ["2003"]
    assert shop.rows("child") == [{"pnr": "a", "visits": 1}, {"pnr": "d", "visits": 1}]


# -- any order is the same ------------------------------------------------------------------------

APPEND = """
{{ config(materialized='incremental', incremental_strategy='append') }}
select distinct pnr, period_end as day from {{ source('raw', 'visits') }} where cost > 1
"""
LATEST = """
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='pnr') }}
select pnr, max(period_end) as day, max(cost) as cost
from {{ source('raw', 'visits') }}
where cost > 0
group by pnr, period_end
qualify row_number() over (partition by pnr order by period_end desc) = 1
"""
FIRST = """
{{ config(materialized='incremental', incremental_strategy='append') }}
select pnr, min(period_end) as day, 1 as visits
from {{ source('raw', 'visits') }}
{% if is_incremental() %} where pnr not in (select pnr from {{ this }}) {% endif %}
group by pnr
"""
MODELS = {"insert_overwrite": BY_PERIOD, "append": APPEND, "merge": LATEST, "this": FIRST}


def full(toy: Toy, model: str) -> list[dict[str, Any]]:
    """Return what the query of a full build says in one go."""
    toy.write({"models/visits.sql": model.replace("'incremental',", "'table',")})
    ran = toy.run("build", "--select", "visits", "--target-path", "whole")
    assert ran.code == 0, ran.out + ran.err
    rows = sorted(toy.rows("visits", "whole"), key=str)
    toy.write({"models/visits.sql": model})
    return rows


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("order", [*itertools.permutations(YEARS)], ids="-".join)
def test_batches_in_any_order_make_what_a_full_build_makes(toy: Maker, kind: str, order: tuple[str, ...]) -> None:
    shop = project(toy, MODELS[kind], years=())
    (shop.folder / "models/child.sql").unlink()
    for year in order:
        shop.write({name(year): YEARS[year]})
        build(shop)
    build(shop)  # nothing new: nothing is made
    assert shop.statuses("model") == {"main.visits": "reused"}
    assert read(shop) == full(shop, MODELS[kind])


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("seed", range(6))
def test_any_history_of_deliveries_leaves_no_trace(toy: Maker, kind: str, seed: int) -> None:
    """New, late, replaced, repeated and vanished files in an order of chance: the end says the same as a build from nothing."""
    chance = random.Random(seed)
    shop = project(toy, MODELS[kind], years=())
    (shop.folder / "models/child.sql").unlink()

    def deliver(year: str) -> None:
        rows = [(chance.choice("abcdef"), chance.randint(0, 9)) for _ in range(chance.randint(1, 5))]
        shop.write({name(year): delivery(*dict(rows).items(), ("g", 3))})

    years = ["2000", "2001", "2002", "2003", "2004"]
    deliver(chance.choice(years))
    build(shop)
    for _ in range(7):
        there = [path.stem for path in (shop.folder / "raw/visits").iterdir()]
        match chance.choice(["new", "replace", "touch", "take away"]):
            case "touch":
                os.utime(shop.folder / name(chance.choice(there)))
            case "take away" if len(there) > 1:
                (shop.folder / name(chance.choice(there))).unlink()
            case "replace":
                deliver(chance.choice(there))
            case _:
                deliver(chance.choice(years))
        (shop.folder / "target/deliveries.json").unlink(missing_ok=True)  # deliveries that shrink are refused otherwise
        build(shop)
    assert read(shop) == full(shop, MODELS[kind])
    ran = shop.run("build", "--target-path", "anew")
    assert ran.code == 0, ran.out
    for part in shop.path("visits", "anew").iterdir():
        assert pq.read_table(part).equals(pq.read_table(shop.path("visits") / part.name)), part.name


# -- unit tests of increments ---------------------------------------------------------------------

UNIT = """
unit_tests:
  - name: a_person_who_is_there_is_left_out
    model: visits
    overrides: {macros: {is_incremental: true}}
    given:
      - input: this
        rows: [{pnr: a, day: 2001-12-31, visits: 1}]
      - input: source('raw', 'visits')
        rows: [{pnr: a, period_end: 2002-12-31}, {pnr: b, period_end: 2002-12-31}]
    expect:
      rows: [{pnr: b, day: 2002-12-31}]
  - name: the_table_after_it_holds_both
    model: visits
    overrides: {macros: {is_incremental: true}}
    given:
      - input: this
        rows: [{pnr: a, day: 2001-12-31, visits: 1}]
      - input: source('raw', 'visits')
        rows: [{pnr: a, period_end: 2002-12-31}, {pnr: b, period_end: 2002-12-31}]
    expect_after:
      rows: [{pnr: a, day: 2001-12-31}, {pnr: b, day: %s}]
"""


def test_unit_tests_give_the_former_table_and_expect_the_rows_or_the_table_after_it(toy: Maker) -> None:
    shop = project(toy, FIRST, files={"models/unit.yml": UNIT % "2002-12-31"})
    build(shop)
    assert shop.statuses("unit_test") == {
        "visits::a_person_who_is_there_is_left_out": "pass",
        "visits::the_table_after_it_holds_both": "pass",
    }
    shop.write({"models/unit.yml": UNIT % "2009-12-31"})
    ran = shop.run("build")
    assert ran.code == 1
    assert "day: expected 2009-12-31, got 2002-12-31" in ran.out


def test_after_a_merge_the_row_of_a_key_is_the_later_one(toy: Maker) -> None:
    unit = """
    unit_tests:
      - name: newest
        model: visits
        given:
          - input: this
            rows: [{pnr: a, day: 2001-12-31, cost: 1}, {pnr: c, day: 2001-12-31, cost: 1}]
          - input: source('raw', 'visits')
            rows: [{pnr: a, cost: 5, period_end: 2002-12-31}, {pnr: b, cost: 6, period_end: 2002-12-31}]
        expect_after:
          rows:
            - {pnr: a, day: 2002-12-31, cost: 5}
            - {pnr: b, day: 2002-12-31, cost: 6}
            - {pnr: c, day: 2001-12-31, cost: 1}
    """
    shop = project(toy, LATEST, files={"models/unit.yml": unit})
    (shop.folder / "models/child.sql").unlink()
    build(shop)
    assert shop.statuses("unit_test") == {"visits::newest": "pass"}


# -- ids check incremental ------------------------------------------------------------------------

EVER = "{{ config(materialized='incremental') }} select pnr, count(*) as visits from {{ source('raw', 'visits') }} group by pnr"


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_that_distributes_over_its_batches_passes_the_check(toy: Maker, kind: str) -> None:
    shop = project(toy, MODELS[kind], years=tuple(YEARS))
    (shop.folder / "models/child.sql").unlink()
    ran = shop.run("check", "incremental", "visits", "--orders", "4")
    assert (ran.code, "same     all raw data: 3 batches, 4 orders" in ran.out) == (0, True), ran.out + ran.err
    assert not list((shop.folder / "target").glob(".scratch*"))


def test_a_count_over_all_years_by_append_is_refused_with_a_hint_and_no_value(toy: Maker) -> None:
    shop = project(toy, EVER, years=tuple(YEARS))
    shop.write({"models/visits.yml": SOURCE.replace("grain: [pnr, day]", "grain: [pnr]")})
    ran = shop.run("check", "incremental", "visits")
    assert ran.code == 1
    # By hand: a has visits in three years, b, c and d in one. Append makes 3 rows of a; the full build one, with 3.
    assert ran.out == (
        "differs  all raw data: 3 batches, 5 orders, 4 rows\n"
        "  the full build has 4 rows, the increments made 6 rows\n"
        "  3 rows that the full build does not have\n"
        "  1 row that no batch made\n"
        "  batches whose rows the full build does not have: 2001 (1), 2002 (1), 2003 (1)\n"
        "  'pnr' is not unique on both sides: whole rows were compared\n"
        "  hint: the query of one batch must say what it says over all: group and partition by the period too, take an input"
        " out of 'batch_inputs' to read it whole, or merge by a key\n"
    )


def test_a_merge_that_counts_is_refused_and_names_the_column(toy: Maker) -> None:
    model = EVER.replace("materialized='incremental'", "materialized='incremental', unique_key='pnr'")
    shop = project(toy, model, years=tuple(YEARS))
    shop.write({"models/visits.yml": SOURCE.replace("grain: [pnr, day]", "grain: [pnr]")})
    ran = shop.run("check", "incremental", "visits")
    assert ran.code == 1
    assert "  1 row differs: 'visits' in 1 row\n" in ran.out
    assert "batches whose rows the full build does not have: 2003 (1)" in ran.out


def test_the_check_uses_the_given_rows_of_unit_tests(toy: Maker) -> None:
    unit = """
    unit_tests:
      - name: two_years
        model: visits
        given:
          - input: source('raw', 'visits')
            rows: [{pnr: a, cost: 1, period_end: 2001-12-31}, {pnr: a, cost: 1, period_end: 2002-12-31}]
        expect: {rows: [{pnr: a, visits: 2}]}
      - name: no_period
        model: visits
        given: [{input: "source('raw', 'visits')", rows: [{pnr: a, cost: 1}]}]
        expect: {rows: [{pnr: a, visits: 1}]}
    """
    shop = project(toy, EVER, years=("2001",), files={"models/unit.yml": unit})
    shop.write({"models/visits.yml": SOURCE.replace("grain: [pnr, day]", "grain: [pnr]")})
    ran = shop.run("check", "incremental", "visits")
    assert ran.code == 1
    assert "differs  unit test 'two_years': 2 batches, 5 orders, 1 row" in ran.out
    assert "skipped  unit test 'no_period': its rows of 'raw.visits' do not say to which batch they belong" in ran.out
    assert "skipped  all raw data: it holds one batch only" in ran.out


def test_the_check_of_no_incremental_model_and_of_no_data_is_refused(toy: Maker) -> None:
    shop = project(toy, years=())
    ran = shop.run("check", "incremental", "child")
    assert (ran.code, "'child' is no incremental model\n  hint: incremental are visits" in ran.err) == (1, True)
    ran = shop.run("check", "incremental", "visits")
    assert (ran.code, "skipped  raw data: source 'raw.visits': there is no folder" in ran.out) == (1, True)
    assert "nothing was checked" in ran.err


# -- everybody who reads a table ------------------------------------------------------------------

IN_CHAIN = """
{{ config(materialized='incremental') }}
select pnr, day, cost / visits as mean from {{ ref('visits') }}
"""
RUNNING = """
select pnr, day, sum(cost) over (partition by pnr order by day rows unbounded preceding) as so_far from {{ ref('visits') }}
"""

ORDERED = "models: [{name: running, meta: {grain: [pnr, day]}}]"


def test_children_see_one_table_in_its_order(toy: Maker) -> None:
    shop = project(toy, years=tuple(YEARS), files={"models/running.sql": RUNNING, "models/running.yml": ORDERED})
    build(shop)
    assert [(row["pnr"], row["day"].year, row["so_far"]) for row in shop.rows("running")] == [
        ("a", 2001, 1),
        ("a", 2002, 6),
        ("a", 2003, 12),
        ("b", 2001, 5),
        ("c", 2002, 4),
        ("d", 2003, 7),
    ]
    plan = shop.run("compile", "--explain", "--select", "running").out
    assert "SortExec" not in plan  # the engine merges the parts, each of which lies in the order


def test_an_incremental_child_makes_the_parts_again_whose_parent_changed(toy: Maker) -> None:
    shop = project(toy, years=tuple(YEARS), files={"models/means.sql": IN_CHAIN})
    build(shop)
    shop.write({name("2002"): delivery(("c", 9), ("a", 5))})
    assert build(shop) == ["'main.visits': 1 of 3 parts made (2002 changed)", "'main.means': 1 of 3 parts made (2002 changed)"]
    assert {row["mean"] for row in read(shop, "means") if row["day"].year == 2002} == {9, 5}


def test_a_changed_query_makes_all_parts_again_and_says_so(toy: Maker) -> None:
    shop = project(toy)
    build(shop)
    shop.write({"models/visits.sql": BY_PERIOD.replace("sum(cost)", "max(cost)")})
    assert build(shop) == ["'main.visits': all 2 parts made (changed: query)"]


def test_a_part_that_somebody_replaced_is_made_again_and_the_others_are_not(toy: Maker) -> None:
    shop = project(toy)
    build(shop)
    before = files(shop)
    part = shop.path("visits") / "2001.parquet"
    part.unlink()
    pq.write_table(pa.table({"pnr": ["z"]}), part)
    assert "a part of its table was replaced" in shop.run("build", "--explain").out
    assert build(shop) == ["'main.visits': 1 of 2 parts made (2001 changed)"]
    assert (files(shop)["2003"], len(read(shop))) == (before["2003"], 4)


def test_a_batch_that_fails_is_named_and_the_former_table_stays(toy: Maker) -> None:
    shop = project(toy)
    build(shop)
    shop.write({name("2002"): pa.table({"pnr": ["a"], "cost": ["much"]})})
    ran = shop.run("build")
    assert ran.code == 1
    assert "1 value of column 'cost' cannot be read as int64" in ran.out
    assert list(files(shop)) == ["2001", "2003"]
    assert not (shop.folder / "target/drafts").exists()


def test_a_test_that_fails_on_a_part_publishes_nothing_and_the_next_build_makes_that_part_alone(toy: Maker) -> None:
    shop = project(toy, files={"tests/dear.sql": "select 1 from {{ ref('visits') }} where cost > 100"})
    build(shop)
    shop.write({name("2002"): delivery(("a", 101))})
    assert shop.run("build").code == 1
    assert list(files(shop)) == ["2001", "2003"]
    shop.write({name("2002"): delivery(("a", 100))})
    assert build(shop) == ["'main.visits': 1 of 3 parts made (2002 late)"]


def test_going_back_a_generation_takes_the_parts_along_and_forward_reuses_them(toy: Maker) -> None:
    shop = project(toy)
    build(shop)
    shop.write({name("2002"): YEARS["2002"]})
    build(shop)
    third = files(shop)
    assert shop.run("rollback").code == 0
    assert list(files(shop)) == ["2001", "2003"]
    assert build(shop) == []
    assert (files(shop), shop.statuses("model")["main.visits"]) == (third, "reused")


def test_a_model_may_become_incremental_and_a_table_again(toy: Maker) -> None:
    table = BY_PERIOD.replace("materialized='incremental', ", "")
    shop = project(toy, table)
    build(shop)
    assert shop.path("visits").is_file()
    for model, is_folder in ((BY_PERIOD, True), (table, False)):
        shop.write({"models/visits.sql": model})
        build(shop)
        assert (shop.path("visits").is_dir(), len(read(shop))) == (is_folder, 4)


def test_show_sql_diff_and_ls_know_a_table_in_parts(toy: Maker) -> None:
    shop = project(toy)
    build(shop)
    assert shop.run("show", "--select", "visits", "--output", "json").json["count"] == 4
    ran = shop.run("sql", "--query", "select sum(cost) as cost from main.visits", "--output", "csv")
    assert ran.out.splitlines()[1:] == ["19"], ran.out  # 1 + 5 + 6 + 7
    chosen = shop.run("ls", "--select", "config.materialized:incremental", "--output", "name").out
    assert chosen.split() == ["visits", "grain_visits", "not_null_visits_day", "not_null_visits_pnr"]
    shop.write({name("2002"): YEARS["2002"]})
    build(shop)
    found = shop.run("diff", "--against", "1", "--output", "json").json
    rows = next(model for model in found["models"] if model["name"] == "main.visits")["rows"]
    assert (rows["before"], rows["after"], rows["gained"], rows["lost"], rows["altered"]) == (4, 6, 2, 0, 0)
    assert shop.run("test").code == 0
    assert shop.run("clean").code == 0
    assert not (shop.folder / "target").exists()


def test_a_cohort_restricts_every_part(toy: Maker) -> None:
    shop = project(toy)
    shop.write(
        {"models/visits.yml": SOURCE.replace("period: file_name", "period: file_name, person: pnr"), "few.csv": "pnr\na\n"}
    )
    build(shop)
    build(shop, "--cohort", "few.csv", "--target-path", "few")
    assert {row["pnr"] for row in pq.read_table(shop.path("visits", "few")).to_pylist()} == {"a"}
    assert shop.run("build", "--cohort", "few.csv", "--target-path", "few").out.count("reused") >= 1


def test_what_reads_nothing_in_batches_is_one_table_and_says_so(toy: Maker) -> None:
    shop = toy({"models/a.sql": "{{ config(materialized='incremental') }} select 1 as x", "seeds/words.csv": "word\nred\n"})
    ran = shop.run("build")
    assert ran.code == 0
    assert "'a' is incremental and reads nothing that comes in batches; it is built as one table" in ran.err
    assert shop.rows("a") == [{"x": 1}]


@pytest.mark.skipif(os.name != "posix", reason="forks")
def test_after_a_crash_at_any_step_a_table_in_parts_is_whole(toy: Maker) -> None:
    """Both tables hold one and the same x: the parts of one, and its child."""
    parts = "{{ config(materialized='incremental') }} select {{ var('x', 1) }} as x from {{ source('raw', 'visits') }}"
    shop = toy({"models/a.sql": parts, "models/b.sql": "select min(x) as x from {{ ref('a') }}"})
    shop.write({"models/raw.yml": SOURCE.partition("models:")[0], name("2001"): YEARS["2001"], name("2002"): YEARS["2002"]})
    one, two = (["build", "-q", "--vars", f"{{x: {x}}}"] for x in (1, 2))
    told = [json.dumps([[one], two, two]), "new", "[2]", json.dumps(KEPT)]
    ran = run_script(f"import sys; sys.argv[1:] = {told!r}\n" + CRASH, shop.folder, timeout=600)
    assert ran.code == 0, ran.err[-3000:]
    assert int(ran.out) >= 5


# -- the worked example of the documentation ------------------------------------------------------


def test_the_example_of_the_documentation_runs_as_it_says(toy: Maker) -> None:
    text = (REPOSITORY / "docs" / "incremental.md").read_text(encoding="utf-8")
    model, console = (text.split(f"```{kind}\n")[1].split("```")[0] for kind in ("sql", "\n$ ids build"))
    shop = project(toy, model)
    build(shop)
    shop.write({name("2002"): YEARS["2002"], name("2003"): delivery(("a", 8), ("d", 7))})
    note, _, listed, _, proof = console.strip().splitlines()
    assert build(shop) == [note.removeprefix("note: ")]
    assert [f"{label}.parquet" for label in files(shop)] == listed.split()
    (shop.folder / "models/child.sql").unlink()
    assert shop.run("check", "incremental", "visits").out.strip() == proof
