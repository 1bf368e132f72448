"""The door of the runner: takes a plan and yields what happens, step by step.

For each step in order: skip it when a parent failed; run its unit tests; reuse its table when nothing that decides it has
changed; else write it aside; run its data tests on the draft; put the table into the new generation. A failing step is a
result; the run goes on. At its end the generation is published.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.nodes import Model, Source
from ids_build.plan import Plan
from ids_build.relation import Relation
from ids_build.results import Event, Note, Outlook, Published, Result
from ids_build.runner.budget import Budget
from ids_build.runner.cohort import Cohort, read_cohort
from ids_build.runner.compare import Pair, TableFile, compare_tables, read_table
from ids_build.runner.datatypes import describe_type
from ids_build.runner.footers import Footers
from ids_build.runner.generations import Generation
from ids_build.runner.materializations import (
    Workshop,
    lay_ready,
    open_engine,
    open_workshop,
    sort_keys,
)
from ids_build.runner.memory import Gauge, find_pool
from ids_build.runner.orders import prove_increments
from ids_build.runner.outlook import foresee
from ids_build.runner.queries import BARE, Answer, Reader, RecordBatchReader, Table
from ids_build.runner.raw_files import find_files
from ids_build.runner.reuse import Reuse
from ids_build.runner.schedule import Work, run_side_by_side
from ids_build.runner.steps import Steps
from ids_build.runner.storage import Storage, find_generation, find_tables
from ids_build.runner.typecheck import Schemas, check_types, describe_types, find_types, parse_types
from ids_build.runner.unit_tests import run_unit_test, run_unit_tests

Events = Generator[Event, None, None]
_MOST = 4  # steps at once; each of them uses all threads

__all__ = [
    "Answer",
    "BARE",
    "Events",
    "Generation",
    "Pair",
    "Reader",
    "RecordBatchReader",
    "Schemas",
    "Table",
    "TableFile",
    "check_types",
    "compare_tables",
    "describe_type",
    "describe_types",
    "explain",
    "find_day",
    "find_files",
    "find_generation",
    "find_tables",
    "find_types",
    "foresee_plan",
    "list_generations",
    "open_cohort",
    "parse_types",
    "preview",
    "prove_increments",
    "read_table",
    "roll_back",
    "run_plan",
    "run_unit_test",
    "run_unit_tests",
    "table_path",
]


def run_plan(plan: Plan, graph: Graph, schemas: Schemas, config: Config, cohort: Cohort | None = None) -> Events:
    """Yield a Started and a Result for every step and test of the plan, in the order they happen, and what was published.

    Tables go into a new generation, which is published as a whole when nothing failed. Only one run at a time writes to a
    target; what a killed run left aside is removed first, and told. Raises StorageError when another run holds the target.
    """
    storage = Storage(config.target_path)
    with storage.lock():
        yield from (Note(message=message) for message in storage.recover())
        try:
            writes = any(step.builds for step in plan.steps)
            budget = Budget(find_pool(config.memory_limit))

            def open_again(memory: int, share: bool) -> Workshop:
                return open_workshop(graph, schemas, config, storage, cohort, open_engine(config, memory, share))

            shop = _remembering(replace(open_again(budget.total, False), writes=writes), config)
            reuse = Reuse(plan.fingerprints, shop, verify=config.verify)
            steps = Steps(shop, open_again, reuse, budget, Gauge())
            many = min(config.threads, _MOST)
            work = Work(need=steps.find_need, carry_out=steps.carry_out, skip=steps.skip)
            failed = False
            try:
                for event in run_side_by_side(plan.steps, many, budget, work, config.fail_fast):
                    failed = failed or (isinstance(event, Result) and event.failed)
                    yield event
            finally:
                steps.end()
                if writes:
                    reuse.save()
            if storage.new is not None or (failed and writes and config.publish != "passing"):
                yield from _publish(reuse, storage, config, failed)
        finally:
            storage.remove_drafts()


def _publish(reuse: Reuse, storage: Storage, config: Config, failed: bool) -> Iterator[Event]:
    """Publish the new generation; of a run in which something failed only when the settings say so."""
    if failed and config.publish != "passing":
        storage.generations.forget_failed()
        hint = "correct the fault and build again: what was built is reused; or give --publish passing"
        yield Note(message=f"something failed, so nothing is published and every table stays as it was ({hint})", fault=True)
        return
    number, tables = reuse.publish(config.keep)
    if storage.generations.copied:
        yield Note(message=f"the file system makes no links: {storage.generations.copied} unchanged tables were copied")
    yield Published(generation=number, tables=tables)


def foresee_plan(plan: Plan, graph: Graph, schemas: Schemas, config: Config, cohort: Cohort | None = None) -> Iterator[Outlook]:
    """Yield what `run_plan` would do with every table and test, and why. Nothing is built and nothing remembered."""
    shop = _remembering(open_workshop(graph, schemas, config, Storage(config.target_path), cohort), config)
    yield from foresee(plan, graph, Reuse(plan.fingerprints, shop, verify=config.verify))


def open_cohort(graph: Graph, config: Config) -> Cohort | None:
    """Return the persons that the settings restrict sources to, None when they do not; ConfigError for a bad file."""
    if config.cohort is None:
        return None
    known: set[str] = set()
    for source in graph.nodes.values():
        if isinstance(source, Source) and source.rules.person and not source.rules.person.via:
            named = source.rules.person.column
            known.update([named], *(column.aliases for column in source.columns if column.name == named))
    return read_cohort(config.cohort, config.cohort_column, known)


def preview(sql: str, graph: Graph, relations: tuple[Relation, ...], config: Config, limit: int) -> tuple[pa.Table, int]:
    """Return the first rows of a query over built tables and sources, and how many it has in all."""
    shop = open_workshop(graph, {}, config, Storage(config.target_path), open_cohort(graph, config))
    for relation in relations:
        lay_ready(graph.table(relation), shop)
    relation = Relation(layer="ids_build", name="preview")
    shop.engine.add_view(relation, sql)
    count = shop.engine.fetch(f"select count(*) from {relation.sql}").column(0)[0].as_py()
    return shop.engine.fetch(f"select * from {relation.sql} limit {limit}"), int(count)


def explain(model: Model, graph: Graph, schemas: Schemas, config: Config) -> str:
    """Return the engine's physical plan of a model over built tables and sources."""
    shop = open_workshop(graph, schemas, config, Storage(config.target_path))
    for relation in model.references:
        lay_ready(graph.table(relation), shop)
    return shop.engine.explain(model.sql, sort_keys(model, schemas))


def table_path(relation: Relation, config: Config) -> Path:
    """Return where the table of that name lies, or will lie."""
    return Storage(config.target_path).table_path(relation)


def find_day(relation: Relation, config: Config) -> date | None:
    """Return the day on which the table of that name was put in place, None when it never was."""
    return Storage(config.target_path).find_day(relation)


def _remembering(shop: Workshop, config: Config) -> Workshop:
    """Return the workshop with what earlier runs found out about raw files."""
    footers = Footers(shop.storage.read_memory("files"), verify=config.verify)
    return replace(shop, full_refresh=config.full_refresh, footers=footers)


def list_generations(config: Config) -> tuple[list[Generation], int | None]:
    """Return what is noted of every generation of a target, the newest first, and which of them is published."""
    found = Storage(config.target_path).generations
    return [found.read(number) for number in found.numbers()], found.published()


def roll_back(config: Config, number: int | None) -> tuple[int, list[str]]:
    """Publish a former generation; return its number and what was cleaned before. StorageError when there is none."""
    storage = Storage(config.target_path)
    with storage.lock():
        cleaned = storage.recover()
        return storage.roll_back(number), cleaned
