from pathlib import Path

import pytest

from ids_build.errors import LayerError, TypeCheckError, UnknownNodeError
from ids_build.tasks.compile import check_project, compile_models, explain_models
from tests.support import as_relation
from tests.support.shop import open_shop, run_shop


def test_a_checked_project_knows_the_columns_of_every_table(tmp_path: Path) -> None:
    checked = check_project(open_shop(tmp_path))
    assert checked.schemas[as_relation("marts.totals")].names == ["customer", "amount"]
    assert set(map(str, checked.schemas)) == {"raw.orders", "seeds.colours", "staging.orders", "marts.totals"}


def test_no_data_is_read(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    (tmp_path / "raw" / "orders.parquet").unlink()
    assert check_project(config)


def test_compiling_writes_every_models_sql(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    compile_models(config)
    assert len(list((config.target_path / "compiled").rglob("*.sql"))) == 2


def test_a_fault_of_types_leaves_the_rendered_sql_to_look_at(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"models/marts/totals.sql": "select nothing from {{ ref('orders') }}"})
    with pytest.raises(TypeCheckError):
        compile_models(config)
    assert {path.suffix for path in (config.target_path / "compiled").rglob("*") if path.is_file()} == {".sql"}


def test_a_fault_of_names_writes_nothing(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"models/marts/totals.sql": "select id from {{ ref('ordres') }}"})
    with pytest.raises(UnknownNodeError):
        compile_models(config)
    assert not config.target_path.exists()


def test_rights_of_layers_are_checked(tmp_path: Path) -> None:
    project = "name: shop\nmodels: {shop: {marts: {+meta: {reads: [seed]}}}}\n"
    with pytest.raises(LayerError):
        check_project(open_shop(tmp_path, {"dbt_project.yml": project}))


def test_only_the_named_models_are_explained(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert list(explain_models(config, frozenset({"model.shop.totals"}))) == ["totals"]
