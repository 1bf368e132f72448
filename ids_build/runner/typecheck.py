"""Plans every query on empty tables of the declared types: unknown columns and bad types, before any data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ids_build.errors import CompileError, Location, TypeCheckError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed, Source
from ids_build.relation import Relation
from ids_build.runner.columns import Columns, describe_schema, parse_schema
from ids_build.runner.complaints import PlanError
from ids_build.runner.cuts import check_days
from ids_build.runner.datatypes import arrow_type, describe_type, plain_type
from ids_build.runner.engine import Engine
from ids_build.runner.reports import check_report
from ids_build.runner.seeds import seed_schema
from ids_build.runner.sources import declared_schema, open_source

Schemas = Mapping[Relation, pa.Schema]
_NAMED = (
    re.compile(r"no field named (?:[\w\"]+\.)*\"?(?P<word>\w+)\"?"),
    re.compile(r"invalid function '(?P<word>\w+)'"),
    re.compile(r"table '(?:[\w]+\.)*(?P<word>\w+)' not found"),
    re.compile(r"function '(?P<word>\w+)'"),
    re.compile(r"column \"(?:[\w]+\.)*(?P<word>\w+)\""),
)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


def check_types(graph: Graph, models: tuple[Model, ...], project_dir: Path) -> dict[Relation, pa.Schema]:
    """Return the planned columns of all sources, seeds and of `models` (in graph order, parents included).

    Raises TypeCheckError with the model's own file and line, or an ExceptionGroup of them when several
    models are at fault; a model that reads a faulty one is not judged.
    """
    return find_types(graph, models, project_dir).schemas


def find_types(
    graph: Graph, models: tuple[Model, ...], project_dir: Path, known: Mapping[str, str] | None = None, threads: int = 1
) -> Columns:
    """Return the planned columns as check_types does, and what may be handed on as `known` to the next run.

    Models that do not wait for each other are planned side by side, on `threads` threads.
    """
    engine = Engine(threads=1, memory_limit=64 * 1024**2, checks_only=True)
    columns = Columns(engine, known or {}, threads)
    faulty: set[Relation] = set()
    errors: dict[str, CompileError] = {}
    for node in graph.nodes.values():
        if isinstance(node, Source | Seed):
            try:
                _lay_empty(node, engine, columns, project_dir)
            except TypeCheckError as error:
                errors[node.unique_id] = error
    for wave in _waves(models):
        # What reads a faulty model is not judged; what reads a source of unknown columns cannot be.
        faulty.update(model.relation for model in wave if not faulty.isdisjoint(model.references))
        ready = [m for m in wave if m.relation not in faulty and columns.schemas.keys() >= set(m.references)]
        for model, schema in zip(ready, columns.find(ready), strict=True):
            try:
                _check(model, schema)
                columns.add(model.relation, schema)
                if model.increment and model.increment.sql != model.sql:
                    _check_increment(model, schema, columns)
            except TypeCheckError as error:
                errors[model.unique_id] = error
                faulty.add(model.relation)
    told = [*(node for node in errors if node not in {model.unique_id for model in models})]
    told += [model.unique_id for model in models if model.unique_id in errors]
    if len(told) == 1:
        raise errors[told[0]]
    if told:
        raise ExceptionGroup(f"{len(told)} models cannot be planned", [errors[unique_id] for unique_id in told])
    return columns


def _waves(models: Iterable[Model]) -> list[list[Model]]:
    """Return models in groups: each reads only what stands in groups before its own."""
    depths: dict[Relation, int] = {}
    waves: list[list[Model]] = []
    for model in models:
        depth = max((depths[relation] + 1 for relation in model.references if relation in depths), default=0)
        depths[model.relation] = depth
        if depth == len(waves):
            waves.append([])
        waves[depth].append(model)
    return waves


def _check(model: Model, schema: pa.Schema | PlanError) -> None:
    """Raise TypeCheckError when the query cannot be planned, or does not give what the YAML promises."""
    if isinstance(schema, PlanError):
        raise explain_plan_error(model, schema)
    _check_order(model, schema)
    if model.contract:
        _check_contract(model, schema)
    check_report(model, schema)
    check_days(model, schema)


def _check_increment(model: Model, schema: pa.Schema, columns: Columns) -> None:
    """Raise TypeCheckError when the query of an increment cannot be planned, or gives other columns than that of a full build."""
    assert model.increment is not None
    reads = (*model.references, model.relation)
    later = replace(model, sql=model.increment.sql, spans=model.increment.spans, references=reads)
    (found,) = columns.find([later])
    if isinstance(found, PlanError):
        raise explain_plan_error(later, found)
    for name in dict.fromkeys((*schema.names, *found.names)):
        sides = [one.field(name).type if name in one.names else None for one in (schema, found)]
        if None in sides or plain_type(sides[0]) != plain_type(sides[1]):
            told = [describe_type(side) if side is not None else "missing" for side in sides]
            raise TypeCheckError(
                f"column '{name}' of '{model.name}' is {told[0]} in a full build and {told[1]} in an increment",
                at=Location(path=model.path),
                hint="give the same columns with and without is_incremental()",
            )


def describe_types(graph: Graph, schemas: Schemas) -> Mapping[str, str] | None:
    """Return the columns of every table as texts by its id; None when raw files had a say in them, which may change."""
    if any(declared_schema(source) is None for source in graph.sources()):
        return None
    return {graph.tables[relation]: describe_schema(schema) for relation, schema in schemas.items()}


def parse_types(graph: Graph, told: Mapping[str, str]) -> Schemas | None:
    """Return the columns that were described; None when they are not those of this graph."""
    if told.keys() != set(graph.tables.values()):
        return None
    found = {relation: parse_schema(told[unique_id]) for relation, unique_id in graph.tables.items()}
    return None if any(schema is None for schema in found.values()) else found


def explain_plan_error(model: Model, error: PlanError) -> TypeCheckError:
    """Return the engine's complaint at its place in the model's template."""
    message = re.sub(r" ?Valid fields are .*| ?Did you mean .*", "", error.message).rstrip(". ")
    message = re.sub(r"(?:\"?datafusion\"?\.)", "", message)
    message = _shorten(message)
    offset = _find_offset(model.sql, error)
    at = model.locate(offset) if offset is not None else Location(path=model.path, line=1)
    return TypeCheckError(message, at=at, hint=_find_hint(error.message))


def _lay_empty(node: Source | Seed, engine: Engine, columns: Columns, project_dir: Path) -> None:
    if isinstance(node, Seed):
        declared_types = [f"{column.name} {column.data_type}" for column in node.columns]
        schema = columns.know(["seed", node.text, *declared_types], lambda: seed_schema(node))
    else:
        declared = declared_schema(node)
        if declared is None:
            try:
                open_source(node, engine, project_dir)
            except Exception:
                return  # told when a build reads it
            declared = engine.schema(f"select * from {node.relation.sql}")
        schema = declared
    columns.add(node.relation, schema)
    check_days(node, schema)


def _check_order(model: Model, schema: pa.Schema) -> None:
    for name in model.order:
        if name not in schema.names:
            at = Location(path=model.path)
            raise TypeCheckError(
                f"the grain names '{name}', which is no column of '{model.name}'", at=at, hint="correct 'grain' in the YAML"
            )


def _check_contract(model: Model, schema: pa.Schema) -> None:
    """Compare the query's columns with the YAML's: names, and types where declared."""
    declared = {column.name: column for column in model.columns}
    for name in schema.names:
        if name not in declared:
            at = Location(path=model.path)
            raise TypeCheckError(
                f"column '{name}' is not in the contract of '{model.name}'", at=at, hint="describe it in the YAML"
            )
    for name, column in declared.items():
        if name not in schema.names:
            raise TypeCheckError(
                f"model '{model.name}' has no column '{name}'", at=column.at, hint="take it out of the contract, or select it"
            )
        if not column.data_type:
            continue
        wanted, found = arrow_type(column.data_type), schema.field(name).type
        if wanted is None:
            raise TypeCheckError(
                f"unknown data_type '{column.data_type}' of column '{name}'", at=column.at, hint="write string, int32, date, ..."
            )
        if plain_type(found) != plain_type(wanted):
            raise TypeCheckError(
                f"column '{name}' of '{model.name}' is {describe_type(found)}, the contract says {column.data_type}",
                at=column.at,
                hint="cast it in the query, or correct the contract",
            )


def _find_offset(sql: str, error: PlanError) -> int | None:
    if error.line is not None:
        lines = sql.splitlines(keepends=True)
        return sum(map(len, lines[: error.line - 1])) + (error.column or 1) - 1
    plain = _COMMENTS.sub(lambda found: " " * len(found.group()), sql)
    for pattern in _NAMED:
        named = pattern.search(error.message)
        if named:
            found = re.search(rf"\b{re.escape(named['word'])}\b", plain, re.IGNORECASE)
            if found:
                return found.start()
    return None


def _find_hint(message: str) -> str:
    meant = re.search(r"Did you mean '?([^'?]+)'?\?", message)
    if meant:
        return f"did you mean '{meant.group(1).rpartition('.')[2]}'?"
    valid = re.search(r"Valid fields are (.*)", message)
    if valid:
        names = [name.rpartition(".")[2].strip('" .') for name in valid.group(1).split(",")]
        return f"the columns are {', '.join(dict.fromkeys(names[:12]))}" + (", ..." if len(names) > 12 else "")
    if message.startswith("syntax error"):
        return "look at what stands just before this place"
    if message.startswith("an 'unnest' beside"):
        return "make the grouped rows a model of their own, a table, and unnest that"
    return "check the types of the columns named in the query"


def _shorten(message: str) -> str:
    text = message.partition(", errors: ")[0] if "failed to match any signature" in message else message
    text = text.partition(" No function matches the given name")[0]
    return text if len(text) <= 300 else text[:297] + "..."
