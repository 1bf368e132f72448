from dataclasses import replace
from pathlib import Path

import pytest

from ids_build.config import Config
from ids_build.errors import SelectionError, StorageError
from ids_build.tasks.show import show
from tests.support import SHOP
from tests.support.shop import open_shop, run_shop

HIDING = SHOP["models/staging/orders.yml"].replace(
    "- name: customer\n", "- name: customer\n                meta: {identifier: true}\n"
)


@pytest.fixture
def built(tmp_path: Path) -> Config:
    config = open_shop(tmp_path, {"models/staging/orders.yml": HIDING})
    run_shop(config)
    return config


def test_rows_stay_in_unless_the_profile_lets_them_out(built: Config) -> None:
    found = show(built, "orders", 5)
    assert (found.rows, found.count) == (None, 3)
    assert [name for name, _ in found.columns] == ["id", "customer", "amount"]


def test_identifiers_are_never_shown(built: Config) -> None:
    found = show(replace(built, show_values=True), "orders", 2)
    assert found.rows == ((1, "(hidden)", 2.5), (2, "(hidden)", 1.0))


@pytest.mark.parametrize("name", ["totals", "marts.totals", "seeds.colours", "raw.orders"])
def test_a_table_is_found_by_name_or_relation(built: Config, name: str) -> None:
    assert show(built, name, 1).name.endswith(name)


def test_a_model_wins_over_a_source_of_its_name(built: Config) -> None:
    assert show(built, "orders", 1).name == "staging.orders"


def test_an_unknown_table_proposes_the_nearest(built: Config) -> None:
    with pytest.raises(SelectionError, match="unknown table 'totls'") as caught:
        show(built, "totls", 1)
    assert caught.value.hint == "did you mean 'totals'?"


def test_a_table_never_built_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="has not been built"):
        show(open_shop(tmp_path), "totals", 1)
