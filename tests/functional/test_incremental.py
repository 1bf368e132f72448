"""Incremental models: a table in parts that says the same in whatever order its batches came."""

import itertools
import os
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .toy import Toy

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
