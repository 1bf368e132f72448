"""The results: what happened to each step, told while it happens."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ids_build.errors import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A node or test has begun."""

    unique_id: str
    name: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a node or a test.

    `status` is one of success, reused, error, skipped for tables and pass, reused, fail, warn, error, skipped for tests.
    `rows` and `size` (bytes) describe a built table, `failures` counts a test's failing rows.
    `seconds` is the wall time, `peak` the most bytes of memory that the process held meanwhile.
    `notes` are facts worth telling that stop nothing.
    """

    unique_id: str
    name: str
    resource: str
    status: str
    seconds: float = 0.0
    rows: int | None = None
    size: int | None = None
    peak: int | None = None
    failures: int | None = None
    message: str | None = None
    hint: str | None = None
    at: Location | None = None
    path: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Say whether this result makes the whole run fail."""
        return self.status in ("error", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A fact about the whole run that stops nothing, such as what was cleaned; or a `fault`, that nothing was published."""

    message: str
    fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A generation was published: its number, and how many tables it holds."""

    generation: int
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResults:
    """All results of one run, in the order of its plan, the seconds it took, what it published and what it noted."""

    command: str
    results: tuple[Result, ...]
    seconds: float
    published: Published | None = None
    notes: tuple[str, ...] = ()
    args: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Say whether nothing failed."""
        return not any(result.failed for result in self.results)

    def count(self, status: str) -> int:
        """Return how many results have that status."""
        return sum(result.status == status for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a run would do with a node or a test, and why: `status` is run, may run or reused."""

    unique_id: str
    name: str
    resource: str
    status: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of building an incremental model in several orders and in one go, on one set of data.

    `told` says how the two differ, in counts and names of columns; nothing when they are the same. `skipped` says why the
    data could not be used.
    """

    data: str
    batches: int = 0
    orders: int = 0
    rows: int = 0
    told: tuple[str, ...] = ()
    hint: str | None = None
    skipped: str | None = None


Event = Started | Result | Note | Published


def gather(
    command: str, events: Iterable[Event], seconds: float, args: Mapping[str, object], order: Sequence[str] = ()
) -> RunResults:
    """Return the results of a run from all that it told, in the order of these ids: steps that go side by side end in any."""
    told = tuple(events)
    numbers = {unique_id: number for number, unique_id in enumerate(order)}
    results = (event for event in told if isinstance(event, Result))
    return RunResults(
        command=command,
        results=tuple(sorted(results, key=lambda result: numbers.get(result.unique_id, len(numbers)))),
        seconds=seconds,
        published=next((event for event in told if isinstance(event, Published)), None),
        notes=tuple(event.message for event in told if isinstance(event, Note)),
        args=args,
    )
