"""How a node becomes a table: model, seed, view."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ids_build.config import Config
from ids_build.errors import IdsBuildError, NotBuiltError, StorageError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed, Source
from ids_build.relation import Relation
from ids_build.runner.cohort import PERSONS, Cohort
from ids_build.runner.complaints import PlanError
from ids_build.runner.deliveries import check_delivery, check_shrunk
from ids_build.runner.engine import Engine
from ids_build.runner.footers import Footers, find_parts
from ids_build.runner.memory import find_pool
from ids_build.runner.raw_files import Chosen, choose_files
from ids_build.runner.seeds import read_seed
from ids_build.runner.sources import Delivery, open_source, tell_lost_values
from ids_build.runner.state import Part
from ids_build.runner.storage import Storage
from ids_build.runner.typecheck import Schemas, explain_plan_error

# What a query is expected to need: so much whatever it reads, and so many times the bytes of the files that it reads.
_LEAST_NEED, _DECODED = 64 * 1024**2, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A table written aside, or a view, that waits for its tests."""

    relation: Relation
    rows: int | None = None
    size: int | None = None
    notes: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a run works with: the engine, the folder of tables, and what was found out so far.

    `writes` says that the run makes tables, `full_refresh` that it forgets what earlier runs read. `looked` are the
    sources whose files were looked for, `footers` what raw files say of themselves.
    """

    graph: Graph
    engine: Engine
    storage: Storage
    schemas: Schemas
    project_dir: Path
    deliveries: dict[Relation, Delivery]
    cohort: Cohort | None = None
    writes: bool = False
    full_refresh: bool = False
    threads: int = 1
    looked: dict[Relation, Chosen] = field(default_factory=dict)
    footers: Footers = field(default_factory=Footers)


def open_engine(config: Config, memory: int, share: bool) -> Engine:
    """Return a session whose queries may hold so many bytes, a `share` of what the run has or all of it."""
    return Engine(threads=config.threads, memory_limit=memory, spill_dir=config.spill_dir, share=share)


def open_workshop(
    graph: Graph,
    schemas: Schemas,
    config: Config,
    storage: Storage,
    cohort: Cohort | None = None,
    engine: Engine | None = None,
) -> Workshop:
    """Return a workshop with the session, or a new one that has all the memory; nothing is read or written yet."""
    return Workshop(
        graph=graph,
        engine=engine or open_engine(config, find_pool(config.memory_limit), share=False),
        storage=storage,
        schemas=schemas,
        project_dir=config.project_dir,
        deliveries={},
        cohort=cohort,
        threads=config.threads,
    )


def build_seed(seed: Seed, shop: Workshop, key: str = "") -> Draft:
    """Write a seed aside as parquet, in the order of its file; its key goes into the footer."""
    shop.engine.add_rows(seed.relation, read_seed(seed))
    return _write(seed, f"select * from {seed.relation.sql}", seed.grain, shop, {"order": list(seed.grain), "key": key})


def build_model(model: Model, shop: Workshop, key: str = "") -> Draft:
    """Write a model's table aside, its key in the footer, or register its view.

    Raises ExecutionError naming file, column and count where a source holds values that its contract cannot take.
    """
    try:
        if model.materialized != "table":
            shop.engine.add_view(model.relation, model.sql)
            return Draft(relation=model.relation)
        keys = sort_keys(model, shop.schemas)
        return _write(model, model.sql, keys, shop, {"order": list(model.order or keys), "key": key})
    except PlanError as error:
        raise explain_plan_error(model, error) from None
    except StorageError:
        raise
    except IdsBuildError as error:
        tell_lost(error, _sources_of(model, shop.graph), shop)
        raise


def tell_lost(error: IdsBuildError, sources: Iterable[Relation], shop: Workshop) -> None:
    """Make the error name file, column and count, where one of the sources holds values that its contract cannot take."""
    deliveries = [shop.deliveries[relation] for relation in sources if relation in shop.deliveries]
    tell_lost_values(error, deliveries, shop.engine)


def lay_input(node: Model | Seed | Source, shop: Workshop) -> tuple[str, ...]:
    """Register what a run reads as it is: a raw source, a seed's own file, or the table of an earlier build; return notes.

    Raises NotBuiltError when that table was never built.
    """
    if isinstance(node, Source):
        return _lay_source(node, shop).notes
    if isinstance(node, Model) and node.materialized != "table":
        build_model(node, shop)
        return ()
    if isinstance(node, Seed):
        shop.engine.add_rows(node.relation, read_seed(node))
        return ()
    path = shop.storage.table_path(node.relation)
    if not path.exists():
        raise NotBuiltError(f"'{node.relation}' has not been built", hint=f"run 'ids build --select {node.name}' first")
    if shop.writes:
        _check_persons(node, path, shop)
    add_table(node, path, shop)
    return ()


def lay_ready(node: Model | Seed | Source, shop: Workshop) -> tuple[str, ...]:
    """Register an input as `lay_input` does, and through a view what the view reads."""
    if isinstance(node, Model) and node.materialized != "table":
        for relation in node.references:
            lay_ready(shop.graph.table(relation), shop)
    return lay_input(node, shop)


def look_at(source: Source, shop: Workshop) -> Chosen:
    """Return the files of a source that will be read, without opening those that are remembered.

    Raises what `choose_files` raises, and ConfigError when they break the contract with what was looked at before.
    """
    if source.relation not in shop.looked:
        chosen = choose_files(source, shop.project_dir, shop.footers)
        check_delivery(chosen, shop.looked.values())
        shop.looked[source.relation] = chosen
    return shop.looked[source.relation]


def _lay_source(source: Source, shop: Workshop) -> Delivery:
    """Open a source, and before it the one that knows its persons; check it against the others and the last run."""
    if source.relation in shop.deliveries:
        return shop.deliveries[source.relation]
    person = source.rules.person
    if shop.cohort:
        shop.engine.add_rows(PERSONS, shop.cohort.rows)
        if person and person.via:
            parent = shop.graph.table(person.via)
            assert isinstance(parent, Source)
            _lay_source(parent, shop)
    look_at(source, shop)
    readers = (model for model in shop.graph.models() if source.relation in model.references)
    through_view = any(model.materialized != "table" for model in readers)
    delivery = open_source(source, shop.engine, shop.project_dir, shop.cohort, footers=shop.footers, through_view=through_view)
    if shop.writes:
        location = str(shop.project_dir / (source.location or ""))
        if not shop.full_refresh:
            check_shrunk(delivery, shop.storage.read_deliveries(source.relation, location))
        shop.storage.note_delivery(source.relation, location, {file.shown: file.rows for file in delivery.files})
    shop.deliveries[source.relation] = delivery
    return delivery


def _check_persons(model: Model, path: Path, shop: Workshop) -> None:
    """Raise StorageError when the table of an earlier run is of other persons than this run."""
    if shop.engine.read_note(path).get("cohort") != (shop.cohort.digest if shop.cohort else None):
        raise StorageError(
            f"'{model.relation}' was built for other persons than this run is for",
            hint=f"build it too, with '--select +{model.name}+', or use another --target-path",
        )


def add_table(node: Model | Seed, path: Path, shop: Workshop) -> None:
    """Register a built table, with its order and the key that its tests have proven."""
    order = node.order if isinstance(node, Model) else node.grain
    shop.engine.add_file(node.relation, path, order)


def find_need(node: Model | Seed | Source, shop: Workshop) -> int:
    """Return the bytes of memory that a query over the inputs of a node is expected to need: many times those of their files.

    Raises what looking for the files of a source raises.
    """
    inputs = [shop.graph.table(relation) for relation in node.references] if isinstance(node, Model) else [node]
    return _LEAST_NEED + _DECODED * sum(_stored_size(table, shop) for table in inputs)


def _stored_size(node: Model | Seed | Source, shop: Workshop) -> int:
    if isinstance(node, Source):
        return sum(file.path.stat().st_size for file in look_at(node, shop).files)
    if isinstance(node, Seed):
        return len(node.text)
    if node.materialized != "table":
        return sum(_stored_size(shop.graph.table(relation), shop) for relation in node.references)
    path = shop.storage.table_path(node.relation)
    return sum(file.stat().st_size for file in find_parts(path)) if path.exists() else 0


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


def _write(node: Model | Seed, sql: str, keys: tuple[str, ...], shop: Workshop, note: dict[str, Any]) -> Draft:
    relation = node.relation
    path = shop.storage.draft_path(relation)
    note = {name: told for name, told in note.items() if told != ""}
    if shop.cohort:
        note["cohort"] = shop.cohort.digest
    if isinstance(node, Model) and node.report:
        note["query"] = digest_query(node)
    try:
        rows = shop.engine.write(sql, path, order=keys, note=note)
    except BaseException:
        shop.storage.discard(relation)
        raise
    return Draft(relation=relation, rows=rows, size=path.stat().st_size)


def digest_query(model: Model) -> str:
    """Return a digest of what a model's query means, which stands in the footer of a table of the report."""
    return model.meaning or hashlib.sha256(model.sql.encode()).hexdigest()


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
