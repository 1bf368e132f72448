"""What became of nodes and tests, made into results."""

from dataclasses import replace

from ids_build.errors import IdsBuildError
from ids_build.nodes import DataTest, Model, Node, Seed, Source, UnitTest
from ids_build.results import Result, Started
from ids_build.runner.state import Passed


def resource_of(node: Node) -> str:
    """Return the kind of a node, in dbt's words."""
    words = {Model: "model", Seed: "seed", Source: "source", DataTest: "test", UnitTest: "unit_test"}
    return words[type(node)]


def name_of(node: Node) -> str:
    """Return what a run calls a node."""
    if isinstance(node, UnitTest):
        return f"{node.subject}::{node.name}"
    return node.name if isinstance(node, DataTest) else str(node.relation)


def started(node: Model | Seed) -> Started:
    """Return that a table has begun."""
    return Started(unique_id=node.unique_id, name=str(node.relation), resource=resource_of(node))


def make_result(node: Node, status: str, message: str | None = None) -> Result:
    """Return a result of a node."""
    return Result(unique_id=node.unique_id, name=name_of(node), resource=resource_of(node), status=status, message=message)


def skipped(node: Node, reason: str) -> Result:
    """Return that a node was not touched, and why."""
    return make_result(node, "skipped", reason)


def passed_before(test: DataTest | UnitTest, passed: Passed) -> Result:
    """Return a test that passed before on the same; what it warned of is told again."""
    result = make_result(test, "warn" if passed.failures else "reused", passed.message)
    return replace(result, failures=passed.failures, at=test.at)


def unproven(node: Model | Seed, failed: Result, stays: bool, seconds: float) -> Result:
    """Return that a table was refused by a test of its own; `stays` says that a former one is still there."""
    told = "a data test of it failed" + ("; the former table stays" if stays else "")
    return replace(make_result(node, "error", told), seconds=seconds, at=failed.at)


def broken(node: Model | Seed | Source | DataTest, error: IdsBuildError, seconds: float) -> Result:
    """Return that a node failed with an error."""
    return replace(make_result(node, "error", error.message), seconds=seconds, hint=error.hint, at=error.at)
