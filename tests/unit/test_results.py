import pytest

from ids_build.results import Result, RunResults


def _result(status: str) -> Result:
    return Result(unique_id="model.shop.a", name="a", resource="model", status=status)


@pytest.mark.parametrize(
    ("status", "failed"),
    [("success", False), ("pass", False), ("warn", False), ("skipped", False), ("error", True), ("fail", True)],
)
def test_only_errors_and_failed_tests_fail_a_run(status: str, failed: bool) -> None:
    run = RunResults(command="build", results=(_result("success"), _result(status)), seconds=1.0)
    assert (_result(status).failed, run.ok) == (failed, not failed)


def test_statuses_are_counted() -> None:
    run = RunResults(command="build", results=(_result("pass"), _result("fail"), _result("pass")), seconds=1.0)
    assert (run.count("pass"), run.count("fail"), run.count("warn")) == (2, 1, 0)


def test_a_run_of_nothing_is_fine() -> None:
    assert RunResults(command="build", results=(), seconds=0.0).ok
