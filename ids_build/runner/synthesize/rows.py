"""The rows of one file: whose they are and when, before any column is filled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ids_build.nodes import Source
from ids_build.runner.synthesize.cells import Cells
from ids_build.runner.synthesize.chance import YEAR, Array, make_stream, spread_band
from ids_build.runner.synthesize.moment import Moment, find_moment
from ids_build.runner.synthesize.people import People
from ids_build.runner.synthesize.periods import Period

OLDEST = 121


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all tables share: seed, number of people, the people if any, tables by name, lists and key columns."""

    seed: int
    size: int
    people: People | None
    sources: Mapping[str, Source]
    lists: Mapping[str, Any]
    entities: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one file; `entity` is a position among the people; `start` and `end` are days."""

    world: World
    source: Source
    period: Period
    entity: Array
    start: Array
    end: Array
    draws: Mapping[str, Cells] = field(default_factory=dict)
    moment: Moment | None = None
    parent: Mapping[str, Cells] = field(default_factory=dict)
    position: Array | None = None

    @property
    def name(self) -> str:
        """Return the table's name."""
        return self.source.relation.name

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self.entity)

    @property
    def who(self) -> tuple[Array, ...]:
        """Return what tells whose a row is: the person, and in a snapshot the place among the person's rows."""
        if self.moment is None or self.position is None:
            return (self.entity,)
        return (self.entity, self.position)

    def take(self, some: Array) -> "Rows":
        """Return these rows, with their draws."""
        draws = {name: cells.take(some) for name, cells in self.draws.items()}
        return replace(self, entity=self.entity[some], start=self.start[some], end=self.end[some], draws=draws)


def make_snapshot(world: World, people: People, source: Source, period: Period) -> Rows:
    """Return one row per person who is here on the last day of the period, in no order."""
    moment = find_moment(people, period.last)
    who = np.flatnonzero(moment.here)
    band = source.meta["simulate"].get("of_age")
    if band is not None:
        age = (period.last - people.lives.birth[who]) / YEAR
        who = who[(age >= float(band[0])) & (age < float(band[1]) + 1)]
    stream = make_stream(world.seed, source.relation.name, period.label)
    who = stream.permutation(who).astype(np.int32)
    day = np.full(len(who), period.last, dtype=np.int32)
    return Rows(world=world, source=source, period=period, entity=who, start=day, end=day, moment=moment)


def make_plain(world: World, source: Source, period: Period) -> Rows:
    """Return as many rows as asked for, of nobody."""
    size = int(source.meta.get("simulate", {}).get("rows", world.size))
    stream = make_stream(world.seed, source.relation.name, period.label)
    start = stream.integers(period.first, period.last + 1, size, dtype=np.int32)
    return Rows(
        world=world, source=source, period=period, entity=np.arange(size, dtype=np.int32), start=start, end=start
    )  # fmt: skip


def make_events(world: World, people: People, source: Source, period: Period) -> Rows:
    """Return events of people who are here, as often as the table's rates and the person's own habit say."""
    settings, lives = source.meta["simulate"], people.lives
    stream = make_stream(world.seed, source.relation.name, period.label)
    first = np.maximum(lives.enter, period.first)
    last = np.minimum(lives.leave, period.last + 1)
    here = np.flatnonzero(last > first)
    first, last = first[here], last[here]
    age = np.clip((last - lives.birth[here]) / YEAR, 0, OLDEST - 1).astype(np.int64)
    rates = {sex: spread_band(settings["rate"][sex], OLDEST) for sex in ("female", "male")}
    yearly = np.where(lives.female[here], rates["female"][age], rates["male"][age])
    many = stream.poisson(yearly * people.shape[here] * (last - first) / YEAR)
    row = stream.permutation(np.repeat(np.arange(len(here)), many))
    day = (first[row] + stream.random(len(row)) * (last[row] - first[row])).astype(np.int32)
    rows = Rows(
        world=world, source=source, period=period, entity=here[row].astype(np.int32), start=day, end=day
    )  # fmt: skip
    abroad = lives.is_abroad(rows.entity, day)
    return rows.take(np.flatnonzero(~abroad)) if abroad.any() else rows


def choose_length(rows: Rows) -> Array:
    """Return the last day of each event: an exponential length, at the longest until the person leaves."""
    settings = rows.source.meta["simulate"].get("length")
    if settings is None or rows.world.people is None:
        return rows.end
    by = rows.draws[settings["by"]]
    means = np.array([float(settings["mean"].get(word, 0)) for word in by.words.to_pylist()])
    stream = make_stream(rows.world.seed, rows.name, rows.period.label, "length")
    days = np.minimum(stream.exponential(1.0, rows.count) * means[by.values], float(settings["most"]))
    gone = rows.world.people.lives.leave[rows.entity]
    return np.asarray(np.maximum(np.minimum(rows.start + days.astype(np.int32), gone), rows.start))


def make_children(parent: Rows, made: Mapping[str, Cells], source: Source, many: Array) -> Rows:
    """Return the rows that belong to the rows of another table, in no order; `position` counts within one."""
    row, position = _spread(many, make_stream(parent.world.seed, source.relation.name, parent.period.label))
    below = {name: cells.take(row) for name, cells in made.items()}
    return replace(parent.take(row), source=source, moment=None, parent=below, position=position)


def repeat_rows(rows: Rows, many: Array) -> Rows:
    """Return each row so many times, in no order; `position` counts the rows that were one."""
    row, position = _spread(many, make_stream(rows.world.seed, rows.name, rows.period.label, "count"))
    return replace(rows.take(row), position=position)


def _spread(many: Array, stream: np.random.Generator) -> tuple[Array, Array]:
    """Return each index as often as said, in no order, and which of its kind each is, from 0."""
    row = np.repeat(np.arange(len(many)), many)
    position = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    order = stream.permutation(len(row))
    return row[order], position[order].astype(np.int32)
