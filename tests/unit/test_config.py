from pathlib import Path
from typing import Any

import pytest

from ids_build.config import DEFAULT_MEMORY_LIMIT, GIB, Config, Options, make_config, nearest, parse_size
from ids_build.errors import ConfigError

HERE = Path("/somewhere/shop")


def _make(project: dict[str, Any] | None = None, profiles: dict[str, Any] | None = None, **parts: Any) -> Config:
    variables = parts.pop("variables", {})
    options = Options(project_dir=HERE, **parts)
    return make_config({"name": "shop", "profile": "p", **(project or {})}, profiles or {}, options, variables)


def _profile(**output: Any) -> dict[str, Any]:
    return {"p": {"target": "dev", "outputs": {"dev": {"type": "datafusion", **output}}}}


def test_a_project_of_a_name_alone_gets_the_defaults() -> None:
    config = make_config({"name": "shop"}, {}, Options(project_dir=HERE, cores=6), {})
    assert (config.model_paths, config.seed_paths, config.test_paths, config.macro_paths) == (
        ("models",),
        ("seeds",),
        ("tests",),
        ("macros",),
    )
    assert (config.target_path, config.target, config.profile) == (HERE / "target", "default", "default")
    assert (config.threads, config.memory_limit, config.spill_dir, config.show_values) == (6, DEFAULT_MEMORY_LIMIT, None, False)


@pytest.mark.parametrize(
    ("key", "hint"), [("model-path", "did you mean 'model-paths'?"), ("varz", "did you mean 'vars'?"), ("zzzz", None)]
)
def test_an_unknown_key_proposes_the_nearest_known_one(key: str, hint: str | None) -> None:
    with pytest.raises(ConfigError, match=f"unknown key '{key}'") as caught:
        _make({key: 1})
    assert caught.value.hint == hint


@pytest.mark.parametrize("name", [None, "", 3, ["shop"]])
def test_a_project_needs_a_name(name: object) -> None:
    with pytest.raises(ConfigError, match="has no 'name'"):
        _make({"name": name})


@pytest.mark.parametrize("key", ["model-paths", "seed-paths", "test-paths", "macro-paths", "clean-targets"])
@pytest.mark.parametrize("value", ["models", 3, [1], {"a": 1}])
def test_folders_are_written_as_a_list(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"'{key}' is no list"):
        _make({key: value})


@pytest.mark.parametrize("key", ["vars", "models", "seeds"])
@pytest.mark.parametrize("value", ["word", 3, ["a"]])
def test_a_tree_of_settings_is_a_mapping(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"'{key}'"):
        _make({key: value})


# -- variables ------------------------------------------------------------------------------------


def test_variables_of_the_command_line_win_over_those_of_the_project_over_flat_ones() -> None:
    declared = {"a": "flat", "b": "flat", "c": "flat", "shop": {"b": "own", "c": "own"}}
    assert _make({"vars": declared}, variables={"c": "said"}).vars == {"a": "flat", "b": "own", "c": "said"}


# -- profile and target ---------------------------------------------------------------------------


def test_options_win_over_the_profile_over_the_project_file() -> None:
    project, profile = {"target-path": "from_project"}, _profile(path="from_profile", threads=3)
    assert _make(project).target_path == HERE / "from_project"
    assert _make(project, profile).target_path == HERE / "from_profile"
    assert _make(project, profile, target_path=Path("said")).target_path == HERE / "said"
    assert _make(project, profile).threads == 3
    assert _make(project, profile, threads=7).threads == 7


def test_the_target_of_the_profile_is_used_unless_another_is_named() -> None:
    profiles = {"p": {"target": "dev", "outputs": {name: {"type": "datafusion", "path": name} for name in ("dev", "prod")}}}
    assert _make({}, profiles).target_path == HERE / "dev"
    assert _make({}, profiles, target="prod").target_path == HERE / "prod"


def test_an_unknown_target_proposes_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no target 'devv'") as caught:
        _make({}, _profile(), target="devv")
    assert caught.value.hint == "did you mean 'dev'?"


def test_a_target_without_a_profile_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown target 'prod'"):
        _make({}, {}, target="prod")


def test_the_default_target_needs_no_profile() -> None:
    assert _make({}, {}, target="default").target == "default"


def test_an_unknown_key_in_a_target_proposes_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown key 'memory' in target 'dev'") as caught:
        _make({}, _profile(memory="1GB"))
    assert caught.value.hint == "did you mean 'memory_limit'?"


def test_a_profile_for_another_engine_lends_only_its_threads() -> None:
    config = _make({}, {"p": {"target": "dev", "outputs": {"dev": {"type": "postgres", "host": "x", "path": "y", "threads": 5}}}})
    assert (config.threads, config.target_path) == (5, HERE / "target")


@pytest.mark.parametrize(("said", "shown"), [(True, True), (False, False), ("yes", False), (1, False)])
def test_rows_are_shown_only_when_the_profile_says_exactly_true(said: object, shown: bool) -> None:
    assert _make({}, _profile(show_values=said)).show_values is shown


def test_the_spill_folder_lies_below_the_project_when_it_is_relative() -> None:
    assert _make({}, _profile(spill_dir="spill")).spill_dir == HERE / "spill"


@pytest.mark.parametrize("threads", ["four", 0.5, -1, True])
def test_threads_are_a_whole_number_from_one_up(threads: object) -> None:
    with pytest.raises(ConfigError, match="no number of threads"):
        _make({}, _profile(threads=threads))


# -- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1GB", GIB),
        ("1 gb", GIB),
        ("1.5GB", 1_610_612_736),
        ("512MB", 536_870_912),
        ("65536KB", 67_108_864),
        ("1TB", 1024 * GIB),
        ("67108864B", 67_108_864),
        (67_108_864, 67_108_864),
    ],
)
def test_a_memory_limit_is_a_number_with_a_unit(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "much", "1XB", "63MB", "-1GB", "1G B", "nan", "inf", None, True])
def test_an_unusable_memory_limit_is_refused(text: object) -> None:
    with pytest.raises(ConfigError, match="no usable memory limit"):
        parse_size(text)


# -- hints ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "hint"), [("ordrs", "did you mean 'orders'?"), ("colour", "did you mean 'colours'?"), ("xyz", None), ("", None)]
)
def test_the_nearest_word_is_proposed_only_when_it_is_near(word: str, hint: str | None) -> None:
    assert nearest(word, ["orders", "colours"]) == hint
