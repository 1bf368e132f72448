from dataclasses import replace
from pathlib import Path

import pytest

from ids_build.config import Config
from ids_build.errors import TypeCheckError
from ids_build.results import Note, Published, Result
from ids_build.tasks.build import prepare
from ids_build.tasks.check import find_differences
from ids_build.tasks.compile import check_project
from ids_build.tasks.watch import STOPPED, Look, Watched, find_places
from tests.support import SHOP
from tests.support.shop import open_shop, read_table

ORDERS, TOTALS = "models/staging/orders.sql", "models/marts/totals.sql"
FEWER = "select id, customer, amount from {{ source('raw', 'orders') }} where id < 3\n"


def _edit(config: Config, path: str, text: str) -> None:
    (config.project_dir / path).write_text(text)


def _build(watched: Watched, look: Look) -> dict[str, str]:
    return {event.name: event.status for event in watched.prepare(look).events if isinstance(event, Result)}


def _open(folder: Path, *words: str) -> tuple[Config, Watched]:
    """Return the shop, built and looked at."""
    config, watched = open_shop(folder), Watched(words)
    _build(watched, watched.look(config))
    return config, watched


def test_the_first_look_builds_the_whole_selection_and_asks_nothing_before(tmp_path: Path) -> None:
    config, watched = open_shop(tmp_path), Watched()
    look = watched.look(config)
    assert (look.first, look.touched, look.unit_tests) == (True, (), ())
    assert _build(watched, look)["marts.totals"] == "success"
    assert not watched.prepare(watched.look(config)).plan.steps


def test_an_edit_asks_the_unit_tests_of_its_model_and_builds_what_stands_on_it(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, ORDERS, FEWER)
    look = watched.look(config)
    assert look.touched == ("orders",)
    assert [(result.name, result.status) for result in watched.ask(look)] == [("orders::keeps_every_order", "pass")]
    built = _build(watched, look)
    assert (built["staging.orders"], built["marts.totals"], "seeds.colours" in built) == ("success", "success", False)
    assert read_table(config, "marts.totals") == [{"customer": "0007", "amount": 1.0}, {"customer": "0042", "amount": 2.5}]


def test_a_comment_leaves_nothing_to_build(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, TOTALS, "-- sums\n" + SHOP[TOTALS])
    look = watched.look(config)
    assert (look.touched, look.unit_tests, watched.prepare(look).plan.steps) == ((), (), ())


def test_a_unit_test_that_failed_is_asked_again_and_its_model_stays_pending(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, ORDERS, FEWER.replace("id < 3", "id > 1"))
    assert [result.status for result in watched.ask(watched.look(config))] == ["fail"]
    _edit(config, "seeds/colours.csv", "code,word\n01,red\n")
    look = watched.look(config)
    assert look.touched == ("colours",)
    assert [result.status for result in watched.ask(look)] == ["fail"]
    _edit(config, ORDERS, FEWER)
    look = watched.look(config)
    assert [result.status for result in watched.ask(look)] == ["pass"]
    assert {"staging.orders", "marts.totals", "seeds.colours"} <= _build(watched, look).keys()


def test_a_fault_is_raised_and_the_edit_belongs_to_the_next_look(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, ORDERS, FEWER)
    _edit(config, TOTALS, "select nothing from {{ ref('orders') }}")
    with pytest.raises(TypeCheckError):
        watched.look(config)
    _edit(config, TOTALS, SHOP[TOTALS])
    assert watched.look(config).touched == ("orders",)


def test_a_failed_build_is_pending_as_a_whole(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, TOTALS, "select cast(customer || 'x' as int) as x from {{ ref('orders') }}")
    assert _build(watched, watched.look(config))["marts.totals"] == "error"
    assert _build(watched, watched.look(config))["marts.totals"] == "error"
    _edit(config, TOTALS, SHOP[TOTALS])
    assert "marts.totals" in _build(watched, watched.look(config))
    assert _build(watched, watched.look(config)) == {}


def test_a_build_stops_after_its_step_and_publishes_nothing(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, ORDERS, FEWER)
    events = list(watched.prepare(watched.look(config), lambda: True).events)
    assert events[-1] == Note(message=STOPPED)
    assert not any(isinstance(event, Published) for event in events)
    assert not (config.target_path / "drafts").exists()
    assert _build(watched, watched.look(config)).keys() >= {"staging.orders", "marts.totals"}


def test_the_selection_bounds_the_edit(tmp_path: Path) -> None:
    config, watched = _open(tmp_path, "orders")
    _edit(config, TOTALS, "select 1 as x")
    look = watched.look(config)
    assert (look.touched, watched.prepare(look).plan.steps) == ((), ())


def test_other_settings_put_the_whole_selection_in_question(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    other = replace(config, target_path=tmp_path / "other")
    assert _build(watched, watched.look(other))["seeds.colours"] == "success"


def test_a_table_that_is_no_more_is_named(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    (tmp_path / TOTALS).unlink()
    look = watched.look(config)
    assert (look.touched, look.gone) == ((), ("totals",))


def test_what_stays_in_the_process_says_what_the_files_say(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    for path, text in {
        ORDERS: FEWER,
        "macros/m.sql": "{% macro twice(x) %}({{ x }} * 2){% endmacro %}",
        TOTALS: "select customer, {{ twice('amount') }} as amount from {{ ref('orders') }}",
        "models/staging/orders.yml": SHOP["models/staging/orders.yml"].replace("2.5", "3.5"),
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        _edit(config, path, text)
        look = watched.look(config)
        cold = check_project(replace(config, use_cache=False))
        told = [
            {checked.graph.tables[relation]: schema for relation, schema in checked.schemas.items()}
            for checked in (look.checked, cold)
        ]
        assert list(find_differences(look.checked.graph, told[0], cold.graph, told[1])) == []


def test_what_was_found_is_kept_for_the_next_command(tmp_path: Path) -> None:
    config, watched = _open(tmp_path)
    _edit(config, ORDERS, FEWER)
    _build(watched, watched.look(config))
    watched.rest()
    kept = {path.name for path in (config.target_path / "cache").iterdir()}
    assert all(event.status == "reused" for event in prepare(config, "build").events if isinstance(event, Result))
    assert {path.name for path in (config.target_path / "cache").iterdir()} == kept


def test_places_are_the_folders_of_the_project_file(tmp_path: Path) -> None:
    config = replace(open_shop(tmp_path), model_paths=("models", "more"), test_paths=("checks",))
    assert find_places(config) == tuple(tmp_path / name for name in ("models", "more", "seeds", "checks", "macros", "tests"))
