"""How a node becomes a table: model, seed, view."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ids_build.errors import IdsBuildError, Location, StorageError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed, Source
from ids_build.relation import Relation
from ids_build.runner.engine import Engine, PlanError
from ids_build.runner.seeds import read_seed
from ids_build.runner.sources import Delivery, count_lost, open_source
from ids_build.runner.storage import Storage
from ids_build.runner.typecheck import Schemas, explain_plan_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A table written aside, or a view, that waits for its tests."""

    relation: Relation
    rows: int | None = None
    size: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a run works with: the engine, the folder of tables, and what was found out so far."""

    graph: Graph
    engine: Engine
    storage: Storage
    schemas: Schemas
    project_dir: Path
    deliveries: dict[Relation, Delivery]


def build_seed(seed: Seed, shop: Workshop) -> Draft:
    """Write a seed aside as parquet, in the order of its file."""
    shop.engine.add_rows(seed.relation, read_seed(seed))
    return _write(seed.relation, f"select * from {seed.relation.sql}", seed.grain, shop)


def build_model(model: Model, shop: Workshop) -> Draft:
    """Write a model's table aside, or register its view.

    Raises ExecutionError naming file, column and count where a source holds values that its contract cannot take.
    """
    try:
        if model.materialized != "table":
            shop.engine.add_view(model.relation, model.sql)
            return Draft(relation=model.relation)
        return _write(model.relation, model.sql, sort_keys(model, shop.schemas), shop, told_order=model.order)
    except PlanError as error:
        raise explain_plan_error(model, error) from None
    except StorageError:
        raise
    except IdsBuildError as error:
        lost = [found for relation in _sources_of(model, shop.graph) for found in _lost(relation, shop)]
        if not lost:
            raise
        file, column, kind, count = lost[0]
        values = "1 value" if count == 1 else f"{count} values"
        error.at = Location(path=file)
        error.message = f"{values} of column '{column}' cannot be read as {kind}"
        error.hint = "correct the delivery, or declare another data_type for the column"
        raise


def lay_input(node: Model | Seed | Source, shop: Workshop) -> tuple[str, ...]:
    """Register what a run reads as it is: a raw source, or the table of an earlier build; return notes on it.

    Raises StorageError when that table was never built.
    """
    if isinstance(node, Source):
        if node.relation not in shop.deliveries:
            shop.deliveries[node.relation] = open_source(node, shop.engine, shop.project_dir)
        return shop.deliveries[node.relation].notes
    if isinstance(node, Model) and node.materialized != "table":
        build_model(node, shop)
        return ()
    path = shop.storage.table_path(node.relation)
    if not path.is_file():
        raise StorageError(f"'{node.relation}' has not been built", hint=f"run 'ids build --select {node.name}' first")
    add_table(node, path, shop)
    return ()


def add_table(node: Model | Seed, path: Path, shop: Workshop) -> None:
    """Register a built table, with its order and the key that its tests have proven."""
    order = node.order if isinstance(node, Model) else node.grain
    shop.engine.add_file(node.relation, path, order)


def sort_keys(model: Model, schemas: Schemas) -> tuple[str, ...]:
    """Return what the table is sorted by: its order, and where that is no key all other columns, so that ties have one order.

    A model that orders its own rows and declares nothing keeps its order.
    """
    if not model.order and model.ordered_by_query:
        return ()
    if model.grain and model.order == model.grain:
        return model.order
    columns = schemas[model.relation].names if model.relation in schemas else []
    return (*model.order, *(name for name in columns if name not in model.order))


def _write(
    relation: Relation,
    sql: str,
    order: Iterable[str],
    shop: Workshop,
    told_order: Iterable[str] = (),
) -> Draft:
    path = shop.storage.draft_path(relation)
    keys = tuple(order)
    told = ", ".join(told_order or keys)
    # One note and no more: the engine writes several in an order of chance, and the same rows must make the same bytes.
    footer = {"ids_build_order": told} if told else {}
    try:
        rows = shop.engine.write(sql, path, order=keys, notes=footer)
    except BaseException:
        shop.storage.discard(relation)
        raise
    return Draft(relation=relation, rows=rows, size=path.stat().st_size)


def _sources_of(model: Model, graph: Graph) -> list[Relation]:
    """Return the sources that a model reads, itself or through views."""
    found: list[Relation] = []
    for relation in model.references:
        node = graph.table(relation)
        if isinstance(node, Source):
            found.append(relation)
        elif isinstance(node, Model) and node.materialized != "table":
            found.extend(_sources_of(node, graph))
    return found


def _lost(relation: Relation, shop: Workshop) -> list[tuple[str, str, str, int]]:
    delivery = shop.deliveries.get(relation)
    return count_lost(delivery, shop.engine) if delivery else []
