"""`ids diff` on projects as they were before and are after a change, one kind of change a test."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from .toy import Ran, Toy

Maker = Callable[..., Toy]
SECRET = "SECRETVALUE4711"
NUMBER = 47114711
PEOPLE = pa.table(
    {
        "pnr": [SECRET, "p2", "p3", "p4"],
        "town": [f"lives at {SECRET}", "a", "b", None],
        "income": pa.array([float(NUMBER), 2.0, 3.0, None]),
        "age": pa.array([NUMBER, 17, 18, 40], pa.int64()),
    }
)
BEFORE = {
    "raw/people.parquet": PEOPLE,
    "models/staging/_sources.yml": """
        sources:
          - name: raw
            tables:
              - name: people
                meta: {external_location: raw/people.parquet, key: [pnr]}
                columns:
                  - {name: pnr, data_type: string}
                  - {name: town, data_type: string}
                  - {name: income, data_type: float64}
                  - {name: age, data_type: int64}
        """,
    "models/staging/people.sql": """
        with
            people as (select pnr, town, income, age from {{ source('raw', 'people') }} where age > 0)

        select *
        from people
        """,
    "models/staging/people.yml": "models: [{name: people, config: {meta: {grain: [pnr]}}}]\n",
    "models/marts/adults.sql": """
        select people.pnr, people.income, towns.word
        from {{ ref('people') }} as people
        left join {{ ref('towns') }} as towns on towns.code = people.town
        where people.age >= 18
        """,
    "models/marts/adults.yml": "models: [{name: adults, config: {meta: {grain: [pnr]}}}]\n",
    "models/marts/incomes.sql": "select count(*) as n, max(income) as most from {{ ref('adults') }}\n",
    "seeds/towns.csv": "code,word\na,Aarhus\nb,Billund\n",
}
QUERY = str(BEFORE["models/marts/adults.sql"])


@pytest.fixture
def two(toy: Maker) -> Callable[..., tuple[Toy, Toy]]:
    """Return a maker of the project as it was and as it is with some files changed; both are built."""

    def make(changes: dict[str, Any], *, gone: tuple[str, ...] = (), built: bool = True) -> tuple[Toy, Toy]:
        before, after = toy(BEFORE, "before"), toy({**BEFORE, **changes}, "after")
        for name in gone:
            (after.folder / name).unlink()
        for project in (before, after) if built else ():
            assert project.run("build", "-q").code == 0
        return before, after

    return make


def _diff(before: Toy, after: Toy, *words: str) -> dict[str, Any]:
    ran = after.run("diff", "--against", str(before.folder), "--output", "json", *words)
    assert ran.code == 0, ran.err
    return {model["name"]: model for model in ran.json["models"]}


def _kinds(model: dict[str, Any]) -> list[str]:
    return [f"{change['kind']} {change['subject']}".strip() for change in model["changes"]]


def _rows(model: dict[str, Any]) -> tuple[Any, ...]:
    rows = model["rows"]
    return rows["before"], rows["after"], rows["gained"], rows["lost"], rows["columns"]


def test_a_copy_does_not_differ(two: Callable[..., tuple[Toy, Toy]]) -> None:
    before, after = two({})
    ran = after.run("diff", "--against", str(before.folder), "--fail-on", "any")
    assert (ran.code, ran.out.splitlines()[-1]) == (
        0,
        "0 of 4 models and seeds changed, 0 breaking changes, 0 of 4 compared tables have other rows",
    )


def test_another_spelling_and_a_macro_are_no_change(two: Callable[..., tuple[Toy, Toy]]) -> None:
    spelt = """
        -- who is grown up
        WITH grown AS (SELECT * FROM {{ ref('people') }} WHERE {{ grown() }})
        SELECT g.pnr, G.income, t.WORD
        FROM grown g LEFT JOIN {{ ref('towns') }} t ON (g.town = t.code)
        """
    macro = "{% macro grown() %} age >= {{ var('grown_at', 18) }} {% endmacro %}"
    before, after = two({"models/marts/adults.sql": spelt.replace("*", "pnr, income, town"), "macros/grown.sql": macro})
    found = _diff(before, after)
    # The condition moved into a CTE of its own: the parts are the same, how they are put together is told.
    assert _kinds(found["marts.adults"]) == ["query changed how its parts are put together"]
    assert _rows(found["marts.adults"]) == (3, 3, 0, 0, {})
    loud = """
        /* who is grown up */ SELECT P.PNR, P.INCOME, T.WORD FROM {{ ref('people') }} AS P
        LEFT OUTER JOIN {{ ref('towns') }} AS T ON (P.TOWN = T.CODE) WHERE {{ grown() }}
        """
    after.write({"models/marts/adults.sql": loud})
    assert _kinds(_diff(before, after)["marts.adults"]) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "effect"),
    [
        ("people.age >= 18", "people.age > 18", "filter changed where", "may change rows"),
        ("left join", "inner join", "join changed seeds.towns", "may change rows"),
        ("towns.code = people.town", "towns.code = upper(people.town)", "join changed seeds.towns", "may change rows"),
        ("people.income,", "people.income * 2 as income,", "column computed differently income", "may change values"),
        ("people.income,", "", "column removed income", "breaking"),
        ("people.income,", "people.income, people.age,", "column added age", "harmless"),
        ("people.income,", "cast(people.income as decimal(20, 2)) as income,", "column retyped income", "breaking"),
        ("people.pnr, people.income", "people.income, people.pnr", "columns reordered", "harmless"),
        ("select ", "{{ config(materialized='view') }} select ", "table given up", "breaking"),
        ("select ", "{{ config(schema='other') }} select ", "moved", "breaking"),
        ("select ", "select distinct ", "rows kept changed distinct", "may change rows"),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_told_and_judged(
    two: Callable[..., tuple[Toy, Toy]], old: str, new: str, kind: str, effect: str
) -> None:
    last = "select count(*) as n from {{ ref('adults') }}\n"
    before, after = two({"models/marts/adults.sql": QUERY.replace(old, new, 1), "models/marts/incomes.sql": last}, built=False)
    found = _diff(before, after, "--no-data", "--select", "adults")
    (model,) = found.values()
    told = {f"{change['kind']} {change['subject']}".strip(): change["effect"] for change in model["changes"]}
    assert told[kind] == effect
    ran = after.run("diff", "--against", str(before.folder), "--no-data", "--select", "adults", "--fail-on", "breaking")
    assert ran.code == (1 if effect == "breaking" else 0)


def test_grain_and_order_are_compared(two: Callable[..., tuple[Toy, Toy]]) -> None:
    grain = "models: [{name: adults, config: {meta: {grain: [pnr, word]}}}]\n"
    before, after = two({"models/marts/adults.yml": grain}, built=False)
    (change,) = _diff(before, after)["marts.adults"]["changes"]
    assert (change["kind"], change["before"], change["after"]) == ("grain changed", "pnr", "pnr, word")
    order = "models: [{name: adults, config: {cluster_by: [word, pnr], meta: {grain: [pnr]}}}]\n"
    after.write({"models/marts/adults.yml": order})
    assert _kinds(_diff(before, after)["marts.adults"]) == ["order changed"]


def test_models_and_seeds_that_came_and_went_are_told(two: Callable[..., tuple[Toy, Toy]]) -> None:
    changes = {"models/marts/young.sql": "select pnr from {{ ref('people') }} where age < 18\n", "seeds/more.csv": "a\n1\n2\n"}
    before, after = two(changes, gone=("models/marts/incomes.sql",))
    found = _diff(before, after)
    assert {name: model["status"] for name, model in found.items() if model["status"] != "same"} == {
        "marts.young": "added",
        "seeds.more": "added",
        "marts.incomes": "removed",
    }
    assert (found["marts.young"]["rows"]["after"], found["marts.incomes"]["rows"]["before"]) == (1, 1)
    assert found["marts.incomes"]["breaking"] and not found["marts.young"]["breaking"]


def test_rows_are_compared_by_grain_and_followed_to_what_stands_on_them(two: Callable[..., tuple[Toy, Toy]]) -> None:
    sql = str(BEFORE["models/staging/people.sql"]).replace("town, income", "upper(town) as town, income")
    before, after = two({"models/staging/people.sql": sql.replace("age > 0", "age > 17")})
    found = _diff(before, after)
    assert _rows(found["staging.people"]) == (4, 3, 0, 1, {"town": 2})
    assert found["marts.adults"]["through"] == ["people"]
    assert _rows(found["marts.adults"]) == (3, 3, 0, 0, {"word": 1})
    assert found["marts.incomes"]["rows"]["identical"]
    assert found["seeds.towns"]["through"] == []
    assert _diff(before, after, "--select", "adults")["marts.adults"] == found["marts.adults"]


def test_other_raw_files_change_rows_alone(two: Callable[..., tuple[Toy, Toy]]) -> None:
    before, after = two({"raw/people.parquet": PEOPLE.slice(1)})
    ran = after.run("diff", "--against", str(before.folder))
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in ran.out.splitlines() if line.strip()}
    assert lines["staging.people"] == "rows alone 4 to 3 0 1"
    assert lines["marts.incomes"] == "rows alone 1 1 1"


def test_a_cohort_on_one_side_is_said(two: Callable[..., tuple[Toy, Toy]]) -> None:
    source = str(BEFORE["models/staging/_sources.yml"]).replace("key: [pnr]", "key: [pnr], person: pnr")
    before, after = two({"models/staging/_sources.yml": source, "some.csv": "pnr\np2\np3\n"})
    assert after.run("build", "-q", "--cohort", "some.csv").code == 0
    notes = _diff(before, after)["staging.people"]["rows"]["notes"]
    assert notes == ["built for other persons: the cohorts differ"]


def test_tables_of_a_folder_and_of_another_target_are_read(two: Callable[..., tuple[Toy, Toy]]) -> None:
    before, after = two({"raw/people.parquet": PEOPLE.slice(2)})
    assert after.run("build", "-q", "--target-path", "other").code == 0
    ran = after.run("diff", "--against", str(before.folder / "target"), "--output", "json")
    told = {model["name"]: model for model in ran.json["models"]}
    assert (ran.json["before"], _rows(told["staging.people"])) == (f"tables in {before.folder / 'target'}", (4, 2, 0, 2, {}))
    words = ("--against", str(after.folder), "--against-target", "other", "--fail-on", "any")
    assert after.run("diff", *words).code == 0
    ran = after.run("diff", "--against", str(after.folder))
    assert "note: both read the same tables" in ran.err


def test_a_generation_is_compared_by_its_number(two: Callable[..., tuple[Toy, Toy]]) -> None:
    before, after = two({})
    (after.folder / "target" / "generations").mkdir()
    (before.folder / "target" / "tables").rename(after.folder / "target" / "generations" / "1")
    ran = after.run("diff", "--against", "1", "--output", "json")
    assert (ran.code, ran.json["before"], ran.json["differs"]) == (0, "generation 1", False)
    ran = after.run("diff", "--against", "7")
    assert (ran.code, "there is no generation 7" in ran.err) == (1, True)


@pytest.mark.parametrize("against", ["nothing", "empty"])
def test_what_is_no_state_is_an_error_with_a_hint(toy: Maker, against: str) -> None:
    project = toy(BEFORE)
    (project.folder / "empty").mkdir()
    ran = project.run("diff", "--against", against)
    assert ran.code == 1 and "holds neither a project nor tables\n  hint: name a folder with a project" in ran.err


def _told(ran: Ran, *paths: Path) -> str:
    return ran.out + ran.err + "".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("form", ["txt", "json", "html"])
def test_no_value_of_a_row_is_told(two: Callable[..., tuple[Toy, Toy]], form: str) -> None:
    other = {name: PEOPLE[name] for name in PEOPLE.column_names} | {
        "pnr": pa.array([SECRET, "p2", f"{SECRET}x", "p5"]),
        "town": pa.array([f"{SECRET} moved", "a", None, "a"]),
        "age": pa.array([str(NUMBER + 1), "17", "18", "x"]).take([0, 1, 2, 2]),
    }
    sql = str(BEFORE["models/staging/people.sql"]).replace("income, age", "cast(income as varchar) as income, age")
    marts = {"models/marts/incomes.sql": "select income from {{ ref('adults') }}\n"}
    before, after = two({"raw/people.parquet": pa.table(other), "models/staging/people.sql": sql, **marts})
    out = after.folder / f"answer.{form}"
    for words in ((), ("--debug",), ("--log-format", "json")):
        ran = after.run("diff", "--against", str(before.folder), "--out", str(out), *words)
        assert ran.code == 0, ran.err
        told = _told(ran, out)
        assert "staging.people" in told
        assert SECRET not in told and str(NUMBER) not in told.replace(",", "")
    found = _diff(before, after)
    assert found["staging.people"]["rows"]["columns"].keys() >= {"town", "age"}


def test_a_table_that_cannot_be_read_tells_nothing_of_what_it_holds(two: Callable[..., tuple[Toy, Toy]]) -> None:
    before, after = two({})
    after.path("staging.people").write_text(SECRET)
    ran = after.run("diff", "--against", str(before.folder), "--debug")
    assert ran.code == 1 and "cannot be read as a table" in ran.err
    assert SECRET not in ran.out + ran.err


def test_the_page_and_the_json_are_one_file_each(two: Callable[..., tuple[Toy, Toy]]) -> None:
    before, after = two({"models/marts/adults.sql": QUERY.replace(">= 18", ">= 21")}, built=False)
    assert after.run("diff", "--against", str(before.folder), "--out", "a.html", "-q").out == ""
    page = (after.folder / "a.html").read_text(encoding="utf-8")
    assert "staging.people.age &gt;= 21" in page and "<script" not in page and "http" not in page
    after.run("diff", "--against", str(before.folder), "-o", "a.json", "-q")
    assert json.loads((after.folder / "a.json").read_text(encoding="utf-8"))["differs"] is True
