from pathlib import Path

import pytest

from ids_build.compiler.compiler import compile_project
from ids_build.errors import IdsBuildError
from ids_build.graph import Graph
from ids_build.nodes import AsOf, UnitTest
from tests.support import SHOP, as_relation, tiny_config, tiny_project

UNIT = """
unit_tests:
  - name: sums
    model: totals
    given:
      - input: ref('orders')
        rows: [{customer: 0042, amount: 2.5}]
    expect: {rows: [{customer: 0042}]}
"""


def _compile(folder: Path, **changes: str) -> Graph:
    files = {**SHOP, **{path.replace("__", "/"): text for path, text in changes.items()}}
    return compile_project(tiny_config(tiny_project(folder, files)))


def _fault(folder: Path, **changes: str) -> IdsBuildError:
    with pytest.raises(IdsBuildError) as caught:
        _compile(folder, **changes)
    return caught.value


def _unit(graph: Graph, name: str) -> UnitTest:
    return next(test for test in graph.unit_tests() if test.name == name)


def test_a_grain_is_tested_without_being_asked(tmp_path: Path) -> None:
    told = {(test.kind, test.column) for test in _compile(tmp_path).data_tests()}
    assert told == {("grain", None), ("not_null", "id"), ("not_null", "customer")}


def test_a_key_that_is_tested_already_is_not_tested_twice(tmp_path: Path) -> None:
    yml = SHOP["models/staging/orders.yml"].replace("data_type: int32}", "data_type: int32, data_tests: [not_null]}")
    tests = [test.column for test in _compile(tmp_path, **{"models__staging__orders.yml": yml}).data_tests()]
    assert tests.count("id") == 1


def test_a_model_as_of_a_day_is_proved_without_being_asked(tmp_path: Path) -> None:
    yml = SHOP["models/staging/orders.yml"].replace("grain: [id]", "grain: [id], as_of: day")
    test = next(test for test in _compile(tmp_path, **{"models__staging__orders.yml": yml}).data_tests() if test.as_of)
    assert (test.name, test.as_of) == ("no_look_ahead_orders", AsOf(column="day"))
    assert (test.at.path, test.at.line, test.at.column) == ("models/staging/orders.yml", 3, 41)


def test_a_proof_that_is_told_is_not_made_twice(tmp_path: Path) -> None:
    yml = SHOP["models/staging/orders.yml"].replace("grain: [id]", "grain: [id], as_of: day")
    told = yml.replace("    columns:", "    data_tests: [no_look_ahead: {arguments: {days: 9}}]\n            columns:", 1)
    graph = _compile(tmp_path, **{"models__staging__orders.yml": told})
    assert [test.as_of for test in graph.data_tests() if test.kind == "no_look_ahead"] == [AsOf(column="day", days=9)]


def test_relationships_read_both_tables(tmp_path: Path) -> None:
    yml = """
        models:
          - name: totals
            columns:
              - name: customer
                data_tests:
                  - relationships: {arguments: {to: ref('orders'), field: customer}}
        """
    graph = _compile(tmp_path, **{"models__marts__totals.yml": yml})
    test = next(test for test in graph.data_tests() if test.kind == "relationships")
    assert graph.parents[test.unique_id] == ("model.shop.totals", "model.shop.orders")


def test_a_disabled_test_is_no_node(tmp_path: Path) -> None:
    yml = "models: [{name: totals, columns: [{name: customer, data_tests: [{unique: {config: {enabled: false}}}]}]}]\n"
    assert not [test for test in _compile(tmp_path, **{"models__marts__totals.yml": yml}).data_tests() if test.kind == "unique"]


def test_a_source_and_a_seed_have_tests_too(tmp_path: Path) -> None:
    raw = SHOP["models/raw.yml"].replace("data_type: int32}", "data_type: int32, data_tests: [unique]}")
    seeds = "seeds: [{name: colours, columns: [{name: code, data_tests: [unique]}]}]\n"
    graph = _compile(tmp_path, **{"models__raw.yml": raw, "seeds__colours.yml": seeds})
    owners = {str(test.table) for test in graph.data_tests() if test.kind == "unique"}
    assert owners == {"raw.orders", "seeds.colours"}


