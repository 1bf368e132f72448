import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from ids_build.errors import ExecutionError, Location, StorageError, TypeCheckError
from ids_build.nodes import Model, Node, Report
from ids_build.runner.cohort import make_cohort
from ids_build.runner.engine import Engine
from ids_build.runner.materializations import Workshop, build_model, build_seed, digest_query, find_need, lay_input
from ids_build.runner.storage import Storage
from tests.support import AT, make_graph, make_model, make_seed, make_source, write_parquet

RAW = make_source("raw.orders", {"id": "int32", "word": "string"})


def _shop(folder: Path, *nodes: Node) -> Workshop:
    return Workshop(
        graph=make_graph(RAW, *nodes),
        engine=Engine(threads=1, memory_limit=128 * 1024**2),
        storage=Storage(folder / "target"),
        schemas={},
        project_dir=folder,
        deliveries={},
    )


def _built(folder: Path, model: Model, **columns: object) -> tuple[Workshop, list[dict[str, object]]]:
    write_parquet(folder / "raw" / "a.parquet", **columns)
    shop = _shop(folder, model)
    shop = replace(shop, schemas={model.relation: pa.schema([("id", pa.int32()), ("word", pa.string())])})
    lay_input(RAW, shop)
    build_model(model, shop)
    return shop, pyarrow.parquet.read_table(shop.storage.existing_draft(model.relation)).to_pylist()


ORDERS = make_model("staging.orders", ["raw.orders"], "select id, word from raw.orders")


def test_a_model_is_written_aside_and_not_yet_published(tmp_path: Path) -> None:
    shop, rows = _built(tmp_path, ORDERS, id=[1], word=["a"])
    assert rows == [{"id": 1, "word": "a"}]
    assert not shop.storage.table_path(ORDERS.relation).exists()


def test_a_table_lies_in_the_order_of_its_grain(tmp_path: Path) -> None:
    model = replace(ORDERS, grain=("id",), order=("id",))
    assert [row["id"] for row in _built(tmp_path, model, id=[3, 1, 2], word=["a", "b", "c"])[1]] == [1, 2, 3]


def test_where_the_order_is_no_key_all_columns_break_ties(tmp_path: Path) -> None:
    model = replace(ORDERS, order=("word",))
    rows = _built(tmp_path, model, id=[3, 1, 2], word=["b", "b", "a"])[1]
    assert [(row["word"], row["id"]) for row in rows] == [("a", 2), ("b", 1), ("b", 3)]


def test_a_model_that_orders_its_own_rows_keeps_its_order(tmp_path: Path) -> None:
    sql = "select id, word from raw.orders order by id desc"
    model = replace(ORDERS, sql=sql, ordered_by_query=True)
    assert [row["id"] for row in _built(tmp_path, model, id=[1, 3, 2], word=["a", "b", "c"])[1]] == [3, 2, 1]


def test_the_footer_tells_the_order(tmp_path: Path) -> None:
    model = replace(ORDERS, grain=("id",), order=("id",))
    shop, _ = _built(tmp_path, model, id=[1], word=["a"])
    told = pyarrow.parquet.read_metadata(shop.storage.existing_draft(model.relation)).metadata
    assert json.loads(told[b"ids_build"]) == {"order": ["id"]}


def test_the_footer_of_a_cohorts_table_tells_its_digest(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=[1], word=["a"])
    shop = replace(_shop(tmp_path, ORDERS), cohort=make_cohort(["a"]))
    lay_input(RAW, shop)
    build_model(ORDERS, shop)
    told = pyarrow.parquet.read_metadata(shop.storage.existing_draft(ORDERS.relation)).metadata
    assert json.loads(told[b"ids_build"])["cohort"] == make_cohort(["a"]).digest


