"""A newcomer's first steps: a working copy, simulated registers, a build; or all of it at once."""

from pathlib import Path

import pyarrow.parquet as pq

from .toy import run_in


def test_a_fresh_copy_of_the_shipped_project_simulates_and_builds(tmp_path: Path) -> None:
    ran = run_in(tmp_path, "init", "study")
    assert ran.code == 0, ran.err
    assert "next: cd study && ids simulate" in ran.err
    folder = tmp_path / "study"
    assert (folder / "dbt_project.yml").is_file() and (folder / "profiles.yml.example").is_file()
    ran = run_in(folder, "simulate", "--persons", "500")
    assert ran.code == 0, ran.err
    ran = run_in(folder, "build")
    assert ran.code == 0, ran.out + ran.err
    persons = pq.read_table(folder / "target" / "tables" / "staging" / "persons.parquet")
    assert 100 < persons.num_rows <= 500
    assert not (folder / "target" / "drafts").exists()


def test_init_leaves_a_project_that_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: mine\n")
    ran = run_in(tmp_path, "init", ".")
    assert (ran.code, [path.name for path in tmp_path.iterdir()]) == (1, ["dbt_project.yml"])
    assert "holds a project already\n  hint: name another folder" in ran.err
    assert (tmp_path / "dbt_project.yml").read_text() == "name: mine\n"


def test_the_copy_holds_nothing_but_the_project(tmp_path: Path) -> None:
    run_in(tmp_path, "init", "study")
    found = {path.name for path in (tmp_path / "study").iterdir()}
    assert found - {"tests"} == {"dbt_project.yml", "profiles.yml.example", "models", "macros", "seeds"}


def test_demo_goes_all_the_way_and_shows_what_it_made(tmp_path: Path) -> None:
    ran = run_in(tmp_path, "demo", "--persons", "500")
    assert ran.code == 0, ran.out + ran.err
    assert "simulating raw registers of 500 persons" in ran.out
    assert "tables/staging/persons.parquet" in ran.out
    assert (tmp_path / "ids_demo" / "target" / "tables" / "staging" / "persons.parquet").is_file()
