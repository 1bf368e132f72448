"""What runs remember of tables and tests: by which key each was made, and what came of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an incremental model: the file of one batch, and the key of what it was made from.

    `lost` is how many rows of the batch gave way to later ones.
    """

    key: str
    content: str
    size: int
    mtime: int
    rows: int
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A table or view as a run left it: its key, the facts that the key was made of, and the file that was put in place.

    `content` is the digest of what the file holds; a view has no file, an incremental model one for each of its `parts`.
    """

    key: str
    facts: Mapping[str, Any]
    content: str = ""
    size: int | None = None
    mtime: int | None = None
    rows: int | None = None
    notes: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A test that passed or warned, and by which key."""

    key: str
    failures: int | None = None
    message: str | None = None


@dataclass(slots=True, kw_only=True)
class State:
    """What no generation holds: entries of views by relation, and passed tests by id."""

    tables: dict[str, Entry] = field(default_factory=dict)
    tests: dict[str, Passed] = field(default_factory=dict)


def parse_state(told: Mapping[str, Any]) -> State:
    """Return the state that a run told; whatever in it cannot be understood is left out, and costs a rebuild."""
    state = State()
    if told.get("form") != _FORM:
        return state
    state.tables.update(parse_entries(told.get("tables")))
    for name, entry in _items(told.get("tests")):
        if isinstance(entry.get("key"), str) and _fits(entry, Passed):
            state.tests[name] = Passed(**entry)
    return state


def parse_entries(told: Any) -> dict[str, Entry]:
    """Return the entries of tables that can be understood."""
    found: dict[str, Entry] = {}
    for name, entry in _items(told):
        if isinstance(entry.get("key"), str) and isinstance(entry.get("facts"), dict) and _fits(entry, Entry):
            told_parts = entry.get("parts") or {}
            parts = {label: Part(**part) for label, part in _items(told_parts) if part.keys() == set(Part.__slots__)}
            if len(parts) == len(told_parts):
                found[name] = Entry(**{**entry, "notes": tuple(map(str, entry.get("notes") or ())), "parts": parts})
    return found


def describe_entries(entries: Mapping[str, Entry]) -> dict[str, Any]:
    """Return entries of tables as plain values."""
    return {name: asdict(entry) for name, entry in entries.items()}


def describe_state(state: State) -> dict[str, Any]:
    """Return a state as plain values."""
    return {
        "form": _FORM,
        "tables": describe_entries(state.tables),
        "tests": {name: asdict(test) for name, test in state.tests.items()},
    }


def _items(told: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(name, entry) for name, entry in told.items() if isinstance(entry, dict)] if isinstance(told, dict) else []


def _fits(entry: Mapping[str, Any], kind: type[Entry] | type[Passed]) -> bool:
    return entry.keys() <= set(kind.__slots__)
