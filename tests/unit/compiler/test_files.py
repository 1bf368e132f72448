from pathlib import Path

import pytest

from ids_build.compiler.files import read_profiles_file, read_project_file, read_project_files
from ids_build.errors import ConfigError
from tests.support import make_settings, tiny_project

FILES = {
    "models/a.sql": "select 1",
    "models/deep/er/b.SQL": "select 2",
    "models/a.yml": "version: 2",
    "models/deep/c.yaml": "version: 2",
    "models/readme.md": "no",
    "macros/m.sql": "{% macro m() %}{% endmacro %}",
    "seeds/s.csv": "a\n1\n",
    "seeds/s.yml": "version: 2",
    "tests/data/t.sql": "select 3",
    "tests/fixtures/f.csv": "a\n1\n",
    "tests/fixtures/g.sql": "select 4",
    "elsewhere/x.sql": "select 5",
}


def test_every_file_is_read_into_its_group(tmp_path: Path) -> None:
    found = read_project_files(make_settings(tiny_project(tmp_path, FILES)))
    assert sorted(found.models) == ["models/a.sql", "models/deep/er/b.SQL"]
    assert sorted(found.properties) == ["models/a.yml", "models/deep/c.yaml", "seeds/s.yml"]
    assert sorted(found.macros) == ["macros/m.sql"]
    assert sorted(found.seeds) == ["seeds/s.csv"]
    assert sorted(found.tests) == ["tests/data/t.sql"]
    assert sorted(found.fixtures) == ["tests/fixtures/f.csv", "tests/fixtures/g.sql"]
    assert found.models["models/a.sql"] == "select 1"


def test_folders_may_be_named_otherwise(tmp_path: Path) -> None:
    config = make_settings(tiny_project(tmp_path, FILES), model_paths=("elsewhere",))
    assert list(read_project_files(config).models) == ["elsewhere/x.sql"]


def test_fixtures_are_found_when_the_tests_lie_elsewhere(tmp_path: Path) -> None:
    config = make_settings(tiny_project(tmp_path, FILES), test_paths=("tests/data",))
    assert sorted(read_project_files(config).fixtures) == ["tests/fixtures/f.csv", "tests/fixtures/g.sql"]


def test_a_project_inside_the_project_is_left_alone(tmp_path: Path) -> None:
    tiny_project(tmp_path, {"models/a.sql": "select 1", "models/inner/dbt_project.yml": "name: x", "models/inner/b.sql": "x"})
    assert list(read_project_files(make_settings(tmp_path)).models) == ["models/a.sql"]


def test_missing_folders_are_empty(tmp_path: Path) -> None:
    assert read_project_files(make_settings(tiny_project(tmp_path, {}))).models == {}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_bytes(b"\xef\xbb\xbfselect 1")
    assert read_project_files(make_settings(tmp_path)).models == {"models/a.sql": "select 1"}


def test_a_file_that_is_no_utf8_is_told_by_path(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_bytes("select 'æ'".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        read_project_files(make_settings(tmp_path))
    assert str(caught.value.at) == "models/a.sql"


def test_a_folder_without_a_project_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no dbt_project.yml in"):
        read_project_file(tmp_path)


def test_the_project_file_is_read(tmp_path: Path) -> None:
    assert read_project_file(tiny_project(tmp_path, {})) == "name: shop\n"


def test_the_first_profiles_file_is_read(tmp_path: Path) -> None:
    for name in ("b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "profiles.yml").write_text(name)
    folders = tuple(tmp_path / name for name in "abc")
    assert read_profiles_file(folders) == (str(tmp_path / "b" / "profiles.yml"), "b")


def test_no_profiles_file_is_no_fault(tmp_path: Path) -> None:
    assert read_profiles_file((tmp_path,)) is None
