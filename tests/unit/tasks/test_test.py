from pathlib import Path

from ids_build.results import Result
from ids_build.tasks.test import describe, open_tests
from tests.support.shop import open_shop, run_shop

YML = "models/staging/orders.yml"


def test_tests_are_found_in_the_file_that_says_them(tmp_path: Path) -> None:
    tests = open_tests(open_shop(tmp_path))
    names = sorted(name for name, _ in tests.in_file(YML))
    assert names == ["grain_orders", "not_null_orders_customer", "not_null_orders_id", "orders::keeps_every_order"]
    assert list(tests.in_file("models/raw.yml")) == []


def test_a_data_test_of_a_table_never_built_is_skipped(tmp_path: Path) -> None:
    statuses = {name: run().status for name, run in open_tests(open_shop(tmp_path)).in_file(YML)}
    assert statuses == {
        "grain_orders": "skipped",
        "not_null_orders_customer": "skipped",
        "not_null_orders_id": "skipped",
        "orders::keeps_every_order": "pass",
    }


def test_data_tests_run_on_built_tables(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert {run().status for _, run in open_tests(config).in_file(YML)} == {"pass"}


def test_a_failed_test_is_told_in_words() -> None:
    result = Result(unique_id="x", name="x", resource="test", status="fail", message="2 failing rows")
    assert describe(result) == "test 'x' failed: 2 failing rows"
