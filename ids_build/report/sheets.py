"""One drawing before it is drawn: which rows it shows, by panel and group, and whether they fit the kind of plot."""

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ids_build.errors import ExecutionError
from ids_build.nodes import Plot
from ids_build.report.exhibits import Exhibit

Record = Mapping[str, object]

MOST_GROUPS = 8
# The roles without whose value a row cannot be drawn.
_NEEDED = {"flow": ("after",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one drawing is made from: its rows, what the plot says of them, and the panel they are of (empty for the only one).

    `every` are the rows of all panels, so that panels have one scale, and a group one colour.
    """

    plot: Plot
    exhibit: Exhibit
    rows: Sequence[Record]
    every: Sequence[Record]
    panel: str = ""

    def values(self, role: str, rows: Sequence[Record] | None = None) -> list[Any]:
        """Return the values of a role, as they stand in the rows; None where the plot names no column for it."""
        name = self.plot.column(role)
        return [row[name] if name else None for row in (self.rows if rows is None else rows)]

    def numbers(self, role: str, rows: Sequence[Record] | None = None) -> list[float]:
        """Return the values of a role as numbers; NULL and infinity are none."""
        return [float(value) if _is_finite(value) else math.nan for value in self.values(role, rows)]

    def groups(self) -> list[tuple[int, str, list[Record]]]:
        """Return number, name and rows of each group, in order of appearance; one without a name when there is no `by`."""
        column = self.plot.column("by")
        own = dict(_split(self.rows, column))
        return [(number, name, own[name]) for number, (name, _) in enumerate(_split(self.every, column)) if name in own]

    @property
    def group_count(self) -> int:
        """Return how many groups there are in all panels."""
        return len(_split(self.every, self.plot.column("by")))

    def reach(self, role: str) -> list[float]:
        """Return the numbers of a role in all panels."""
        return [value for value in self.numbers(role, self.every) if not math.isnan(value)]

    def bands(self) -> list[str]:
        """Return the values of `y` once; one that a former group lacks comes behind the one it follows."""
        return _merge([describe_value(value) for value in self.values("y", rows)] for _, _, rows in self.groups())

    def label(self, role: str) -> str:
        """Return what the axis of a role says."""
        name = self.plot.column(role)
        return self.plot.words.get(f"{role}_label") or (self.exhibit.heading(name).label if name else "")


def make_sheets(exhibit: Exhibit) -> Iterator[Sheet]:
    """Yield what there is to draw of an exhibit, panel by panel; nothing when it has no plot or no row to draw.

    Rows with a masked count, and rows without a value to draw, are left out. Raises ExecutionError where the rows do
    not fit the kind of plot.
    """
    plot = exhibit.plot
    if plot is None:
        return
    needed = [plot.column(role) or "" for role in _NEEDED.get(plot.kind, ("x", "y"))]
    numbers = {named.name for named in plot.columns if named.number}
    rows = [row for row in exhibit.drawn() if all(_is_finite(row[name]) for name in needed if name in numbers)]
    for panel, shown in _split(rows, plot.column("panel")):
        sheet = Sheet(plot=plot, exhibit=exhibit, rows=shown, every=rows, panel=panel)
        _check(sheet)
        yield sheet


def find_boxes(sheet: Sheet) -> list[tuple[list[str], list[str]]]:
    """Return the boxes of a flow, step by step, as lines of text.

    Each step has a box of who is left and, where somebody is taken out, one beside the way to it. Before a first
    step that takes somebody out stands a box of who was there.
    """
    found: list[tuple[list[str], list[str]]] = []
    roles = ("label", "reason", "before", "after", "excluded")
    for label, reason, before, after, excluded in zip(*map(sheet.values, roles), strict=True):
        gone = excluded if excluded is not None else before - after if before is not None else None
        if not found and gone:
            start = sheet.plot.words.get("start") or "At the start"
            found.append(([*textwrap.wrap(start, 40), f"n = {describe_number(after + gone if before is None else before)}"], []))
        side: list[str] = []
        if found and (gone or reason is not None):
            why = textwrap.wrap(describe_value(reason), 36) if reason is not None else ["Excluded"]
            side = [*why, f"n = {describe_number(gone)}"] if gone is not None else why
        main = textwrap.wrap(describe_value(label), 40) if label is not None else []
        found.append(([*main, f"n = {describe_number(after)}"], side))
    return found


def describe_value(value: object) -> str:
    """Return a key as it stands beside an axis."""
    if value is None:
        return "(missing)"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def describe_number(value: float, decimals: int = 0) -> str:
    """Return a number as it stands at an axis or in a box."""
    return f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _check(sheet: Sheet) -> None:
    """Raise ExecutionError when there are too many groups, or several rows for one mark."""
    plot, groups = sheet.plot, sheet.group_count
    most = 2 if plot.kind == "pyramid" else MOST_GROUPS
    if groups > most:
        raise ExecutionError(
            f"'{sheet.exhibit.name}' has {groups} groups in '{plot.column('by')}'; a plot of kind '{plot.kind}' shows {most}",
            at=plot.at,
            hint="leave groups out in the model, or name another column",
        )
    if plot.kind == "flow":
        return
    role = "x" if plot.kind == "steps" else "y"
    keys = list(zip(sheet.values(role), sheet.values("by"), strict=True))
    if len(set(keys)) < len(keys):
        named = " and ".join(f"'{name}'" for name in (plot.column(role), plot.column("by")) if name)
        raise ExecutionError(
            f"'{sheet.exhibit.name}' has several rows of one {named}",
            at=plot.at,
            hint="name the column that tells them apart, in 'by' or 'panel'",
        )


def _is_finite(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _split(rows: Iterable[Record], column: str | None) -> list[tuple[str, list[Record]]]:
    """Return the rows by the value of a column, in order of appearance; all under an empty name without a column."""
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(describe_value(row[column]) if column else "", []).append(row)
    return list(found.items())


def _merge(groups: Iterable[Sequence[str]]) -> list[str]:
    merged: list[str] = []
    for words in groups:
        place = 0
        for word in words:
            if word in merged:
                place = merged.index(word) + 1
            else:
                merged.insert(place, word)
                place += 1
    return merged
