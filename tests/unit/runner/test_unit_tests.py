from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.nodes import Model, Rows, UnitTest
from ids_build.results import Result
from ids_build.runner.unit_tests import describe_difference, run_unit_test, run_unit_tests
from tests.support import AT, as_relation, make_graph, make_model, make_seed, make_source, make_unit_test, rows

RAW = make_source("raw.orders")
SEED = make_seed("seeds.colours", "code,word\n01,red\n02,blue\n")
SCHEMAS = {
    RAW.relation: pa.schema([("id", pa.string()), ("n", pa.int32()), ("share", pa.float64()), ("day", pa.date32())]),
    SEED.relation: pa.schema([("code", pa.string()), ("word", pa.string())]),
}


def _model(sql: str, *reads: str) -> Model:
    return make_model("staging.orders", reads or ("raw.orders",), sql)


def _run(sql: str, given_rows: Mapping[str, Rows], expect: Rows, *reads: str) -> Result:
    model = _model(sql, *reads)
    return run_unit_test(make_unit_test(model, given_rows, expect), make_graph(RAW, SEED, model), SCHEMAS)


def test_equal_rows_pass_whatever_their_order() -> None:
    found = _run(
        "select id, n from raw.orders",
        {"raw.orders": rows(["id", "n"], ["a", "1"], ["b", None], ["a", "1"])},
        rows(["n", "id"], [None, "b"], ["1", "a"], ["1", "a"]),
    )
    assert (found.status, found.message, found.name) == ("pass", None, "orders::works")


def test_only_the_expected_columns_are_compared() -> None:
    found = _run("select id, n from raw.orders", {"raw.orders": rows(["id", "n"], ["a", "1"])}, rows(["id"], ["a"]))
    assert found.status == "pass"


@pytest.mark.parametrize("expected", [(["a"],), (["a"], ["a"], ["a"])])
def test_rows_are_counted(expected: tuple[list[str], ...]) -> None:
    given_rows = {"raw.orders": rows(["id"], ["a"], ["a"])}
    assert _run("select id from raw.orders", given_rows, rows(["id"], *expected)).status == "fail"


def test_a_column_that_was_not_given_is_null() -> None:
    found = _run("select id, n from raw.orders", {"raw.orders": rows(["id"], ["a"])}, rows(["id", "n"], ["a", None]))
    assert found.status == "pass"


def test_identifiers_keep_their_leading_zeros() -> None:
    given_rows = {"raw.orders": rows(["id"], ["0042"])}
    assert _run("select id from raw.orders", given_rows, rows(["id"], ["0042"])).status == "pass"
    assert _run("select id from raw.orders", given_rows, rows(["id"], ["42"])).status == "fail"


def test_the_empty_text_is_not_null() -> None:
    given_rows = {"raw.orders": rows(["id"], [""])}
    assert _run("select id from raw.orders", given_rows, rows(["id"], [""])).status == "pass"
    assert _run("select id from raw.orders", given_rows, rows(["id"], [None])).status == "fail"


def test_nan_equals_nan_and_not_null() -> None:
    given_rows = {"raw.orders": rows(["share"], ["NaN"])}
    assert _run("select share from raw.orders", given_rows, rows(["share"], ["NaN"])).status == "pass"
    assert _run("select share from raw.orders", given_rows, rows(["share"], [None])).status == "fail"


def test_a_difference_is_told_by_the_row_and_its_columns() -> None:
    found = _run("select id, n from raw.orders", {"raw.orders": rows(["id", "n"], ["a", "1"])}, rows(["id", "n"], ["a", "2"]))
    assert found.status == "fail"
    assert found.message is not None and "n: expected 2, got 1" in found.message and "id='a'" in found.message


def test_an_input_without_rows_is_empty() -> None:
    assert _run("select id from raw.orders", {}, rows(["id"])).status == "pass"


