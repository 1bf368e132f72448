import json
from pathlib import Path

import pytest

from ids_build.compiler.compiler import compile_project, fill_settings
from ids_build.compiler.warm import Memory, find_unfilled, read_settings
from ids_build.config import Config, Options
from ids_build.errors import ConfigError
from tests.support import tiny_config, tiny_project


def _kept(config: Config, environment: tuple[str, ...] = ()) -> Memory:
    memory = Memory(config)
    memory.keep_graph(compile_project(config), environment)
    return memory


def test_settings_are_read_with_their_jinja_as_written(tmp_path: Path) -> None:
    tiny_project(tmp_path, {"dbt_project.yml": "name: shop\nvars: {a: \"{{ env_var('X') }}\", b: [1]}\n"})
    config = read_settings(Options(project_dir=tmp_path))
    assert config.vars == {"a": "{{ env_var('X') }}", "b": [1]}
    assert find_unfilled(config)


def test_plain_variables_need_no_filling(tmp_path: Path) -> None:
    assert not find_unfilled(read_settings(Options(project_dir=tiny_project(tmp_path))))


@pytest.mark.parametrize(
    ("said", "filled", "whole"),
    [
        ("{{ var('how') }}", "view", True),
        ('{{var("how")}}', "view", True),
        ("{{ var('number') }}", "{{ var('number') }}", False),
        ("{{ var('other') }}", "{{ var('other') }}", False),
        ("a_{{ var('how') }}", "a_{{ var('how') }}", False),
        ("{{ var('how') | upper }}", "{{ var('how') | upper }}", False),
        ("table", "table", True),
    ],
)
def test_a_setting_that_is_one_variable_needs_no_jinja(said: str, filled: str, whole: bool, tmp_path: Path) -> None:
    project = {"name": "shop", "vars": {"how": "view", "number": 1}, "models": {"shop": {"+materialized": said}}}
    tiny_project(tmp_path, {"dbt_project.yml": json.dumps(project)})
    config = read_settings(Options(project_dir=tmp_path))
    assert config.models == {"shop": {"+materialized": filled}}
    assert find_unfilled(config) is not whole
    if whole:
        assert config == fill_settings(config)


def test_settings_that_are_no_yaml_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid YAML"):
        read_settings(Options(project_dir=tiny_project(tmp_path, {"dbt_project.yml": "name: [\n"})))


def test_a_graph_is_known_once_it_was_kept(tmp_path: Path) -> None:
    config = tiny_config(tiny_project(tmp_path))
    assert Memory(config).graph() is None
    _kept(config)
    assert Memory(config).graph() == compile_project(config)


def test_types_belong_to_a_graph(tmp_path: Path) -> None:
    config = tiny_config(tiny_project(tmp_path))
    Memory(config).keep_types({"a": "b"})
    _kept(config).keep_types({"c": "d"})
    memory = Memory(config)
    assert memory.types() is None
    assert memory.graph() is not None
    assert memory.types() == {"c": "d"}


def test_without_looking_up_everything_but_pieces_is_made_anew(tmp_path: Path) -> None:
    config = tiny_config(tiny_project(tmp_path))
    _kept(config).keep_pieces("queries", {"a": 1})
    memory = Memory(config, looks_up=False)
    assert (memory.graph(), memory.types(), memory.pieces("queries")) == (None, None, {"a": 1})


def test_without_a_cache_nothing_is_known(tmp_path: Path) -> None:
    config = tiny_config(tiny_project(tmp_path), use_cache=False)
    _kept(config).keep_pieces("queries", {"a": 1})
    assert Memory(config).graph() is None
    assert Memory(config).pieces("queries") == {}
    assert not config.target_path.exists()


def test_a_variable_of_the_environment_must_be_what_it_was(tmp_path: Path) -> None:
    tiny_project(tmp_path)
    _kept(tiny_config(tmp_path, environment={"A": "1", "C": "3"}), ("A", "B"))
    known = ({"A": "1"}, {"A": "1", "C": "4"}, {"A": "2"}, {"A": "1", "B": ""}, {})
    assert [Memory(tiny_config(tmp_path, environment=e)).graph() is not None for e in known] == [True, True] + [False] * 3


@pytest.mark.parametrize(
    ("option", "known"),
    [({"threads": 3}, True), ({"fail_fast": True}, True), ({"vars": "{a: 1}"}, False), ({"vars": "{a: 2020-01-01}"}, False)],
)
def test_settings_that_compiling_looks_at_are_part_of_the_key(option: dict[str, object], known: bool, tmp_path: Path) -> None:
    _kept(tiny_config(tiny_project(tmp_path)))
    assert (Memory(tiny_config(tmp_path, **option)).graph() is not None) is known


def test_line_ends_and_a_mark_of_bytes_change_nothing(tmp_path: Path) -> None:
    config = tiny_config(tiny_project(tmp_path))
    _kept(config)
    path = tmp_path / "models" / "marts" / "totals.sql"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert Memory(config).graph() == compile_project(config)
