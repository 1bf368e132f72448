from typing import Any

import pyarrow as pa
import pytest

from ids_build.compiler.data_tests import TestSpec, literal, make_data_test, name_data_test, quote
from ids_build.errors import PropertiesError
from ids_build.nodes import DataTest
from ids_build.relation import Relation
from ids_build.runner.engine import Engine
from tests.support import AT

ORDERS = Relation(layer="staging", name="orders")
COLOURS = Relation(layer="seeds", name="colours")

# Worked out by hand, row by row: id NULL, 1, 2, 2, 9; colour red, blue, NULL, green, red.
# Of the four colours that are there three are among the parent's words: green is not.
TABLE = pa.table(
    {
        "id": [None, 1, 2, 2, 9],
        "colour": ["red", "blue", None, "green", "red"],
        "same": [7, 7, None, 7, 7],
        "none": pa.nulls(5, pa.int64()),
        "year": [2001, 2001, 2002, 2001, 2002],
    }
)
PARENT = pa.table({"word": ["red", "blue", None]})


def _spec(kind: str, column: str | None = None, config: dict[str, Any] | None = None, **arguments: Any) -> TestSpec:
    return TestSpec(kind=kind, at=AT, column=column, arguments=arguments, config=config or {})


def _make(spec: TestSpec) -> DataTest:
    return make_data_test(spec, ORDERS, COLOURS if "to" in spec.arguments else None, "shop")


def _failures(test: DataTest) -> int:
    engine = Engine(threads=1, memory_limit=64 * 1024**2)
    engine.add_rows(ORDERS, TABLE)
    engine.add_rows(COLOURS, PARENT)
    if test.predicate is not None:
        return engine.fetch(f"select * from {ORDERS.sql} where {test.predicate}").num_rows
    return engine.fetch(test.sql or "").num_rows


@pytest.mark.parametrize(
    ("spec", "failures"),
    [
        (_spec("not_null", "id"), 1),
        (_spec("not_null", "colour"), 1),
        (_spec("not_null", "id", {"where": "colour = 'blue'"}), 0),
        (_spec("unique", "id"), 1),
        (_spec("unique", "colour"), 1),
        (_spec("unique", "id", {"where": "colour is not null"}), 0),
        (_spec("accepted_values", "colour", values=["red", "blue"]), 1),
        (_spec("accepted_values", "colour", values=["red", "blue", "green"]), 0),
        (_spec("accepted_values", "id", values=[1, 2]), 1),
        (_spec("accepted_values", "id", values=["1", "2"], quote=False), 1),
        (_spec("accepted_values", "colour", {"where": "id = 2"}, values=["red"]), 1),
        (_spec("relationships", "colour", to="x", field="word"), 1),
        (_spec("relationships", "colour", {"where": "id <> 2"}, to="x", field="word"), 0),
        (_spec("join_rate", "colour", to="x", field="word", at_least=0.75), 0),
        (_spec("join_rate", "colour", to="x", field="word", at_least=0.76), 1),
        (_spec("join_rate", "colour", to="x", field="word", at_least="1"), 1),
        (_spec("join_rate", "colour", {"where": "id = 2"}, to="x", field="word", at_least=0.01), 1),
        (_spec("join_rate", "colour", {"where": "id < 2"}, to="x", field="word", at_least=1), 0),
        (_spec("join_rate", "colour", {"where": "id > 99"}, to="x", field="word", at_least=1), 0),
        (_spec("not_constant", "same"), 1),
        (_spec("not_constant", "colour"), 0),
        (_spec("not_constant", "none"), 0),
        (_spec("not_constant", "same", by="year"), 1),
        (_spec("not_constant", "id", by="year"), 0),
        (_spec("not_constant", "same", {"where": "year = 2001"}, by="year"), 0),
        (_spec("not_constant", "same", {"where": "id = 2"}, by="year"), 0),
        (_spec("grain", columns=["id"]), 1),
        (_spec("grain", columns=["id", "colour"]), 0),
        (_spec("unique_combination_of_columns", combination_of_columns=["id"]), 1),
        (_spec("expression_is_true", expression="id < 9"), 1),
        (_spec("expression_is_true", "id", expression="< 2"), 3),
        (_spec("expression_is_true", "id", {"where": "colour = 'green'"}, expression="< 2"), 1),
        (_spec("accepted_range", "id", min_value=2), 1),
        (_spec("accepted_range", "id", max_value=2), 1),
        (_spec("accepted_range", "id", min_value=2, max_value=8), 2),
        (_spec("accepted_range", "id", min_value=0), 0),
        (_spec("accepted_range", "id", {"where": "colour = 'red'"}, min_value=2, max_value=8), 1),
    ],
    ids=lambda value: None if isinstance(value, int) else f"{value.kind}-{value.column}-{dict(value.arguments)}-{value.config}",
)
def test_a_data_test_finds_exactly_the_failing_rows(spec: TestSpec, failures: int) -> None:
    assert _failures(_make(spec)) == failures


