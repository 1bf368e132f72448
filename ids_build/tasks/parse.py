"""Compile a project from its files: what a command does when nothing is known of them yet."""

from ids_build.compiler.compiler import PIECES, compile_files, fill_settings
from ids_build.compiler.warm import Memory, no_garbage_collection
from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.planner.planner import check_layers

__all__ = ["fill_settings", "parse_project"]


def parse_project(config: Config, memory: Memory) -> Graph:
    """Return the graph of the project, the rights of its layers checked, and keep it for the next time.

    Raises a CompileError, or an ExceptionGroup of them when several files are at fault.
    """
    with no_garbage_collection():
        known = {kind: memory.pieces(kind) for kind in PIECES}
        compiled = compile_files(config, memory.files, known)
        check_layers(compiled.graph)
        if compiled.steady:
            memory.keep_graph(compiled.graph, compiled.environment)
        for kind, pieces in compiled.pieces.items():
            if pieces != known[kind]:
                memory.keep_pieces(kind, pieces)
    return compiled.graph
