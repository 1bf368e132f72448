"""Read the columns of every table as they were kept: loads neither the template engine nor the parser."""

from collections.abc import Mapping

from ids_build.compiler.warm import Memory
from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.runner.runner import Schemas, parse_types
from ids_build.tasks.load import load_task


def read_schemas(graph: Graph, told: Mapping[str, str], config: Config, memory: Memory) -> Schemas:
    """Return the columns that were kept; found anew where what was kept is not those of the graph."""
    kept = parse_types(graph, told)
    if kept is not None:
        return kept
    found: Schemas = load_task("check").find_schemas(graph, config, memory)
    return found