def test_an_accepted_range_may_exclude_its_bounds() -> None:
    assert _failures(_make(_spec("accepted_range", "id", min_value=1, max_value=9, inclusive=False))) == 2


@pytest.mark.parametrize(
    ("spec", "argument"),
    [
        (_spec("accepted_values", "id"), "values"),
        (_spec("relationships", "id", to="x"), "field"),
        (_spec("join_rate", "id", to="x"), "field"),
        (_spec("join_rate", "id", field="word", at_least=1), "to"),
        (_spec("join_rate", "id", to="x", field="word"), "at_least"),
        (_spec("grain"), "columns"),
        (_spec("unique_combination_of_columns"), "combination_of_columns"),
        (_spec("expression_is_true"), "expression"),
        (_spec("accepted_range", "id"), "min_value"),
    ],
    ids=lambda value: value.kind if isinstance(value, TestSpec) else None,
)
def test_a_missing_argument_is_told_by_name(spec: TestSpec, argument: str) -> None:
    with pytest.raises(PropertiesError, match=f"test '{spec.kind}' has no '{argument}'") as caught:
        _make(spec)
    assert caught.value.at == AT


@pytest.mark.parametrize(
    ("kind", "name"), [("accepted_values", "values"), ("unique_combination_of_columns", "combination_of_columns")]
)
@pytest.mark.parametrize("given", ["id", 1, [], {"id": 1}], ids=repr)
def test_an_argument_that_is_no_list_is_told_by_name(kind: str, name: str, given: object) -> None:
    with pytest.raises(PropertiesError, match=f"'{name}' of test '{kind}' is no list, or an empty one") as caught:
        _make(_spec(kind, "id", **{name: given}))
    assert caught.value.at == AT


def test_relationships_without_a_parent_is_refused() -> None:
    with pytest.raises(PropertiesError, match="has no 'to'"):
        make_data_test(_spec("relationships", "id", field="x"), ORDERS, None, "shop")


def test_a_join_rate_is_counted_in_whole_numbers() -> None:
    engine = Engine(threads=1, memory_limit=64 * 1024**2)
    engine.add_rows(ORDERS, pa.table({"id": list(range(100))}))
    engine.add_rows(COLOURS, pa.table({"word": list(range(7))}))
    # 0.07 * 100 is 7.000000000000001 in floating point, so that 7 of 100 would be too few.
    test = make_data_test(_spec("join_rate", "id", to="x", field="word", at_least=0.07), ORDERS, COLOURS, "shop")
    assert engine.fetch(test.sql or "").num_rows == 0
    test = make_data_test(_spec("join_rate", "id", to="x", field="word", at_least=0.08), ORDERS, COLOURS, "shop")
    assert engine.fetch(test.sql or "").num_rows == 93


