"""List what a project holds; loads no engine."""

from collections.abc import Iterable

from ids_build.compiler.compiler import compile_project, load_config
from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.nodes import Node
from ids_build.planner.planner import Selection, check_layers, select

__all__ = ["compile_graph", "list_nodes", "load_config"]


def compile_graph(config: Config) -> Graph:
    """Return the graph of the project with the rights of its layers checked."""
    graph = compile_project(config)
    check_layers(graph)
    return graph


def list_nodes(config: Config, words: Iterable[str], exclude: Iterable[str]) -> tuple[list[Node], Selection]:
    """Return the chosen nodes in graph order, and the selection with the words that matched nothing."""
    graph = compile_graph(config)
    selection = select(graph, tuple(words), tuple(exclude))
    return [graph.nodes[unique_id] for unique_id in graph.order() if unique_id in selection.ids], selection
