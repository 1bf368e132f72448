from dataclasses import replace
from pathlib import Path

import pytest

from ids_build.errors import ConfigError
from ids_build.tasks.clean import clean
from tests.support.shop import open_shop, run_shop


def test_folders_of_results_are_removed_and_told(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert clean(config) == [tmp_path / "target"]
    assert not (tmp_path / "target").exists()
    assert (tmp_path / "models").is_dir() and (tmp_path / "raw").is_dir()


def test_nothing_to_remove_is_no_fault(tmp_path: Path) -> None:
    assert clean(open_shop(tmp_path)) == []


@pytest.mark.parametrize("name", ["..", ".", "models", "./models", "models/", "seeds", "models/staging", "/", "../elsewhere", ""])
def test_a_folder_that_holds_no_results_is_refused(tmp_path: Path, name: str) -> None:
    config = replace(open_shop(tmp_path / "shop"), clean_targets=(name,))
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ConfigError, match="no folder of results"):
        clean(config)
    assert (tmp_path / "shop" / "models" / "staging" / "orders.sql").is_file()
    assert (tmp_path / "elsewhere").is_dir()
