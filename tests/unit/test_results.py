import pytest

from ids_build.results import Note, Published, Result, RunResults, Started, gather


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


def test_results_are_gathered_from_what_a_run_tells() -> None:
    published = Published(generation=2, tables=1)
    started = Started(unique_id="a", name="a", resource="model")
    run = gather("build", [Note(message="cleaned"), started, _result("success"), published], 1.0, {"select": []})
    assert (run.results, run.published, run.notes) == ((_result("success"),), published, ("cleaned",))


def test_results_stand_in_the_order_that_is_asked_for_and_others_behind() -> None:
    told = [Result(unique_id=name, name=name, resource="model", status="success") for name in "xcab"]
    run = gather("build", told, 1.0, {}, ["a", "b", "c"])
    assert [result.name for result in run.results] == ["a", "b", "c", "x"]
