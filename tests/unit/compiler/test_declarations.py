from typing import Any

import pytest

from ids_build.compiler.declarations import find_folders, merge_config, merge_meta, name_list
from ids_build.compiler.properties import TableProperties
from tests.support import AT

TREE: dict[str, Any] = {
    "+materialized": "table",
    "shop": {
        "+tags": "all",
        "+meta": {"owner": "ann", "level": 1},
        "staging": {
            "+materialized": "view",
            "+schema": "clean",
            "+tags": ["one", "two"],
            "+meta": {"level": 2},
            "deep": {"+x": 1},
        },
        "marts": {"+x": 3},
    },
    "other": {"+materialized": "ephemeral"},
}


@pytest.mark.parametrize(
    ("folders", "settings"),
    [
        ((), {"materialized": "table", "tags": ("all",), "meta": {"owner": "ann", "level": 1}}),
        (("marts",), {"materialized": "table", "tags": ("all",), "meta": {"owner": "ann", "level": 1}, "x": 3}),
        (
            ("staging",),
            {"materialized": "view", "schema": "clean", "tags": ("all", "one", "two"), "meta": {"owner": "ann", "level": 2}},
        ),
        (
            ("staging", "deep", "deeper"),
            {
                "materialized": "view",
                "schema": "clean",
                "tags": ("all", "one", "two"),
                "meta": {"owner": "ann", "level": 2},
                "x": 1,
            },
        ),
    ],
)
def test_settings_come_from_the_outside_in_and_meta_and_tags_add_up(folders: tuple[str, ...], settings: dict[str, Any]) -> None:
    assert merge_config(TREE, "shop", folders, None) == settings


def test_the_yaml_beside_the_model_wins_over_the_project_file() -> None:
    own = TableProperties(name="a", at=AT, config={"materialized": "table", "tags": ["mine"], "meta": {"level": 3}})
    found = merge_config(TREE, "shop", ("staging",), own)
    assert (found["materialized"], found["tags"]) == ("table", ("all", "one", "two", "mine"))
    assert found["meta"] == {"owner": "ann", "level": 3}


def test_a_setting_of_another_project_does_not_count() -> None:
    assert merge_config(TREE, "third", (), None) == {"materialized": "table"}


def test_meta_of_the_yaml_wins_over_meta_of_the_settings() -> None:
    own = TableProperties(name="a", at=AT, meta={"level": 9})
    assert merge_meta({"meta": {"level": 1, "owner": "ann"}}, own) == {"level": 9, "owner": "ann"}


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("models/a.sql", ()),
        ("models/staging/a.sql", ("staging",)),
        ("models/staging/deep/a.sql", ("staging", "deep")),
        ("more/marts/a.sql", ("marts",)),
        ("elsewhere/staging/a.sql", ()),
    ],
)
def test_folders_are_counted_from_the_models_folder(path: str, folders: tuple[str, ...]) -> None:
    assert find_folders(path, ("models", "more")) == folders


@pytest.mark.parametrize(("value", "names"), [(None, ()), ("a", ("a",)), (["a", 1], ("a", "1")), (("a",), ("a",)), ([], ())])
def test_names_may_be_one_or_many(value: object, names: tuple[str, ...]) -> None:
    assert name_list(value) == names