def test_a_generic_test_of_the_project_becomes_a_query(tmp_path: Path) -> None:
    macro = "{% test positive(model, column_name) %}select * from {{ model }} where {{ column_name }} <= 0{% endtest %}"
    yml = "models: [{name: totals, columns: [{name: amount, data_tests: [positive]}]}]\n"
    graph = _compile(tmp_path, **{"macros__positive.sql": macro, "models__marts__totals.yml": yml})
    test = next(test for test in graph.data_tests() if test.kind == "positive")
    assert (test.sql, test.table) == ('select * from "marts"."totals" where amount <= 0', as_relation("marts.totals"))


def test_a_singular_test_reads_what_its_query_reads(tmp_path: Path) -> None:
    text = "{{ config(severity='warn') }}select * from {{ ref('totals') }} where amount < 0"
    graph = _compile(tmp_path, **{"tests__data__no_debts.sql": text})
    test = next(test for test in graph.data_tests() if test.kind == "singular")
    assert (test.name, test.severity, test.table, test.references) == ("no_debts", "warn", None, (as_relation("marts.totals"),))


def test_a_singular_test_of_nothing_known_is_refused(tmp_path: Path) -> None:
    fault = _fault(tmp_path, **{"tests__data__no_debts.sql": "select * from marts.totls"})
    assert (fault.message, fault.hint) == ("unknown table 'marts.totls'", "did you mean 'marts.totals'?")
    assert fault.at is not None and fault.at.path == "tests/data/no_debts.sql"


def test_a_unit_test_keeps_given_rows_by_relation(tmp_path: Path) -> None:
    test = _unit(_compile(tmp_path, **{"models__marts__totals.yml": UNIT}), "sums")
    ((relation, rows),) = test.given
    assert (relation, rows.values) == (as_relation("staging.orders"), (("0042", "2.5"),))
    assert test.unique_id == "unit_test.shop.totals.sums"


def test_a_unit_test_may_override_variables(tmp_path: Path) -> None:
    sql = "select customer from {{ ref('orders') }} where amount > {{ var('low', 1) }}"
    yml = UNIT + "    overrides: {vars: {low: 7}}\n"
    graph = _compile(tmp_path, **{"models__marts__totals.sql": sql, "models__marts__totals.yml": yml})
    assert _unit(graph, "sums").sql.endswith("amount > 7")
    assert graph.model("model.shop.totals").sql.endswith("amount > 1")


def test_a_disabled_unit_test_is_no_node(tmp_path: Path) -> None:
    graph = _compile(tmp_path, **{"models__marts__totals.yml": UNIT + "    config: {enabled: false}\n"})
    assert "sums" not in {test.name for test in graph.unit_tests()}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("model: totals", "model: totls", "unknown model 'totls'"),
        ("    model: totals\n", "", "the unit test has no 'model'"),
        ("  - name: sums\n    model", "  - model", "the unit test has no 'name'"),
        ("    expect: {rows: [{customer: 0042}]}\n", "", "the unit test has no 'expect'"),
        ("ref('orders')", "ref('ordrs')", "unknown table 'ordrs'"),
        ("ref('orders')", "ref('colours')", "model 'totals' does not read 'seeds.colours'"),
        ("- input: ref('orders')\n        rows", "- rows", "the entry has no 'input'"),
        ("        rows: [{c", "        rosw: [{c", "unknown key 'rosw' in an input"),
        ("expect: {rows", "expect: {rosw", "unknown key 'rosw' in expect"),
        ("expect:", "overrides: {macros: {x: 1}}\n    expect:", "cannot override macro 'x'"),
        ("expect:", "overrides: {variables: {x: 1}}\n    expect:", "unknown key 'variables' in overrides"),
    ],
)
def test_a_fault_in_a_unit_test_is_told_at_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in UNIT
    fault = _fault(tmp_path, **{"models__marts__totals.yml": UNIT.replace(old, new)})
    assert fault.message == message
    assert fault.at is not None and fault.at.path == "models/marts/totals.yml" and fault.at.line is not None


def test_two_unit_tests_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = UNIT + UNIT.replace("\nunit_tests:\n", "")
    assert _fault(tmp_path, **{"models__marts__totals.yml": twice}).message == "two unit tests of 'totals' are named 'sums'"
