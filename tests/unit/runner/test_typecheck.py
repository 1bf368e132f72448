from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from ids_build.compiler.compiler import compile_project
from ids_build.errors import Location, TypeCheckError
from ids_build.nodes import Column, Model, Node, Span
from ids_build.relation import Relation
from ids_build.runner.typecheck import check_types
from tests.support import AT, make_graph, make_model, make_seed, make_source, tiny_config, tiny_project, write_parquet

RAW = make_source("raw.orders", {"id": "int32", "customer": "string", "amount": "float64"})
HERE = Path("/nowhere")


def _model(sql: str, name: str = "staging.orders", reads: Sequence[str] = ("raw.orders",), **parts: object) -> Model:
    spans = tuple(
        Span(offset=sum(len(line) + 1 for line in sql.split("\n")[:number]), line=number + 1, column=1, literal=True)
        for number in range(sql.count("\n") + 1)
    )
    return make_model(name, reads, sql, spans=spans, **parts)


def _check(*models: Model, others: Sequence[Node] = (RAW,), folder: Path = HERE) -> dict[Relation, pa.Schema]:
    return check_types(make_graph(*others, *models), models, folder)


def _fault(*models: Model, others: Sequence[Node] = (RAW,)) -> TypeCheckError:
    with pytest.raises(TypeCheckError) as caught:
        _check(*models, others=others)
    return caught.value


def test_types_flow_from_the_source_through_the_models() -> None:
    orders = _model("select id, amount * 2 as twice from raw.orders")
    totals = _model("select sum(twice) as total, count(*) as n from staging.orders", "marts.totals", ["staging.orders"])
    found = _check(orders, totals)
    assert found[orders.relation].names == ["id", "twice"]
    assert [field.type for field in found[totals.relation]] == [pa.float64(), pa.int64()]


def test_a_seed_is_typed_by_its_file() -> None:
    model = _model("select word from seeds.colours", reads=["seeds.colours"])
    found = _check(model, others=(make_seed(),))
    assert found[model.relation].field("word").type == pa.string()


def test_no_file_is_needed() -> None:
    assert not HERE.exists()
    assert _check(_model("select * from raw.orders"))


@pytest.mark.parametrize(
    ("sql", "word", "line", "column", "hint"),
    [
        ("select\n  custommer\nfrom raw.orders", "custommer", 2, 3, "customer"),
        ("select id\nfrom raw.orders\nwhere nofunction(id) = 1", "nofunction", 3, 7, ""),
        (
            "select distinct id from (select id, unnest([n]) from (select id, count(*) as n from raw.orders group by id))",
            "unnest",
            1,
            None,
            "a model of their own",
        ),
        ("select 'idd' as x, -- idd\n  idd from raw.orders", "idd", 2, 3, "id"),
        ("select id\nfrom raw.orders\nwhere", "syntax error", None, None, ""),
        ("select id +\n  * 2 2 from raw.orders", "syntax error", 2, 3, ""),
    ],
)
def test_a_fault_is_told_at_its_place(sql: str, word: str, line: int | None, column: int | None, hint: str) -> None:
    fault = _fault(_model(sql))
    assert word in fault.message
    assert fault.at is not None and fault.at.path == "models/staging/orders.sql"
    if line is not None:
        assert fault.at == Location(path="models/staging/orders.sql", line=line, column=column)
    assert hint in (fault.hint or "")


def test_several_faulty_models_are_told_together() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        _check(_model("select a from raw.orders"), _model("select b from raw.orders", "staging.other"))
    assert len(caught.value.exceptions) == 2


def test_what_reads_a_faulty_model_is_not_judged() -> None:
    below = _model("select nothing from staging.orders", "marts.totals", ["staging.orders"])
    fault = _fault(_model("select a from raw.orders"), below)
    assert fault.at is not None and fault.at.path == "models/staging/orders.sql"


# -- contracts ------------------------------------------------------------------------------------


def _contract(sql: str, **columns: str | None) -> Model:
    told = tuple(Column(name=name, data_type=kind, at=AT) for name, kind in columns.items())
    return _model(sql, columns=told, contract=True)


def test_a_contract_that_is_kept_passes() -> None:
    assert _check(_contract("select id, customer from raw.orders", id="int32", customer="varchar(10)"))


def test_a_column_without_a_declared_type_may_have_any() -> None:
    assert _check(_contract("select id from raw.orders", id=None))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (_contract("select id, customer from raw.orders", id="int32"), "column 'customer' is not in the contract of 'orders'"),
        (_contract("select id from raw.orders", id="int32", gone="int32"), "model 'orders' has no column 'gone'"),
        (_contract("select id from raw.orders", id="int64"), "column 'id' of 'orders' is int32, the contract says int64"),
        (_contract("select id from raw.orders", id="strng"), "unknown data_type 'strng' of column 'id'"),
    ],
)
def test_a_broken_contract_is_told(model: Model, message: str) -> None:
    assert _fault(model).message == message


def test_without_a_contract_columns_are_free() -> None:
    assert _check(_model("select id from raw.orders", columns={"id": "int64"}))


@pytest.mark.parametrize("part", ["grain", "order"])
def test_a_grain_or_order_names_columns_of_the_model(part: str) -> None:
    fault = _fault(_model("select id from raw.orders", grain=("gone",) if part == "grain" else (), order=("gone",)))
    assert "'gone'" in fault.message


# -- sources without a contract -------------------------------------------------------------------


def test_a_source_without_types_is_typed_by_its_files(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", ID=pa.array([1], pa.int16()))
    model = _model("select id from raw.orders")
    found = _check(model, others=(make_source("raw.orders"),), folder=tmp_path)
    assert found[model.relation].field("id").type == pa.int16()


def test_a_model_over_a_source_that_is_not_here_is_not_judged() -> None:
    model = _model("select whatever from raw.orders")
    assert model.relation not in _check(model, others=(make_source("raw.orders"),))


def test_days_that_are_no_columns_are_told_of_sources_and_models_alike() -> None:
    raw = make_source("raw.orders", {"id": "int32", "day": "date"}, meta={"known_on": "dya"})
    model = _model("select id, day from raw.orders", meta={"as_of": "id"})
    with pytest.raises(ExceptionGroup) as caught:
        _check(model, others=(raw,))
    assert [error.message for error in caught.value.exceptions if isinstance(error, TypeCheckError)] == [
        "'known_on' names 'dya', which is no column",
        "'as_of' names 'id', which is int32 and no date",
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("1 as n", "column 'n' of 'm' is int64 in a full build and string in an increment"),
        ("'y' as n, 2 as o", "column 'o' of 'm' is int64 in a full build and missing in an increment"),
    ],
)
def test_an_increment_gives_the_columns_of_a_full_build(tmp_path: Path, more: str, told: str) -> None:
    model = "{{ config(materialized='incremental') }} select {% if is_incremental() %} 'x' as n {% else %} " + more
    tiny_project(tmp_path, {"models/m.sql": model + " {% endif %}"})
    config = tiny_config(tmp_path)
    graph = compile_project(config)
    with pytest.raises(TypeCheckError) as caught:
        check_types(graph, graph.models(), tmp_path)
    assert caught.value.message == told
