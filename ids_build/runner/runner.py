"""The door of the runner: takes a plan and yields what happens, step by step.

For each step in order: skip it when a parent failed; run its unit tests; reuse its table when nothing that decides it has
changed; else write it aside; run its data tests on the draft; put the table into the new generation. A failing step is a
result; the run goes on. At its end the generation is published.
"""

import time
from collections.abc import Callable, Generator, Iterator
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
from ids_build.results import Event, Note, Outlook, Published, Result, Started
from ids_build.runner.batches import find_inputs
from ids_build.runner.cohort import Cohort, read_cohort
from ids_build.runner.compare import Pair, TableFile, compare_tables, read_table
from ids_build.runner.data_tests import run_data_tests
from ids_build.runner.datatypes import describe_type
from ids_build.runner.footers import Footers
from ids_build.runner.generations import Generation
from ids_build.runner.incremental import build_in_parts
from ids_build.runner.lookahead import prove_no_look_ahead
from ids_build.runner.materializations import (
    Draft,
    Workshop,
    add_table,
    build_model,
    build_seed,
    lay_input,
    lay_ready,
    open_workshop,
    sort_keys,
)
from ids_build.runner.orders import prove_increments
from ids_build.runner.outcomes import broken, make_result, name_of, passed_before, skipped, started, unproven
from ids_build.runner.outlook import foresee
from ids_build.runner.queries import BARE, Answer, Reader, RecordBatchReader, Table
from ids_build.runner.raw_files import find_files
from ids_build.runner.reuse import Reuse
from ids_build.runner.state import Entry, Passed
from ids_build.runner.storage import Storage, find_generation, find_tables
from ids_build.runner.typecheck import Schemas, check_types, describe_types, find_types, parse_types
from ids_build.runner.unit_tests import run_unit_test, run_unit_tests

Events = Generator[Event, None, None]
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
            open_again = partial(open_workshop, graph, schemas, config, storage, cohort)
            shop = _remembering(replace(open_again(), writes=writes), config)
            reuse = Reuse(plan.fingerprints, shop, verify=config.verify)
            failed = False
            try:
                for event in _Run(plan, shop, config.fail_fast, open_again, reuse).events():
                    failed = failed or (isinstance(event, Result) and event.failed)
                    yield event
            finally:
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


