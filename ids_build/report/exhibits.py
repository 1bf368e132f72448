"""A table as the report shows it: small cells masked once, before anything is written or drawn."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ids_build.errors import Location
from ids_build.nodes import Column, Model, Plot

Row = tuple[object, ...]

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_DIGITS = re.compile(r"(\d+)")
_SHORT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column of an exhibit. `key` says that its cells tell what a row is of and are never masked."""

    name: str
    data_type: str
    description: str = ""
    unit: str = ""
    key: bool = False
    count: bool = False

    @property
    def number(self) -> bool:
        """Say whether the cells are numbers."""
        return self.data_type.startswith(("int", "uint", "float", "double", "decimal"))

    @property
    def words(self) -> str:
        """Return the name as words."""
        return self.name.replace("_", " ")

    @property
    def label(self) -> str:
        """Return what an axis says: the description when it is short, else the name, with the unit."""
        told = first_sentence(self.description).rstrip(".")
        if told and len(told) <= _SHORT:
            return told
        return f"{self.words} ({self.unit})" if self.unit else self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One table of the report, masked: `masked` are the places of the rows that hold a small count.

    `built` is the day the table was put in place, None for a view. `at` is where the YAML speaks of the report.
    """

    name: str
    title: str
    at: Location
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    masked: frozenset[int] = frozenset()
    threshold: int = 1
    description: str = ""
    built: date | None = None
    plot: Plot | None = None

    def heading(self, name: str) -> Heading:
        """Return the column of that name."""
        return next(heading for heading in self.headings if heading.name == name)

    def drawn(self) -> list[Mapping[str, object]]:
        """Return the rows that may be drawn, those without a small count, as mappings."""
        names = [heading.name for heading in self.headings]
        return [dict(zip(names, row, strict=True)) for place, row in enumerate(self.rows) if place not in self.masked]


def make_exhibit(
    model: Model, columns: Sequence[tuple[str, str]], rows: Iterable[Row], threshold: int, built: date | None
) -> Exhibit:
    """Return the table of a model of the report, its rows in the order of their keys and its small cells masked.

    `columns` are names with the words of their types, `rows` plain values. A row with a count between 1 and
    `threshold` - 1 keeps its keys (what is in the order of the table, texts and booleans); the count reads "<5" for a
    threshold of 5, and every other cell is None.
    """
    assert model.report is not None
    described = {column.name: column for column in model.columns}
    counts = {named.name for named in model.report.counts}
    headings = tuple(_make_heading(name, kind, described.get(name), model.order, name in counts) for name, kind in columns)
    places = [place for name in model.order for place, heading in enumerate(headings) if heading.name == name]
    ordered = sorted(rows, key=lambda row: tuple(_natural(row[place]) for place in places))
    masked = frozenset(place for place, row in enumerate(ordered) if _is_small(row, headings, threshold))
    return Exhibit(
        name=model.name,
        title=model.report.title,
        at=model.report.at,
        headings=headings,
        rows=tuple(_mask(row, headings, threshold) if place in masked else row for place, row in enumerate(ordered)),
        masked=masked,
        threshold=threshold,
        description=first_sentence(model.description),
        built=built,
        plot=model.report.plot,
    )


def first_sentence(text: str) -> str:
    """Return the first sentence of a description, on one line."""
    return _SENTENCE.split(" ".join(text.split()), maxsplit=1)[0]


def _make_heading(name: str, kind: str, column: Column | None, order: Sequence[str], count: bool) -> Heading:
    return Heading(
        name=name,
        data_type=kind,
        description=" ".join(column.description.split()) if column else "",
        unit=str(column.meta.get("unit") or "") if column else "",
        key=name in order or kind in ("string", "boolean"),
        count=count,
    )


def _is_small(row: Row, headings: Sequence[Heading], threshold: int) -> bool:
    return any(_is_small_count(cell, threshold) for cell, heading in zip(row, headings, strict=True) if heading.count)


def _is_small_count(cell: object, threshold: int) -> bool:
    return isinstance(cell, int) and cell != 0 and cell < threshold


def _mask(row: Row, headings: Sequence[Heading], threshold: int) -> Row:
    """Return a row with its small counts masked and its other values taken out; keys stay."""
    cells: list[object] = []
    for cell, heading in zip(row, headings, strict=True):
        if heading.count and _is_small_count(cell, threshold):
            cells.append(f"<{threshold}")
        else:
            cells.append(cell if heading.key else None)
    return tuple(cells)


def _natural(cell: object) -> tuple[object, ...]:
    """Return what a key is sorted by: missing first, numbers inside texts as numbers."""
    if cell is None:
        return (0,)
    if isinstance(cell, str):
        return (1, *(int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(cell))))
    return (1, cell)
