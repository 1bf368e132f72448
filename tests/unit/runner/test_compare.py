from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.differences import RowDifference
from ids_build.errors import ExecutionError, StorageError
from ids_build.relation import Relation
from ids_build.runner.compare import Pair, compare_tables, count_rows, differs, read_table, side_by_side
from ids_build.runner.engine import Engine
from tests.support import make_settings, write_parquet

ORDERS = Relation(layer="staging", name="orders")
OLD: dict[str, Any] = {"id": [1, 2, 3], "word": ["a", None, "c"], "amount": [1.5, None, 3.0]}


def _compare(folder: Path, old: dict[str, Any], new: dict[str, Any], key: tuple[str, ...] = ("id",)) -> RowDifference:
    before, after = (write_parquet(folder / side / "orders.parquet", **rows) for side, rows in (("old", old), ("new", new)))
    (found,) = compare_tables([Pair(relation=ORDERS, before=before, after=after, key=key)], make_settings(folder))
    return found


def _write(path: Path, rows: dict[str, Any], order: tuple[str, ...], **note: Any) -> Path:
    """Write a table as a build does."""
    engine = Engine(threads=2, memory_limit=256 * 1024**2)
    engine.add_rows(ORDERS, pa.table(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.write(f"select * from {ORDERS.sql}", path, order=order, note={"order": list(order), **note})
    return path


def test_the_same_bytes_are_not_read(tmp_path: Path) -> None:
    found = _compare(tmp_path, OLD, OLD)
    assert found == RowDifference(before=3, after=3, key=("id",), gained=0, lost=0, altered=0, identical=True)


def test_keys_that_came_and_went_are_counted_and_each_column_by_key(tmp_path: Path) -> None:
    new = {"id": [2, 3, 4, 5], "word": ["b", "c", "d", "e"], "amount": [None, 4.0, 1.0, 1.0]}
    assert _compare(tmp_path, OLD, new) == RowDifference(
        before=3, after=4, key=("id",), gained=2, lost=1, altered=2, columns={"word": 1, "amount": 1}
    )


def test_null_is_equal_to_null_and_to_nothing_else(tmp_path: Path) -> None:
    new = {**OLD, "word": [None, None, ""], "amount": [1.5, None, 3.0]}
    assert dict(_compare(tmp_path, OLD, new).columns) == {"word": 2}


@pytest.mark.parametrize(
    ("old", "new", "different"),
    [
        ([1.0, 2.0], [1.0 + 1e-12, 2.0], 0),
        ([1.0, 2.0], [1.0 + 1e-6, 2.0], 1),
        ([0.0, float("nan")], [-0.0, float("nan")], 0),
        ([float("inf"), None], [float("inf"), float("nan")], 1),
        ([float("inf"), 0.0], [float("-inf"), 1e-300], 2),
    ],
)
def test_floats_are_equal_when_nine_digits_are(tmp_path: Path, old: list[Any], new: list[Any], different: int) -> None:
    found = _compare(tmp_path, {"id": [1, 2], "x": old}, {"id": [1, 2], "x": new})
    assert (found.altered, found.columns.get("x", 0)) == (different, different)
    bags = _compare(tmp_path, {"x": old}, {"x": new}, ())
    assert (bags.gained, bags.lost) == (different, different)


def test_columns_of_one_side_alone_are_left_out(tmp_path: Path) -> None:
    found = _compare(tmp_path, OLD, {"id": [1, 2, 3], "word": ["a", None, "x"], "more": [1, 2, 3]})
    assert dict(found.columns) == {"word": 1}


def test_a_retyped_column_is_compared_as_number_or_as_text(tmp_path: Path) -> None:
    old = {"id": [1, 2, 3], "n": pa.array([1, 2, None], pa.int32()), "code": [7, 8, 9]}
    new = {"id": [1, 2, 3], "n": [1.0, 2.5, None], "code": ["7", "08", "9"]}
    assert dict(_compare(tmp_path, old, new).columns) == {"n": 1, "code": 1}


def test_a_retyped_key_is_compared_as_text(tmp_path: Path) -> None:
    found = _compare(tmp_path, OLD, {**OLD, "id": ["1", "02", "3"]})
    assert (found.gained, found.lost, found.altered) == (1, 1, 0)


def test_without_a_key_rows_are_counted_as_often_as_they_stand_there(tmp_path: Path) -> None:
    old = {"word": ["a", "a", "b", None], "n": [1, 1, 2, None]}
    new = {"word": ["a", "b", "b", None, None], "n": [1, 2, 2, None, None]}
    assert _compare(tmp_path, old, new, ()) == RowDifference(before=4, after=5, gained=2, lost=1)


def test_a_key_that_is_not_unique_is_no_key(tmp_path: Path) -> None:
    found = _compare(tmp_path, {"id": [1, 1, 2], "x": [1, 2, 3]}, {"id": [1, 2, 2], "x": [1, 3, 4]})
    assert (found.key, found.gained, found.lost, found.altered) == ((), 1, 1, None)
    assert found.notes == ("'id' is not unique on both sides: whole rows were compared",)


def test_a_key_that_one_side_lacks_is_no_key(tmp_path: Path) -> None:
    found = _compare(tmp_path, {"x": [1, 2]}, {"id": [1, 2], "x": [1, 3]})
    assert (found.gained, found.lost) == (1, 1)
    assert found.notes == ("'id' of the grain is no column on both sides: whole rows were compared",)


def test_tables_that_share_no_column_are_counted(tmp_path: Path) -> None:
    found = _compare(tmp_path, {"x": [1, 2]}, {"y": [1]}, ())
    assert (found.before, found.after, found.gained) == (2, 1, None)
    assert found.notes == ("no column is on both sides",)


def test_tables_without_rows_and_lists_are_compared_too(tmp_path: Path) -> None:
    none = {"id": pa.array([], pa.int64()), "x": pa.array([], pa.list_(pa.int64()))}
    some = {"id": [1], "x": [[1, 2]]}
    assert (_compare(tmp_path, none, some).gained, _compare(tmp_path, some, none, ()).lost) == (1, 1)
    assert dict(_compare(tmp_path, some, {"id": [1], "x": [[1, 3]]}).columns) == {"x": 1}


def test_what_the_engine_refuses_is_a_note_and_the_next_table_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (write_parquet(tmp_path / name / "t.parquet", id=[1], x=[n]) for n, name in enumerate(("old", "new")))
    pair = Pair(relation=ORDERS, before=before, after=after, key=("id",))
    real, asked = Engine.stream, list[str]()

    def stream(engine: Engine, sql: str) -> Any:
        asked.append(sql)
        if len(asked) == 1:
            raise ExecutionError("the memory limit is too small for this query")
        return real(engine, sql)

    monkeypatch.setattr(Engine, "stream", stream)
    first, second = compare_tables([pair, pair], make_settings(tmp_path))
    assert (first.before, first.after, first.gained) == (1, 1, None)
    assert first.notes == ("the rows cannot be compared: the memory limit is too small for this query",)
    assert dict(second.columns) == {"x": 1}


def test_names_with_quotes_are_names(tmp_path: Path) -> None:
    odd = 'a "b" c'
    assert dict(_compare(tmp_path, {"id": [1], odd: [1]}, {"id": [1], odd: [2]}).columns) == {odd: 1}


def test_tables_of_other_persons_are_said(tmp_path: Path) -> None:
    rows = {"id": [1, 2]}
    before, after = _write(tmp_path / "a.parquet", rows, ("id",), cohort="x"), _write(tmp_path / "b.parquet", rows, ("id",))
    (found,) = compare_tables([Pair(relation=ORDERS, before=before, after=after, key=("id",))], make_settings(tmp_path))
    assert found.notes == ("built for other persons: the cohorts differ",)


def test_tables_in_the_order_of_their_key_are_merged_without_sorting_or_hashing(tmp_path: Path) -> None:
    rows = {"id": list(range(1000)), "x": list(range(1000))}
    engine = Engine(threads=2, memory_limit=256 * 1024**2)
    names = [Relation(layer=side, name="orders") for side in ("old", "new")]
    for name in names:
        engine.add_file(name, _write(tmp_path / name.layer / "orders.parquet", rows, ("id",)), ("id",))
    joined = side_by_side(names[0].sql, names[1].sql, ("id",))
    field = pa.field("x", pa.int64())
    assert count_rows({"x": differs(field, field)}, joined, engine) == {"x": 0}
    engine._choose_join(f"select count(*) from {joined}")
    plan = engine._physical_plan(f"select count(*) from {joined}")
    assert "SortMergeJoinExec" in plan and "HashJoinExec" not in plan and "SortExec" not in plan


def test_the_footer_of_a_table_tells_columns_order_and_rows(tmp_path: Path) -> None:
    found = read_table(_write(tmp_path / "a.parquet", {"id": [2, 1], "word": ["a", "b"]}, ("id",)))
    assert (found.columns, found.order, found.rows) == ((("id", "int64"), ("word", "string")), ("id",), 2)
    assert read_table(write_parquet(tmp_path / "foreign.parquet", id=[1])).order is None


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_text("SECRET")
    with pytest.raises(StorageError, match="cannot be read as a table") as caught:
        read_table(path)
    assert "SECRET" not in str(caught.value)