def test_a_seed_without_rows_is_its_own_file() -> None:
    found = _run("select word from seeds.colours where code = '02'", {}, rows(["word"], ["blue"]), "seeds.colours")
    assert found.status == "pass"


def test_a_seed_that_was_given_no_rows_on_purpose_is_empty() -> None:
    found = _run("select word from seeds.colours", {"seeds.colours": rows(["word"])}, rows(["word"]), "seeds.colours")
    assert found.status == "pass"


def test_given_and_expected_rows_may_be_queries() -> None:
    made = Rows(sql="select 'a' as id, 1 as n", at=AT, given=True)
    found = _run(
        "select id, n + 1 as n from raw.orders", {"raw.orders": made}, Rows(sql="select 2 as n, 'a' as id", at=AT, given=True)
    )
    assert found.status == "pass"


def test_the_tests_own_query_is_run() -> None:
    model = _model("select 1 as x from raw.orders")
    test = make_unit_test(model, {"raw.orders": rows(["id"], ["a"])}, rows(["x"], ["2"]), sql="select 2 as x from raw.orders")
    assert run_unit_test(test, make_graph(RAW, SEED, model), SCHEMAS).status == "pass"


@pytest.mark.parametrize(
    ("given_rows", "expect", "message"),
    [
        ({"raw.orders": rows(["idd"], ["a"])}, rows(["id"], ["a"]), "unknown column 'idd'"),
        ({"raw.orders": rows(["id"], ["a"])}, rows(["idd"], ["a"]), "unknown column 'idd'"),
        ({"raw.orders": rows(["n"], ["x"])}, rows(["id"], ["a"]), "'x' is no int32"),
        ({"raw.orders": rows(["day"], ["01-02-2000"])}, rows(["id"], ["a"]), "'01-02-2000' is no date"),
        ({"raw.orders": Rows(sql="select 1 as idd", at=AT, given=True)}, rows(["id"], ["a"]), "unknown column 'idd'"),
        ({"raw.orders": rows(["id"], ["a"])}, Rows(sql="select 1 as idd", at=AT, given=True), "idd"),
    ],
)
def test_rows_that_cannot_be_laid_are_an_error_of_the_test(given_rows: Any, expect: Rows, message: str) -> None:
    found = _run("select id from raw.orders", given_rows, expect)
    assert found.status == "error"
    assert found.message is not None and message in found.message


def test_a_query_that_cannot_be_planned_is_an_error() -> None:
    assert _run("select nothing from raw.orders", {}, rows(["id"])).status == "error"


def test_an_input_of_unknown_columns_is_an_error() -> None:
    model = _model("select 1 as x from raw.orders")
    found = run_unit_test(make_unit_test(model), make_graph(RAW, model), {})
    assert found.message == "the columns of 'raw.orders' are not known"


# -- macros ---------------------------------------------------------------------------------------


def _run_macro(sql: str, given_rows: Rows | None = None, expect: Rows | None = None, refused: str | None = None) -> Result:
    inputs = {as_relation("given.rows"): given_rows} if given_rows else {}
    test = UnitTest(
        unique_id="unit_test.shop.half.halves",
        name="halves",
        model=None,
        macro="half",
        at=AT,
        sql=sql,
        references=tuple(inputs),
        given=tuple(inputs.items()),
        expect=expect or rows(["h"], ["2"]),
        refused=refused,
    )
    return run_unit_test(test, make_graph(), {})


def _typed(types: dict[str, str], *values: list[str | None]) -> Rows:
    return Rows(columns=tuple(types), values=tuple(map(tuple, values)), at=AT, given=True, types=types)


def test_the_query_of_a_macro_runs_on_rows_of_the_declared_types() -> None:
    given_rows = _typed({"n": "int32", "code": "string", "d": "date"}, ["4", "0042", "2004-02-29"])
    expect = rows(["n", "code", "d", "kind"], ["4", "0042", "2004-02-29", "Int32"])
    found = _run_macro("select *, arrow_typeof(n) as kind from given.rows", given_rows, expect)
    assert (found.status, found.message, found.name) == ("pass", None, "half::halves")


