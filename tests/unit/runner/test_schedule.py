import threading
from collections.abc import Generator, Iterable

import pytest

from ids_build.errors import Location
from ids_build.nodes import Model
from ids_build.plan import Step
from ids_build.relation import Relation
from ids_build.results import Event, Result
from ids_build.runner.budget import Budget
from ids_build.runner.schedule import Work, run_side_by_side


def _step(name: str, *waits_for: str) -> Step:
    node = Model(
        unique_id=name,
        name=name,
        relation=Relation(layer="main", name=name),
        path="",
        raw_sql="",
        sql="",
        spans=(),
        references=(),
    )
    return Step(node=node, builds=True, waits_for=waits_for)


def _result(step: Step, status: str) -> Result:
    return Result(unique_id=step.node.unique_id, name=step.node.name, resource="model", status=status, at=Location(path="a"))


class _Notes:
    """Carries out steps by noting when they began and ended."""

    def __init__(self, failing: str = "", need: int = 1) -> None:
        self.told: list[str] = []
        self.failing, self.bytes = failing, need
        self.together = self.most = 0
        self.lock = threading.Lock()
        self.meeting = threading.Event()

    def need(self, step: Step) -> int:
        return self.bytes

    def carry_out(self, step: Step, memory: int) -> Iterable[Event]:
        with self.lock:
            self.together += 1
            self.most = max(self.most, self.together)
            self.told.append(f"begin {step.node.name}")
            if self.together == 2:
                self.meeting.set()
        self.meeting.wait(0.3)
        with self.lock:
            self.together -= 1
            self.told.append(f"end {step.node.name}")
        yield _result(step, "error" if step.node.name == self.failing else "success")

    def skip(self, step: Step, blocked: list[str]) -> Iterable[Event]:
        yield _result(step, "skipped")

    def run(self, *steps: Step, many: int = 4, total: int = 100, fail_fast: bool = False) -> dict[str, str]:
        work = Work(need=self.need, carry_out=self.carry_out, skip=self.skip)
        events = run_side_by_side(steps, many, Budget(total), work, fail_fast)
        return {event.name: event.status for event in events if isinstance(event, Result)}


def test_steps_that_do_not_wait_for_each_other_go_side_by_side() -> None:
    notes = _Notes()
    assert notes.run(_step("a"), _step("b")) == {"a": "success", "b": "success"}
    assert notes.most == 2


def test_a_step_begins_when_those_it_waits_for_are_over() -> None:
    notes = _Notes()
    notes.run(_step("a"), _step("b", "a"), _step("c", "b"))
    assert notes.told == ["begin a", "end a", "begin b", "end b", "begin c", "end c"]


def test_no_more_go_at_once_than_are_allowed() -> None:
    notes = _Notes()
    notes.run(*(_step(name) for name in "abcdef"), many=1)
    assert notes.most == 1
    assert [told for told in notes.told if told.startswith("begin")] == [f"begin {name}" for name in "abcdef"]


def test_what_the_budget_has_no_room_for_waits() -> None:
    notes = _Notes(need=60)
    assert len(notes.run(*(_step(name) for name in "abc"), total=100)) == 3
    assert notes.most == 1


def test_a_step_that_needs_more_than_there_is_gets_what_there_is() -> None:
    assert _Notes(need=1000).run(_step("a"), total=100) == {"a": "success"}


def test_what_waits_for_a_failed_step_is_left_out_and_the_rest_is_not() -> None:
    found = _Notes(failing="a").run(_step("a"), _step("b", "a"), _step("c", "b"), _step("d"))
    assert found == {"a": "error", "b": "skipped", "c": "skipped", "d": "success"}


def test_after_a_failure_nothing_new_begins_when_the_first_one_ends_the_run() -> None:
    found = _Notes(failing="a").run(_step("a"), _step("b"), _step("c"), many=1, fail_fast=True)
    assert found == {"a": "error", "b": "skipped", "c": "skipped"}


def test_a_fault_of_the_program_is_raised() -> None:
    def carry_out(step: Step, memory: int) -> Iterable[Event]:
        raise ZeroDivisionError

    work = Work(need=lambda step: 1, carry_out=carry_out, skip=lambda step, blocked: ())
    with pytest.raises(ZeroDivisionError):
        list(run_side_by_side([_step("a")], 1, Budget(1), work, False))


def test_who_stops_listening_gets_on_when_all_that_had_begun_is_over() -> None:
    notes = _Notes()
    work = Work(need=notes.need, carry_out=notes.carry_out, skip=notes.skip)
    events = run_side_by_side([_step("a"), _step("b"), _step("c", "a", "b")], 4, Budget(100), work, False)
    assert isinstance(events, Generator)
    next(events)
    events.close()
    assert sorted(notes.told) == ["begin a", "begin b", "end a", "end b"]
