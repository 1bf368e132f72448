from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from ids_build.runner.order import is_sorted_last, lies_in_order

NAN = float("nan")


def _lies(tmp_path: Path, rows: dict[str, list[object]], *, group: int = 1_000, types: pa.Schema | None = None) -> bool:
    pyarrow.parquet.write_table(pa.table(rows, schema=types), tmp_path / "t.parquet", row_group_size=group)
    return lies_in_order(tmp_path / "t.parquet", list(rows))


@pytest.mark.parametrize(
    "values",
    [[], [1], [None, None, 1, 1, 2], ["", "A", "a", "ø"], [False, True], [-NAN, -2.5, -0.0, 0.0, 1.5, NAN, NAN]],
    ids=repr,
)
def test_values_that_rise_or_stay_lie_in_order_nulls_first(tmp_path: Path, values: list[object]) -> None:
    assert _lies(tmp_path, {"a": values})


@pytest.mark.parametrize(
    "values", [[2, 1], [1, None], ["ø", "a"], [True, False], [NAN, 1.0], [-1.0, -2.0], [0.0, -0.0]], ids=repr
)
def test_a_value_below_the_one_above_it_breaks_the_order(tmp_path: Path, values: list[object]) -> None:
    assert not _lies(tmp_path, {"a": values})


def test_a_later_column_counts_only_where_the_earlier_ones_are_alike(tmp_path: Path) -> None:
    assert _lies(tmp_path, {"a": [None, None, 1, 2], "b": [1, 2, 9, 0]})
    assert not _lies(tmp_path, {"a": [None, None, 1, 2], "b": [2, 1, 9, 10]})
    assert not _lies(tmp_path, {"a": [1, 1, 1], "b": [1, 1, 2], "c": [5, 4, 0]})


@pytest.mark.parametrize("group", [1, 2, 3])
def test_the_order_goes_on_from_one_row_group_to_the_next(tmp_path: Path, group: int) -> None:
    assert _lies(tmp_path, {"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]}, group=group)
    assert not _lies(tmp_path, {"a": [1, 1, 1, 2], "b": [1, 3, 2, 2]}, group=group)


def test_of_values_that_cannot_be_compared_the_order_is_not_known(tmp_path: Path) -> None:
    assert not _lies(tmp_path, {"a": [1, 2], "b": [[1], [2]]})


def test_rows_without_an_order_lie_in_it(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"a": [2, 1]}), tmp_path / "t.parquet")
    assert lies_in_order(tmp_path / "t.parquet", [])


SORT = "DataSinkExec: sink=ParquetSink(file_groups=[])\n  SortExec: expr=[{keys}], preserve_partitioning=[false]\n    Scan"
MERGE = (
    "DataSinkExec: sink=ParquetSink(file_groups=[])\n  SortPreservingMergeExec: [{merged}]\n"
    "    SortExec: expr=[{keys}], preserve_partitioning=[true]\n      Scan"
)


@pytest.mark.parametrize(
    ("keys", "sorted_last"),
    [
        ("a@0 ASC, b c@3 ASC", True),
        ("a@0 ASC, b c@3 ASC, d@1 ASC", True),
        ("a@0 ASC", False),
        ("a@0 ASC, d@1 ASC, b c@3 ASC", False),
        ("a@0 ASC, b c@3 DESC", False),
        ("a@0 ASC, b c@3 ASC NULLS LAST", False),
    ],
)
def test_a_plan_sorts_last_when_its_last_sort_begins_with_the_order(keys: str, sorted_last: bool) -> None:
    assert is_sorted_last(SORT.format(keys=keys), ["a", "b c"]) is sorted_last
    assert is_sorted_last(MERGE.format(keys=keys, merged="a@0 ASC, b c@3 ASC"), ["a", "b c"]) is sorted_last


def test_sorted_parts_that_are_merged_by_less_are_not_sorted_last() -> None:
    assert not is_sorted_last(MERGE.format(keys="a@0 ASC, b@1 ASC", merged="a@0 ASC"), ["a", "b"])


def test_a_plan_that_streams_is_not_sorted_last() -> None:
    assert not is_sorted_last(
        "DataSinkExec: sink=ParquetSink(file_groups=[])\n  FilterExec: a@0 > 1\n    SortExec: expr=[a@0 ASC]", ["a"]
    )
