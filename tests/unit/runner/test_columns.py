import pyarrow as pa
import pytest

from ids_build.nodes import Model
from ids_build.runner.columns import Columns, describe_schema, parse_schema
from ids_build.runner.complaints import PlanError
from ids_build.runner.engine import Engine
from tests.support import as_relation, make_model

ORDERS = pa.schema([pa.field("id", pa.int32(), nullable=False), ("amount", pa.float64())])
MODEL = make_model("staging.sums", ["raw.orders"], 'select id, sum(amount) as amount from "raw"."orders" group by id')


def _columns(known: dict[str, str] | None = None, orders: pa.Schema = ORDERS, threads: int = 1) -> Columns:
    columns = Columns(Engine(threads=1, memory_limit=64 * 1024**2, checks_only=True), known or {}, threads)
    columns.add(as_relation("raw.orders"), orders)
    return columns


def _found(columns: Columns, *models: Model) -> list[object]:
    return list(columns.find(models or (MODEL,)))


def test_a_schema_reads_back_as_it_was() -> None:
    told = pa.schema([pa.field("a", pa.decimal128(10, 2), nullable=False), ("b", pa.list_(pa.date32()))])
    assert parse_schema(describe_schema(told)).equals(told, check_metadata=True)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "////" * 9])
def test_a_text_that_tells_no_schema_is_none(text: str) -> None:
    assert parse_schema(text) is None


def test_what_was_found_is_not_planned_again() -> None:
    first = _columns()
    schema = _found(first)
    again = _columns({key: describe_schema(pa.schema([("told", pa.int8())])) for key in first.found})
    assert schema[0].names == ["id", "amount"]
    assert [found.names for found in _found(again)] == [["told"]]
    assert again.found.keys() == first.found.keys()


def test_other_columns_of_an_input_make_it_planned_again() -> None:
    first = _columns()
    _found(first)
    other = _columns(dict(first.found), pa.schema([("id", pa.string()), ("amount", pa.int64())]))
    assert _found(other)[0].field("id").type == pa.string()


def test_a_damaged_text_is_planned_again() -> None:
    first = _columns()
    _found(first)
    assert _found(_columns(dict.fromkeys(first.found, "AAAA")))[0].names == ["id", "amount"]


def test_a_table_that_nobody_declared_but_the_text_names_counts() -> None:
    hidden = make_model("staging.hidden", [], "select id from raw.orders")
    first = _columns()
    assert _found(first, hidden)[0].field("id").type == pa.int32()
    other = _columns(dict(first.found), pa.schema([("id", pa.string())]))
    assert _found(other, hidden)[0].field("id").type == pa.string()


@pytest.mark.parametrize("threads", [1, 3])
def test_models_are_planned_in_their_order_and_a_fault_is_handed_back(threads: int) -> None:
    models = [make_model(f"staging.m{n}", ["raw.orders"], f'select id as c{n} from "raw"."orders"') for n in range(7)]
    models[3] = make_model("staging.m3", ["raw.orders"], 'select nothing from "raw"."orders"')
    columns = _columns(threads=threads)
    found = _found(columns, *models)
    assert [isinstance(one, PlanError) for one in found] == [n == 3 for n in range(7)]
    assert [one.names for n, one in enumerate(found) if n != 3] == [[f"c{n}"] for n in range(7) if n != 3]
    assert len(columns.found) == 6
