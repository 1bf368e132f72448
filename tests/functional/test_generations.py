"""A build is published as a whole or not at all; whoever reads sees one set of tables, and can go back."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from .toy import Toy, run_script

Maker = Callable[..., Toy]
FILES: dict[str, Any] = {
    "models/a.sql": "select {{ var('x', 1) }} as x",
    "models/b.sql": "select x, 'b' as name from {{ ref('a') }}",
    "models/same.sql": "select 7 as x",
    "models/v.sql": "{{ config(materialized='view') }} select x from {{ ref('a') }}",
    "models/more/c.sql": "select x from {{ ref('v') }}",
    "seeds/words.csv": "word\nred\n",
}
BROKEN = "select cast(name as int) as n from {{ ref('b') }}"


def _set(project: Toy) -> set[int]:
    """Return the values of x in the published tables that have one and the same in one generation."""
    return {project.rows(name)[0]["x"] for name in ("a", "b", "more.c")}


def _generations(project: Toy) -> list[tuple[int, int, str]]:
    ran = project.run("generations", "--output", "json")
    assert ran.code == 0, ran.err
    return [(one["generation"], one["tables"], one["status"]) for one in ran.json]


def _build(project: Toy, x: int, *args: str) -> int:
    return project.run("build", "--vars", f"{{x: {x}}}", *args).code


def test_a_build_is_published_as_a_generation(toy: Maker) -> None:
    project = toy(FILES)
    ran = project.run("build")
    assert ran.code == 0
    assert "generation 1 published" in ran.out
    assert (_set(project), _generations(project)) == ({1}, [(1, 5, "published")])
    assert json.loads((project.folder / "target/run_results.json").read_text())["generation"] == 1


def test_unchanged_tables_are_the_same_file_in_the_next_one(toy: Maker) -> None:
    project = toy(FILES)
    assert (_build(project, 1), _build(project, 2)) == (0, 0)
    folders = [project.folder / "target" / "generations" / number / "main" for number in "12"]
    assert folders[0].joinpath("same.parquet").samefile(folders[1].joinpath("same.parquet"))
    assert not folders[0].joinpath("a.parquet").samefile(folders[1].joinpath("a.parquet"))
    assert _set(project) == {2}


def test_a_build_that_makes_nothing_publishes_nothing(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    assert "published" not in project.run("build").out
    assert _generations(project) == [(1, 5, "published")]


def test_a_failed_build_publishes_nothing_and_what_it_built_is_not_lost(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    project.write({"models/z.sql": BROKEN})
    ran = project.run("build", "--vars", "{x: 2}")
    assert ran.code == 1
    assert "note: something failed, so nothing is published and every table stays as it was" in ran.out
    assert (_set(project), _generations(project)) == ({1}, [(2, 3, "not published"), (1, 5, "published")])
    assert project.run("show", "--select", "a", "--output", "json").json["count"] == 1
    project.write({"models/z.sql": "select 1 as n"})
    assert _build(project, 2) == 0
    assert project.statuses("model")["main.a"] == "reused"
    assert [name for name, status in project.statuses("model").items() if status == "success"] == ["main.z"]
    assert (_set(project), _generations(project)) == ({2}, [(3, 6, "published"), (1, 5, "former")])


def test_a_failing_test_publishes_nothing(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    project.write({"tests/few.sql": "select x from {{ ref('same') }} where x > 1"})
    assert _build(project, 2) == 1
    assert _set(project) == {1}


def test_what_passed_can_be_published(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    project.write({"models/z.sql": BROKEN})
    assert _build(project, 2, "--publish", "passing") == 1
    assert (_set(project), project.path("z").exists()) == ({2}, False)


def test_a_table_of_a_failed_run_that_a_new_test_refuses_is_not_published_even_then(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    project.write({"models/z.sql": BROKEN})
    assert _build(project, 2) == 1
    test = "models: [{name: a, columns: [{name: x, data_tests: [{accepted_values: {arguments: {values: [1]}}}]}]}]"
    project.write({"models/a.yml": test})
    assert _build(project, 2, "--publish", "passing") == 1
    assert project.statuses("model")["main.a"] == "error"
    assert _set(project) == {1}


def test_few_generations_of_failed_runs_wait(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    project.write({"models/z.sql": BROKEN})
    for x in range(2, 8):
        assert _build(project, x) == 1
    assert [number for number, _, _ in _generations(project)] == [7, 6, 5, 1]


def test_a_partial_build_carries_the_other_tables_on(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    assert _build(project, 2, "--select", "a") == 0
    assert [project.rows(name)[0]["x"] for name in ("a", "b", "same")] == [2, 1, 7]
    assert _build(project, 2) == 0
    assert _set(project) == {2}


def test_a_table_that_no_model_makes_any_more_is_left_out_and_a_foreign_file_is_not(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    (project.folder / "models/same.sql").unlink()
    project.write({"target/tables/main/mine.txt": "text"})
    assert _build(project, 2) == 0
    assert not project.path("same").exists()
    assert (project.folder / "target/tables/main/mine.txt").read_text() == "text"
    assert (project.folder / "target/generations/1/main/same.parquet").is_file()


def test_former_generations_stay_as_many_as_asked(toy: Maker) -> None:
    project = toy(FILES)
    for x in range(1, 6):
        _build(project, x)
    assert [number for number, _, _ in _generations(project)] == [5, 4, 3]
    _build(project, 6, "--keep", "0")
    assert [number for number, _, _ in _generations(project)] == [6]


def test_rollback_goes_back_and_builds_nothing(toy: Maker) -> None:
    project = toy(FILES)
    for x in (1, 2, 3):
        _build(project, x)
    ran = project.run("rollback")
    assert (ran.code, ran.out) == (0, "generation 2 is published\n")
    assert _set(project) == {2}
    assert project.run("rollback", "3").code == 0
    assert _set(project) == {3}
    assert project.run("rollback", "1").code == 0
    assert (_set(project), _generations(project)[-1]) == ({1}, (1, 5, "published"))
    ran = project.run("rollback")
    assert (ran.code, "there is no former generation to go back to" in ran.err) == (1, True)
    assert "there is no complete generation 9" in project.run("rollback", "9").err


def test_after_a_rollback_a_build_reuses_what_other_generations_hold(toy: Maker) -> None:
    project = toy(FILES)
    for x in (1, 2):
        _build(project, x)
    project.run("rollback")
    assert _build(project, 2) == 0
    assert set(project.statuses("model", "seed").values()) <= {"reused", "success"}
    assert project.statuses("model")["main.a"] == "reused"
    assert _set(project) == {2}


def test_tables_of_the_former_layout_are_taken_over(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    whole = {path.name: path.read_bytes() for path in project.written() if path.suffix == ".parquet"}
    target = project.folder / "target"
    (target / "tables").unlink()
    os.rename(target / "generations" / "1", target / "tables")
    (target / "tables" / "generation.json").unlink()
    assert _set(project) == {1}
    assert project.run("show", "--select", "a", "--output", "json").json["count"] == 1
    ran = project.run("build", "--select", "same")
    assert ran.code == 0, ran.err
    assert "note: the tables that lay in 'tables' are generation 1 now" in ran.out
    assert whole == {path.name: path.read_bytes() for path in (target / "generations/1").rglob("*.parquet")}
    assert _set(project) == {1}


def test_the_tables_of_a_moved_target_are_found(toy: Maker) -> None:
    project = toy(FILES)
    _build(project, 1)
    os.rename(project.folder / "target", project.folder / "moved")
    ran = project.run("build", "--target-path", "moved")
    assert (ran.code, "6 reused" in ran.out) == (0, True)


# -- a crash at any instruction -------------------------------------------------------------------

CRASH = """
import json, os, sys
from pathlib import Path
import pyarrow.parquet as pq
import ids_build.tasks.build, ids_build.report.terminal, ids_build.report.artifacts, ids_build.tasks.rollback
from ids_build.cli.main import group

