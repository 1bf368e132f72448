"""List what a project holds; loads no engine, and on an unchanged project no template engine and no parser."""

from collections.abc import Iterable

from ids_build.compiler.warm import Memory, find_unfilled, read_settings
from ids_build.config import Config, Options
from ids_build.graph import Graph
from ids_build.nodes import Node
from ids_build.planner.planner import Selection, select
from ids_build.tasks.load import load_task

__all__ = ["compile_graph", "list_nodes", "load_config", "open_graph"]


def load_config(options: Options) -> Config:
    """Return the settings of the project in `options.project_dir`; ConfigError names what is wrong."""
    config = read_settings(options)
    if find_unfilled(config):
        filled: Config = load_task("parse").fill_settings(config)
        return filled
    return config


def open_graph(config: Config) -> tuple[Graph, Memory]:
    """Return the graph of the project with the rights of its layers checked, and what else is known of it.

    A project whose files did not change is not compiled again.
    """
    memory = Memory(config)
    graph = memory.graph()
    return (load_task("parse").parse_project(config, memory) if graph is None else graph), memory


def compile_graph(config: Config) -> Graph:
    """Return the graph of the project with the rights of its layers checked."""
    return open_graph(config)[0]


def list_nodes(config: Config, words: Iterable[str], exclude: Iterable[str]) -> tuple[list[Node], Selection]:
    """Return the chosen nodes in graph order, and the selection with the words that matched nothing."""
    return choose_nodes(compile_graph(config), words, exclude)


def choose_nodes(graph: Graph, words: Iterable[str], exclude: Iterable[str]) -> tuple[list[Node], Selection]:
    """Return the chosen nodes of a graph in its order, and the selection with the words that matched nothing."""
    selection = select(graph, tuple(words), tuple(exclude))
    return [graph.nodes[unique_id] for unique_id in graph.order() if unique_id in selection.ids], selection
