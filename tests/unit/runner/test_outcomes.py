from ids_build.errors import ExecutionError, Location
from ids_build.runner.outcomes import broken, make_result, name_of, passed_before, resource_of, skipped, started, unproven
from ids_build.runner.state import Passed
from tests.support import make_data_test, make_model, make_seed, make_source, make_unit_test

MODEL, TEST = make_model("staging.orders"), make_data_test("staging.orders", name="full")


def test_a_node_is_called_by_its_kind_and_name() -> None:
    nodes = (MODEL, make_seed("seeds.colours"), make_source("raw.orders"), TEST, make_unit_test(MODEL))
    assert [resource_of(node) for node in nodes] == ["model", "seed", "source", "test", "unit_test"]
    assert [name_of(node) for node in nodes] == ["staging.orders", "seeds.colours", "raw.orders", "full", "orders::works"]
    assert (started(MODEL).name, make_result(MODEL, "success").status) == ("staging.orders", "success")


def test_a_test_that_passed_before_is_reused_and_a_warning_is_told_again() -> None:
    assert passed_before(TEST, Passed(key="k", failures=0)).status == "reused"
    warned = passed_before(TEST, Passed(key="k", failures=2, message="2 failing rows"))
    assert (warned.status, warned.failures, warned.message, warned.at) == ("warn", 2, "2 failing rows", TEST.at)


def test_a_refused_table_says_whether_a_former_one_stays() -> None:
    failed = make_result(TEST, "fail")
    assert unproven(MODEL, failed, True, 1.0).message == "a data test of it failed; the former table stays"
    assert unproven(MODEL, failed, False, 1.0).message == "a data test of it failed"


def test_an_error_keeps_its_words_and_place() -> None:
    at = Location(path="a.sql")
    result = broken(MODEL, ExecutionError("it broke", at=at, hint="mend it"), 1.0)
    assert (result.status, result.message, result.hint, result.at) == ("error", "it broke", "mend it", at)
    assert skipped(MODEL, "because").message == "because"
