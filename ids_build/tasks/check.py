"""Check the types of a compiled project with the engine: what a command does when they are not known yet."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any

from ids_build.compiler.compiler import check_reports
from ids_build.compiler.warm import Memory, no_garbage_collection
from ids_build.config import Config
from ids_build.errors import CompileError
from ids_build.graph import Graph
from ids_build.runner.runner import Schemas, describe_type, describe_types, explain, find_types
from ids_build.tasks.columns import read_schemas
from ids_build.tasks.parse import parse_project

_HINT = "use --no-cache, remove the folder 'cache' under the target path, and report this"
__all__ = ["accept_schemas", "check_cache", "explain", "find_schemas"]


def find_schemas(graph: Graph, config: Config, memory: Memory, beside: Callable[[], None] = lambda: None) -> Schemas:
    """Return the planned columns of every table, and keep them for the next time; `beside` is done while the engine plans.

    Raises TypeCheckError, PropertiesError for a table of the report that may carry an identifier, or an ExceptionGroup.
    """
    known = {key: str(text) for key, text in memory.pieces("columns").items()}
    with no_garbage_collection(), ThreadPoolExecutor(max_workers=1) as other:
        done = other.submit(beside)
        columns = find_types(graph, graph.models(), config.project_dir, known, config.threads)
        done.result()
    accept_schemas(graph, columns.schemas, memory)
    if columns.found.keys() != known.keys():
        memory.keep_pieces("columns", columns.found)
    return columns.schemas


def accept_schemas(graph: Graph, schemas: Schemas, memory: Memory) -> None:
    """Refuse a table of the report that may carry an identifier, as find_schemas does; else keep the planned columns."""
    # A boolean tells nobody apart.
    check_reports(graph, {r: {f.name: describe_type(f.type) != "boolean" for f in s} for r, s in schemas.items()})
    told = describe_types(graph, schemas)
    if told is not None:
        memory.keep_types(told)


def check_cache(config: Config) -> int:
    """Compile a project with and without what is kept of it, compare node by node, and return the number of nodes.

    What is kept is compared as it stands, then made anew with the help of what is kept of single texts, and compared too.
    Raises CompileError for the first difference, and whatever a compile raises.
    """
    cold = _compile(replace(config, use_cache=False), Memory(replace(config, use_cache=False)))
    kept = Memory(config)
    for memory in (kept, Memory(config, looks_up=False), Memory(config)):
        _compare(cold, _compile(config, memory))
    return len(cold[0].nodes)


def _compile(config: Config, memory: Memory) -> tuple[Graph, Mapping[str, Any]]:
    """Return the graph, and the columns of its tables by their id."""
    kept = memory.graph()
    graph = parse_project(config, memory) if kept is None else kept
    told = memory.types()
    schemas = find_schemas(graph, config, memory) if told is None else read_schemas(graph, told, config, memory)
    return graph, {graph.tables[relation]: schema for relation, schema in schemas.items()}


def _compare(cold: tuple[Graph, Mapping[str, Any]], warm: tuple[Graph, Mapping[str, Any]]) -> None:
    for what, key in find_differences(*cold, *warm):
        raise CompileError(f"what is kept says something else than the files: {what} of '{key}'", hint=_HINT)


def find_differences(
    graph: Graph, columns: Mapping[str, Any], other: Graph, others: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what differs between two compiles of one project, and of which node."""
    for unique_id in sorted({*graph.nodes, *other.nodes}):
        ours, theirs = graph.nodes.get(unique_id), other.nodes.get(unique_id)
        if ours is None or theirs is None or type(ours) is not type(theirs):
            yield "existence", unique_id
            continue
        yield from ((f.name, unique_id) for f in fields(ours) if repr(getattr(ours, f.name)) != repr(getattr(theirs, f.name)))
        if graph.parents.get(unique_id) != other.parents.get(unique_id):
            yield "parents", unique_id
        here, there = columns.get(unique_id), others.get(unique_id)
        if (here is None) != (there is None) or (here is not None and not here.equals(there, check_metadata=True)):
            yield "columns", unique_id
    for what in ("project", "tables", "rights", "warnings"):
        if repr(getattr(graph, what)) != repr(getattr(other, what)):
            yield what, graph.project
    if graph.order() != other.order():
        yield "order", graph.project
