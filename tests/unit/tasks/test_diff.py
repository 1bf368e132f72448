import shutil
from pathlib import Path

import pytest

from ids_build.config import Config
from ids_build.differences import Differences, ModelDifference
from ids_build.errors import ConfigError, StorageError
from ids_build.tasks.diff import diff, is_project
from tests.support.shop import open_shop, run_shop

EDITED = "select id, customer, amount from {{ source('raw', 'orders') }} where amount > 1\n"


def _two(folder: Path, changes: dict[str, str], *, built: bool = True) -> tuple[Config, Config]:
    """Return the settings of the shop, and of the shop as it was."""
    before, after = open_shop(folder / "before"), open_shop(folder / "after", changes)
    for config in (before, after) if built else ():
        run_shop(config, "run")
        run_shop(config, "seed")
    return after, before


def _by_name(found: Differences) -> dict[str, ModelDifference]:
    return {model.name: model for model in found.models}


def _kinds(model: ModelDifference) -> list[str]:
    return [change.kind for change in model.changes]


def test_a_project_does_not_differ_from_its_copy(tmp_path: Path) -> None:
    found = diff(*_two(tmp_path, {}))
    assert list(_by_name(found)) == ["seeds.colours", "staging.orders", "marts.totals"]
    assert not found.differs and all(model.rows and model.rows.identical for model in found.models)


def test_a_changed_filter_reaches_rows_and_what_stands_on_them(tmp_path: Path) -> None:
    models = _by_name(diff(*_two(tmp_path, {"models/staging/orders.sql": EDITED})))
    orders, totals = models["staging.orders"], models["marts.totals"]
    assert _kinds(orders) == ["filter changed"] and orders.rows is not None
    assert (orders.rows.key, orders.rows.before, orders.rows.after, orders.rows.lost) == (("id",), 3, 2, 1)
    assert (totals.status, totals.through, totals.changes) == ("same", ("orders",), ())
    assert totals.rows is not None and (totals.rows.gained, totals.rows.lost) == (0, 1)


def test_models_that_came_and_went_are_told_with_their_rows(tmp_path: Path) -> None:
    after, before = _two(tmp_path, {"models/marts/large.sql": "select id from {{ ref('orders') }} where amount > 2"})
    found = _by_name(diff(after, before))["marts.large"]
    assert (found.status, _kinds(found)) == ("added", ["model added"]) and found.rows is not None
    assert (found.rows.before, found.rows.after) == (None, 2)
    found = _by_name(diff(before, after))["marts.large"]
    assert (found.status, found.breaking) == ("removed", True) and found.rows is not None
    assert (found.rows.before, found.rows.after) == (2, None)


def test_a_seed_is_compared_by_its_text_and_its_rows(tmp_path: Path) -> None:
    after, before = _two(tmp_path, {"seeds/colours.csv": "code,word\n01,red\n02,green\n03,blue\n"})
    (colours,) = (model for model in diff(after, before).models if model.resource == "seed")
    (change,) = colours.changes
    assert (change.kind, change.before, change.after) == ("seed edited", "2 rows", "3 rows")
    assert colours.rows is not None and (colours.rows.gained, colours.rows.lost) == (2, 1)


def test_a_changed_grain_is_no_key_to_compare_by(tmp_path: Path) -> None:
    text = "models: [{name: orders, config: {meta: {grain: [id, customer]}}}]\n"
    orders = _by_name(diff(*_two(tmp_path, {"models/staging/orders.yml": text})))["staging.orders"]
    assert _kinds(orders) == ["grain changed"] and orders.breaking and orders.rows is not None
    assert (orders.rows.key, orders.rows.notes) == ((), ("the grain changed: whole rows were compared",))


def test_without_data_no_table_is_needed(tmp_path: Path) -> None:
    after, before = _two(tmp_path, {"models/staging/orders.sql": EDITED}, built=False)
    found = diff(after, before, data=False)
    assert [model.rows for model in found.models] == [None, None, None]
    assert _kinds(_by_name(found)["staging.orders"]) == ["filter changed"]


def test_a_selection_chooses_on_either_side(tmp_path: Path) -> None:
    after, before = _two(tmp_path, {"models/marts/large.sql": "select id from {{ ref('orders') }}"}, built=False)
    assert list(_by_name(diff(before, after, ["large"]))) == ["marts.large"]
    assert list(_by_name(diff(before, after, ["large+"], ["large"]))) == []
    found = diff(before, after, ["ordres"])
    assert found.models == () and found.notes == ("'ordres' selects nothing; did you mean 'orders'?",)


def test_a_folder_of_tables_is_compared_by_what_its_files_tell(tmp_path: Path) -> None:
    after, before = _two(tmp_path, {"models/staging/orders.sql": EDITED.replace(", amount from", ", amount, 1 as n from")})
    shutil.copytree(before.target_path / "tables", tmp_path / "kept")
    shutil.copytree(tmp_path / "kept" / "staging", tmp_path / "kept" / "old")
    (tmp_path / "kept" / "old" / "orders.parquet").rename(tmp_path / "kept" / "old" / "gone.parquet")
    models = _by_name(diff(after, str(tmp_path / "kept")))
    assert list(models) == ["seeds.colours", "staging.orders", "marts.totals", "old.gone"]
    assert _kinds(models["staging.orders"]) == ["column added"]
    assert models["staging.orders"].rows is not None and models["staging.orders"].rows.key == ("id",)
    assert models["old.gone"].status == "removed"


def test_a_generation_is_a_folder_of_tables_under_the_target(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config, "run")
    for number in (1, 2):
        shutil.copytree(config.target_path / "tables", config.target_path / "generations" / str(number))
    for asked in ("1", None):
        found = diff(config, asked)
        assert (found.before, found.differs) == ("generation 1", False)
    with pytest.raises(StorageError, match="there is no generation 7"):
        diff(config, "7")


def test_a_path_where_nothing_lies_is_an_error(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    with pytest.raises(ConfigError, match="holds neither a project nor tables"):
        diff(config, str(tmp_path / "nothing"))


def test_a_project_that_does_not_compile_is_named(tmp_path: Path) -> None:
    after, before = _two(
        tmp_path, {"models/staging/orders.sql": "select nothing from {{ source('raw', 'orders') }}"}, built=False
    )
    with pytest.raises(ConfigError, match="the project in '.*after' does not compile: models/staging/orders.sql:1:8"):
        diff(before, after)


def test_two_states_with_one_target_are_told(tmp_path: Path) -> None:
    after, _ = _two(tmp_path, {})
    (note,) = diff(after, after).notes
    assert note.startswith("both read the same tables")


def test_a_project_is_a_folder_with_a_project_file(tmp_path: Path) -> None:
    open_shop(tmp_path / "shop")
    assert is_project(tmp_path / "shop") and not is_project(tmp_path)
