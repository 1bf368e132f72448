from pathlib import Path

import pytest

from ids_build.errors import TypeCheckError
from ids_build.tasks.build import prepare
from tests.support.shop import open_shop


def test_nothing_is_built_until_the_events_are_taken(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    prepared = prepare(config, "build")
    assert not (config.target_path / "tables").exists()
    list(prepared.events)
    assert (config.target_path / "tables").exists()


def test_rendered_sql_is_written_first(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    prepare(config, "build")
    assert (config.target_path / "compiled" / "shop" / "models" / "marts" / "totals.sql").is_file()


def test_words_choose_and_exclude(tmp_path: Path) -> None:
    prepared = prepare(open_shop(tmp_path), "run", ["totals", "orders"], ["totals"])
    assert [step.node.name for step in prepared.plan.steps] == ["orders"]


def test_types_are_checked_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(TypeCheckError):
        prepare(open_shop(tmp_path, {"models/marts/totals.sql": "select nothing from {{ ref('orders') }}"}), "build")
