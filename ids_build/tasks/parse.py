"""Compile a project from its files: what a command does when nothing is known of them yet."""

from ids_build.compiler.compiler import PIECES, Compiled, Pieces, compile_files, fill_settings
from ids_build.compiler.warm import Memory, no_garbage_collection
from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.planner.planner import check_layers

__all__ = ["PIECES", "Compiled", "Pieces", "fill_settings", "keep", "parse_files", "parse_project"]


def parse_project(config: Config, memory: Memory) -> Graph:
    """Return the graph of the project, the rights of its layers checked, and keep it for the next time.

    Raises a CompileError, or an ExceptionGroup of them when several files are at fault.
    """
    with no_garbage_collection():
        known = {kind: memory.pieces(kind) for kind in PIECES}
        compiled = parse_files(config, memory, known)
        keep(compiled, known, memory)
    return compiled.graph


def parse_files(config: Config, memory: Memory, known: Pieces) -> Compiled:
    """Return what a compile finds, with the help of known pieces, the rights of layers checked; raises as parse_project."""
    compiled = compile_files(config, memory.files, known)
    check_layers(compiled.graph)
    return compiled


def keep(compiled: Compiled, known: Pieces, memory: Memory) -> None:
    """Keep what a compile found, as far as it was not known, for the next command."""
    if compiled.steady:
        memory.keep_graph(compiled.graph, compiled.environment)
    for kind in PIECES:
        if compiled.pieces[kind] != known.get(kind):
            memory.keep_pieces(kind, compiled.pieces[kind])
