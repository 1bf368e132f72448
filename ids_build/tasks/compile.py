"""Compile a project and check its types; no data is read, and on an unchanged project no engine is loaded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ids_build.compiler.warm import Memory
from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.relation import Relation
from ids_build.report.artifacts import write_compiled
from ids_build.tasks.load import load_task
from ids_build.tasks.ls import open_graph

Schemas = Mapping[Relation, Any]  # columns as pyarrow.Schema; who asks for them loads pyarrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A compiled project: its graph, and the planned columns of every table by relation."""

    graph: Graph
    schemas: Schemas


class _WhenAsked(Mapping[Relation, Any]):
    """Columns that were checked before: read when somebody asks for the first of them."""

    def __init__(self, find: Callable[[], Schemas]) -> None:
        self._find = find
        self._found: Schemas | None = None

    def _all(self) -> Schemas:
        if self._found is None:
            self._found = self._find()
        return self._found

    def __getitem__(self, relation: Relation) -> Any:
        return self._all()[relation]

    def __iter__(self) -> Iterator[Relation]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def check_project(config: Config) -> Checked:
    """Return graph and planned columns; raises a CompileError or an ExceptionGroup of them."""
    graph, memory = open_graph(config)
    return Checked(graph=graph, schemas=_check(graph, config, memory))


def compile_models(config: Config) -> Checked:
    """Check the project and write every model's rendered SQL under ``<target-path>/compiled``."""
    graph, memory = open_graph(config)
    return Checked(graph=graph, schemas=_check(graph, config, memory, partial(write_compiled, graph, config)))


def explain_models(config: Config, names: frozenset[str]) -> Mapping[str, str]:
    """Return the engine's physical plan of each named model over what was built."""
    checked = check_project(config)
    chosen = [node for node in checked.graph.models() if node.unique_id in names]
    explain = load_task("check").explain
    return {model.name: explain(model, checked.graph, checked.schemas, config) for model in chosen}


def _check(graph: Graph, config: Config, memory: Memory, beside: Callable[[], None] = lambda: None) -> Schemas:
    """Return the columns of every table; `beside` is done too, while the engine plans if it has to."""
    told = memory.types()
    if told is None:
        found: Schemas = load_task("check").find_schemas(graph, config, memory, beside)
        return found
    beside()
    return _WhenAsked(lambda: load_task("columns").read_schemas(graph, told, config, memory))
