"""The door of the planner: which nodes, in which order, with which tests, from which inputs."""

from collections.abc import Iterable
from dataclasses import replace

from ids_build.graph import Graph
from ids_build.nodes import DataTest, Model, Seed, Source, UnitTest
from ids_build.plan import Plan, Step
from ids_build.planner.changes import Shape, compare_shapes, find_causes, shape_of
from ids_build.planner.edits import Edit, Meanings, find_edit, find_meanings
from ids_build.planner.fingerprint import fingerprint_nodes
from ids_build.planner.layers import check_layers
from ids_build.planner.selector import Selection, resource_of, select

__all__ = [
    "Edit",
    "Meanings",
    "Selection",
    "Shape",
    "check_layers",
    "compare_shapes",
    "find_causes",
    "find_edit",
    "find_meanings",
    "make_plan",
    "resource_of",
    "select",
    "shape_of",
]

BUILDS = {"build": (Model, Seed), "run": (Model,), "seed": (Seed,), "test": ()}
TESTS = frozenset({"build", "test"})


def make_plan(graph: Graph, selection: Selection, command: str) -> Plan:
    """Return the steps of a command (build, run, seed or test) for the chosen nodes, parents first.

    A data test belongs to the step of its table, so that a table is put in place only after its tests,
    when everything else it reads stands before that table; other tests follow as steps of their own. Macros are
    tested first, for any model may use them. The proof of no look-ahead rebuilds its model several times: it belongs to
    `test` alone.
    """
    order = {unique_id: number for number, unique_id in enumerate(graph.order())}
    chosen = sorted(selection.ids, key=order.__getitem__)
    tests = command in TESTS
    unit: dict[str, list[UnitTest]] = {}
    owned: dict[str, list[DataTest]] = {}
    alone: list[DataTest] = []
    steps: list[Step] = []
    for node in (graph.nodes[unique_id] for unique_id in chosen if tests):
        if isinstance(node, UnitTest) and node.model:
            unit.setdefault(graph.tables[node.model], []).append(node)
        elif isinstance(node, UnitTest):
            steps.append(Step(node=node, builds=False, unit_tests=(node,)))
        elif isinstance(node, DataTest) and not (node.as_of and command == "build"):
            owner = _owner(node, graph)
            if owner is not None:
                owned.setdefault(owner, []).append(node)
            else:
                alone.append(node)
    for unique_id in order:
        node = graph.nodes[unique_id]
        if not isinstance(node, Model | Seed | Source):
            continue
        builds = unique_id in selection.ids and isinstance(node, BUILDS[command])
        if builds or unique_id in unit or unique_id in owned:
            steps.append(
                Step(
                    node=node,
                    builds=builds,
                    unit_tests=tuple(unit.get(unique_id, ())),
                    data_tests=tuple(owned.get(unique_id, ())),
                    waits_for=graph.parents.get(unique_id, ()) if builds else (),
                )
            )
    steps = _insert(steps, alone, graph)
    return Plan(steps=_wait(steps), fingerprints=fingerprint_nodes(graph, steps))


def _owner(test: DataTest, graph: Graph) -> str | None:
    """Return the table in whose step the test runs, None when it reads what may be built later."""
    if test.table is None:
        return None
    owner = graph.tables[test.table]
    above = graph.ancestors(owner)
    others = {graph.tables[relation] for relation in test.references} - {owner}
    ready = all(other in above or isinstance(graph.nodes[other], Source) for other in others)
    return owner if ready else None


def _insert(steps: list[Step], alone: Iterable[DataTest], graph: Graph) -> list[Step]:
    """Place each free-standing test after the last step that makes something it reads."""
    placed = list(steps)
    for test in alone:
        parents = graph.parents[test.unique_id]
        last = max((number for number, step in enumerate(placed) if step.node.unique_id in parents), default=len(placed) - 1)
        placed.insert(last + 1, Step(node=test, builds=False, data_tests=(test,), waits_for=parents))
    return placed


def _wait(steps: list[Step]) -> tuple[Step, ...]:
    """Drop what no step of this plan makes or tests from what steps wait for."""
    present = {step.node.unique_id for step in steps}
    return tuple(replace(step, waits_for=tuple(up for up in step.waits_for if up in present)) for step in steps)
