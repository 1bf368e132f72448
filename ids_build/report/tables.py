"""The cells of an exhibit as text: CSV with every digit, and for the page numbers that can be read."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ids_build.report.exhibits import Exhibit, Heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of the page: its text, and whether it is a number."""

    text: str
    number: bool


def format_csv(exhibit: Exhibit) -> str:
    """Return the exhibit as CSV with a header: NULL and what is masked is empty, a small count reads ``<5``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([heading.name for heading in exhibit.headings])
    writer.writerows([_plain(cell) for cell in row] for row in exhibit.rows)
    return text.getvalue()


def format_rows(exhibit: Exhibit, limit: int) -> list[list[Cell]]:
    """Return the first rows for the page: thousands apart (but in keys, such as years), one number of decimals a column."""
    columns: list[list[Cell]] = []
    for place, heading in enumerate(exhibit.headings):
        cells = [row[place] for row in exhibit.rows[:limit]]
        decimals = _find_decimals(cells)
        columns.append([Cell(text=_readable(cell, heading, decimals), number=heading.number) for cell in cells])
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def _readable(cell: object, heading: Heading, decimals: int) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.{decimals}f}" if heading.key else f"{cell:,.{decimals}f}"
    if isinstance(cell, int | Decimal) and not heading.key:
        return f"{cell:,}"
    return "" if cell is None else str(cell)


def _find_decimals(cells: Sequence[object]) -> int:
    """Return how many decimals a column of floats needs: as many as its values have, at most three digits that count."""
    values = [abs(cell) for cell in cells if isinstance(cell, float)]
    largest = max((value for value in values if value < float("inf")), default=0.0)
    most = 1 if largest >= 100 else 2 if largest >= 1 else 3 if largest >= 0.01 else 5
    return next((d for d in range(most) if all(abs(round(value, d) - value) < 1e-9 for value in values)), most)