def test_a_macro_without_inputs_is_tested_too() -> None:
    assert _run_macro("select 2 as h").status == "pass"
    assert _run_macro("select 3 as h").status == "fail"


def test_a_macro_without_rows_meets_an_empty_table() -> None:
    given_rows = Rows(at=AT, types={"n": "int32"})
    assert (
        _run_macro("select count(*) as h, max(n) as m from given.rows", given_rows, rows(["h", "m"], ["0", None])).status
        == "pass"
    )


@pytest.mark.parametrize(
    ("refused", "status", "message"),
    [
        ("never 1", "pass", None),
        ("never 12", "pass", None),
        ("always", "fail", "expected the error 'never 1', got 'always'"),
        (None, "fail", "expected the error 'never 1', got none"),
    ],
)
def test_an_expected_error_is_compared_with_what_the_macro_said(refused: str | None, status: str, message: str | None) -> None:
    found = _run_macro("", expect=Rows(error="never 1", at=AT, given=True), refused=refused)
    assert (found.status, found.message) == (status, message)


def test_a_type_that_nobody_knows_is_an_error_of_the_test() -> None:
    found = _run_macro("select * from given.rows", _typed({"n": "intt"}, ["1"]))
    assert (found.status, found.message) == ("error", "unknown data_type 'intt' of column 'n'")


def test_a_row_with_an_undeclared_column_is_an_error_of_the_test() -> None:
    given_rows = Rows(columns=("m",), values=(("1",),), at=AT, given=True, types={"n": "int32"})
    found = _run_macro("select * from given.rows", given_rows)
    assert (found.status, found.message, found.hint) == ("error", "unknown column 'm'", "the columns are n")


def test_a_query_of_a_macro_that_cannot_be_planned_is_told_at_the_test() -> None:
    found = _run_macro("select nothing as h from given.rows", _typed({"n": "int32"}, ["1"]))
    assert (found.status, found.at, found.hint) == ("error", AT, "the columns are n")


# -- multisets ------------------------------------------------------------------------------------

CELLS = st.one_of(st.none(), st.integers(0, 2), st.sampled_from(["a", ""]))
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=6)


@given(TABLES, st.data())
def test_the_order_of_rows_makes_no_difference(table: list[tuple[Any, Any]], data: st.DataObject) -> None:
    assert describe_difference(["a", "b"], table, data.draw(st.permutations(table))) is None


@given(TABLES, TABLES)
def test_two_tables_differ_exactly_when_some_row_is_counted_differently(left: list[Any], right: list[Any]) -> None:
    equal = all(left.count(row) == right.count(row) for row in [*left, *right])
    assert (describe_difference(["a", "b"], left, right) is None) == equal
    assert (describe_difference(["a", "b"], right, left) is None) == equal


def test_missing_and_extra_rows_are_counted() -> None:
    told = describe_difference(["a"], [("x",), ("y",)], [("x",), ("z",), ("z",)])
    assert told is not None and told.startswith("expected 2 rows, got 3: 1 missing, 2 too many")


def test_null_and_text_are_shown_apart() -> None:
    told = describe_difference(["a", "b"], [("k", None)], [("k", "NULL")])
    assert told is not None and "b: expected NULL, got 'NULL'" in told


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_tests(threads: int) -> None:
    model = make_model("staging.one", sql="select 1 as x")
    tests = [make_unit_test(model, {}, rows(["x"], [str(n % 2)]), name=f"t{n}") for n in range(6)]
    results = run_unit_tests(tests, make_graph(model, *tests), {}, threads)
    assert [(r.name, r.status) for r in results] == [(f"one::t{n}", "pass" if n % 2 else "fail") for n in range(6)]
