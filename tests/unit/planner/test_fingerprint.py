from dataclasses import replace
from typing import Any

import pytest

from ids_build.nodes import Column, PersonKey, Rules
from ids_build.plan import make_key
from ids_build.planner.fingerprint import fingerprint_nodes, make_fingerprint
from ids_build.planner.planner import Selection, make_plan
from ids_build.relation import Relation
from tests.support import make_data_test, make_graph, make_model, make_seed, make_source, make_unit_test, rows

RAW = make_source("raw.orders", {"id": "string"})
COLOURS = make_seed()
ORDERS = make_model(
    "staging.orders", ["raw.orders", "seeds.colours"], grain=("id",), order=("id",), contract=True, columns={"id": "string"}
)
VIEW = make_model("staging.dice", sql="select random() as x", materialized="view", volatile=("random",))
ON_VIEW = make_model("marts.games", ["staging.dice"])
TEST = make_data_test("staging.orders", name="full")
UNIT = make_unit_test(ORDERS, {"raw.orders": rows(["id"], ["1"])}, rows(["id"], ["1"]))
GRAPH = make_graph(RAW, COLOURS, ORDERS, VIEW, ON_VIEW, TEST, UNIT)


def _key(node: Any) -> str:
    return make_key(make_fingerprint(node, GRAPH).facts)


@pytest.mark.parametrize(
    "change",
    [
        {"sql": "select 2 as id"},
        {"meaning": "other"},
        {"materialized": "view"},
        {"grain": ("id", "other")},
        {"order": ("other",)},
        {"contract": False},
        {"columns": (Column(name="id", data_type="int32"),)},
        {"relation": Relation(layer="staging", name="copy")},
    ],
)
def test_what_decides_bytes_of_a_model_is_a_fact(change: dict[str, Any]) -> None:
    assert _key(ORDERS) != _key(replace(ORDERS, **change))


@pytest.mark.parametrize(
    "change", [{"description": "new"}, {"tags": ("x",)}, {"path": "models/moved.sql"}, {"raw_sql": "{{ x }}"}]
)
def test_what_decides_nothing_is_no_fact(change: dict[str, Any]) -> None:
    assert _key(ORDERS) == _key(replace(ORDERS, **change))


def test_columns_without_a_contract_decide_nothing() -> None:
    free = replace(ORDERS, contract=False)
    assert _key(free) == _key(replace(free, columns=()))


def test_a_seed_is_its_text_and_types() -> None:
    assert _key(COLOURS) != _key(replace(COLOURS, text="code,word\n1,green\n"))
    assert _key(COLOURS) != _key(replace(COLOURS, columns=(Column(name="code", data_type="string"),)))
    assert _key(COLOURS) == _key(replace(COLOURS, path="seeds/moved/colours.csv"))


def test_a_source_is_its_contract_and_not_its_place() -> None:
    assert _key(RAW) != _key(replace(RAW, columns=(Column(name="id", data_type="int32"),)))
    assert _key(RAW) != _key(replace(RAW, period="file_name"))
    assert _key(RAW) == _key(replace(RAW, location="elsewhere/*.parquet"))


def test_a_source_reads_the_one_that_knows_its_persons() -> None:
    via = Relation(layer="raw", name="contacts")
    source = replace(RAW, rules=Rules(person=PersonKey(column="id", via=via)))
    assert make_fingerprint(source, GRAPH).inputs == (via,)


def test_a_function_that_is_volatile_is_seen_through_a_view() -> None:
    assert make_fingerprint(ON_VIEW, GRAPH).volatile == ("random",)
    assert make_fingerprint(ORDERS, GRAPH).volatile == ()


@pytest.mark.parametrize(
    ("query", "found"), [("x < now()", ("now",)), ("d > CURRENT_DATE", ("current_date",)), ("known is null", ())]
)
def test_a_volatile_function_in_a_test_is_found(query: str, found: tuple[str, ...]) -> None:
    assert make_fingerprint(replace(TEST, predicate=query), GRAPH).volatile == found


def test_a_test_on_a_volatile_view_is_volatile() -> None:
    assert make_fingerprint(make_data_test("staging.dice"), GRAPH).volatile == ("random",)


def test_severity_is_a_fact_of_a_test() -> None:
    assert _key(TEST) != _key(replace(TEST, severity="warn"))


def test_rows_are_facts_of_a_unit_test_and_their_place_is_none() -> None:
    moved = replace(UNIT.expect, at=None)
    assert _key(UNIT) == _key(replace(UNIT, expect=moved))
    assert _key(UNIT) != _key(replace(UNIT, expect=rows(["id"], ["2"])))
    assert make_fingerprint(UNIT, GRAPH).inputs == (COLOURS.relation,)


def test_all_tables_and_the_tests_of_the_plan_have_fingerprints() -> None:
    plan = make_plan(GRAPH, Selection(ids=frozenset({ORDERS.unique_id, TEST.unique_id})), "build")
    tables = {RAW.unique_id, COLOURS.unique_id, ORDERS.unique_id, VIEW.unique_id, ON_VIEW.unique_id}
    assert set(plan.fingerprints) == {*tables, TEST.unique_id}
    assert fingerprint_nodes(GRAPH, plan.steps) == plan.fingerprints
