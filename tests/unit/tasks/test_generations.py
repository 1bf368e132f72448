from pathlib import Path

import pytest

from ids_build.errors import StorageError
from ids_build.tasks.generations import generations, rollback
from tests.support.shop import open_shop, run_shop


def _numbers(folder: Path) -> tuple[list[int], int | None]:
    found, published = generations(open_shop(folder))
    return [one.number for one in found], published


def test_generations_are_listed_the_newest_first(tmp_path: Path) -> None:
    assert _numbers(tmp_path) == ([], None)
    for _ in range(2):
        run_shop(open_shop(tmp_path, full_refresh=True))
    assert _numbers(tmp_path) == ([2, 1], 2)


def test_going_back_publishes_the_former_one(tmp_path: Path) -> None:
    for _ in range(3):
        run_shop(open_shop(tmp_path, full_refresh=True))
    config = open_shop(tmp_path)
    assert rollback(config, None) == (2, [])
    assert rollback(config, 1) == (1, [])
    assert _numbers(tmp_path) == ([3, 2, 1], 1)


def test_there_may_be_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no former generation"):
        rollback(open_shop(tmp_path), None)
