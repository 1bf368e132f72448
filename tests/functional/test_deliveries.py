"""Contracts between deliveries: files outside a source's days, two sources for one day, deliveries that shrank."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from .toy import Toy

Maker = Callable[..., Toy]
SOURCES = """
sources:
  - name: raw
    tables:
      - name: old
        meta: {external_location: "{{ var('dir', 'raw') }}/old/*.parquet", period: file_name, subject: contacts%s}
        columns:
          - {name: k, data_type: int32}
      - name: new
        meta: {external_location: "{{ var('dir', 'raw') }}/new/*.parquet", period: file_name, subject: contacts%s}
        columns:
          - {name: k, data_type: int32}
"""
MODELS = {
    "models/old.sql": "select k from {{ source('raw', 'old') }}",
    "models/new.sql": "select k from {{ source('raw', 'new') }}",
    "models/both.sql": "select k from {{ ref('old') }} union all select k from {{ ref('new') }}",
}


def _rows(count: int) -> pa.Table:
    return pa.table({"k": pa.array(range(count), pa.int32())})


def _toy(toy: Maker, files: dict[str, int], *, old: str = "", new: str = "") -> Toy:
    """Return a project of two sources that tell one subject, with files of so many rows."""
    raw = {f"raw/{name}.parquet": _rows(count) for name, count in files.items()}
    return toy({"models/sources.yml": SOURCES % (old, new), **MODELS, **raw})


def _status(project: Toy) -> dict[str, str]:
    return {name.removeprefix("main."): status for name, status in project.statuses().items()}


def _fault(project: Toy, name: str) -> dict[str, Any]:
    return next(result for result in project.results() if result["name"] == f"main.{name}")


# -- days -----------------------------------------------------------------------------------------


def test_a_file_after_the_last_day_of_its_source_fails_the_models_on_it(toy: Maker) -> None:
    project = _toy(toy, {"old/2018": 1, "old/2019": 1, "new/2020": 1}, old=", valid: {to: 2018-12-31}")
    ran = project.run("build")
    assert ran.code == 1
    assert "raw/old/2019.parquet  'main.old' error: 'raw.old' ends on 2018-12-31; this file lies outside\n" in ran.out
    assert "hint: take the file out of the folder, and read those days in the register that has them\n" in ran.out
    assert _status(project) == {"old": "error", "new": "success", "both": "skipped"}


def test_a_file_before_the_first_day_of_its_source_fails_the_models_on_it(toy: Maker) -> None:
    project = _toy(toy, {"old/2018": 1, "new/2018": 1}, new=", valid: {from: 2019-03-01}")
    ran = project.run("build")
    assert ran.code == 1
    assert "raw/new/2018.parquet  'main.new' error: 'raw.new' begins on 2019-03-01; this file lies outside\n" in ran.out


def test_files_within_the_days_are_read(toy: Maker) -> None:
    days = {"old": ", valid: {to: 2019-02-28}", "new": ", valid: {from: 2019-03-01}"}
    project = _toy(toy, {"old/2018": 1, "old/2019": 2, "new/2019": 3}, **days)
    ran = project.run("build")
    assert ran.code == 0, ran.out
    assert project.table("both").num_rows == 6


# -- subjects -------------------------------------------------------------------------------------


def test_two_sources_of_one_subject_must_not_cover_one_day(toy: Maker) -> None:
    project = _toy(toy, {"old/2018": 1, "old/2019": 1, "new/201903": 1})
    ran = project.run("build")
    assert ran.code == 1
    assert "models/sources.yml:" in ran.out
    assert "'raw.old' and 'raw.new' both tell contacts from 2019-03-01 to 2019-03-31\n" in ran.out
    assert "hint: take one away, or say which wins with 'meta: {replaces: new}'\n" in ran.out
    assert sorted(_status(project).values()) == ["error", "skipped", "success"]


def test_a_source_that_is_not_read_disturbs_nobody(toy: Maker) -> None:
    project = _toy(toy, {"old/2019": 1, "new/2019": 1})
    assert project.run("build", "--select", "old").code == 0


@pytest.mark.parametrize("rule", [{"old": ", replaces: new"}, {"new": ", replaces: [old]"}], ids=["old", "new"])
def test_a_source_may_replace_the_other(toy: Maker, rule: dict[str, str]) -> None:
    project = _toy(toy, {"old/2019": 1, "new/2019": 2}, **rule)
    assert project.run("build").code == 0


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (", replaces: newer", "there is no source 'raw.newer'"),
        (", valid: {form: 2019-01-01}", "unknown key 'form' in 'valid'"),
        (", valid: {from: 01-03-2019}", "'01-03-2019' is no date"),
        (", person: pnr", "there is no column 'pnr' to hold the person"),
        (", person: {column: k, via: newer}", "there is no source 'raw.newer'"),
        (", person: {column: k, via: new}", "'raw.new' has no column of persons"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told_with_its_place(toy: Maker, meta: str, message: str) -> None:
    ran = _toy(toy, {"old/2018": 1, "new/2019": 1}, old=meta).run("compile")
    assert ran.code == 1
    assert ran.err.startswith("models/sources.yml:4:") and message in ran.err and "\n  hint: " in ran.err


# -- deliveries that shrank -----------------------------------------------------------------------


def _shrinking(toy: Maker) -> Toy:
    project = _toy(toy, {"old/2017": 3, "old/2018": 5, "new/2019": 2})
    assert project.run("build").code == 0
    return project


def test_a_file_with_fewer_rows_than_last_time_is_refused_and_the_former_table_stays(toy: Maker) -> None:
    project = _shrinking(toy).write({"raw/old/2018.parquet": _rows(4)})
    ran = project.run("build")
    assert ran.code == 1
    told = "the delivery of 'raw.old' shrank: 'raw/old/2018.parquet' has 4 rows, the last run read 5 rows\n"
    assert f"raw/old/2018.parquet  'main.old' error: {told}" in ran.out
    assert "hint: ask for the delivery again; if it is right, run once with --full-refresh\n" in ran.out
    assert project.table("old").num_rows == 8
    assert _status(project) == {"old": "error", "new": "reused", "both": "skipped"}


def test_a_file_that_is_gone_is_refused(toy: Maker) -> None:
    project = _shrinking(toy)
    (project.folder / "raw/old/2017.parquet").unlink()
    ran = project.run("build")
    assert ran.code == 1
    assert "the delivery of 'raw.old' shrank: 'raw/old/2017.parquet' is gone, the last run read 3 rows\n" in ran.out


def test_the_refusal_stays_until_it_is_accepted_once(toy: Maker) -> None:
    project = _shrinking(toy).write({"raw/old/2018.parquet": _rows(4)})
    assert [project.run("build").code for _ in range(2)] == [1, 1]
    assert project.run("build", "--full-refresh").code == 0
    assert project.table("both").num_rows == 3 + 4 + 2
    assert project.run("build").code == 0
    project.write({"raw/old/2018.parquet": _rows(3)})
    assert project.run("build").code == 1


def test_a_delivery_that_grows_is_the_new_measure(toy: Maker) -> None:
    project = _shrinking(toy).write({"raw/old/2018.parquet": _rows(6), "raw/new/2020.parquet": _rows(1)})
    assert project.run("build").code == 0
    project.write({"raw/old/2018.parquet": _rows(5)})
    assert "has 5 rows, the last run read 6 rows" in project.run("build").out


def test_files_of_one_name_in_two_folders_are_two_files(toy: Maker) -> None:
    source = 'sources: [{name: raw, tables: [{name: t, meta: {external_location: "raw/**/*.parquet"}}]}]\n'
    files = {"models/s.yml": source, "models/t.sql": "select k from {{ source('raw', 't') }}"}
    project = toy({**files, "raw/a/part.parquet": _rows(5), "raw/b/part.parquet": _rows(2)})
    assert [project.run("build").code for _ in range(2)] == [0, 0]
    project.write({"raw/a/part.parquet": _rows(4)})
    assert "'raw/a/part.parquet' has 4 rows, the last run read 5 rows" in project.run("build").out


def test_a_preferred_file_may_take_the_place_of_another(toy: Maker) -> None:
    project = _toy(toy, {"old/2018": 5, "new/2019": 1}, old=', prefer: "x*.parquet"')
    assert project.run("build").code == 0
    project.write({"raw/old/x2018.parquet": _rows(6)})
    ran = project.run("build")
    assert ran.code == 0, ran.out
    assert project.table("old").num_rows == 6


def test_another_location_is_another_delivery(toy: Maker) -> None:
    project = _shrinking(toy).write({f"small/{name}.parquet": _rows(1) for name in ("old/2018", "new/2019")})
    assert project.run("build", "--vars", "{dir: small}").code == 0


def test_another_target_has_its_own_memory(toy: Maker) -> None:
    project = _shrinking(toy).write({"raw/old/2018.parquet": _rows(4)})
    assert project.run("build", "--target-path", "other").code == 0


def test_what_a_cohort_leaves_out_is_no_shrinking(toy: Maker) -> None:
    keyed = SOURCES.replace("data_type: int32", "data_type: string") % (", person: k", ", person: k")
    project = _toy(toy, {"old/2018": 5, "new/2019": 2}).write({"models/sources.yml": keyed, "c.txt": "k\n1\n"})
    assert project.run("build").code == 0
    assert project.run("build", "--cohort", "c.txt").code == 0
    assert project.table("both").num_rows == 2
    assert project.run("build").code == 0


def test_a_run_that_fails_later_has_read_its_deliveries_all_the_same(toy: Maker) -> None:
    failing = "models: [{name: old, columns: [{name: k, data_tests: [{accepted_range: {max_value: 3}}]}]}]\n"
    project = _shrinking(toy).write({"raw/old/2018.parquet": _rows(9), "models/old.yml": failing})
    assert project.run("build").code == 1
    project.write({"raw/old/2018.parquet": _rows(8)})
    assert "has 8 rows, the last run read 9 rows" in project.run("build").out


def test_commands_that_write_no_table_remember_nothing_and_refuse_nothing(toy: Maker) -> None:
    project = _shrinking(toy)
    noted = (project.folder / "target" / "deliveries.json").read_bytes()
    project.write({"raw/old/2018.parquet": _rows(4)})
    for args in (("compile",), ("test",), ("show", "--select", "raw.old")):
        assert project.run(*args).code == 0
    assert (project.folder / "target" / "deliveries.json").read_bytes() == noted


@pytest.mark.parametrize("content", ["", "not json", "[]", "7", '{"raw.old": 7}'])
def test_a_damaged_memory_costs_one_comparison_and_no_table(toy: Maker, content: str) -> None:
    project = _shrinking(toy).write({"raw/old/2018.parquet": _rows(4)})
    (project.folder / "target" / "deliveries.json").write_text(content)
    assert project.run("build").code == 0
    project.write({"raw/old/2018.parquet": _rows(3)})
    assert project.run("build").code == 1


def test_the_memory_names_files_and_counts_and_nothing_else(toy: Maker) -> None:
    project = _shrinking(toy)
    noted = json.loads((project.folder / "target" / "deliveries.json").read_text())
    assert {name: told["files"] for name, told in noted.items()} == {
        "raw.old": {"raw/old/2017.parquet": 3, "raw/old/2018.parquet": 5},
        "raw.new": {"raw/new/2019.parquet": 2},
    }
