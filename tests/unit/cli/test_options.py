from pathlib import Path

import pytest

from ids_build.cli.options import chosen, find_cores, make_config, make_other_config, make_voice
from ids_build.errors import ConfigError
from tests.support import tiny_project


@pytest.fixture(autouse=True)
def _without_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROJECT_DIR", "PROFILES_DIR", "TARGET", "TARGET_PATH"):
        monkeypatch.delenv(f"DBT_{name}", raising=False)


def test_what_was_said_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, told = tiny_project(tmp_path / "said", {}), tiny_project(tmp_path / "told", {})
    monkeypatch.setenv("DBT_PROJECT_DIR", str(told))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "out"))
    assert make_config({}).project_dir == told
    assert make_config({"project_dir": said}).project_dir == said
    assert make_config({}).target_path == tmp_path / "out"
    assert make_config({"target_path": tmp_path / "mine"}).target_path == tmp_path / "mine"


def test_the_folder_one_stands_in_is_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_project(tmp_path, {}))
    assert make_config({}).project_dir == tmp_path


def test_the_profile_beside_the_project_is_read_unless_a_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "default: {{target: d, outputs: {{d: {{type: datafusion, threads: {}}}}}}}\n"
    tiny_project(
        tmp_path, {"profiles.yml": text.format(3), "other/profiles.yml": text.format(5), "third/profiles.yml": text.format(7)}
    )
    said = {"project_dir": tmp_path}
    assert make_config(said).threads == 3
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "third"))
    assert make_config(said).threads == 7
    assert make_config({**said, "profiles_dir": tmp_path / "other"}).threads == 5


def test_the_target_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_TARGET", "nowhere")
    with pytest.raises(ConfigError, match="unknown target 'nowhere'"):
        make_config({"project_dir": tiny_project(tmp_path, {})})


def test_variables_and_threads_are_said(tmp_path: Path) -> None:
    config = make_config({"project_dir": tiny_project(tmp_path, {}), "variables": "{a: 1}", "threads": 2, "fail_fast": True})
    assert (dict(config.vars), config.threads, config.fail_fast) == ({"a": 1}, 2, True)


def test_templates_see_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE_OF_DATA", "/data")
    project = {"dbt_project.yml": "name: shop\nvars: {folder: \"{{ env_var('PLACE_OF_DATA') }}\"}\n"}
    assert make_config({"project_dir": tiny_project(tmp_path, project)}).vars["folder"] == "/data"


@pytest.mark.parametrize(
    ("said", "style"),
    [
        ({}, "text"),
        ({"log_format": "json"}, "json"),
        ({"quiet": True}, "quiet"),
        ({"quiet": True, "log_format": "json"}, "quiet"),
    ],
)
def test_quiet_wins_over_the_form_of_the_log(said: dict[str, object], style: str) -> None:
    assert make_voice(said).style == style


def test_bare_words_count_as_selected() -> None:
    assert chosen({"select": ("a",), "models": ("b",), "words": ("c",), "exclude": ("d",)}) == (("a", "b", "c"), ("d",))


def test_there_is_a_processor() -> None:
    assert find_cores() >= 1


def test_another_project_has_the_same_variables_and_a_target_path_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = tiny_project(tmp_path / "mine", {}), tiny_project(tmp_path / "other", {})
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "out"))
    said = {"project_dir": mine, "target_path": tmp_path / "said", "variables": "{a: 1}"}
    config = make_other_config(said, other)
    assert (config.project_dir, config.target_path, config.vars) == (other, other / "target", {"a": 1})
    assert make_other_config({**said, "against_target": Path("tables")}, other).target_path == other / "tables"


def test_what_is_published_and_kept_is_said(tmp_path: Path) -> None:
    tiny_project(tmp_path, {})
    config = make_config({"project_dir": tmp_path, "publish": "passing", "keep": 0, "verify": True})
    assert (config.publish, config.keep, config.verify) == ("passing", 0, True)
    config = make_config({"project_dir": tmp_path})
    assert (config.publish, config.keep, config.verify) == ("complete", 2, False)
