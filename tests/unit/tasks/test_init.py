from pathlib import Path

import pytest

from ids_build.errors import ConfigError
from ids_build.tasks.init import find_shipped_project, init


def test_the_shipped_project_is_found() -> None:
    assert (find_shipped_project() / "dbt_project.yml").is_file()


def test_a_working_copy_holds_what_is_shipped(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "project"
    written = init(folder)
    assert {folder / name for name in ("dbt_project.yml", "models", "macros", "seeds", "profiles.yml.example")} <= set(written)
    shipped = find_shipped_project()
    for path in (shipped / "models").rglob("*.sql"):
        assert (folder / path.relative_to(shipped)).read_bytes() == path.read_bytes()


def test_a_folder_that_holds_a_project_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: mine\n")
    with pytest.raises(ConfigError, match="holds a project already"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["dbt_project.yml"]


def test_files_that_were_there_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    init(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
