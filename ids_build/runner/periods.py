"""Reporting periods in file names: 2005, 200512, 2005Q4, 20051231, after a prefix and before the mark of a part."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

_FORMS = re.compile(r"(?P<year>(?:18|19|20|21)\d\d)(?:-?(?P<month>\d\d)(?:-?(?P<day>\d\d))?|-?[Qq](?P<quarter>[1-4]))?$")

# A file that came in parts: 2005_part1, 2005_del2, 2005_1, 2005a.
_PART = re.compile(r"(?<=\d)(?:[_-](?:part|del)[_-]?\d{1,3}|_\d|[a-h])$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """First and last day that a file covers."""

    start: date
    end: date

    @property
    def label(self) -> str:
        """Return the period as a file name tells it: 2005, 2005Q4, 2005-12 or 2005-12-31. Labels sort by their first day."""
        if self.start == self.end:
            return self.start.isoformat()
        months = self.end.month - self.start.month + 1
        year = f"{self.start.year:04}"
        return {12: year, 3: f"{year}Q{(self.end.month + 2) // 3}"}.get(months, f"{year}-{self.start.month:02}")

    def overlaps(self, other: "Period") -> bool:
        """Say whether the two share a day."""
        return self.start <= other.end and other.start <= self.end


def whole_stem(stem: str) -> str:
    """Return a file name's stem without the mark of a part: ``2005`` for ``2005_part1``, ``2005_del2``, ``2005_1``, ``2005a``."""
    return _PART.sub("", stem)


def find_period(stem: str) -> Period | None:
    """Return the period that ends a file name's stem, None when there is none.

    ``2005`` and ``lpr_2005`` are a year, ``200512`` and ``2005-12`` a month, ``2005Q4`` a quarter,
    ``20051231`` a day. The mark of a part may follow.
    """
    stem = whole_stem(stem)
    for start in range(len(stem)):
        if start and stem[start - 1].isdigit():
            continue
        found = _FORMS.match(stem, start)
        if found:
            return _make_period(found)
    return None


def _make_period(found: re.Match[str]) -> Period | None:
    year = int(found["year"])
    first, last = 1, 12
    if found["quarter"]:
        last = 3 * int(found["quarter"])
        first = last - 2
    elif found["month"]:
        first = last = int(found["month"])
    if not 1 <= first <= 12:
        return None
    days = calendar.monthrange(year, last)[1]
    if not found["day"]:
        return Period(start=date(year, first, 1), end=date(year, last, days))
    day = int(found["day"])
    return Period(start=date(year, first, day), end=date(year, first, day)) if 1 <= day <= days else None