def test_a_value_that_the_other_table_has_twice_is_found_once() -> None:
    engine = Engine(threads=1, memory_limit=64 * 1024**2)
    engine.add_rows(ORDERS, pa.table({"id": [1, 2]}))
    engine.add_rows(COLOURS, pa.table({"word": [1, 1, 1]}))
    test = make_data_test(_spec("join_rate", "id", to="x", field="word", at_least=0.6), ORDERS, COLOURS, "shop")
    assert engine.fetch(test.sql or "").num_rows == 1


@pytest.mark.parametrize("share", [95, 0, -0.5, 1.01, "much", ".nan", None, True, [1]])
def test_a_share_lies_above_nothing_and_at_most_at_all(share: object) -> None:
    with pytest.raises(PropertiesError, match="is no share") as caught:
        _make(_spec("join_rate", "id", to="x", field="word", at_least=share))
    assert caught.value.hint == "write a number above 0, at most 1: 0.95"


@pytest.mark.parametrize("kind", ["not_null", "unique", "join_rate", "not_constant"])
def test_a_test_of_a_column_needs_one(kind: str) -> None:
    with pytest.raises(PropertiesError, match="column"):
        _make(_spec(kind))


@pytest.mark.parametrize("values", ["red", 3, None, {"a": 1}])
def test_accepted_values_are_a_list(values: object) -> None:
    with pytest.raises(PropertiesError, match="values"):
        _make(_spec("accepted_values", "colour", values=values))


def test_the_test_reads_its_table_and_the_parent() -> None:
    assert _make(_spec("relationships", "colour", to="x", field="word")).references == (ORDERS, COLOURS)
    assert _make(_spec("not_null", "id")).references == (ORDERS,)


def test_a_name_is_made_of_kind_table_and_column() -> None:
    test = _make(_spec("not_null", "id"))
    assert test.name == "not_null_orders_id"
    assert test.unique_id.startswith("test.shop.not_null_orders_id.")


def test_a_given_name_stands() -> None:
    spec = TestSpec(kind="not_null", at=AT, column="id", name="has_number")
    assert _make(spec).name == "has_number"


def test_two_tests_that_differ_in_an_argument_have_two_ids() -> None:
    ids = {_make(_spec("accepted_range", "id", min_value=low)).unique_id for low in (1, 2)}
    assert len(ids) == 2


def test_the_same_test_has_the_same_id() -> None:
    assert _make(_spec("not_null", "id")).unique_id == _make(_spec("not_null", "id")).unique_id


@pytest.mark.parametrize(("said", "severity"), [({}, "error"), ({"severity": "WARN"}, "warn"), ({"severity": "error"}, "error")])
def test_severity_is_error_unless_said(said: dict[str, str], severity: str) -> None:
    assert _make(_spec("not_null", "id", said)).severity == severity


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(PropertiesError, match="unknown severity 'fatal'"):
        _make(_spec("not_null", "id", {"severity": "fatal"}))


@pytest.mark.parametrize(("said", "tags"), [("nightly", ("nightly",)), (["a", "b"], ("a", "b")), (None, ())])
def test_one_tag_may_be_written_without_a_list(said: object, tags: tuple[str, ...]) -> None:
    assert _make(_spec("not_null", "id", {"tags": said})).tags == tags


def test_a_singular_test_has_no_table() -> None:
    spec = TestSpec(kind="singular", at=AT, name="no_orphans")
    test = name_data_test(spec, None, "shop", references=(ORDERS,), sql="select 1")
    assert (test.name, test.table, test.predicate, test.sql) == ("no_orphans", None, None, "select 1")


@pytest.mark.parametrize(
    ("value", "sql"),
    [(True, "true"), (False, "false"), (1, "1"), (2.5, "2.5"), ("a", "'a'"), ("it's", "'it''s'"), ("0101", "'0101'")],
)
def test_a_yaml_scalar_becomes_an_sql_literal(value: object, sql: str) -> None:
    assert literal(value) == sql


def test_a_column_name_is_quoted() -> None:
    assert quote('a"b') == '"a""b"'
