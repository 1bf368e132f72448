"""The door of the runner: takes a plan and yields what happens, step by step.

For each step in order: skip it when a parent failed; run its unit tests; write its table aside; run its
data tests on the draft; put the table in place. A failing step is a result; the run goes on.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa

from ids_build.config import Config
from ids_build.errors import IdsBuildError, NotBuiltError
from ids_build.graph import Graph
from ids_build.nodes import DataTest, Model, Seed, Source, UnitTest
from ids_build.plan import Plan, Step
from ids_build.relation import Relation
from ids_build.results import Event, Result, Started
from ids_build.runner.cohort import Cohort, read_cohort
from ids_build.runner.compare import Pair, TableFile, compare_tables, read_table
from ids_build.runner.data_tests import run_data_tests
from ids_build.runner.datatypes import describe_type
from ids_build.runner.lookahead import prove_no_look_ahead
from ids_build.runner.materializations import (
    Draft,
    Workshop,
    add_table,
    build_model,
    build_seed,
    lay_ready,
    open_workshop,
    sort_keys,
)
from ids_build.runner.queries import BARE, Answer, Reader, RecordBatchReader, Table
from ids_build.runner.raw_files import find_files
from ids_build.runner.storage import Storage, find_generation, find_tables
from ids_build.runner.typecheck import Schemas, check_types, describe_types, find_types, parse_types
from ids_build.runner.unit_tests import run_unit_test, run_unit_tests

__all__ = [
    "BARE",
    "Answer",
    "Pair",
    "Reader",
    "RecordBatchReader",
    "Table",
    "TableFile",
    "describe_type",
    "Schemas",
    "check_types",
    "compare_tables",
    "describe_types",
    "explain",
    "find_day",
    "find_files",
    "find_generation",
    "find_tables",
    "find_types",
    "open_cohort",
    "parse_types",
    "preview",
    "read_table",
    "run_plan",
    "run_unit_test",
    "table_path",
]


def run_plan(plan: Plan, graph: Graph, schemas: Schemas, config: Config, cohort: Cohort | None = None) -> Iterator[Event]:
    """Yield a Started and a Result for every step and test of the plan, in the order they happen.

    Only one run at a time writes to a target; what a killed run left aside is removed first.
    Raises StorageError when another run holds the target.
    """
    storage = Storage(config.target_path)
    with storage.lock():
        storage.remove_drafts()
        try:
            writes = any(step.builds for step in plan.steps)
            open_again = partial(open_workshop, graph, schemas, config, storage, cohort)
            shop = replace(open_again(), writes=writes, full_refresh=config.full_refresh)
            yield from _Run(plan, shop, config.fail_fast, open_again, config.threads).events()
        finally:
            storage.remove_drafts()


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


class _Run:
    """One pass over the steps of a plan."""

    def __init__(self, plan: Plan, shop: Workshop, fail_fast: bool, open_again: Callable[[], Workshop], threads: int) -> None:
        self._plan = plan
        self._threads = threads
        self._shop = shop
        self._open_again = open_again
        self._fail_fast = fail_fast
        self._failed: set[str] = set()
        self._ready: set[Relation] = set()

    def events(self) -> Iterator[Event]:
        """Yield what happens."""
        for step in self._plan.steps:
            blocked = [unique_id for unique_id in step.waits_for if unique_id in self._failed]
            if blocked or (self._failed and self._fail_fast):
                yield from self._skip(step, blocked)
                continue
            for event in self._carry_out(step):
                if isinstance(event, Result) and event.failed:
                    self._failed.add(step.node.unique_id)
                yield event

    def _carry_out(self, step: Step) -> Iterator[Event]:
        if step.unit_tests:
            for test in step.unit_tests:
                yield Started(unique_id=test.unique_id, name=f"{test.subject}::{test.name}", resource="unit_test")
            results = run_unit_tests(step.unit_tests, self._shop.graph, self._shop.schemas, self._threads)
            yield from results
            if any(result.failed for result in results):
                if step.builds:
                    yield _skipped(step.node, "a unit test of it failed")
                yield from (_skipped(test, "a unit test failed") for test in step.data_tests)
                return
        if step.builds:
            yield from self._build(step)
        else:
            yield from self._run_tests(step)

    def _build(self, step: Step) -> Iterator[Event]:
        node = step.node
        assert isinstance(node, Model | Seed)
        began = time.perf_counter()
        yield _started(node)
        try:
            notes = self._lay_inputs(node.references if isinstance(node, Model) else ())
            if self._shop.cohort and node.meta.get("person_local") is False:
                notes += (f"'{node.relation}' compares persons; it sees those of the cohort only",)
            draft = build_model(node, self._shop) if isinstance(node, Model) else build_seed(node, self._shop)
        except IdsBuildError as error:
            yield _failed(node, error, time.perf_counter() - began)
            yield from (_skipped(test, f"'{node.name}' was not built") for test in step.data_tests)
            return
        built = time.perf_counter() - began
        results: list[Result] = []
        if draft.size is not None:
            # The draft stands under the table's name, so that its tests question it before anybody else can.
            add_table(node, self._shop.storage.existing_draft(node.relation), self._shop)
        for event in self._run_tests(step):
            if isinstance(event, Result):
                results.append(event)
            yield event
        if any(result.failed for result in results):
            self._shop.storage.discard(node.relation)
            self._shop.engine.drop(node.relation)
            stays = "; the former table stays" if self._shop.storage.table_path(node.relation).is_file() else ""
            yield Result(
                unique_id=node.unique_id,
                name=str(node.relation),
                resource=_resource(node),
                status="error",
                seconds=built,
                message=f"a data test of it failed{stays}",
                at=next(result.at for result in results if result.failed),
            )
            return
        yield self._publish(node, draft, notes, built)

    def _publish(self, node: Model | Seed, draft: Draft, notes: tuple[str, ...], seconds: float) -> Result:
        path = None
        if draft.size is not None:
            try:
                path = self._shop.storage.publish(node.relation)
                add_table(node, path, self._shop)
            except IdsBuildError as error:
                return _failed(node, error, seconds)
        self._ready.add(node.relation)
        return Result(
            unique_id=node.unique_id,
            name=str(node.relation),
            resource=_resource(node),
            status="success",
            seconds=seconds,
            rows=draft.rows,
            size=draft.size,
            path=str(path) if path else None,
            notes=notes,
        )

    def _run_tests(self, step: Step) -> Iterator[Event]:
        """Run the tests of a step; one that compares its table with another that was never built is skipped."""
        own = step.node.relation if step.builds and isinstance(step.node, Model | Seed) else None
        ready: list[DataTest] = []
        for test in step.data_tests:
            try:
                self._lay_inputs(tuple(read for read in test.references if read != own))
                ready.append(test)
            except NotBuiltError as error:
                other = test.table is not None and (own == test.table or test.table in self._ready)
                yield _skipped(test, error.message) if other else _failed(test, error, 0.0)
            except IdsBuildError as error:
                yield _failed(test, error, 0.0)
        if ready:
            yield Started(unique_id=step.node.unique_id, name=f"tests of {step.node.name}", resource="test")
            yield from run_data_tests(ready, self._shop.engine)
            yield from (prove_no_look_ahead(test, self._open_again) for test in ready if test.as_of)

    def _lay_inputs(self, relations: tuple[Relation, ...]) -> tuple[str, ...]:
        notes: list[str] = []
        for relation in relations:
            node = self._shop.graph.table(relation)
            if relation not in self._ready:
                notes.extend(lay_ready(node, self._shop))
                self._ready.add(relation)
        return tuple(notes)

    def _skip(self, step: Step, blocked: list[str]) -> Iterator[Event]:
        self._failed.add(step.node.unique_id)
        reason = f"'{self._shop.graph.nodes[blocked[0]].name}' failed" if blocked else "the run stopped at the first failure"
        yield from (_skipped(test, reason) for test in step.unit_tests)
        if step.builds:
            yield _skipped(step.node, reason)
        yield from (_skipped(test, reason) for test in step.data_tests)


def _resource(node: Model | Seed | Source | DataTest | UnitTest) -> str:
    words = {Model: "model", Seed: "seed", Source: "source", DataTest: "test", UnitTest: "unit_test"}
    return words[type(node)]


def _shown(node: Model | Seed | Source | DataTest | UnitTest) -> str:
    if isinstance(node, UnitTest):
        return f"{node.subject}::{node.name}"
    return node.name if isinstance(node, DataTest) else str(node.relation)


def _started(node: Model | Seed) -> Started:
    return Started(unique_id=node.unique_id, name=str(node.relation), resource=_resource(node))


def _skipped(node: Model | Seed | Source | DataTest | UnitTest, reason: str) -> Result:
    return Result(unique_id=node.unique_id, name=_shown(node), resource=_resource(node), status="skipped", message=reason)


def _failed(node: Model | Seed | Source | DataTest, error: IdsBuildError, seconds: float) -> Result:
    place = error.at
    return Result(
        unique_id=node.unique_id,
        name=_shown(node),
        resource=_resource(node),
        status="error",
        seconds=seconds,
        message=error.message,
        hint=error.hint,
        at=place,
    )