def test_a_view_writes_nothing(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=[1], word=["a"])
    model = replace(ORDERS, materialized="view")
    shop = _shop(tmp_path, model)
    lay_input(RAW, shop)
    draft = build_model(model, shop)
    assert (draft.rows, draft.size, (tmp_path / "target").exists()) == (None, None, False)
    assert shop.engine.fetch("select id from staging.orders").to_pylist() == [{"id": 1}]


def test_a_seed_is_written_aside(tmp_path: Path) -> None:
    seed = make_seed(text="code,word\n02,b\n01,a\n")
    shop = _shop(tmp_path, seed)
    assert build_seed(seed, shop).rows == 2
    assert pyarrow.parquet.read_table(shop.storage.existing_draft(seed.relation)).column("code").to_pylist() == ["02", "01"]


def test_lost_values_are_told_by_file_column_and_count(tmp_path: Path) -> None:
    with pytest.raises(ExecutionError) as caught:
        _built(tmp_path, ORDERS, id=["1", "SECRET1234", "2.5"], word=["a", "b", "c"])
    assert caught.value.message == "2 values of column 'id' cannot be read as int32"
    assert caught.value.at == Location(path="raw/a.parquet")
    assert "SECRET1234" not in str(caught.value)


def test_a_failed_model_leaves_no_draft(tmp_path: Path) -> None:
    with pytest.raises(ExecutionError):
        _built(tmp_path, ORDERS, id=["x"], word=["a"])
    assert list((tmp_path / "target").rglob("*.parquet")) == []


def test_a_fault_of_the_query_is_not_blamed_on_missing_values(tmp_path: Path) -> None:
    model = replace(ORDERS, sql="select cast(1 / (id - id) as int) as id, word from raw.orders where id is not null")
    with pytest.raises(ExecutionError, match="division by zero"):
        _built(tmp_path, model, id=pa.array([1.0, float("nan")]), word=["a", "b"])


def test_a_query_that_cannot_be_planned_is_told_at_its_model(tmp_path: Path) -> None:
    with pytest.raises(TypeCheckError) as caught:
        _built(tmp_path, replace(ORDERS, sql="select nothing from raw.orders"), id=[1], word=["a"])
    assert caught.value.at is not None and caught.value.at.path == ORDERS.path


def test_an_input_that_was_never_built_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="'staging.orders' has not been built"):
        lay_input(ORDERS, _shop(tmp_path, ORDERS))


def test_a_source_is_opened_once(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=[1])
    shop = _shop(tmp_path)
    assert lay_input(RAW, shop) == lay_input(RAW, shop) == ("'raw.orders' has no column 'word'; it reads as NULL",)
    assert len(shop.deliveries) == 1


def test_the_footer_of_a_table_of_the_report_tells_its_query(tmp_path: Path) -> None:
    model = replace(ORDERS, grain=("id",), order=("id",), report=Report(title="Orders", at=AT))
    shop, _ = _built(tmp_path, model, id=[1], word=["a"])
    told = pyarrow.parquet.read_metadata(shop.storage.existing_draft(model.relation)).metadata
    assert json.loads(told[b"ids_build"]) == {"order": ["id"], "query": digest_query(model)}
    assert digest_query(model) != digest_query(replace(model, sql=model.sql + " "))


def test_what_a_query_needs_is_told_by_the_files_of_its_inputs_through_views_and_in_parts(tmp_path: Path) -> None:
    whole, parts = make_model("staging.whole", [], "select 1"), make_model("staging.parts", [], "select 1")
    view = make_model("staging.view", ["staging.whole"], "select * from staging.whole", materialized="view")
    asks = make_model("marts.asks", ["staging.view", "staging.parts"], "select 1")
    shop = _shop(tmp_path, whole, parts, view, asks)
    least = find_need(whole, shop)
    for path, size in (
        (shop.storage.table_path(whole.relation), 1000),
        (shop.storage.table_path(parts.relation) / "2001.parquet", 100),
        (shop.storage.table_path(parts.relation) / "2002.parquet", 20),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    assert find_need(asks, shop) - least == 10 * (1000 + 100 + 20)
