"""Which steps run now: those whose parents are done, side by side as far as threads and memory go."""

import heapq
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
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
    course = _Course(steps, many, budget, work)
    try:
        yield from course.events(fail_fast)
    except KeyboardInterrupt:
        raise  # the engine is still busy: nobody waits for it
    except BaseException:
        course.wait()
        raise


class _Course:
    """What goes on at the moment, and what is heard of it."""

    def __init__(self, steps: Sequence[Step], many: int, budget: Budget, work: Work) -> None:
        self._steps, self._many, self._budget, self._work = steps, many, budget, work
        self._told: queue.SimpleQueue[_Told] = queue.SimpleQueue()
        self._going: dict[int, int] = {}

    def events(self, fail_fast: bool) -> Iterator[Event]:
        """Yield what happens."""
        numbers = {step.node.unique_id: number for number, step in enumerate(self._steps)}
        sorter = TopologicalSorter({numbers[step.node.unique_id]: [numbers[up] for up in step.waits_for] for step in self._steps})
        sorter.prepare()
        ready: list[int] = []
        failed: set[str] = set()
        while sorter.is_active():
            for number in sorter.get_ready():
                heapq.heappush(ready, number)
            while ready and len(self._going) < self._many:
                step = self._steps[ready[0]]
                blocked = [up for up in step.waits_for if up in failed]
                if blocked or (failed and fail_fast):
                    failed.add(step.node.unique_id)
                    yield from self._work.skip(step, blocked)
                    sorter.done(heapq.heappop(ready))
                elif not self._begin(ready[0]):
                    break
                else:
                    heapq.heappop(ready)
            if not self._going:
                continue
            heard = self._hear()
            if heard.event is None:
                sorter.done(heard.number)
                continue
            if isinstance(heard.event, Result) and heard.event.failed:
                failed.add(self._steps[heard.number].node.unique_id)
            yield heard.event

    def wait(self) -> None:
        """Return when all that goes on is over."""
        while self._going:
            with suppress(Exception):
                self._hear()

    def _begin(self, number: int) -> bool:
        """Let a step begin when the budget has what it needs, and say whether it did."""
        taken = min(self._work.need(self._steps[number]), self._budget.total)
        if not self._budget.admit(taken):
            return False
        self._going[number] = taken
        # A thread that does not outlive the process: Ctrl-C ends a run at once, whatever the engine is busy with.
        threading.Thread(target=self._carry_out, args=(number, taken), daemon=True).start()
        return True

    def _carry_out(self, number: int, taken: int) -> None:
        try:
            for event in self._work.carry_out(self._steps[number], taken):
                self._told.put(_Told(number=number, event=event))
            self._told.put(_Told(number=number))
        except BaseException as error:
            self._told.put(_Told(number=number, error=error))

    def _hear(self) -> _Told:
        """Return the next event, or that a step is over; raise what went wrong in the program.

        The waiting is cut in pieces so that Ctrl-C is heard on every system.
        """
        while True:
            with suppress(queue.Empty):
                heard = self._told.get(timeout=0.2)
                break
        if heard.event is None:
            self._budget.give(self._going.pop(heard.number))
        if heard.error is not None:
            raise heard.error
        return heard
