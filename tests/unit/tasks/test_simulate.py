from pathlib import Path

import pytest

from ids_build.errors import IdsBuildError
from ids_build.tasks.simulate import simulate_sources
from tests.support import REPOSITORY, tiny_config
from tests.support.shop import open_shop


def test_files_are_written_one_by_one_under_the_folder(tmp_path: Path) -> None:
    files = simulate_sources(tiny_config(REPOSITORY), tmp_path, persons=50, seed=1)
    first = next(files)
    assert first.path.is_relative_to(tmp_path) and first.path.is_file()


def test_a_project_that_says_nothing_of_simulation_makes_nothing_or_says_so(tmp_path: Path) -> None:
    try:
        made = list(simulate_sources(open_shop(tmp_path / "shop"), tmp_path / "out", persons=50, seed=1))
    except IdsBuildError as error:
        assert error.hint
    else:
        assert all(file.path.is_relative_to(tmp_path / "out") for file in made)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_raw_files_of_the_project_are_left_alone(tmp_path: Path, seed: int) -> None:
    next(simulate_sources(tiny_config(REPOSITORY), tmp_path / "out", persons=50, seed=seed))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
