"""The proof of no look-ahead: a model as of an index date is rebuilt from what was known on that day."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.config import Options
from ids_build.tasks.ls import load_config
from ids_build.tasks.test import open_tests

from .toy import PROJECT, REPOSITORY, Toy, run_in

Maker = Callable[..., Toy]
TEST = "no_look_ahead_answers"
SECRET = "SECRET1234"


def _days(*texts: str | None) -> pa.Array:
    return pa.array([datetime.date.fromisoformat(text) if text else None for text in texts], pa.date32())


SOURCES = """
sources:
  - name: raw
    tables:
      - name: asked
        meta: {external_location: raw/asked.parquet}
        columns:
          - {name: person, data_type: string}
          - {name: index_day, data_type: date}
      - name: events
        meta: {external_location: raw/events.parquet}
        columns:
          - {name: person, data_type: string}
          - {name: event_day, data_type: date}
          - {name: ended_on, data_type: date}
          - {name: kind, data_type: string}
models:
  - name: asked
    meta: {grain: [person, index_day], known_on: always}
  - name: events
    meta: {%s}
    columns:
      - {name: ended_on%s}
%s
"""
MODELS = {
    "models/asked.sql": "select person, index_day from {{ source('raw', 'asked') }}",
    "models/events.sql": "select person, event_day, ended_on, kind from {{ source('raw', 'events') }}",
}
# One event of p1 on the index day, one a day after it; of p2 one before it that ends after it; p3 has none.
RAW = {
    "raw/asked.parquet": pa.table({"person": ["p1", "p2", "p3"], "index_day": _days(*["2010-06-15"] * 3)}),
    "raw/events.parquet": pa.table(
        {
            "person": ["p1", "p1", "p2"],
            "event_day": _days("2010-06-15", "2010-06-16", "2009-01-01"),
            "ended_on": _days(None, None, "2010-07-01"),
            "kind": ["a", SECRET, "a"],
        }
    ),
}


def _toy(
    toy: Maker, answers: str, meta: str = "", *, known: str = "known_on: event_day", column: str = "", more: str = ""
) -> Toy:
    """Return a built project whose model `answers` joins who is asked with the events."""
    lines = f"  - name: answers\n    meta: {{grain: [person, index_day], as_of: index_day{meta}}}\n{more}"
    files = {"dbt_project.yml": PROJECT, "models/all.yml": SOURCES % (known, column, lines), **MODELS, **RAW}
    sql = f"""
        select asked.person, asked.index_day, {answers}
        from {{{{ ref('asked') }}}} as asked left join {{{{ ref('events') }}}} as events on events.person = asked.person
        group by asked.person, asked.index_day
        """
    project = toy({**files, "models/answers.sql": sql})
    ran = project.run("build")
    assert ran.code == 0, ran.out + ran.err
    assert TEST not in project.statuses()
    return project


def _proof(project: Toy, *words: str) -> dict[str, Any]:
    """Run the proof and return its result."""
    ran = project.run("test", "--select", "answers", *words)
    assert SECRET not in ran.out + ran.err and "p1" not in ran.out
    found: dict[str, Any] = next(result for result in project.results() if result["name"] == TEST)
    assert (ran.code == 1) == (found["status"] in ("fail", "error"))
    return found


HONEST = "count(event_day) filter (where event_day <= index_day) as n_before"
BY_A_DAY = "count(event_day) filter (where event_day <= index_day + interval '1 day') as n_until"
EVER = "max(event_day) as newest_day"


def test_a_model_that_stops_at_its_day_passes(toy: Maker) -> None:
    found = _proof(_toy(toy, HONEST))
    assert (found["status"], found.get("message"), found["failures"]) == ("pass", None, 0)


def test_a_model_that_looks_a_day_ahead_fails_and_names_the_column(toy: Maker) -> None:
    found = _proof(_toy(toy, f"{HONEST}, {BY_A_DAY}"))
    assert found["status"] == "fail"
    assert found["message"] == "1 of 3 rows changes when nothing after 'index_day' is known: 'n_until' in 1"
    assert found["hint"] == "read nothing later than 'index_day', or declare it: 'meta: {looks_ahead: [n_until]}'"
    assert found["at"].startswith("models/all.yml:") and found["failures"] == 1


def test_what_is_declared_to_look_ahead_warns(toy: Maker) -> None:
    found = _proof(_toy(toy, f"{HONEST}, {BY_A_DAY}", ", looks_ahead: [n_until]"))
    assert found["status"] == "warn"
    assert found["message"] == "'n_until' uses what is known only after 'index_day', as declared: 1 row changes"


def test_what_is_declared_excuses_nothing_else(toy: Maker) -> None:
    found = _proof(_toy(toy, f"{BY_A_DAY}, {EVER}", ", looks_ahead: [n_until]"))
    assert (found["status"], found["failures"]) == ("fail", 1)
    assert found["message"].endswith("known: 'newest_day' in 1")


def test_what_is_declared_is_told_though_no_row_shows_it(toy: Maker) -> None:
    found = _proof(_toy(toy, HONEST, ", looks_ahead: n_before"))
    assert (found["status"], found["failures"]) == ("warn", 0)
    told = "'n_before' uses what is known only after 'index_day', as declared: no row changes on the days tried"
    assert found["message"] == told


def test_a_fault_may_be_made_a_warning(toy: Maker) -> None:
    more = "    data_tests:\n      - no_look_ahead: {arguments: {days: 1}, config: {severity: warn}}\n"
    assert _proof(_toy(toy, BY_A_DAY, more=more))["status"] == "warn"


def test_a_later_date_in_another_column_is_hidden(toy: Maker) -> None:
    ended = "count(ended_on) filter (where event_day <= index_day) as n_ended"
    assert "'n_ended' in 1" in _proof(_toy(toy, ended))["message"]


def test_an_interval_that_is_open_on_the_day_reads_as_open(toy: Maker) -> None:
    open_day = ", meta: {open: 9999-12-31}"
    lasting = "count(*) filter (where event_day <= index_day and ended_on > index_day) as n_lasting"
    assert _proof(_toy(toy, lasting, column=open_day))["status"] == "pass"
    assert _proof(_toy(toy, "max(ended_on) as ended_on", column=open_day))["status"] == "fail"


def test_a_column_may_be_known_with_its_row(toy: Maker) -> None:
    known = ", meta: {known_on: event_day}"
    assert (
        _proof(_toy(toy, f"{HONEST}, max(ended_on) filter (where event_day <= index_day) as ended_on", column=known))["status"]
        == "pass"
    )


def test_a_source_that_does_not_say_when_it_is_known_is_an_error(toy: Maker) -> None:
    found = _proof(_toy(toy, HONEST, known="x: y"))
    assert found["status"] == "error"
    assert found["message"] == "'raw.events' does not say when its rows are known"
    assert found["hint"] == "declare 'meta: {known_on: a date column, or always}' at one of 'raw.events', 'events'"


def test_a_table_that_is_older_than_its_query_is_not_called_a_look_ahead(toy: Maker) -> None:
    project = _toy(toy, HONEST)
    sql = (project.folder / "models/answers.sql").read_text().replace("<= index_day", "< index_day")
    found = _proof(project.write({"models/answers.sql": sql}))
    assert found["status"] == "error"
    assert found["message"] == "'main.answers' is not what its query gives now"
    assert found["hint"] == "build it again, for the same persons: 'ids build --select answers'"


def test_a_row_that_is_there_for_a_later_reason_only_is_told(toy: Maker) -> None:
    project = _toy(toy, HONEST)
    sql = (project.folder / "models/answers.sql").read_text() + "\nhaving max(event_day) > index_day"
    project.write({"models/answers.sql": sql})
    assert project.run("build", "--select", "answers").code == 0
    assert _proof(project)["message"].endswith("known: 1 gone")
    asked = (
        (project.folder / "models/all.yml").read_text().replace("as_of: index_day", "as_of: index_day, looks_ahead: [index_day]")
    )
    assert _proof(project.write({"models/all.yml": asked}))["status"] == "warn"


BETWEEN = {
    "models/counts.sql": "select person, count(*) as n from {{ ref('events') }} group by person",
    "models/counted.sql": "{{ config(materialized='view') }} select person, n from {{ ref('counts') }}",
    "models/answers.sql": """
        select asked.person, asked.index_day, counted.n as n_ever
        from {{ ref('asked') }} as asked left join {{ ref('counted') }} as counted on counted.person = asked.person
        """,
}


def test_models_in_between_are_made_anew_and_leave_nothing_behind(toy: Maker) -> None:
    project = _toy(toy, HONEST).write(BETWEEN)
    assert project.run("build").code == 0
    before = {path: path.read_bytes() for path in project.written() if path.suffix == ".parquet"}
    assert _proof(project)["message"].endswith("known: 'n_ever' in 1")
    assert {path: path.read_bytes() for path in project.written() if path.suffix == ".parquet"} == before


def test_a_view_that_is_cut_reads_whole_tables(toy: Maker) -> None:
    # The view stands on the table of all events and says itself when its rows are known; the model reads both.
    view = "{{ config(materialized='view', meta={'known_on': 'first_day'}) }}"
    files = {
        "models/firsts.sql": view
        + """
            select person, min(event_day) as first_day, count(*) as n from {{ ref('events') }} group by person
            """,
        "models/answers.sql": """
            select asked.person, asked.index_day, max(firsts.n) as n_ever, count(events.kind) as n_known
            from {{ ref('asked') }} as asked left join {{ ref('firsts') }} as firsts on firsts.person = asked.person
            left join {{ ref('events') }} as events on events.person = asked.person group by asked.person, asked.index_day
            """,
    }
    project = _toy(toy, HONEST).write(files)
    assert project.run("build").code == 0
    assert _proof(project)["message"].endswith("known: 'n_known' in 1")


def test_a_partial_run_proves_what_it_built(toy: Maker) -> None:
    project = _toy(toy, BY_A_DAY, known="x: y")
    yml = (project.folder / "models/all.yml").read_text()
    place = "external_location: raw/events.parquet"
    project.write(
        {"models/all.yml": yml.replace(place, f"{place}, person: person, known_on: event_day"), "cohort.csv": "p1\np2\n"}
    )
    words = ("--cohort", "cohort.csv", "--target-path", "part")
    assert project.run("build", *words).code == 0
    assert project.run("test", "--select", "answers", *words).code == 1
    told = next(result for result in project.results("part") if result["name"] == TEST)
    assert told["message"].endswith("'n_until' in 1")
    other = _proof(project.write({"cohort.csv": "p2\n"}), "--cohort", "cohort.csv")
    assert (other["status"], other["message"]) == ("error", "'main.answers' is not what its query gives now")


# -- tables that ask -------------------------------------------------------------------------------

# p1 is asked years before its event of 2010-06-16; p2 on its last day but one. Alone their rows would not tell who looks a day
# ahead. p3 is born after p1 is asked.
PEOPLE = {
    "raw/asked.parquet": pa.table({"person": ["p1", "p2", "p3"], "index_day": _days("2008-01-01", "2009-01-02", "2010-06-15")}),
    "models/born.sql": "select 'p3' as person, date '2009-12-24' as birth_day",
}


def _asking(toy: Maker, answers: str) -> Toy:
    project = _toy(toy, HONEST).write(PEOPLE)
    yml = (project.folder / "models/all.yml").read_text().replace("known_on: always", "asks: index_day")
    sql = (project.folder / "models/answers.sql").read_text().replace(HONEST, answers)
    join = "left join {{ ref('born') }} as born on born.person = asked.person group by"
    born = "  - name: born\n    meta: {known_on: birth_day}\n"
    project.write({"models/all.yml": yml + born, "models/answers.sql": sql.replace("group by", join)})
    assert project.run("build").code == 0
    return project


def test_who_was_asked_before_is_asked_again_on_the_day(toy: Maker) -> None:
    # On 2010-06-15 p1 is asked again, and has an event on the morrow.
    found = _proof(_asking(toy, BY_A_DAY))
    assert found["status"] == "fail"
    assert found["message"] == "1 of 6 rows changes when nothing after 'index_day' is known: 'n_until' in 1"


def test_models_in_between_are_made_of_whole_and_of_cut_inputs(toy: Maker) -> None:
    project = _asking(toy, HONEST).write(BETWEEN)
    assert project.run("build").code == 0
    # p1 has two events, none on the first two days and one on the third; p2 has one, the day before the second.
    assert _proof(project)["message"] == "3 of 6 rows change when nothing after 'index_day' is known: 'n_ever' in 3"


def test_nobody_is_asked_before_the_own_day(toy: Maker) -> None:
    assert _proof(_asking(toy, f"{HONEST}, max(birth_day) as birth_day"))["status"] == "pass"


def test_a_table_that_asks_is_left_as_it_was(toy: Maker) -> None:
    project = _asking(toy, HONEST)
    before = project.path("main.asked").read_bytes()
    assert _proof(project)["status"] == "pass"
    assert project.path("main.asked").read_bytes() == before
    assert not (project.folder / "target" / "drafts").exists()


# -- a test like others ----------------------------------------------------------------------------


def test_a_proof_without_built_inputs_is_skipped_as_other_tests_are(toy: Maker) -> None:
    project = _toy(toy, HONEST)
    project.path("main.events").unlink()
    assert _proof(project)["status"] == "skipped"
    project.path("main.answers").unlink()
    assert _proof(project)["status"] == "error"


def test_the_proof_is_a_test_like_others(toy: Maker) -> None:
    project = _toy(toy, HONEST)
    assert f"test:{TEST}" in project.run("ls", "--select", "test_name:no_look_ahead").out
    ran = project.run("test", "--select", TEST)
    assert (ran.code, project.statuses()) == (0, {TEST: "pass"})


@pytest.mark.parametrize(
    ("meta", "place", "message", "hint"),
    [
        (
            ", looks_ahead: [n_befor]",
            "looks_ahead: [",
            "'looks_ahead' names 'n_befor', which is no column",
            "did you mean 'n_before'?",
        ),
        (", as_of: index_dy", "as_of: ", "'as_of' names 'index_dy', which is no column", "did you mean 'index_day'?"),
        (", as_of: person", "as_of: ", "'as_of' names 'person', which is string and no date", "name a column of dates"),
        (", known_on: index_dya", "known_on: ", "'known_on' names 'index_dya', which is no column", "did you mean 'index_day'?"),
    ],
)
def test_a_name_that_is_no_column_is_told_at_its_place(toy: Maker, meta: str, place: str, message: str, hint: str) -> None:
    project = _toy(toy, HONEST)
    yml = (project.folder / "models/all.yml").read_text()
    old = ", as_of: index_day"
    new = meta if "as_of" in meta else old + meta
    project.write({"models/all.yml": yml.replace(old, new)})
    line = next(number for number, text in enumerate(yml.splitlines(), 1) if old in text)
    column = f"    meta: {{grain: [person, index_day]{new}".index(place) + len(place) + 1
    ran = project.run("compile")
    assert ran.code == 1
    assert f"models/all.yml:{line}:{column}  {message}\n  hint: {hint}\n" in ran.out + ran.err


def test_pytest_shows_the_proof_and_skips_it_until_its_table_is_built(toy: Maker) -> None:
    project = _toy(toy, BY_A_DAY)
    tests = open_tests(load_config(_options(project)))
    found = dict(tests.in_file("models/all.yml"))
    assert found[TEST]().status == "fail"
    project.path("main.answers").unlink()
    assert found[TEST]().status == "skipped"


def _options(project: Toy) -> Options:
    return Options(project_dir=project.folder, profiles_dirs=(project.folder,), cores=1)


# -- what ships --------------------------------------------------------------------------------------


def test_no_shipped_model_looks_ahead_but_as_declared(registers: Path, tmp_path: Path) -> None:
    listed = run_in(REPOSITORY, "ls", "--select", "test_name:no_look_ahead", "--resource-type", "test", "--output", "name").out
    models = [f"+{name.removeprefix('no_look_ahead_')}" for name in listed.split()]
    assert len(models) > 10
    options = ("--vars", f"{{registers_dir: {registers.as_posix()}}}", "--target-path", str(tmp_path / "target"), "--quiet")
    assert run_in(REPOSITORY, "run", "--select", *models, *options).code == 0
    ran = run_in(REPOSITORY, "test", "--select", "test_name:no_look_ahead", *options)
    assert ran.code == 0, ran.out + ran.err
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    told = {result["name"]: result["status"] for result in results}
    assert {name for name, status in told.items() if status != "pass"} == {"no_look_ahead_diabetes"}
    assert told["no_look_ahead_diabetes"] == "warn"
