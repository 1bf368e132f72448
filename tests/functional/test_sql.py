"""`ids sql` on the shop, on a toy with marked values, and on the shipped project with simulated registers."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .toy import PEAK, REPOSITORY, Ran, Toy, finish, on_linux, run_in, run_script, wait_until

Maker = Callable[..., Toy]
SECRET = "SECRET4711"
PEOPLE = {
    "models/people.sql": f"select * from (values ('{SECRET}', 31, 'x'), ('p2', 32, 'y')) as people(pnr, age, word)",
    "models/people.yml": "models: [{name: people, columns: [{name: pnr, meta: {identifier: true}}]}]\n",
    "models/renamed.sql": "select pnr as other, age from {{ ref('people') }}",
    "models/renamed.yml": "models: [{name: renamed, columns: [{name: other, meta: {identifier: true}}]}]\n",
    "macros/decade.sql": "{% macro decade(age) %}{{ age }} / 10 * 10{% endmacro %}\n",
}


# -- the shop -------------------------------------------------------------------------------------


def test_the_shop_is_asked_over_models_seeds_and_sources(shop: Toy) -> None:
    assert shop.run("build").code == 0
    query = """
        select c.customer_name, count(o.order_id) as orders
        from {{ ref('customers') }} as c
        left join marts.orders as o on o.customer_id = c.customer_id
        group by c.customer_name
        order by 1
    """
    ran = shop.run("sql", "-q", query)
    assert (ran.code, ran.out) == (0, '"customer_name","orders"\n"Anna Berg",2\n"Bo Dahl",2\n"Clara Eng",0\n'), ran.err
    assert shop.run("sql", "-q", "select count(*) as n from raw_orders", "--output", "json").json == [{"n": 4}]


# -- values ---------------------------------------------------------------------------------------

WAYS = [
    "select * from people",
    "select pnr as a from people",
    "select upper(pnr) from people",
    "select lower(p.pnr) as a, p.age from people as p",
    "with a as (select substr(pnr, 1) as b from people), c as (select * from a) select b as d from c",
    "with a(x, y) as (select age, pnr from people) select y as z from a",
    "select age::text as a from people union all select pnr from people",
    "select t.a from (select pnr from people) as t(a)",
    "select q.a from people as q(a, b, c)",
    "select word from people union select q.a from people as q(a, b, c)",
    "select array_agg(pnr) as a from people",
    "select unnest(array_agg(pnr)) as a from people",
    "select s.age from (select named_struct('age', pnr) as s from people) as t",
    "select case when age > 31 then 'x' else pnr end as a from people",
    "select first_value(pnr) over (order by age) as a from people",
    "select (select min(pnr) from people) as a",
    "select string_agg(pnr, ',') from people",
    "select concat_ws('-', pnr, word) from people",
    "select * from renamed",
    "select other || '' as harmless from renamed",
    'select "upper(people.pnr)" as a from (select upper(pnr) from people)',
    "select a.* from people as a join people as b using (pnr)",
    "select min(pnr) filter (where age > 30) as a from people",
    "select distinct on (age) pnr as a from people",
    "select a from (select pnr as a, age from people order by age limit 1)",
    "select coalesce(nullif(pnr, 'q'), 'z') as a from people",
    "select * exclude (age) from people",
    "select 1 as n, 'a' as a union all select age, pnr from people",
]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    project = Toy(tmp_path_factory.mktemp("people"), PEOPLE)
    assert project.run("build").code == 0
    return project


@pytest.mark.parametrize("query", WAYS)
def test_an_identifier_is_told_in_no_way(people: Toy, query: str) -> None:
    for form in ("table", "csv", "json"):
        ran = people.run("sql", "-q", query, "--output", form)
        assert ran.code == 0, ran.err
        assert "(hidden)" in ran.out
        assert SECRET.lower() not in (ran.out + ran.err).lower()


@pytest.mark.parametrize("query", WAYS)
def test_every_one_of_these_queries_would_tell_it(people: Toy, query: str) -> None:
    people.write({"open/profiles.yml": "toy: {target: d, outputs: {d: {type: datafusion, show_values: true}}}\n"})
    ran = people.run("sql", "-q", query, "--profiles-dir", "open", "--output", "json")
    assert SECRET.lower() in ran.out.lower(), ran.err


def test_what_the_user_asked_for_is_told(people: Toy) -> None:
    ran = people.run("sql", "-q", "select count(distinct pnr) as n, max(age) as age, {{ decade('max(age)') }} as d from people")
    assert ran.out == '"n","age","d"\n2,32,30\n'


@pytest.mark.parametrize(
    "query",
    [
        "select cast(pnr as int) as x from people",
        "select 1 / (age - 31) as x, pnr from people",
        "select to_timestamp(pnr) as x from people",
        "select cast(pnr as decimal(4, 2)) as x from people",
    ],
)
def test_an_error_tells_no_value(people: Toy, query: str) -> None:
    for way in ((), ("-o", "x.parquet"), ("-o", "x.csv"), ("--output", "json"), ("--debug",)):
        ran = people.run("sql", "-q", query, *way)
        assert ran.code == 1
        assert SECRET not in ran.out + ran.err
        assert list(people.folder.glob("x*")) == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("drop table main.people", "query:1  a query can only read\n  hint: write one SELECT\n"),
        ("copy main.people to 'x.parquet'", "query:1  a query can only read\n  hint: write one SELECT\n"),
        ("insert into main.people select * from main.people", "query:1  a query can only read\n  hint: write one SELECT\n"),
        ("create table x as select 1", "query:1  a query can only read\n  hint: write one SELECT\n"),
        ("select 1; drop table main.people", "query:1  the text holds more than one statement\n  hint: write one SELECT\n"),
        ("select * from peple", "query:1:15  unknown table 'peple'\n  hint: did you mean 'people'?\n"),
    ],
)
def test_a_session_only_reads(people: Toy, query: str, told: str) -> None:
    ran = people.run("sql", "-q", query)
    assert (ran.code, ran.out, ran.err) == (1, "", told)
    assert people.table("people").num_rows == 2
    assert not (people.folder / "x.parquet").exists()


@pytest.mark.parametrize(
    "query", ["copy main.people to 'x.parquet' ~~", "create external ~~ table x", "insert ~~ into main.people"]
)
def test_what_the_parser_cannot_read_the_engine_refuses(people: Toy, query: str) -> None:
    ran = people.run("sql", "-q", query)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("query:1") and "\n  hint: " in ran.err
    assert not (people.folder / "x.parquet").exists()


# -- large results and interruption ---------------------------------------------------------------

STREAMED = f"""{PEAK}
import sys
from ids_build.cli.main import main
try:
    query = "select value as id, value % 7 as rest, 'a text of some length' as word from range(6000000)"
    main(["sql", "-q", query, "-o", sys.argv[1]])
