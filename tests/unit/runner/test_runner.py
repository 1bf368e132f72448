from dataclasses import replace
from pathlib import Path

import pytest

from ids_build.errors import StorageError
from ids_build.relation import Relation
from ids_build.results import Published, Started
from ids_build.runner.runner import explain, preview, table_path
from ids_build.runner.storage import Storage
from ids_build.tasks.build import prepare
from ids_build.tasks.compile import check_project
from tests.support import SHOP, as_relation, write_parquet
from tests.support.shop import open_shop, read_table, run_shop

BAD_UNIT = SHOP["models/staging/orders.yml"].rpartition("amount: 2.5")[0] + "amount: 9}\n"
ORDERS, TOTALS, COLOURS = "staging.orders", "marts.totals", "seeds.colours"


def test_a_build_makes_every_table(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    results = run_shop(config)
    assert {name: results[name].status for name in (ORDERS, TOTALS, COLOURS)} == dict.fromkeys(
        (ORDERS, TOTALS, COLOURS), "success"
    )
    assert [row["id"] for row in read_table(config, ORDERS)] == [1, 2, 3]
    totals = sorted(read_table(config, TOTALS), key=lambda row: row["customer"])
    assert totals == [{"customer": "0007", "amount": 1.0}, {"customer": "0042", "amount": 6.5}]


def test_a_result_tells_rows_size_and_path(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    result = run_shop(config)[ORDERS]
    path = config.target_path / "tables" / "staging" / "orders.parquet"
    assert path.samefile(table_path(as_relation(ORDERS), config))
    assert (result.rows, result.size, result.path) == (3, path.stat().st_size, str(path))


def test_every_result_of_a_table_has_begun(tmp_path: Path) -> None:
    *events, last = prepare(open_shop(tmp_path), "run").events
    assert isinstance(last, Published)
    assert [type(event) is Started for event in events] == [True, False] * (len(events) // 2)


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    written = []
    for _ in range(2):
        run_shop(config)
        written.append({path.name: path.read_bytes() for path in (config.target_path / "tables").rglob("*.parquet")})
    assert written[0] == written[1]


def test_nothing_lies_aside_after_a_run(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    assert not (config.target_path / "drafts").exists()


def test_a_failing_unit_test_stops_its_model_and_what_reads_it(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"models/staging/orders.yml": BAD_UNIT})
    results = run_shop(config)
    assert results["orders::keeps_every_order"].status == "fail"
    assert (results[ORDERS].status, results[TOTALS].status, results[COLOURS].status) == ("skipped", "skipped", "success")
    assert not table_path(as_relation(ORDERS), config).exists()


def test_a_failing_data_test_keeps_the_former_table(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    write_parquet(tmp_path / "raw" / "orders.parquet", id=[1, 1, 2], customer=["a", "b", "c"], amount=[1.0, 2.0, 3.0])
    results = run_shop(config)
    assert (results["grain_orders"].status, results[ORDERS].status, results[TOTALS].status) == ("fail", "error", "skipped")
    assert [row["id"] for row in read_table(config, ORDERS)] == [1, 2, 3]


def test_a_warning_stops_nothing(tmp_path: Path) -> None:
    yml = SHOP["models/staging/orders.yml"].replace("[not_null]", "[{not_null: {config: {severity: warn}}}]")
    config = open_shop(tmp_path, {"models/staging/orders.yml": yml})
    write_parquet(tmp_path / "raw" / "orders.parquet", id=[1], customer=[None], amount=[1.0])
    results = run_shop(config)
    assert (results["not_null_orders_customer"].status, results[TOTALS].status) == ("warn", "success")


def test_a_model_that_fails_while_running_stops_only_what_reads_it(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    write_parquet(tmp_path / "raw" / "orders.parquet", id=["SECRET1234"], customer=["a"], amount=[1.0])
    results = run_shop(config)
    assert (results[ORDERS].status, results[TOTALS].status, results[COLOURS].status) == ("error", "skipped", "success")
    assert "SECRET1234" not in str(results)
    assert results["grain_orders"].status == "skipped"


def test_the_first_failure_may_stop_the_run(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"models/alone/x.sql": "select 1 as x"}, fail_fast=True)
    write_parquet(tmp_path / "raw" / "orders.parquet", id=["x"], customer=["a"], amount=[1.0])
    results = list(run_shop(config).values())
    first = next(number for number, result in enumerate(results) if result.failed)
    assert {result.status for result in results[first + 1 :]} == {"skipped"}


def test_tests_alone_read_what_was_built(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    write_parquet(tmp_path / "raw" / "orders.parquet", id=[1, 1, 2], customer=["a", "b", "c"], amount=[1.0, 2.0, 3.0])
    assert {result.status for result in run_shop(config, "test").values()} == {"pass"}


def test_a_data_test_of_a_table_never_built_is_an_error(tmp_path: Path) -> None:
    results = run_shop(open_shop(tmp_path), "test")
    assert results["grain_orders"].status == "error"
    assert results["grain_orders"].message == "'staging.orders' has not been built"
    assert results["orders::keeps_every_order"].status == "pass"


def test_a_data_test_that_compares_with_a_table_never_built_is_skipped(tmp_path: Path) -> None:
    compares = """
        models:
          - name: totals
            columns:
              - name: customer
                data_tests:
                  - not_null
                  - relationships: {arguments: {to: ref('orders'), field: customer}}
        """
    alone = "select '0042' as customer, 1.0 as amount\n"
    config = open_shop(tmp_path, {"models/marts/totals.yml": compares, "models/marts/totals.sql": alone})
    results = run_shop(config, "build", "totals")
    assert results["relationships_totals_customer"].status == "skipped"
    assert results["relationships_totals_customer"].message == "'staging.orders' has not been built"
    assert results["not_null_totals_customer"].status == "pass"
    assert results[TOTALS].status == "success"


def test_a_seed_that_the_run_does_not_build_is_read_from_its_file(tmp_path: Path) -> None:
    reads = "select word from {{ ref('colours') }}\n"
    config = open_shop(tmp_path, {"models/marts/words.sql": reads})
    assert run_shop(config, "run", "words")["marts.words"].status == "success"
    assert {row["word"] for row in read_table(config, "marts.words")} == {"red", "blue"}


def test_a_model_alone_reads_the_table_of_an_earlier_run(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    (tmp_path / "raw" / "orders.parquet").unlink()
    again = replace(config, full_refresh=True)
    assert run_shop(again, "run", "totals")[TOTALS].status == "success"


@pytest.mark.parametrize("kind", ["view", "ephemeral"])
def test_a_view_is_read_through(tmp_path: Path, kind: str) -> None:
    sql = "{{ config(materialized='" + kind + "') }}" + SHOP["models/staging/orders.sql"]
    config = open_shop(tmp_path, {"models/staging/orders.sql": sql})
    assert run_shop(config, "run", "totals")[TOTALS].status == "success"
    assert len(read_table(config, TOTALS)) == 2


def test_a_second_run_is_kept_out(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    with Storage(config.target_path).lock(), pytest.raises(StorageError, match="another run"):
        run_shop(config)


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    left = Storage(config.target_path).draft_path(Relation(layer="staging", name="gone"))
    left.write_text("half")
    run_shop(config, "seed")
    assert not left.exists()


def test_a_preview_counts_all_rows_and_gives_the_first(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    graph = check_project(config).graph
    rows, count = preview("select * from staging.orders", graph, (as_relation(ORDERS),), config, 2)
    assert (rows.num_rows, count) == (2, 3)


def test_a_plan_is_explained_over_what_was_built(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    run_shop(config)
    checked = check_project(config)
    assert "Exec" in explain(checked.graph.model("model.shop.totals"), checked.graph, checked.schemas, config)