class _Run:
    """One pass over the steps of a plan."""

    def __init__(self, plan: Plan, shop: Workshop, fail_fast: bool, open_again: Callable[[], Workshop], reuse: Reuse) -> None:
        self._plan = plan
        self._threads = shop.threads
        self._shop = shop
        self._open_again = open_again
        self._reuse = reuse
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
        for test in step.unit_tests:
            yield Started(unique_id=test.unique_id, name=name_of(test), resource="unit_test")
        recalled = [(test, *self._recall(test)) for test in step.unit_tests]
        due = [test for test, _, passed in recalled if not passed]
        results = iter(run_unit_tests(due, self._shop.graph, self._shop.schemas, self._threads) if due else ())
        failed = False
        for test, key, passed in recalled:
            result = passed_before(test, passed) if passed else next(results)
            self._remember(test, key, result)
            failed = failed or result.failed
            yield result
        if failed:
            if step.builds:
                yield skipped(step.node, "a unit test of it failed")
            yield from (skipped(test, "a unit test failed") for test in step.data_tests)
        elif step.builds:
            yield from self._make(step)
        else:
            yield from self._run_tests(step)

    def _make(self, step: Step) -> Iterator[Event]:
        """Reuse the table of a step, or build it."""
        node, began = step.node, time.perf_counter()
        assert isinstance(node, Model | Seed)
        yield started(node)
        try:
            verdict = self._reuse.judge(node)
            if verdict.entry and not verdict.reasons:
                if verdict.found is not None:
                    path = self._shop.storage.adopt(node.relation, verdict.found)
                    self._reuse.keep(node, verdict.entry, path, verdict.entry.notes)
                yield from self._keep(step, verdict.entry)
                return
            notes = self._lay_inputs(node.references if isinstance(node, Model) else ())
            if self._shop.cohort and node.meta.get("person_local") is False:
                notes += (f"'{node.relation}' compares persons; it sees those of the cohort only",)
            notes += tuple(
                f"'{node.relation}' is built in every run: {told}" for told in verdict.reasons if told.startswith("function")
            )
            shop, key = self._shop, verdict.key
            if isinstance(node, Model) and find_inputs(node, shop.graph):
                own = replace(self._open_again(), looked=shop.looked, footers=shop.footers)
                draft = build_in_parts(node, verdict, self._reuse, own)
            else:
                draft = build_model(node, shop, key) if isinstance(node, Model) else build_seed(node, shop, key)
            entry = self._reuse.draft(node, verdict, draft)
        except IdsBuildError as error:
            yield broken(node, error, time.perf_counter() - began)
            yield from (skipped(test, f"'{node.name}' was not built") for test in step.data_tests)
            return
        built = time.perf_counter() - began
        if draft.size is not None:
            # The draft stands under the table's name, so that its tests question it before anybody else can.
            add_table(node, self._shop.storage.existing_draft(node.relation), self._shop)
        self._ready.add(node.relation)
        failed = yield from self._prove(step)
        if failed:
            self._withdraw(node)
            stays = self._shop.storage.table_path(node.relation).exists()
            yield unproven(node, failed, stays, built)
        else:
            yield self._publish(node, draft, entry, notes, built)

    def _keep(self, step: Step, entry: Entry) -> Iterator[Event]:
        """Leave a table as it is; those of its tests run that have never passed on it."""
        node = step.node
        assert isinstance(node, Model | Seed)
        path = self._shop.storage.shown_path(node.relation) if entry.size is not None else None
        failed = yield from self._prove(step)
        if failed:
            self._withdraw(node)
            yield unproven(node, failed, self._shop.storage.table_path(node.relation).exists(), 0.0)
            return
        yield replace(make_result(node, "reused"), rows=entry.rows, size=entry.size, path=_text(path), notes=entry.notes)

    def _withdraw(self, node: Model | Seed) -> None:
        """Forget a draft, or a table of another generation, that a test refused."""
        self._shop.storage.discard(node.relation)
        self._shop.storage.withdraw(node.relation)
        self._shop.engine.drop(node.relation)
        self._ready.discard(node.relation)
        self._reuse.forget(node)

    def _prove(self, step: Step) -> Generator[Event, None, Result | None]:
        """Run the tests of a step; return the first that failed."""
        failed: Result | None = None
        for event in self._run_tests(step):
            if isinstance(event, Result) and event.failed:
                failed = failed or event
            yield event
        return failed

    def _publish(self, node: Model | Seed, draft: Draft, entry: Entry, notes: tuple[str, ...], seconds: float) -> Result:
        path = None
        try:
            if draft.size is not None:
                path = self._shop.storage.place(node.relation)
                add_table(node, path, self._shop)
            self._reuse.keep(node, entry, path, notes)
        except IdsBuildError as error:
            return broken(node, error, seconds)
        made = replace(make_result(node, "success"), seconds=seconds, rows=draft.rows, size=draft.size)
        path = path and self._shop.storage.shown_path(node.relation)
        return replace(made, path=_text(path), notes=(*notes, *draft.notes))

    def _recall(self, test: DataTest | UnitTest) -> tuple[str, Passed | None]:
        """Return the key of a test and how it passed before; in a run that makes nothing every test runs."""
        if not self._shop.writes:
            return "", None
        try:
            return self._reuse.judge_test(test)
        except IdsBuildError:
            return "", None  # told when the test runs

    def _remember(self, test: DataTest | UnitTest, key: str, result: Result) -> None:
        if key and result.status in ("pass", "warn"):
            self._reuse.keep_test(test, Passed(key=key, failures=result.failures, message=result.message))

    def _run_tests(self, step: Step) -> Iterator[Event]:
        """Run the tests of a step; one that compares its table with another that was never built is skipped."""
        own = step.node.relation if step.builds and isinstance(step.node, Model | Seed) else None
        ready: list[DataTest] = []
        keys: dict[str, str] = {}
        for test in step.data_tests:
            keys[test.unique_id], passed = self._recall(test)
            if passed:
                yield passed_before(test, passed)
                continue
            try:
                self._lay_inputs(test.references)
                ready.append(test)
            except NotBuiltError as error:
                other = test.table is not None and (own == test.table or test.table in self._ready)
                yield skipped(test, error.message) if other else broken(test, error, 0.0)
            except IdsBuildError as error:
                yield broken(test, error, 0.0)
        if ready:
            yield Started(unique_id=step.node.unique_id, name=f"tests of {step.node.name}", resource="test")
            tests = {test.unique_id: test for test in ready}
            for result in run_data_tests(ready, self._shop.engine):
                self._remember(tests[result.unique_id], keys[result.unique_id], result)
                yield result
            yield from (prove_no_look_ahead(test, self._open_again) for test in ready if test.as_of)

    def _lay_inputs(self, relations: tuple[Relation, ...]) -> tuple[str, ...]:
        notes: list[str] = []
        for relation in relations:
            node = self._shop.graph.table(relation)
            if relation not in self._ready:
                if isinstance(node, Model) and node.materialized != "table":
                    notes.extend(self._lay_inputs(node.references))
                notes.extend(lay_input(node, self._shop))
                self._ready.add(relation)
        return tuple(notes)

    def _skip(self, step: Step, blocked: list[str]) -> Iterator[Event]:
        self._failed.add(step.node.unique_id)
        reason = f"'{self._shop.graph.nodes[blocked[0]].name}' failed" if blocked else "the run stopped at the first failure"
        yield from (skipped(test, reason) for test in step.unit_tests)
        if step.builds:
            yield skipped(step.node, reason)
        yield from (skipped(test, reason) for test in step.data_tests)


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
