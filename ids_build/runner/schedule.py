"""Which steps run now: those whose parents are done, side by side as far as threads and memory go."""

import heapq
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from ids_build.plan import Step
from ids_build.results import Event, Result
from ids_build.runner.budget import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How steps are carried out: what one needs in bytes, what happens in it with so many, and what is told when it is left out.

    `skip` gets the ids of the failed nodes that the step waits for.
    """

    need: Callable[[Step], int]
    carry_out: Callable[[Step, int], Iterable[Event]]
    skip: Callable[[Step, list[str]], Iterable[Event]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An event of a step; none when the step is over, with what went wrong in the program itself."""

    number: int
    event: Event | None = None
    error: BaseException | None = None


def run_side_by_side(steps: Sequence[Step], many: int, budget: Budget, work: Work, fail_fast: bool) -> Iterator[Event]:
    """Yield what happens in all steps, at most `many` at once.

    Steps begin in the order of the plan, each when those that it waits for are over and the budget has what it needs.
    Where one of them failed, or with `fail_fast` any step at all, it is left out.
    """
    numbers = {step.node.unique_id: number for number, step in enumerate(steps)}
    sorter = TopologicalSorter({numbers[step.node.unique_id]: [numbers[up] for up in step.waits_for] for step in steps})
    sorter.prepare()
    told: queue.SimpleQueue[_Told] = queue.SimpleQueue()
    ready: list[int] = []
    going: dict[int, int] = {}
    failed: set[str] = set()
    while sorter.is_active():
        for number in sorter.get_ready():
            heapq.heappush(ready, number)
        while ready and len(going) < many:
            number, step = ready[0], steps[ready[0]]
            blocked = [up for up in step.waits_for if up in failed]
            if blocked or (failed and fail_fast):
                failed.add(step.node.unique_id)
                yield from work.skip(step, blocked)
                sorter.done(heapq.heappop(ready))
                continue
            taken = min(work.need(step), budget.total)
            if not budget.admit(taken):
                break
            going[heapq.heappop(ready)] = taken
            # A thread that does not outlive the process: Ctrl-C ends a run at once, whatever the engine is busy with.
            threading.Thread(target=_carry_out, args=(number, step, taken, work, told), daemon=True).start()
        if not going:
            continue
        heard = _hear(told)
        if heard.event is not None:
            if isinstance(heard.event, Result) and heard.event.failed:
                failed.add(steps[heard.number].node.unique_id)
            yield heard.event
            continue
        budget.give(going.pop(heard.number))
        if heard.error is not None:
            raise heard.error
        sorter.done(heard.number)


def _carry_out(number: int, step: Step, taken: int, work: Work, told: "queue.SimpleQueue[_Told]") -> None:
    try:
        for event in work.carry_out(step, taken):
            told.put(_Told(number=number, event=event))
        told.put(_Told(number=number))
    except BaseException as error:
        told.put(_Told(number=number, error=error))


def _hear(told: "queue.SimpleQueue[_Told]") -> _Told:
    """Return the next event; the waiting is cut in pieces so that Ctrl-C is heard on every system."""
    while True:
        try:
            return told.get(timeout=0.2)
        except queue.Empty:
            continue