finally:
    print(peak())
"""


@on_linux
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_large_answer_streams_to_a_file(toy: Maker, suffix: str) -> None:
    project = toy()
    ran = run_script(STREAMED.replace("sys.argv[1]", f"'out.{suffix}'"), project.folder)
    assert ran.code == 0, ran.err
    # The rows alone are 6,000,000 x (8 + 8 + 21 + 4) bytes = 246 MB in memory; the process starts at about 150 MB.
    assert int(ran.out.split()[-1]) < 350_000
    path = project.folder / f"out.{suffix}"
    count = pq.read_metadata(path).num_rows if suffix == "parquet" else sum(1 for _ in path.open("rb")) - 1
    assert count == 6_000_000


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_ends_a_long_query_at_once_and_leaves_nothing(toy: Maker) -> None:
    project = toy()
    query = "select sum(a.value * b.value % 7) as n from range(300000) as a cross join range(300000) as b"
    started = project.start("sql", "-q", query, "-o", "out.csv")
    wait_until(lambda: (project.folder / "out.draft.csv").exists())
    time.sleep(0.5)
    began = time.monotonic()
    started.send_signal(signal.SIGINT)
    ran = finish(started)
    assert (ran.code, time.monotonic() - began < 5) == (130, True), ran.err
    assert list(project.folder.glob("out*")) == []


# -- registers ------------------------------------------------------------------------------------


def _ask(registers: Path, target: Path, *words: str) -> Ran:
    variables = json.dumps({"registers_dir": str(registers)})
    return run_in(REPOSITORY, "sql", "--vars", variables, "--target-path", str(target), *words)


def test_the_seed_s_example_counts_the_employed_by_position(registers: Path, tmp_path: Path) -> None:
    query = "select socio, count(pnr) as counts from akm where socio > 5 group by socio order by socio"
    ran = _ask(registers, tmp_path, "-r", f"akm:{registers / 'akm'}", "-q", query)
    assert ran.code == 0, ran.err
    files = [pq.read_table(path) for path in sorted((registers / "akm").glob("*.parquet"))]
    columns = [table[name].to_pylist() for table in files for name in table.column_names if name.lower() == "socio"]
    socio = [int(value) for column in columns for value in column if value is not None and int(value) > 5]
    expected = [f"{value},{socio.count(value)}" for value in sorted(set(socio))]
    assert ran.out.splitlines() == ['"socio","counts"', *expected]
    assert expected


def test_two_registers_given_by_path_are_joined(registers: Path, tmp_path: Path) -> None:
    query = "select count(*) as n from bef join akm on akm.pnr = bef.pnr and akm.period_end = bef.period_end"
    ran = _ask(registers, tmp_path, "-r", f"akm:{registers / 'akm'},BEF:{registers / 'bef'}", "-q", query, "--output", "json")
    assert ran.code == 0, ran.err
    assert ran.json[0]["n"] > 100


def test_identifiers_of_the_registers_are_hidden(registers: Path, tmp_path: Path) -> None:
    ran = _ask(registers, tmp_path, "-q", "select pnr, foed_dag from raw.bef", "--limit", "3", "--quiet")
    assert [line.split(",")[0] for line in ran.out.splitlines()] == ['"pnr"', *['"(hidden)"'] * 3]


def test_a_cohort_restricts_what_is_asked(registers: Path, tmp_path: Path) -> None:
    everyone = _ask(
        registers, tmp_path, "-q", "select distinct pnr from raw.bef order by pnr limit 3", "-o", str(tmp_path / "c.parquet")
    )
    assert everyone.code == 0, everyone.err
    ran = _ask(
        registers,
        tmp_path,
        "--cohort",
        str(tmp_path / "c.parquet"),
        "-q",
        "select count(distinct pnr) as n from raw.bef",
        "--quiet",
    )
    assert ran.out == '"n"\n3\n'
