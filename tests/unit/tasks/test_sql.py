from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from ids_build.config import Config
from ids_build.errors import ConfigError, ExecutionError, StorageError, TypeCheckError, UnknownNodeError
from ids_build.tasks.sql import Session, open_session
from tests.support import SHOP, write_parquet
from tests.support.shop import open_shop, run_shop

MARKED = SHOP["models/staging/orders.yml"].replace(
    "- name: customer\n", "- name: customer\n                meta: {identifier: true}\n"
)


@pytest.fixture
def built(tmp_path: Path) -> Config:
    config = open_shop(tmp_path, {"models/staging/orders.yml": MARKED})
    run_shop(config)
    return config


def _rows(session: Session, text: str, **options: Any) -> list[tuple[Any, ...]]:
    return list(session.ask(text, **options).showing_all().rows())


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("select customer, amount from marts.totals order by customer", [("0007", 1.0), ("0042", 6.5)]),
        ("select count(*) from orders", [(3,)]),
        ("select count(*) from raw.orders", [(3,)]),
        ("select word from colours where code = '02'", [("blue",)]),
        ("select sum(t.amount) from {{ ref('totals') }} as t", [(7.5,)]),
        ("select 1 + 1", [(2,)]),
    ],
)
def test_models_seeds_and_sources_are_asked(built: Config, text: str, rows: list[tuple[Any, ...]]) -> None:
    assert _rows(open_session(built), text) == rows


def test_one_session_answers_many_queries(built: Config) -> None:
    session = open_session(built)
    assert _rows(session, "select count(*) from orders") == [(3,)]
    assert _rows(session, "select count(*) from orders join totals using (customer)") == [(3,)]


def test_a_view_is_asked_too(tmp_path: Path) -> None:
    config = open_shop(
        tmp_path,
        {"models/marts/half.sql": "{{ config(materialized='view') }} select amount / 2 as half from {{ ref('orders') }}"},
    )
    run_shop(config)
    assert _rows(open_session(config), "select sum(half) from half") == [(3.75,)]


def test_a_limit_keeps_the_order_of_the_query(built: Config) -> None:
    assert _rows(open_session(built), "select id from orders order by id desc", limit=2) == [(3,), (2,)]


def test_columns_that_may_carry_identifiers_are_hidden(built: Config) -> None:
    answer = open_session(built).ask("select id, upper(customer) as name, amount from orders where id = 1")
    assert list(answer.rows()) == [(1, "(hidden)", 2.5)]
    assert list(answer.showing_all().rows()) == [(1, "0042", 2.5)]
    assert answer.table().to_pylist() == [{"id": 1, "name": "0042", "amount": 2.5}]


def test_a_column_called_like_an_identifier_is_hidden_in_a_foreign_file_too(built: Config, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "x.parquet", CUSTOMER=["0042"], size=[1])
    assert list(open_session(built, [("extra", path)]).ask("select customer, size from extra").rows()) == [("(hidden)", 1)]


def test_a_table_never_built_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="'marts.totals' has not been built"):
        open_session(open_shop(tmp_path)).ask("select * from totals")


def test_what_the_engine_cannot_plan_is_told_with_its_place(built: Config) -> None:
    with pytest.raises(TypeCheckError) as caught:
        open_session(built).ask("select id,\n  amont from orders", path="a.sql")
    assert str(caught.value.at) == "a.sql:2:3"


def test_an_error_while_rows_are_read_tells_no_value(built: Config) -> None:
    answer = open_session(built).ask("select cast(customer || 'x' as int) as n from orders")
    with pytest.raises(ExecutionError) as caught:
        answer.table()
    assert "0042" not in str(caught.value) and str(caught.value).startswith("a value cannot be cast")


def test_words_to_complete_are_tables_and_columns(built: Config) -> None:
    assert {"marts.totals", "totals", "raw.orders", "colours", "customer"} <= set(open_session(built).words)


# -- registries -----------------------------------------------------------------------------------


def test_a_foreign_file_is_read_as_it_is_under_its_lower_case_name(built: Config, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "Æble og pære" / "x [1].parquet", Id=[1, 2], note=["a", None])
    answer = open_session(built, [("Fruit", path)]).ask("select * from fruit order by id")
    assert answer.columns == (("id", "int64"), ("note", "string"))
    assert list(answer.rows()) == [(1, "a"), (2, None)]


def test_a_folder_is_one_table(built: Config, tmp_path: Path) -> None:
    write_parquet(tmp_path / "f" / "2001.parquet", id=[1])
    write_parquet(tmp_path / "f" / "2002.parquet", id=[2], late=["x"])
    rows = _rows(open_session(built, [("f", tmp_path / "f")]), "select id, late from f order by id")
    assert rows == [(1, None), (2, "x")]


