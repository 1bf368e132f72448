from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ids_build.config import Config
from ids_build.errors import ExecutionError
from ids_build.results import Result
from ids_build.runner.complaints import ExhaustedError
from ids_build.runner.engine import Engine
from ids_build.tasks.build import prepare
from tests.support.shop import open_shop, read_table, run_shop

TOTALS = "marts.totals"


def test_a_built_table_tells_the_most_memory_that_was_held_meanwhile(tmp_path: Path) -> None:
    results = run_shop(open_shop(tmp_path))
    assert all(result.peak and result.peak > 10 * 1024**2 for result in results.values() if result.status == "success")


def test_a_step_without_room_in_its_share_is_done_with_all_of_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, asked = open_shop(tmp_path), _refuse_first_write(monkeypatch)
    results = run_shop(config)
    assert results[TOTALS].status == "success"
    assert asked == [True, False]
    assert [row["customer"] for row in read_table(config, TOTALS)] == ["0007", "0042"]


def test_a_step_without_room_in_all_of_the_memory_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = open_shop(tmp_path)
    _refuse_first_write(monkeypatch, always=True)
    result = run_shop(config)[TOTALS]
    assert (result.status, result.message) == ("error", "the memory limit is too small for this query")


def test_its_results_are_told_once_when_a_step_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, before = open_shop(tmp_path / "a"), open_shop(tmp_path / "b")
    plain = _names(before)
    _refuse_first_write(monkeypatch)
    assert _names(config) == plain


def _names(config: Config) -> list[str]:
    return sorted(event.unique_id for event in prepare(replace(config), "build").events if isinstance(event, Result))


def _refuse_first_write(monkeypatch: pytest.MonkeyPatch, *, always: bool = False) -> list[bool]:
    """Let the engine find no room for one table in a share of the memory, or `always`; the answer fills with what it had."""
    asked: list[bool] = []
    write = Engine.write

    def refuse(self: Engine, sql: str, path: Path, *, order: Sequence[str], note: Mapping[str, Any]) -> int:
        if path.stem != "totals":
            return write(self, sql, path, order=order, note=note)
        asked.append(self.shares)
        if self.shares:
            raise ExhaustedError
        if always:
            raise ExecutionError("the memory limit is too small for this query")
        return write(self, sql, path, order=order, note=note)

    monkeypatch.setattr(Engine, "write", refuse)
    return asked