CALLS = "replace rename link symlink unlink rmdir mkdir fsync".split()

def run(args, crash_at=None):
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = open("log.txt", "w")
        count = [0]
        def breaking(call):
            def stop(*given, **named):
                count[0] += 1
                if count[0] == crash_at:
                    os._exit(77)
                return call(*given, **named)
            return stop
        for name in CALLS:
            setattr(os, name, breaking(getattr(os, name)))
        try:
            group.main(args=args, standalone_mode=False)
        except BaseException as error:
            print(repr(error))
            sys.stdout.flush()
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def values():
    return {pq.read_table(f"target/tables/{name}.parquet").column("x")[0].as_py() for name in ("main/a", "main/b")}

setup, command, after = json.loads(sys.argv[1])
crashes = 0
for args in setup:
    assert run(args) == 0, (args, open("log.txt").read())
if sys.argv[2] == "former layout":
    os.unlink("target/tables")
    os.rename("target/generations/1", "target/tables")
    os.unlink("target/tables/generation.json")
os.rename("target", "before")
for at in range(1, 400):
    os.system("rm -rf target && cp -a before target")
    code = run(command, at)
    if code == 0:
        break
    assert code == 77, (at, code, open("log.txt").read())
    crashes += 1
    there = Path("target/tables").exists()
    seen = values() if there else None
    assert there or sys.argv[2] == "former layout", (at, "no tables")
    assert seen is None or len(seen) == 1, (at, "a mixture", seen)
    assert run(after) == 0, (at, open("log.txt").read())
    log = open("log.txt").read()
    last = values()
    assert len(last) == 1 and (seen is None or last == set(json.loads(sys.argv[3])) or last == seen), (at, last, seen)
    left = sorted(set(os.listdir("target")) - {"generations", "tables"} - set(json.loads(sys.argv[4])))
    assert left == [], (at, left)
    assert not [name for name in os.listdir("target/generations") if not name.isdecimal()], at
print(crashes)
"""
KEPT = [".lock", "cache", "compiled", "run_results.json", "state.json", "files.json", "deliveries.json"]
ONE, TWO = ["build", "-q", "--vars", "{x: 1}"], ["build", "-q", "--vars", "{x: 2}"]


@pytest.mark.skipif(os.name != "posix", reason="forks")
@pytest.mark.parametrize(
    ("layout", "setup", "command", "after", "end"),
    [
        ("new", [ONE], TWO, TWO, [2]),
        ("former layout", [ONE], TWO, TWO, [2]),
        ("new", [ONE, TWO], ["rollback"], ["rollback", "1"], [1]),
    ],
    ids=["build", "taking over", "rollback"],
)
def test_after_a_crash_at_any_step_the_set_is_consistent_and_the_next_command_succeeds(
    toy: Maker, layout: str, setup: list[Any], command: list[str], after: list[str], end: list[int]
) -> None:
    project = toy({name: FILES[name] for name in ("models/a.sql", "models/b.sql", "models/same.sql")})
    script = f"import sys; sys.argv[1:] = {[json.dumps([setup, command, after]), layout, json.dumps(end), json.dumps(KEPT)]!r}\n"
    ran = run_script(script + CRASH, project.folder, timeout=600)
    assert ran.code == 0, ran.err[-3000:]
    assert int(ran.out) >= 3
