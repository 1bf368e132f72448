from pathlib import Path

from ids_build.tasks.generations import generations
from tests.support.shop import open_shop, run_shop


def _numbers(folder: Path) -> tuple[list[int], int | None]:
    found, published = generations(open_shop(folder))
    return [one.number for one in found], published


def test_generations_are_listed_the_newest_first(tmp_path: Path) -> None:
    assert _numbers(tmp_path) == ([], None)
    for _ in range(2):
        run_shop(open_shop(tmp_path, full_refresh=True))
    assert _numbers(tmp_path) == ([2, 1], 2)
