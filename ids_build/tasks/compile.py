"""Compile a project and check its types; no data is read."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ids_build.compiler.compiler import check_reports
from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.report.artifacts import write_compiled
from ids_build.runner.runner import Schemas, check_types, describe_type, explain
from ids_build.tasks.ls import compile_graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A compiled project: its graph, and the planned columns of every table by relation."""

    graph: Graph
    schemas: Schemas


def check_project(config: Config) -> Checked:
    """Return graph and planned columns; raises a CompileError or an ExceptionGroup of them."""
    return _check(compile_graph(config), config)


def compile_models(config: Config) -> Checked:
    """Check the project and write every model's rendered SQL under ``<target-path>/compiled``."""
    graph = compile_graph(config)
    with ThreadPoolExecutor(max_workers=1) as beside:  # files are written while the engine plans
        written = beside.submit(write_compiled, graph, config)
        checked = _check(graph, config)
        written.result()
    return checked


def _check(graph: Graph, config: Config) -> Checked:
    schemas = check_types(graph, graph.models(), config.project_dir)
    # A boolean tells nobody apart.
    columns = {
        relation: {field.name: describe_type(field.type) != "boolean" for field in schema} for relation, schema in schemas.items()
    }
    check_reports(graph, columns)
    return Checked(graph=graph, schemas=schemas)


def explain_models(config: Config, names: frozenset[str]) -> Mapping[str, str]:
    """Return the engine's physical plan of each named model over what was built."""
    checked = check_project(config)
    chosen = [node for node in checked.graph.models() if node.unique_id in names]
    return {model.name: explain(model, checked.graph, checked.schemas, config) for model in chosen}
