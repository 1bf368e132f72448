"""What a run would do with each node of a plan, and why; nothing is built."""

from collections.abc import Iterator

from ids_build.errors import IdsBuildError
from ids_build.graph import Graph
from ids_build.nodes import DataTest, Model, Seed, UnitTest
from ids_build.plan import Plan
from ids_build.relation import Relation
from ids_build.results import Outlook
from ids_build.runner.reuse import Reuse


def foresee(plan: Plan, graph: Graph, reuse: Reuse) -> Iterator[Outlook]:
    """Yield the outlook of every table and test in the order in which they would come.

    What a table that runs will hold is not known yet: what reads it may run.
    """
    moved: dict[Relation, str] = {}  # tables that run or may run
    for step in plan.steps:
        node = step.node
        for unit_test in step.unit_tests:
            yield _foresee_test(unit_test, f"{unit_test.subject}::{unit_test.name}", reuse)
        if step.builds and isinstance(node, Model | Seed):
            outlook = _foresee_table(node, _find_moved(node, graph, moved), reuse)
            if outlook.status != "reused":
                moved[node.relation] = outlook.status
                reuse.assume(node.relation)
            yield outlook
        for test in step.data_tests:
            inputs = [relation for relation in test.references if _is_moved(relation, graph, moved)]
            yield _foresee_test(test, test.name, reuse) if not inputs else _may_run(test, test.name, "test", inputs)


def _foresee_table(node: Model | Seed, inputs: list[Relation], reuse: Reuse) -> Outlook:
    name, kind = str(node.relation), "model" if isinstance(node, Model) else "seed"
    for relation in inputs:
        reuse.assume(relation)
    try:
        reasons = reuse.judge(node).reasons
    except IdsBuildError as error:
        reasons = (error.message,)
    if inputs and not reasons:
        return _may_run(node, name, kind, inputs)
    return Outlook(unique_id=node.unique_id, name=name, resource=kind, status="run" if reasons else "reused", reasons=reasons)


def _foresee_test(test: DataTest | UnitTest, name: str, reuse: Reuse) -> Outlook:
    try:
        reasons = () if reuse.judge_test(test)[1] else ("has not passed with what it reads now",)
    except IdsBuildError as error:
        reasons = (error.message,)
    kind = "unit_test" if isinstance(test, UnitTest) else "test"
    return Outlook(unique_id=test.unique_id, name=name, resource=kind, status="run" if reasons else "reused", reasons=reasons)


def _may_run(node: Model | Seed | DataTest, name: str, kind: str, inputs: list[Relation]) -> Outlook:
    reasons = tuple(f"its input '{relation}' runs" for relation in inputs)
    return Outlook(unique_id=node.unique_id, name=name, resource=kind, status="may run", reasons=reasons)


def _find_moved(node: Model | Seed, graph: Graph, moved: dict[Relation, str]) -> list[Relation]:
    references = node.references if isinstance(node, Model) else ()
    return [relation for relation in references if _is_moved(relation, graph, moved)]


def _is_moved(relation: Relation, graph: Graph, moved: dict[Relation, str]) -> bool:
    """Say whether a table runs or may run, or a view reads one that does."""
    node = graph.table(relation)
    through = node.references if isinstance(node, Model) and node.materialized != "table" else ()
    return relation in moved or any(_is_moved(below, graph, moved) for below in through)
