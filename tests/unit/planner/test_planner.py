import pytest

from ids_build.nodes import AsOf, Node
from ids_build.plan import Plan
from ids_build.planner.planner import Selection, make_plan, select
from tests.support import make_data_test, make_graph, make_macro_test, make_model, make_seed, make_source, make_unit_test

RAW = make_source("raw.orders")
COLOURS = make_seed("seeds.colours")
ORDERS = make_model("staging.orders", ["raw.orders"])
LINES = make_model("staging.lines", ["staging.orders", "seeds.colours"])
TOTALS = make_model("marts.totals", ["staging.lines"])
NOT_NULL = make_data_test("staging.orders", name="not_null")
UP = make_data_test("staging.lines", ["seeds.colours"], name="up", sql="select 1")
DOWN = make_data_test("staging.orders", ["marts.totals"], name="down", sql="select 1")
ON_RAW = make_data_test("raw.orders", name="on_raw")
SINGLE = make_data_test(None, ["staging.lines", "staging.orders"], name="single", sql="select 1")
WORKS = make_unit_test(ORDERS)
NODES = (RAW, COLOURS, ORDERS, LINES, TOTALS, NOT_NULL, UP, DOWN, ON_RAW, SINGLE, WORKS)
GRAPH = make_graph(*NODES)


def _plan(command: str, *nodes: Node) -> Plan:
    ids = frozenset(node.unique_id for node in nodes or NODES)
    return make_plan(GRAPH, Selection(ids=ids), command)


def _steps(plan: Plan) -> list[str]:
    return [step.node.name for step in plan.steps]


def test_parents_are_built_before_their_children() -> None:
    names = [step.node.name for step in _plan("build").steps if step.builds]
    assert sorted(names) == ["colours", "lines", "orders", "totals"]
    assert names.index("orders") < names.index("lines") < names.index("totals")
    assert names.index("colours") < names.index("lines")


@pytest.mark.parametrize(
    ("command", "built", "tests"),
    [
        ("build", {"colours", "orders", "lines", "totals"}, 6),
        ("run", {"orders", "lines", "totals"}, 0),
        ("seed", {"colours"}, 0),
        ("test", set(), 6),
    ],
)
def test_a_command_builds_and_tests_what_it_says(command: str, built: set[str], tests: int) -> None:
    plan = _plan(command)
    assert {step.node.name for step in plan.steps if step.builds} == built
    assert sum(len(step.data_tests) + len(step.unit_tests) for step in plan.steps) == tests


@pytest.mark.parametrize(("command", "steps"), [("build", ["halves", "orders"]), ("test", ["halves"]), ("run", ["orders"])])
def test_macros_are_tested_first(command: str, steps: list[str]) -> None:
    halves = make_macro_test("half", "halves")
    graph = make_graph(*NODES, halves)
    plan = make_plan(graph, Selection(ids=frozenset({halves.unique_id, ORDERS.unique_id})), command)
    assert _steps(plan) == steps
    if "halves" in steps:
        assert (plan.steps[0].node, plan.steps[0].unit_tests, plan.steps[0].builds) == (halves, (halves,), False)


def test_every_chosen_test_runs_exactly_once() -> None:
    told = [test.name for step in _plan("build").steps for test in (*step.data_tests, *step.unit_tests)]
    assert sorted(told) == ["down", "not_null", "on_raw", "single", "up", "works"]


def test_only_what_was_chosen_is_built() -> None:
    assert _steps(_plan("build", LINES)) == ["lines"]


def test_a_test_of_a_table_belongs_to_the_tables_step() -> None:
    (step,) = _plan("build", ORDERS, NOT_NULL, WORKS).steps
    assert (step.data_tests, step.unit_tests, step.builds) == ((NOT_NULL,), (WORKS,), True)


def test_a_test_that_reads_what_stands_above_belongs_to_the_tables_step() -> None:
    step = next(step for step in _plan("build").steps if step.node == LINES)
    assert step.data_tests == (UP,)


def test_a_test_that_reads_what_is_built_later_is_a_step_after_it() -> None:
    steps = _plan("build").steps
    names = [step.node.name for step in steps]
    assert names.index("down") > names.index("totals")
    own = steps[names.index("down")]
    assert (own.builds, own.data_tests) == (False, (DOWN,))


def test_a_singular_test_follows_the_last_table_it_reads() -> None:
    names = _steps(_plan("build"))
    assert names.index("single") == names.index("lines") + 1


def test_tests_of_a_source_are_a_step_that_builds_nothing() -> None:
    step = next(step for step in _plan("build").steps if step.node == RAW)
    assert (step.builds, step.data_tests) == (False, (ON_RAW,))


def test_a_test_waits_only_for_what_this_plan_makes() -> None:
    (step,) = _plan("build", SINGLE).steps
    assert step.waits_for == ()
    step = next(step for step in _plan("build", SINGLE, LINES).steps if step.node == SINGLE)
    assert step.waits_for == (LINES.unique_id,)


def test_a_table_waits_for_the_parents_in_the_plan() -> None:
    step = next(step for step in _plan("build", ORDERS, LINES).steps if step.node == LINES)
    assert step.waits_for == (ORDERS.unique_id,)


def test_a_table_waits_for_a_source_whose_tests_run() -> None:
    step = next(step for step in _plan("build", ON_RAW, ORDERS).steps if step.node == ORDERS)
    assert step.waits_for == (RAW.unique_id,)


def test_nothing_chosen_makes_an_empty_plan() -> None:
    assert make_plan(GRAPH, Selection(ids=frozenset()), "build").steps == ()


def test_the_plan_is_the_same_however_the_graph_was_listed() -> None:
    other = make_graph(*reversed(NODES))
    assert make_plan(other, select(other), "build").steps[0].node == _plan("build").steps[0].node
    assert _steps(make_plan(other, select(other), "run")) == _steps(_plan("run"))


@pytest.mark.parametrize(("command", "proofs"), [("build", []), ("run", []), ("test", ["proof"])])
def test_the_proof_of_no_look_ahead_belongs_to_test_alone(command: str, proofs: list[str]) -> None:
    proof = make_data_test("staging.orders", name="proof", as_of=AsOf(column="day"))
    graph = make_graph(*NODES, proof)
    plan = make_plan(graph, Selection(ids=frozenset({ORDERS.unique_id, proof.unique_id})), command)
    assert _steps(plan) == ["orders"]
    assert [test.name for step in plan.steps for test in step.data_tests] == proofs
