from pathlib import Path

from ids_build.differences import RowDifference
from ids_build.runner.orders import describe_sides, make_history, prove_increments
from ids_build.tasks.compile import check_project
from tests.support import as_relation, tiny_config, tiny_project, write_parquet

SOURCES = """
    sources:
      - name: raw
        tables:
          - {name: t, meta: {external_location: "raw/*.parquet", period: file_name}, columns: [{name: k, data_type: string}]}
    """


def test_a_history_begins_with_half_a_batch_and_ends_with_everything_twice() -> None:
    newest_first, *rest = make_history(["1", "2", "3", "4", "5"], 0)
    assert newest_first.versions == {"5": "half", "4": "whole"}
    assert [dict(delivery.versions) for delivery in rest[-2:]] == [dict.fromkeys("12345", "whole")] * 2


def test_orders_differ_and_each_is_always_the_same() -> None:
    labels = [str(number) for number in range(9)]
    found = [[*make_history(labels, number)[0].versions] for number in range(6)]
    assert found == [[*make_history(labels, number)[0].versions] for number in range(6)]
    assert len({tuple(first) for first in found}) > 3


def test_differences_are_told_in_counts_and_names() -> None:
    found = RowDifference(before=3, after=1, key=("k",), gained=0, lost=2, altered=1, columns={"v": 1})
    assert [*describe_sides(found, {"2005": 1})] == [
        "the full build has 3 rows, the increments made 1 row",
        "2 rows that no batch made",
        "1 row differs: 'v' in 1 row",
        "batches whose rows the full build does not have: 2005 (1)",
    ]


def test_a_model_whose_query_asks_over_batches_differs(tmp_path: Path) -> None:
    model = "{{ config(materialized='incremental') }} select k, row_number() over (order by k) as n from {{ source('raw', 't') }}"
    tiny_project(tmp_path, {"models/raw.yml": SOURCES, "models/m.sql": model})
    write_parquet(tmp_path / "raw" / "2001.parquet", k=["a", "c"])
    write_parquet(tmp_path / "raw" / "2002.parquet", k=["b"])
    config = tiny_config(tmp_path)
    checked = check_project(config)
    (found,) = prove_increments(
        checked.graph.model(checked.graph.tables[as_relation("main.m")]), checked.graph, checked.schemas, config, 2, 0
    )
    # By hand: in one go a 1, b 2, c 3; by batch a 1, c 2 and b 1.
    assert (found.rows, found.told[1:4]) == (
        3,
        (
            "2 rows that the full build does not have",
            "2 rows that no batch made",
            "batches whose rows the full build does not have: 2001 (1), 2002 (1)",
        ),
    )
    assert not list(config.target_path.glob(".scratch*"))
