"""Exhibits of a report, with and without a plot."""

from collections.abc import Sequence
from typing import Any

from ids_build.nodes import NamedColumn, Plot
from ids_build.report.exhibits import Exhibit, Heading
from tests.support.builders import AT

NUMBERS = frozenset({"x", "low", "high", "before", "after", "excluded", "n"})


def make_plot(kind: str, roles: str, **parts: Any) -> Plot:
    """Return a plot of columns that are called like their roles."""
    columns = tuple(
        NamedColumn(role=role, name=role, at=AT, number=role in NUMBERS or (kind, role) == ("steps", "y"))
        for role in roles.split()
    )
    return Plot(kind=kind, at=AT, columns=columns, **parts)


def make_exhibit(names: str, *rows: Sequence[object], plot: Plot | None = None, **parts: Any) -> Exhibit:
    """Return an exhibit of these columns; those of numbers are known by their name."""
    headings = tuple(Heading(name=name, data_type="int64" if name in NUMBERS else "string") for name in names.split())
    told: dict[str, Any] = {"name": "ages", "title": "Ages <all>", "threshold": 5, **parts}
    return Exhibit(at=AT, headings=headings, rows=tuple(map(tuple, rows)), plot=plot, **told)
