import pyarrow as pa
import pytest

from ids_build.nodes import DataTest
from ids_build.results import Result
from ids_build.runner.data_tests import run_data_tests
from ids_build.runner.engine import Engine
from tests.support import AT, as_relation, make_data_test

ROWS = pa.table({"id": [1, 2, None], "word": ["SECRET1234", "b", "b"]})


def _run(*tests: DataTest) -> dict[str, Result]:
    engine = Engine(threads=1, memory_limit=64 * 1024**2)
    engine.add_rows(as_relation("staging.orders"), ROWS)
    return {result.name: result for result in run_data_tests(tests, engine)}


def _test(name: str, predicate: str, **parts: str) -> DataTest:
    return make_data_test(name=name, predicate=predicate, **parts)


@pytest.mark.parametrize(
    ("predicate", "severity", "status", "failures", "message"),
    [
        ("id > 9", "error", "pass", 0, None),
        ("id is null", "error", "fail", 1, "1 failing row"),
        ("word = 'b'", "error", "fail", 2, "2 failing rows"),
        ("word = 'b'", "warn", "warn", 2, "2 failing rows"),
        ("id > 9", "warn", "pass", 0, None),
        ("null", "error", "pass", 0, None),
    ],
)
def test_failing_rows_are_counted(predicate: str, severity: str, status: str, failures: int, message: str | None) -> None:
    found = _run(_test("t", predicate, severity=severity))["t"]
    assert (found.status, found.failures, found.message, found.at) == (status, failures, message, AT)


def test_conditions_of_one_table_are_judged_one_by_one() -> None:
    found = _run(_test("a", "id is null"), _test("b", "id > 9"), _test("c", "word = 'b'"))
    assert {name: result.failures for name, result in found.items()} == {"a": 1, "b": 0, "c": 2}


def test_one_condition_that_cannot_run_leaves_the_others_alone() -> None:
    found = _run(_test("bad", "nothing is null"), _test("good", "id is null"))
    assert (found["bad"].status, found["good"].status, found["good"].failures) == ("error", "fail", 1)
    assert found["bad"].message is not None and found["bad"].message.startswith("the test cannot run")


@pytest.mark.parametrize("ending", ["", ";", " ;\n", "\n-- a comment at the end"])
def test_a_query_counts_the_rows_it_returns(ending: str) -> None:
    sql = f"select word from staging.orders group by word having count(*) > 1{ending}"
    assert _run(make_data_test(name="t", sql=sql))["t"].failures == 1


def test_every_test_has_one_result() -> None:
    tests = [_test("a", "id is null"), make_data_test(name="b", sql="select 1"), make_data_test(None, name="c", sql="select 1")]
    assert sorted(_run(*tests)) == ["a", "b", "c"]


def test_a_test_that_fails_while_running_tells_no_value() -> None:
    found = _run(_test("t", "cast(word as int) > 1"))["t"]
    assert found.status == "error"
    assert "SECRET1234" not in str(found)
