"""`ids report`: aggregates from built tables to CSV files and one page; persons never pass."""

import re
from collections.abc import Callable

import pyarrow as pa
import pytest

from .toy import Toy, finish

Maker = Callable[..., Toy]
SECRET = "SECRETVALUE4711"
PEOPLE = {
    "models/people.sql": f"""
        select * from (values
            ('{SECRET}', 'Sjælland', 'f', 31, 4000.5), ('p2', 'Sjælland', 'f', 32, 100.0), ('p3', 'Sjælland', 'm', 30, 10.0),
            ('p4', 'Fyn', 'f', 47114711, 5.0), ('p5', 'Fyn', 'm', 29, 7.25), ('p6', 'Sjælland', 'f', 18, 1.0)
        ) as people(pnr, region, sex, age, income)
        """,
    "models/people.yml": "models: [{name: people, columns: [{name: pnr, meta: {identifier: true}}]}]\n",
    "models/regions.sql": """
        select region, sex, count(*) as n, max(age) as oldest, avg(income) as income
        from {{ ref('people') }} group by region, sex
        """,
    "models/regions.yml": """
        models:
          - name: regions
            description: >
              One row per region and sex. Not for
              comparisons over time.
            config:
              meta:
                grain: [region, sex]
                report:
                  title: "Regions & sexes"
                  order: 1
                  counts: [n]
                  plot: {kind: pyramid, y: region, x: n, by: sex}
            columns:
              - {name: region, description: "Region where the person lives."}
              - {name: n, description: "Persons.", meta: {unit: persons}}
        """,
    "models/spread.sql": "select 'age' as variable, 0.25 as smd union all select 'income', -0.0125",
    "models/spread.yml": """
        models:
          - name: spread
            meta:
              grain: [variable]
              report: {title: Differences, persons: false, plot: {kind: dots, y: variable, x: smd, at: [-0.1, 0.1]}}
        """,
}
MINIMUM = ("--vars", "{report_min_count: 3}")


@pytest.fixture
def people(toy: Maker) -> Toy:
    project = toy(PEOPLE)
    assert project.run("build").code == 0
    return project


def _text(project: Toy, name: str) -> str:
    return (project.folder / "target" / "report" / name).read_text(encoding="utf-8")


def test_counts_below_the_minimum_take_their_row_along(people: Toy) -> None:
    ran = people.run("report", *MINIMUM)
    assert ran.code == 0, ran.err
    assert _text(people, "regions.csv") == (
        "region,sex,n,oldest,income\nFyn,f,<3,,\nFyn,m,<3,,\nSjælland,f,3,32,1367.1666666666667\nSjælland,m,<3,,\n"
    )
    assert _text(people, "spread.csv") == "variable,smd\nage,0.25\nincome,-0.0125\n"
    page = _text(people, "index.html")
    assert "47114711" not in page and "47,114,711" not in page
    assert "7.25" not in page
    assert '<td>Sjælland</td><td>f</td><td class="number">3</td><td class="number">32</td>' in page
    assert "Not drawn: 3 rows with a count below 3." in page
    assert page.count("Sjælland") == 3  # twice in the table, once at the axis
    assert page.count(">Fyn<") == 2  # in the table alone


def test_the_default_minimum_is_five(people: Toy) -> None:
    assert people.run("report").code == 0
    assert _text(people, "regions.csv").count("<5,,") == 4
    assert "There is no row to draw." in _text(people, "index.html")


def test_the_page_stands_alone(people: Toy) -> None:
    assert people.run("report", *MINIMUM).code == 0
    page = _text(people, "index.html")
    assert page.count("<svg ") == 2
    assert "http" not in page and "<script" not in page
    assert set(re.findall(r'(?:href|src)="([^"#]+)"', page)) == {"regions.csv", "spread.csv"}
    assert "<h2" in page and "1. Regions &amp; sexes" in page and "One row per region and sex.</p>" in page
    assert "Region where the person lives." in page


def test_two_runs_give_equal_bytes_and_leave_nothing_else(people: Toy) -> None:
    folder = people.folder / "target" / "report"
    assert people.run("report").code == 0
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    ran = finish(people.start("report", "--threads", "3"))
    assert ran.code == 0, ran.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert sorted(first) == ["index.html", "regions.csv", "spread.csv"]


