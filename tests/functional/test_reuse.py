"""What cannot have changed is not made again: tables, views and tests are reused, and only then."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .toy import Toy, wait_until

Maker = Callable[..., Toy]
SOURCES = """
sources:
  - name: raw
    tables:
      - name: people
        meta: {external_location: "raw/people/*.parquet", period: file_name, person: pnr}
        columns:
          - {name: pnr, data_type: string}
          - {name: age, data_type: int32}
      - name: places
        meta: {external_location: "raw/places.csv"}
        columns:
          - {name: place, data_type: string}
"""
TESTS = """
models:
  - name: people
    config: {meta: {grain: [pnr]}}
  - name: adults
    columns: [{name: age, data_tests: [{accepted_range: {arguments: {max_value: 60}, config: {severity: warn}}}]}]
unit_tests:
  - name: works
    model: adults
    given: [{input: ref('people'), rows: [{pnr: p1, age: 20}, {pnr: p2, age: 3}]}]
    expect: {rows: [{pnr: p1, age: 20}]}
"""
ADULTS = "with grown as (select pnr, age from {{ ref('people') }} as people where age >= 18) select * from grown"


def _people(**ages: int) -> pa.Table:
    return pa.table({"pnr": list(ages), "age": pa.array(ages.values(), pa.int32())})


FILES: dict[str, Any] = {
    "models/sources.yml": SOURCES,
    "models/tests.yml": TESTS,
    "models/people.sql": "select pnr, age from {{ source('raw', 'people') }}",
    "models/adults.sql": ADULTS,
    "models/oldest.sql": "{{ config(materialized='view') }} select max(age) as age from {{ ref('adults') }}",
    "models/answer.sql": "select age + {{ var('more', 1) }} as answer from {{ ref('oldest') }}",
    "models/places.sql": "select place from {{ source('raw', 'places') }}",
    "models/coloured.sql": "select word from {{ ref('colours') }}",
    "seeds/colours.csv": "code,word\n1,red\n2,blue\n",
    "raw/people/2000.parquet": _people(p1=20, p2=3),
    "raw/people/2001.parquet": _people(p3=70),
    "raw/places.csv": "place\nhere\n",
}
ALL = {"people", "adults", "oldest", "answer", "places", "coloured", "colours"}


def _build(project: Toy, *args: str, code: int = 0) -> set[str]:
    """Build and return the names of the tables that were made."""
    ran = project.run("build", *args)
    assert ran.code == code, ran.out + ran.err
    return _made(project)


def _made(project: Toy) -> set[str]:
    found = project.statuses("model", "seed")
    assert set(found.values()) <= {"success", "reused"}
    return {name.partition(".")[2] for name, status in found.items() if status == "success"}


def _why(project: Toy, *args: str) -> dict[str, tuple[str, list[str]]]:
    ran = project.run("build", "--explain", "--output", "json", *args)
    assert ran.code == 0, ran.out + ran.err
    tables = [node for node in ran.json if node["resource_type"] in ("model", "seed")]
    return {node["name"].partition(".")[2]: (node["status"], node["reasons"]) for node in tables}


@pytest.fixture
def built(toy: Maker) -> Toy:
    project = toy(FILES)
    assert _build(project) == ALL
    return project


def test_a_second_run_reuses_every_table_and_test_and_reads_no_file(built: Toy) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.written() if path.suffix == ".parquet"}
    for path in (built.folder / "raw").rglob("*.parquet"):
        stat = path.stat()
        path.write_bytes(b"x" * stat.st_size)  # no parquet file any more, were it opened
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    ran = built.run("build")
    assert ran.code == 0, ran.out + ran.err
    assert "0 of 7 tables built, 7 reused" in ran.out
    assert set(built.statuses().values()) == {"reused", "warn"}
    assert before == {path: path.stat().st_mtime_ns for path in built.written() if path.suffix == ".parquet"}


def test_a_warning_is_told_again_without_running(built: Toy) -> None:
    told = [result["message"] for result in built.results() if result["status"] == "warn"]
    ran = built.run("build")
    assert told == ["1 failing row"]
    assert "warning: 1 failing row" in ran.out


def test_a_reused_table_tells_its_rows_and_place(built: Toy) -> None:
    before = {result["name"]: result for result in built.results()}["main.people"]
    built.run("build")
    after = {result["name"]: result for result in built.results()}["main.people"]
    assert [before[key] for key in ("rows", "bytes", "path")] == [after[key] for key in ("rows", "bytes", "path")]


@pytest.mark.parametrize(
    "text",
    [
        ADULTS + " -- a comment",
        ADULTS.replace("select", "SELECT\n   ").replace("grown", "GROWN"),
        ADULTS.replace("grown", "those_who_are_of_age"),
        ADULTS.replace("as people", "as everybody"),
        "{{ grown_up() }}",
    ],
    ids=["comment", "case", "cte", "alias", "macro"],
)
def test_what_changes_no_meaning_builds_nothing(built: Toy, text: str) -> None:
    built.write({"models/adults.sql": text, "macros/grown_up.sql": "{% macro grown_up() %}" + ADULTS + "{% endmacro %}"})
    assert _build(built) == set()


def test_a_changed_constant_builds_the_cone_alone(built: Toy) -> None:
    built.write({"models/adults.sql": ADULTS.replace("18", "19 + 2")})
    built.write({"models/tests.yml": TESTS.replace("20", "30")})
    assert _why(built)["adults"] == ("run", ["query"])
    assert _build(built) == {"adults", "oldest", "answer"}


def test_children_of_a_table_with_the_same_content_are_not_built(built: Toy) -> None:
    built.write({"models/adults.sql": ADULTS.replace("18", "17")})
    why = _why(built)
    assert why["oldest"] == ("may run", ["its input 'main.adults' runs"])
    assert why["answer"] == ("may run", ["its input 'main.oldest' runs"])
    assert why["people"] == ("reused", [])
    assert _build(built) == {"adults"}
    assert _build(built) == set()


def test_variables_change_what_uses_them(built: Toy) -> None:
    assert _build(built, "--vars", "{more: 2}") == {"answer"}
    assert built.rows("answer") == [{"answer": 72}]


def test_settings_are_part_of_the_key(built: Toy) -> None:
    built.write({"models/coloured.sql": "{{ config(cluster_by='word') }} " + FILES["models/coloured.sql"]})
    assert _why(built)["coloured"] == ("run", ["setting 'cluster_by'"])
    assert _build(built) == {"coloured"}


def test_a_seed_that_changed_is_built_with_what_reads_it(built: Toy) -> None:
    built.write({"seeds/colours.csv": "code,word\n1,red\n2,green\n"})
    assert _why(built)["colours"] == ("run", ["text"])
    assert _build(built) == {"colours", "coloured"}


# -- raw files ------------------------------------------------------------------------------------


def test_a_replaced_file_builds_what_reads_it_and_the_others_are_not_opened(built: Toy) -> None:
    built.write({"raw/people/2001.parquet": _people(p3=71)})
    assert _why(built)["people"] == ("run", ["raw file 'people/2001.parquet' changed"])
    assert _build(built) == {"people", "adults", "oldest", "answer"}


def test_a_new_file_and_one_that_is_gone_are_named(built: Toy) -> None:
    os.rename(built.folder / "raw/people/2001.parquet", built.folder / "raw/people/2002.parquet")
    assert _why(built)["people"] == ("run", ["raw file 'people/2001.parquet' is gone", "raw file 'people/2002.parquet' is new"])


def _touch(path: Path) -> None:
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 5_000_000_000))


def test_a_touched_file_is_read_again_and_nothing_beyond_its_readers_is_built(built: Toy) -> None:
    _touch(built.folder / "raw/people/2001.parquet")
    assert _build(built) == {"people"}


def test_a_touched_text_file_holds_the_same_text(built: Toy) -> None:
    _touch(built.folder / "raw/places.csv")
    assert _build(built) == set()


def test_with_verify_bytes_decide_and_not_times(built: Toy) -> None:
    path = built.folder / "raw/people/2001.parquet"
    assert _build(built, "--verify") == set()
    _touch(path)
    assert _build(built, "--verify") == set()
    stat, content = path.stat(), path.read_bytes()
    path.write_bytes(content.replace(b"p3", b"p4", 1))  # a page, behind the same size, time and footer
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert _build(built) == set()
    assert "people" in _build(built, "--verify")


def test_another_project_folder_makes_the_same_keys(toy: Maker) -> None:
    keys = []
    for folder in ("one", "two"):
        project = toy(FILES, folder=folder)
        for path in (project.folder / "raw").rglob("*.*"):
            os.utime(path, ns=(10**18, 10**18))
        _build(project)
        keys.append(
            {path.name: pq.read_metadata(path).metadata[b"ids_build"] for path in project.written() if "tables" in path.parts}
        )
    assert keys[0] == keys[1]


# -- persons --------------------------------------------------------------------------------------


def test_a_cohort_is_part_of_the_key(built: Toy) -> None:
    built.write({"c.csv": "p1\n", "same.csv": "pnr\np1\n"})
    assert _why(built, "--cohort", "c.csv")["people"] == ("run", ["cohort"])
    assert {"people", "adults"} <= _build(built, "--cohort", "c.csv")
    assert _build(built, "--cohort", "same.csv") == set()
    assert built.rows("people") == [{"pnr": "p1", "age": 20}]


# -- what can never be taken for a result ---------------------------------------------------------


def test_a_foreign_file_in_the_place_of_a_table_is_replaced(built: Toy) -> None:
    path = built.path("people")
    stat = path.stat()
    pq.write_table(_people(p9=99), path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert _why(built)["people"] == ("run", ["its table was replaced by another file"])
    assert _build(built) == {"people"}
    assert len(built.rows("people")) == 3


def test_a_table_that_is_gone_is_built(built: Toy) -> None:
    built.path("people").unlink()
    assert _why(built)["people"] == ("run", ["its table is gone"])
    assert _build(built) == {"people"}


def test_a_table_that_was_only_copied_is_reused(built: Toy) -> None:
    path = built.path("people")
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    assert _build(built) == set()


def test_a_leftover_without_a_memory_of_it_is_no_result(built: Toy) -> None:
    for path in built.written():
        if path.name in ("state.json", "generation.json"):
            path.unlink()
    assert _why(built)["people"] == ("run", ["never built"])
    assert _build(built) == ALL


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"form": 1, "tables": {"main.people": 3, "main.adults": {"key": 1}}}', '{"form": 7}']
)
def test_a_damaged_memory_costs_a_rebuild_and_no_error(built: Toy, text: str) -> None:
    for path in built.written():
        if path.name in ("state.json", "files.json", "generation.json"):
            path.write_text(text)
    assert _build(built) == ALL
    assert _build(built) == set()


def test_full_refresh_builds_everything(built: Toy) -> None:
    assert _why(built, "--full-refresh")["people"] == ("run", ["--full-refresh"])
    assert _build(built, "--full-refresh") == ALL


@pytest.mark.parametrize("function", ["random()", "now()", "current_date", "uuid()"])
def test_a_function_that_says_something_else_every_time_forces_a_run_and_is_told(toy: Maker, function: str) -> None:
    project = toy({"models/a.sql": f"select {function} as a", "models/b.sql": "select 1 as b"})
    _build(project)
    name = function.removesuffix("()")
    assert _why(project) == {"a": ("run", [f"function '{name}'"]), "b": ("reused", [])}
    ran = project.run("build")
    assert _made(project) == {"a"}
    assert f"note: 'main.a' is built in every run: function '{name}'" in ran.out


def test_such_a_function_is_seen_through_a_view(toy: Maker) -> None:
    view = "{{ config(materialized='ephemeral') }} select random() as a"
    project = toy({"models/v.sql": view, "models/a.sql": "select a from {{ ref('v') }}"})
    _build(project)
    assert _build(project) == {"a", "v"}


# -- tests ----------------------------------------------------------------------------------------


def test_a_new_test_runs_on_a_reused_table(built: Toy) -> None:
    built.write({"models/more.yml": "models: [{name: answer, columns: [{name: answer, data_tests: [not_null]}]}]"})
    assert _build(built) == set()
    assert built.statuses("test")["not_null_answer_answer"] == "pass"
    assert _build(built) == set()
    assert built.statuses("test")["not_null_answer_answer"] == "reused"


def test_a_new_test_that_fails_on_a_reused_table_is_never_taken_for_passed(built: Toy) -> None:
    test = "accepted_values: {arguments: {values: [p1]}}"
    columns = "columns: [{name: pnr, data_tests: [{" + test + "}]}, {name: age, data_tests:"
    built.write({"models/tests.yml": TESTS.replace("columns: [{name: age, data_tests:", columns)})
    for _ in range(2):
        assert built.run("build").code == 1
        statuses = built.statuses()
        assert statuses["accepted_values_adults_pnr"] == "fail"
        assert (statuses["main.adults"], statuses["main.oldest"]) == ("error", "skipped")


def test_a_unit_test_that_changed_runs_again(built: Toy) -> None:
    built.write({"models/tests.yml": TESTS.replace("age: 3}", "age: 4}")})
    assert _build(built) == set()
    assert built.statuses("unit_test") == {"adults::works": "pass"}


def test_the_command_test_runs_every_test(built: Toy) -> None:
    assert built.run("test").code == 0
    assert set(built.statuses().values()) == {"pass", "warn"}


def test_run_reuses_tables_whose_tests_never_ran(toy: Maker) -> None:
    project = toy(FILES)
    assert project.run("seed").code == 0
    assert project.run("run").code == 0
    assert _build(project) == set()
    assert set(project.statuses("test", "unit_test").values()) == {"pass", "warn"}


def test_what_a_killed_run_had_built_is_reused(toy: Maker) -> None:
    slow = "select sum(a.value * b.value % 7) as n from range(9999999) as a cross join range(9999999) as b"
    slow += " where a.value > (select count(*) from {{ ref('people') }})"
    project = toy({**FILES, "models/zslow.sql": slow})
    process = project.start("build", "--select", "people", "zslow")
    wait_until(lambda: any(path.name == "generation.json" for path in project.written()))
    time.sleep(0.5)
    process.kill()
    process.communicate()
    project.write({"models/zslow.sql": "select 1 as n"})
    assert _build(project, "--select", "people", "zslow") == {"zslow"}


def test_explain_says_what_would_happen_and_builds_nothing(built: Toy) -> None:
    built.write({"models/adults.sql": ADULTS.replace("18", "17")})
    before = sorted((path, path.stat().st_mtime_ns) for path in built.written())
    ran = built.run("build", "--explain")
    assert ran.code == 0
    assert ["main.adults", "run", "query"] in [line.split() for line in ran.out.splitlines()]
    assert "of 7 tables 1 run, 2 may run, 4 reused; nothing was built" in ran.out
    assert before == sorted((path, path.stat().st_mtime_ns) for path in built.written())


def test_the_memory_holds_no_value_of_a_row(built: Toy) -> None:
    for name in ("state.json", "files.json", "generation.json"):
        text = next(path for path in built.written() if path.name == name).read_text()
        assert json.loads(text)
        assert "p1" not in text.replace("people", "")
