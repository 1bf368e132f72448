"""`ids show` tells columns and counts; values only where the profile allows it, identifiers never."""

from collections.abc import Callable

import pytest

from .toy import Toy

Maker = Callable[..., Toy]
PROFILE = "toy: {target: dev, outputs: {dev: {type: datafusion, show_values: VALUE}}}\n"
FILES = {
    "models/people.sql": "select * from (values ('p1', 31), ('p2', 32), ('p3', 33)) as people(pnr, age)",
    "models/people.yml": "models: [{name: people, columns: [{name: pnr, meta: {identifier: true}}, {name: age}]}]\n",
    "models/view.sql": "{{ config(materialized='view') }} select age + 1 as older from {{ ref('people') }}",
}


@pytest.fixture
def built(toy: Maker) -> Toy:
    project = toy(FILES)
    assert project.run("build").code == 0
    return project


def test_without_leave_only_columns_and_the_number_of_rows_are_shown(built: Toy) -> None:
    ran = built.run("show", "--select", "people")
    assert ran.code == 0
    assert [line.split() for line in ran.out.splitlines()] == [
        ["column", "type"],
        ["pnr", "string"],
        ["age", "int64"],
        ["main.people:", "3", "rows"],
    ]
    assert "show_values: true" in ran.err


@pytest.mark.parametrize("word", ["false", "'true'", "1"])
def test_only_a_plain_true_gives_leave(built: Toy, word: str) -> None:
    built.write({"profiles.yml": PROFILE.replace("VALUE", word)})
    assert "31" not in built.run("show", "--select", "people").out


def test_with_leave_rows_are_shown_but_identifiers_stay_hidden(built: Toy) -> None:
    built.write({"profiles.yml": PROFILE.replace("VALUE", "true")})
    ran = built.run("show", "--select", "people", "--limit", "2")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["pnr", "age"],
        ["(hidden)", "31"],
        ["(hidden)", "32"],
        ["main.people:", "2", "of", "3", "rows"],
    ]


def test_show_speaks_json(built: Toy) -> None:
    assert built.run("show", "-s", "people", "--output", "json").json == {
        "name": "main.people",
        "count": 3,
        "columns": {"pnr": "string", "age": "int64"},
        "rows": None,
    }
    built.write({"profiles.yml": PROFILE.replace("VALUE", "true")})
    assert built.run("show", "-s", "main.people", "--output", "json", "--limit", "1").json["rows"] == [["(hidden)", 31]]


def test_a_view_is_shown_too(built: Toy) -> None:
    built.write({"profiles.yml": PROFILE.replace("VALUE", "true")})
    assert built.run("show", "-s", "view", "--output", "json").json["rows"] == [[32], [33], [34]]


def test_an_unknown_table_names_the_nearest(built: Toy) -> None:
    ran = built.run("show", "--select", "peple")
    assert (ran.code, ran.err) == (1, "unknown table 'peple'\n  hint: did you mean 'people'?\n")


def test_a_table_that_was_never_built_says_how_to_build_it(toy: Maker) -> None:
    ran = toy(FILES).run("show", "--select", "people")
    assert (ran.code, ran.out) == (1, "")
    assert "'main.people' has not been built\n  hint: run 'ids build --select people'" in ran.err