@pytest.mark.parametrize(
    "query",
    [
        "select pnr as region, sex, count(*) as n from {{ ref('people') }} group by pnr, sex",
        "select min(pnr) as region, sex, count(*) as n from {{ ref('people') }} group by sex",
        "select who as region, sex, count(*) as n from {{ ref('renamed') }} group by who, sex",
        "select * exclude (who), substr(who, 1, 4) as region, 1 as n from {{ ref('renamed') }}",
    ],
)
def test_a_person_never_passes(people: Toy, query: str) -> None:
    assert people.run("report").code == 0
    people.write({"models/renamed.sql": "select pnr as who, sex from {{ ref('people') }}", "models/regions.sql": query})
    before = _text(people, "index.html")
    for command in ("report", "build", "compile"):
        ran = people.run(command)
        assert ran.code == 1
        assert "models/regions.yml:" in ran.err and "may carry an identifier; a report holds aggregates only" in ran.err
        assert SECRET not in ran.out + ran.err
    assert _text(people, "index.html") == before


def test_a_table_built_before_its_query_was_corrected_is_not_read(people: Toy) -> None:
    former = (
        "select pnr as region, sex, cast(9 as bigint) as n, cast(1 as bigint) as oldest, 1.5 as income from {{ ref('people') }}"
    )
    people.write({"models/regions.sql": former, "models/regions.yml": "models: [{name: regions, meta: {grain: [region, sex]}}]"})
    assert people.run("build", "--select", "regions").code == 0
    people.write({"models/regions.yml": PEOPLE["models/regions.yml"], "models/regions.sql": PEOPLE["models/regions.sql"]})
    ran = people.run("report")
    assert (ran.code, SECRET in ran.out + ran.err) == (1, False)
    assert "'main.regions' was built from another version of its model" in ran.err


def test_no_value_is_told_of_what_cannot_be_drawn(people: Toy) -> None:
    people.write(
        {
            "models/spread.sql": f"select '{SECRET}' as variable, n / 2.0 as smd from (values (1), (2)) as t(n)",
            "models/spread.yml": PEOPLE["models/spread.yml"].replace("grain: [variable]", "grain: [variable, smd]"),
        }
    )
    assert people.run("build").code == 0
    for way in ((), ("--debug",), ("--quiet",)):
        ran = people.run("report", *way)
        assert ran.code == 1
        assert SECRET not in ran.out + ran.err
        assert "models/spread.yml:5:52  'spread' has several rows of one 'variable'" in ran.err
    assert not (people.folder / "target" / "report").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("counts: [n]", "counts: [m]", "models/regions.yml:12:20  'regions' has no column 'm'"),
        ("counts: [n]", "count: [n]", "yml:12:11  unknown key 'count' in the report\n  hint: did you mean 'counts'?"),
        ("kind: pyramid", "kind: dot", "models/regions.yml:13:24  unknown kind of plot 'dot'\n  hint: did you mean 'dots'"),
        ("x: n", "x: region", "column 'region' is named twice"),
        ("x: n", "x: sez", "models/regions.yml:13:47  'regions' has no column 'sez'\n  hint: did you mean 'sex'?"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_place_when_the_project_is_compiled(people: Toy, old: str, new: str, told: str) -> None:
    people.write({"models/regions.yml": PEOPLE["models/regions.yml"].replace(old, new)})
    for command in ("compile", "report"):
        ran = people.run(command)
        assert ran.code == 1
        assert told in ran.err


def test_only_a_model_has_a_place(toy: Maker) -> None:
    project = toy({"seeds/a.csv": "n\n9\n", "seeds/a.yml": "seeds: [{name: a, meta: {report: {title: a, counts: [n]}}}]\n"})
    ran = project.run("ls")
    assert (ran.code, ran.err.splitlines()[0]) == (1, "seeds/a.yml:1:26  a seed has no place in the report")


def test_a_folder_that_cannot_be_made_is_told(people: Toy) -> None:
    (people.folder / "file").write_text("")
    ran = people.run("report", "--out", "file/report")
    assert ran.code == 1
    assert "cannot write" in ran.err and "internal error" not in ran.err


def test_the_page_of_a_large_delivery_holds_aggregates_only(toy: Maker) -> None:
    project = toy(
        {
            "raw/2000.parquet": pa.table(
                {"pnr": [f"{SECRET}{number % 700}" for number in range(2000)], "age": [number % 90 for number in range(2000)]}
            ),
            "models/s.yml": """
                sources:
                  - name: raw
                    tables:
                      - name: people
                        meta: {external_location: "raw/*.parquet"}
                        columns:
                          - {name: pnr, data_type: string, meta: {identifier: true}}
                          - {name: age, data_type: int64}
                models:
                  - name: ages
                    meta:
                      grain: [age]
                      report: {title: Ages, counts: [n], plot: {kind: steps, x: age, y: n}}
                """,
            "models/ages.sql": "select age, count(distinct pnr) as n from {{ source('raw', 'people') }} group by age",
        }
    )
    assert project.run("build").code == 0
    ran = project.run("report")
    assert ran.code == 0, ran.err
    assert SECRET not in _text(project, "index.html") + _text(project, "ages.csv") + ran.out + ran.err
    assert _text(project, "ages.csv").count("\n") == 91
