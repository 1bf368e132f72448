from pathlib import Path

from ids_build.tasks.build import foresee
from tests.support import SHOP
from tests.support.shop import open_shop, run_shop


def test_before_the_first_build_everything_runs(tmp_path: Path) -> None:
    told = {look.name: (look.status, look.reasons) for look in foresee(open_shop(tmp_path), "build")}
    assert told["staging.orders"] == ("run", ("never built",))
    assert told["seeds.colours"] == ("run", ("never built",))


def test_after_a_build_everything_is_reused(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert {look.status for look in foresee(config, "build")} == {"reused"}


def test_what_reads_a_table_that_runs_may_run(tmp_path: Path) -> None:
    run_shop(open_shop(tmp_path))
    config = open_shop(tmp_path, {"models/staging/orders.sql": SHOP["models/staging/orders.sql"] + " where true"})
    told = {look.name: (look.status, look.reasons) for look in foresee(config, "build")}
    assert told["staging.orders"][0] == "run"
    assert told["marts.totals"] == ("may run", ("its input 'staging.orders' runs",))
    assert told["grain_orders"][0] == "may run"


def test_a_fault_of_the_delivery_is_the_reason(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    (tmp_path / "raw" / "orders.parquet").unlink()
    told = {look.name: look.reasons for look in foresee(config, "build")}
    assert "no file matches" in told["staging.orders"][0]
