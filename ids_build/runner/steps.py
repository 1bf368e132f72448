"""One step of a run: its unit tests, its table written aside and tested, and its place in the new generation."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ids_build.errors import IdsBuildError, NotBuiltError
from ids_build.nodes import DataTest, Model, Seed, Source, UnitTest
from ids_build.plan import Step
from ids_build.relation import Relation
from ids_build.results import Event, Result, Started
from ids_build.runner.batches import find_inputs
from ids_build.runner.budget import Budget
from ids_build.runner.complaints import ExhaustedError
from ids_build.runner.data_tests import run_data_tests
from ids_build.runner.incremental import build_in_parts
from ids_build.runner.lookahead import prove_no_look_ahead
from ids_build.runner.materializations import Draft, Workshop, add_table, build_model, build_seed, find_need, lay_input
from ids_build.runner.memory import Gauge
from ids_build.runner.outcomes import broken, make_result, name_of, passed_before, skipped, started, unproven
from ids_build.runner.reuse import Reuse, Verdict
from ids_build.runner.state import Entry, Passed
from ids_build.runner.unit_tests import run_unit_tests


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """The workshop of one step, its engine with a share of the memory, and what was registered in it."""

    shop: Workshop
    memory: int
    share: bool
    laid: set[Relation] = field(default_factory=set)


class Steps:
    """Carries out the steps of one run, several at once: each in a session of its own; what they share is touched in turn."""

    def __init__(
        self, shop: Workshop, open_again: Callable[[int, bool], Workshop], reuse: Reuse, budget: Budget, gauge: Gauge
    ) -> None:
        """Work for a run; `open_again` opens a workshop with so many bytes, all that there are or a share."""
        self._shop = shop
        self._open_again = open_again
        self._reuse = reuse
        self._budget = budget
        self._gauge = gauge
        self._placed: set[Relation] = set()
        self._turn = threading.RLock()
        self._proof = threading.Lock()
        self._ended = False

    def end(self) -> None:
        """Let no step that still goes on change anything from now on."""
        with self._turn:
            self._ended = True

    def carry_out(self, step: Step, memory: int) -> Iterator[Event]:
        """Yield what happens in a step whose engine may use so many bytes; where they do not suffice, all that the run has."""
        failed = yield from self._run_unit_tests(step)
        if failed:
            if step.builds:
                yield skipped(step.node, "a unit test of it failed")
            yield from (skipped(test, "a unit test failed") for test in step.data_tests)
            return
        if step.builds:
            assert isinstance(step.node, Model | Seed)
            yield started(step.node)
        try:
            events = list(self._attempt(step, self._open(memory, share=memory < self._budget.total)))
        except ExhaustedError:
            with self._budget.whole(memory):
                events = list(self._attempt(step, self._open(self._budget.total, share=False)))
        yield from events

    def find_need(self, step: Step) -> int:
        """Return the bytes of memory that a step is expected to need, be it more than there are: then it goes alone."""
        tables = [self._shop.graph.table(test.table) for test in step.data_tests if test.table]
        nodes = [node for node in (step.node, *tables) if isinstance(node, Model | Seed | Source)]
        try:
            with self._turn:
                need = max((find_need(node, self._shop) for node in nodes), default=0)
        except IdsBuildError:
            need = 0  # told when the step begins
        return need

    def skip(self, step: Step, blocked: list[str]) -> Iterator[Event]:
        """Yield that a step is left out, because of the failed nodes or because the run stops."""
        reason = f"'{self._shop.graph.nodes[blocked[0]].name}' failed" if blocked else "the run stopped at the first failure"
        yield from (skipped(test, reason) for test in step.unit_tests)
        if step.builds:
            yield skipped(step.node, reason)
        yield from (skipped(test, reason) for test in step.data_tests)

    # -- tests ------------------------------------------------------------------------------------

    def _run_unit_tests(self, step: Step) -> Generator[Event, None, bool]:
        for test in step.unit_tests:
            yield Started(unique_id=test.unique_id, name=name_of(test), resource="unit_test")
        recalled = [(test, *self._recall(test)) for test in step.unit_tests]
        due = [test for test, _, passed in recalled if not passed]
        results = iter(run_unit_tests(due, self._shop.graph, self._shop.schemas, self._shop.threads) if due else ())
        failed = False
        for test, key, passed in recalled:
            result = passed_before(test, passed) if passed else next(results)
            self._remember(test, key, result)
            failed = failed or result.failed
            yield result
        return failed

    def _recall(self, test: DataTest | UnitTest) -> tuple[str, Passed | None]:
        """Return the key of a test and how it passed before; in a run that makes nothing every test runs."""
        if not self._shop.writes:
            return "", None
        try:
            with self._turn:
                return self._reuse.judge_test(test)
        except IdsBuildError:
            return "", None  # told when the test runs

    def _remember(self, test: DataTest | UnitTest, key: str, result: Result) -> None:
        if key and result.status in ("pass", "warn"):
            with self._turn:
                self._reuse.keep_test(test, Passed(key=key, failures=result.failures, message=result.message))

    def _run_tests(self, step: Step, session: _Session) -> Iterator[Event]:
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
                self._lay_inputs(test.references, session)
                ready.append(test)
            except NotBuiltError as error:
                other = test.table is not None and (own == test.table or test.table in session.laid)
                yield skipped(test, error.message) if other else broken(test, error, 0.0)
            except IdsBuildError as error:
                yield broken(test, error, 0.0)
        if ready:
            yield Started(unique_id=step.node.unique_id, name=f"tests of {step.node.name}", resource="test")
            tests = {test.unique_id: test for test in ready}
            for result in run_data_tests(ready, session.shop.engine):
                self._remember(tests[result.unique_id], keys[result.unique_id], result)
                yield result
            yield from (self._prove_no_look_ahead(test, session) for test in ready if test.as_of)

    def _prove_no_look_ahead(self, test: DataTest, session: _Session) -> Result:
        # Proofs write what they rebuild under one name each: one at a time.
        with self._proof:
            return prove_no_look_ahead(test, partial(self._open_again, session.memory, session.share))

    # -- tables -----------------------------------------------------------------------------------

    def _attempt(self, step: Step, session: _Session) -> Iterator[Event]:
        """Reuse the table of a step or build it, with its tests; ExhaustedError when a share of the memory does not suffice."""
        if not step.builds:
            yield from self._run_tests(step, session)
            return
        node = step.node
        assert isinstance(node, Model | Seed)
        try:
            yield from self._make(step, node, session)
        except ExhaustedError:
            self._withdraw(node)
            raise

    def _make(self, step: Step, node: Model | Seed, session: _Session) -> Iterator[Event]:
        began = time.perf_counter()
        try:
            with self._turn:
                verdict = self._reuse.judge(node)
                reused = verdict.entry if not verdict.reasons else None
                if reused and verdict.found is not None:
                    path = self._shop.storage.adopt(node.relation, verdict.found)
                    self._reuse.keep(node, reused, path, reused.notes)
            if reused:
                yield from self._keep(step, node, reused, session)
                return
            notes = self._lay_inputs(node.references if isinstance(node, Model) else (), session)
            if self._shop.cohort and node.meta.get("person_local") is False:
                notes += (f"'{node.relation}' compares persons; it sees those of the cohort only",)
            notes += tuple(
                f"'{node.relation}' is built in every run: {told}" for told in verdict.reasons if told.startswith("function")
            )
            with self._gauge.watch() as seen:
                draft = self._build(node, verdict, session)
            with self._turn:
                entry = self._reuse.draft(node, verdict, draft)
        except IdsBuildError as error:
            yield broken(node, error, time.perf_counter() - began)
            yield from (skipped(test, f"'{node.name}' was not built") for test in step.data_tests)
            return
        built = time.perf_counter() - began
        if draft.size is not None:
            # The draft stands under the table's name, so that its tests question it before anybody else can.
            add_table(node, self._shop.storage.existing_draft(node.relation), session.shop)
        session.laid.add(node.relation)
        failed = yield from self._prove(step, session)
        if failed:
            yield self._refuse(node, failed, built)
        else:
            yield replace(self._publish(node, draft, entry, notes, built), peak=seen.peak)

    def _build(self, node: Model | Seed, verdict: Verdict, session: _Session) -> Draft:
        if isinstance(node, Seed):
            return build_seed(node, session.shop, verdict.key)
        if not find_inputs(node, self._shop.graph):
            return build_model(node, session.shop, verdict.key)
        # Its inputs hold one batch at a time: in a session of its own, while this one is idle.
        own = self._open_again(session.memory, session.share)
        return build_in_parts(node, verdict, self._reuse, replace(own, looked=self._shop.looked, footers=self._shop.footers))

    def _keep(self, step: Step, node: Model | Seed, entry: Entry, session: _Session) -> Iterator[Event]:
        """Leave a table as it is; those of its tests run that have never passed on it."""
        path = self._shop.storage.shown_path(node.relation) if entry.size is not None else None
        self._placed.add(node.relation)
        failed = yield from self._prove(step, session)
        if failed:
            yield self._refuse(node, failed, 0.0)
            return
        yield replace(make_result(node, "reused"), rows=entry.rows, size=entry.size, path=_text(path), notes=entry.notes)

    def _refuse(self, node: Model | Seed, failed: Result, seconds: float) -> Result:
        self._withdraw(node)
        return unproven(node, failed, self._shop.storage.table_path(node.relation).exists(), seconds)

    def _withdraw(self, node: Model | Seed) -> None:
        """Forget a draft, or a table of another generation, that a test refused."""
        with self._turn:
            self._placed.discard(node.relation)
            self._shop.storage.discard(node.relation)
            self._shop.storage.withdraw(node.relation)
            self._reuse.forget(node)

    def _prove(self, step: Step, session: _Session) -> Generator[Event, None, Result | None]:
        """Run the tests of a step; return the first that failed."""
        failed: Result | None = None
        for event in self._run_tests(step, session):
            if isinstance(event, Result) and event.failed:
                failed = failed or event
            yield event
        return failed

    def _publish(self, node: Model | Seed, draft: Draft, entry: Entry, notes: tuple[str, ...], seconds: float) -> Result:
        path = None
        try:
            with self._turn:
                if draft.size is not None and not self._ended:
                    path = self._shop.storage.place(node.relation)
                if not self._ended:
                    self._reuse.keep(node, entry, path, notes)
                self._placed.add(node.relation)
        except IdsBuildError as error:
            return broken(node, error, seconds)
        made = replace(make_result(node, "success"), seconds=seconds, rows=draft.rows, size=draft.size)
        path = path and self._shop.storage.shown_path(node.relation)
        return replace(made, path=_text(path), notes=(*notes, *draft.notes))

    # -- inputs -----------------------------------------------------------------------------------

    def _open(self, memory: int, *, share: bool) -> _Session:
        """Return a session with so many bytes for one step; a `share` of what the run has can be asked again with more."""
        opened = self._open_again(memory, share)
        return _Session(shop=replace(self._shop, engine=opened.engine, deliveries={}), memory=memory, share=share)

    def _lay_inputs(self, relations: Iterable[Relation], session: _Session) -> tuple[str, ...]:
        notes: list[str] = []
        for relation in relations:
            node = self._shop.graph.table(relation)
            if relation in session.laid:
                continue
            if isinstance(node, Model) and node.materialized != "table":
                notes.extend(self._lay_inputs(node.references, session))
            if isinstance(node, Seed) and relation in self._placed:
                add_table(node, self._shop.storage.table_path(relation), session.shop)
            else:
                with self._turn:
                    notes.extend(lay_input(node, session.shop))
            session.laid.add(relation)
        return tuple(notes)


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
