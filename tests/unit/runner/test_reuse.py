from dataclasses import replace
from pathlib import Path

import pytest

from ids_build.config import Config
from ids_build.errors import NotBuiltError
from ids_build.planner.planner import make_plan, select
from ids_build.runner.materializations import open_workshop
from ids_build.runner.reuse import Reuse
from ids_build.runner.storage import Storage
from ids_build.tasks.compile import check_project
from tests.support import as_relation, write_parquet
from tests.support.shop import open_shop, run_shop

ORDERS, TOTALS = as_relation("staging.orders"), as_relation("marts.totals")


def _open(config: Config) -> Reuse:
    checked = check_project(config)
    plan = make_plan(checked.graph, select(checked.graph, (), ()), "build")
    shop = open_workshop(checked.graph, checked.schemas, config, Storage(config.target_path))
    reuse = Reuse(plan.fingerprints, replace(shop, full_refresh=config.full_refresh))
    return reuse


def _reasons(config: Config, name: str) -> tuple[str, ...]:
    return _open(config).judge(check_project(config).graph.model(f"model.shop.{name}")).reasons


def test_a_table_that_was_never_built_has_that_reason(tmp_path: Path) -> None:
    assert _reasons(open_shop(tmp_path), "orders") == ("never built",)


def test_a_table_that_was_built_of_the_same_has_none(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert (_reasons(config, "orders"), _reasons(config, "totals")) == ((), ())


def test_a_full_refresh_is_a_reason(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert _reasons(replace(config, full_refresh=True), "orders") == ("--full-refresh",)


def test_the_file_that_changed_is_named(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    write_parquet(tmp_path / "raw" / "orders.parquet", id=[1], customer=["a"], amount=[1.0])
    assert _reasons(config, "orders") == ("raw file 'orders/orders.parquet' changed",)


def test_the_content_of_a_table_that_was_never_built_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match=r"'staging.orders' has not been built"):
        _open(open_shop(tmp_path)).digest(ORDERS)


def test_the_content_of_a_table_is_known_with_and_without_a_memory(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    known = _open(config).digest(ORDERS)
    for path in config.target_path.rglob("generation.json"):
        path.unlink()
    assert _open(config).digest(ORDERS) == known


def test_an_assumed_input_counts_as_unchanged(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    reuse = _open(config)
    reuse.assume(ORDERS)
    assert reuse.judge(check_project(config).graph.model("model.shop.totals")).reasons == ()
