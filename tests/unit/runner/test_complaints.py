import pytest

from ids_build.errors import ExecutionError, StorageError
from ids_build.runner.complaints import PlanError, check_keys, execution_error, first_line, is_exhausted, plan_error

SECRET = "SECRET4711"


def test_a_complaint_of_the_planner_loses_its_wrapping_and_keeps_its_place() -> None:
    told = plan_error(Exception('DataFusion error: SQL error: ParserError("Expected: end, found: x at Line: 2, Column: 8")'))
    assert (told.message, told.line, told.column) == ("syntax error: Expected: end, found: x", 2, 8)


def test_a_complaint_without_a_place_has_none() -> None:
    told = plan_error(Exception("Error during planning: Table 'a' not found."))
    assert (told.message, told.line, told.column) == ("table 'a' not found", None, None)


LISTED = (
    "{above}\n  Unnest: lists[n]\n    Projection: t.a, n\n      Aggregate: groupBy=[[{keys}]], aggr=[[]]\n        TableScan: t"
)


@pytest.mark.parametrize("above", ["Distinct:", "Sort: t.a ASC, no ASC", "Aggregate: groupBy=[[t.a, no]], aggr=[[]]"])
def test_a_key_that_is_repeated_and_then_trusted_is_told(above: str) -> None:
    with pytest.raises(PlanError):
        check_keys(LISTED.format(above=above, keys="t.a"))


@pytest.mark.parametrize(
    ("above", "keys"),
    [("Distinct:", ""), ("Distinct:", "t.a, t.b"), ("Filter: no > 1", "t.a"), ("Sort: t.a ASC", "t.a")],
    ids=["no key", "a key that is not selected", "nothing trusts it", "sorted by the key alone"],
)
def test_a_key_that_nothing_trusts_is_no_fault(above: str, keys: str) -> None:
    check_keys(LISTED.format(above=above, keys=keys))


def test_a_group_beside_a_list_is_no_fault() -> None:
    check_keys("Distinct:\n  Join:\n    Unnest: lists[n]\n      Scan\n    Aggregate: groupBy=[[t.a]], aggr=[[]]\n      Scan")


def test_only_the_first_line_is_taken() -> None:
    assert first_line(Exception("  one\ntwo")) == "one"


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        (f"No space left on device {SECRET}", StorageError, "the disk is full"),
        (f"Permission denied {SECRET}", StorageError, "no permission to write"),
        (f"Resources exhausted: {SECRET}", ExecutionError, "the memory limit is too small for this query"),
        (f"Cast error: Cannot cast string '{SECRET}' to value of Int32 type", ExecutionError, "a value cannot be cast to Int32"),
        (f"Divide by zero error {SECRET}", ExecutionError, "division by zero"),
        (f"Arithmetic overflow {SECRET}", ExecutionError, "a number is too large for its type"),
        (f"Parquet error: {SECRET}", ExecutionError, "a parquet file cannot be read"),
        (f"{SECRET}", ExecutionError, "the engine failed while the query ran"),
    ],
)
def test_what_goes_wrong_while_data_runs_is_told_by_kind(said: str, kind: type[Exception], message: str) -> None:
    told = execution_error(Exception(said))
    assert (type(told), told.message) == (kind, message)
    assert SECRET not in str(told)


def test_a_full_pool_is_known() -> None:
    assert is_exhausted(Exception("Not enough memory to go on"))
    assert not is_exhausted(Exception("anything else"))
