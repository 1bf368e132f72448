"""Contracts between deliveries: nothing outside a register's days, no two for one day without a rule, none that shrank."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol

from ids_build.errors import ConfigError, ExecutionError, Location
from ids_build.nodes import Source
from ids_build.runner.periods import Period
from ids_build.runner.raw_files import RawFile
from ids_build.runner.sources import Delivery


class Found(Protocol):
    """A source and the files of it that are read."""

    @property
    def source(self) -> Source:
        """Return the source."""

    @property
    def files(self) -> tuple[RawFile, ...]:
        """Return its files."""


def check_delivery(delivery: Found, others: Iterable[Found]) -> None:
    """Raise ConfigError when a file lies outside the days its source is good for, or another source covers its days.

    Two sources may cover the same days when they tell different subjects, or when one says that it replaces the other.
    """
    _check_days(delivery)
    source = delivery.source
    for other in others:
        rival = other.source
        ruled = rival.name in source.rules.replaces or source.name in rival.rules.replaces
        if source.rules.subject is None or rival.rules.subject != source.rules.subject or ruled or rival == source:
            continue
        for mine in _covered(delivery):
            for theirs in _covered(other):
                if mine.overlaps(theirs):
                    first, last = max(mine.start, theirs.start), min(mine.end, theirs.end)
                    raise ConfigError(
                        f"'{source.relation}' and '{rival.relation}' both tell {source.rules.subject} {_span(first, last)}",
                        at=source.at,
                        hint=f"take one away, or say which wins with 'meta: {{replaces: {rival.name}}}'",
                    )


def check_shrunk(delivery: Delivery, before: Mapping[str, int]) -> None:
    """Raise ExecutionError when a file that an earlier run read (path and number of rows) is gone or has fewer rows.

    A file that is left out now, for one that the source prefers, is not gone.
    """
    now = {file.shown: file for file in (*delivery.files, *delivery.left_out)}
    for name, rows in before.items():
        file = now.get(name)
        if file is None or file.rows < rows:
            told = "is gone" if file is None else f"has {file.rows:,} rows"
            raise ExecutionError(
                f"the delivery of '{delivery.source.relation}' shrank: '{name}' {told}, the last run read {rows:,} rows",
                at=Location(path=file.shown) if file else delivery.source.at,
                hint="ask for the delivery again; if it is right, run once with --full-refresh",
            )


def _check_days(delivery: Found) -> None:
    rules = delivery.source.rules
    for file in delivery.files:
        if file.period is None:
            continue
        if rules.last and file.period.start > rules.last:
            told = f"ends on {rules.last}"
        elif rules.first and file.period.end < rules.first:
            told = f"begins on {rules.first}"
        else:
            continue
        raise ConfigError(
            f"'{delivery.source.relation}' {told}; this file lies outside",
            at=Location(path=file.shown),
            hint="take the file out of the folder, and read those days in the register that has them",
        )


def _covered(delivery: Found) -> list[Period]:
    """Return the days that the files cover, within those the source is good for; a file without period covers all of them."""
    rules = delivery.source.rules
    least, most = rules.first or date.min, rules.last or date.max
    found = [file.period or Period(start=least, end=most) for file in delivery.files]
    return [Period(start=max(one.start, least), end=min(one.end, most)) for one in found]


def _span(first: date, last: date) -> str:
    if last == date.max:
        return "on all days" if first == date.min else f"from {first} on"
    return f"until {last}" if first == date.min else f"from {first} to {last}"
