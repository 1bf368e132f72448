"""The tests of a project one by one, as a test runner wants them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.nodes import DataTest, Model, Source, UnitTest
from ids_build.planner.planner import Selection, make_plan
from ids_build.relation import Relation
from ids_build.report.words import describe_fault
from ids_build.results import Result
from ids_build.runner.runner import run_plan, run_unit_test, table_path
from ids_build.tasks.compile import Checked, check_project

Run = Callable[[], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """All tests of a compiled project."""

    checked: Checked
    config: Config

    def in_file(self, path: str) -> Iterator[tuple[str, Run]]:
        """Yield name and runner of every test that is written in the file."""
        for node in self.checked.graph.nodes.values():
            if isinstance(node, UnitTest) and node.at.path == path:
                yield f"{node.subject}::{node.name}", self._runner(node)
            elif isinstance(node, DataTest) and node.at.path == path:
                yield node.name, self._runner(node)

    def run(self, test: UnitTest | DataTest) -> Result:
        """Return the result of one test; a data test whose table was never built is skipped."""
        graph = self.checked.graph
        if isinstance(test, UnitTest):
            return run_unit_test(test, graph, self.checked.schemas)
        for relation in _find_stored(test.references, graph):
            if not table_path(relation, self.config).exists():
                return _skipped(test, f"'{relation}' has not been built")
        plan = make_plan(graph, Selection(ids=frozenset({test.unique_id})), "test")
        results = [event for event in run_plan(plan, graph, self.checked.schemas, self.config) if isinstance(event, Result)]
        return results[-1]

    def _runner(self, test: UnitTest | DataTest) -> Run:
        return lambda: self.run(test)


def open_tests(config: Config) -> Tests:
    """Return the tests of the project; raises what a compile raises."""
    return Tests(checked=check_project(config), config=config)


def describe(result: Result) -> str:
    """Return a failed test in words."""
    return describe_fault(result)


def _find_stored(relations: Iterable[Relation], graph: Graph) -> Iterator[Relation]:
    """Yield the tables on disk that these relations are, or that their views read."""
    for relation in relations:
        node = graph.table(relation)
        if isinstance(node, Model) and node.materialized != "table":
            yield from _find_stored(node.references, graph)
        elif not isinstance(node, Source):
            yield relation


def _skipped(test: DataTest, reason: str) -> Result:
    return Result(unique_id=test.unique_id, name=test.name, resource="test", status="skipped", message=reason)