@pytest.mark.parametrize("name", ["orders", "ORDERS", "raw.orders"])
def test_a_registry_named_like_a_source_is_read_with_its_contract(built: Config, tmp_path: Path, name: str) -> None:
    path = write_parquet(tmp_path / "new.parquet", ID=["7"], CUSTOMER=["0001"], AMOUNT=["1.5"], other=[1])
    session = open_session(built, [(name, path)])
    expected = [(7, "0001", 1.5)]
    assert _rows(session, "select id, customer, amount from orders") == expected
    assert _rows(session, "select id, customer, amount from raw.orders") == expected
    assert _rows(session, "select count(*) from staging.orders") == [(3,)]


def test_values_that_a_contract_cannot_take_are_told_by_file_and_column(built: Config, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "new.parquet", id=["SECRET", "2"], customer=["a", "b"], amount=[1.0, 2.0])
    answer = open_session(built, [("orders", path)]).ask("select * from orders")
    with pytest.raises(ExecutionError, match="1 value of column 'id' cannot be read as int32") as caught:
        answer.table()
    assert caught.value.at is not None and caught.value.at.path.endswith("new.parquet")
    assert "SECRET" not in str(caught.value)


def test_one_name_given_twice_is_one_table(built: Config, tmp_path: Path) -> None:
    parts = [
        ("x", write_parquet(tmp_path / "a.parquet", id=[1], only=["a"])),
        ("x", write_parquet(tmp_path / "b.parquet", id=[2])),
        ("orders", write_parquet(tmp_path / "c.parquet", id=[8], customer=["c"], amount=[1.0])),
        ("raw.orders", write_parquet(tmp_path / "d.parquet", id=[9], customer=["d"])),
    ]
    session = open_session(built, parts)
    assert _rows(session, "select id, only from x order by id") == [(1, "a"), (2, None)]
    assert _rows(session, "select id, amount from orders order by id") == [(8, 1.0), (9, None)]


def test_folders_of_one_registry_must_not_cover_the_same_day(tmp_path: Path) -> None:
    source = SHOP["models/raw.yml"].replace('orders.parquet"}', 'orders.parquet", period: file_name}')
    config = open_shop(tmp_path, {"models/raw.yml": source})
    parts = [("orders", write_parquet(tmp_path / name / "2001.parquet", id=[1])) for name in ("a", "b")]
    with pytest.raises(ConfigError, match="the registries named 'orders' cover the same period"):
        open_session(config, parts).ask("select * from raw.orders")


def test_registries_that_do_not_fit_together_are_told(built: Config, tmp_path: Path) -> None:
    parts = [
        ("x", write_parquet(tmp_path / "a.parquet", id=[[1, 2]])),
        ("x", write_parquet(tmp_path / "b.parquet", id=[True])),
    ]
    with pytest.raises(ConfigError, match="the files of 'x' do not fit together"):
        open_session(built, parts).ask("select * from x")


def test_a_path_where_nothing_lies_is_told(built: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'x': '.*nowhere' does not exist"):
        open_session(built, [("x", tmp_path / "nowhere")])
    (tmp_path / "x.csv").write_text("a\n")
    with pytest.raises(ConfigError, match=r"x.csv' is no parquet file"):
        open_session(built, [("x", tmp_path / "x.csv")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no file matches"):
        open_session(built, [("x", tmp_path / "empty")]).ask("select * from x")


def test_a_source_of_several_groups_must_be_named_in_full(tmp_path: Path) -> None:
    other = SHOP["models/raw.yml"].replace("name: raw", "name: raw2")
    config = open_shop(tmp_path, {"models/raw2.yml": other})
    path = tmp_path / "raw" / "orders.parquet"
    with pytest.raises(ConfigError, match="several sources are named 'orders'") as caught:
        open_session(config, [("orders", path)])
    assert caught.value.hint == "write 'raw.orders' or 'raw2.orders'"
    assert _rows(open_session(config, [("raw2.orders", path)]), "select count(*) from raw2.orders") == [(3,)]
    with pytest.raises(UnknownNodeError):
        open_session(replace(config)).ask("select * from raw3.orders")


def test_a_written_file_holds_every_column(built: Config, tmp_path: Path) -> None:
    answer = open_session(built).ask("select id, customer from orders order by id")
    answer.write(tmp_path / "out.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pydict() == {
        "id": [1, 2, 3],
        "customer": ["0042", "0007", "0042"],
    }
    assert pyarrow.parquet.read_schema(tmp_path / "out.parquet").field("id").type == pa.int32()
