"""Simulated source files: everything about a table is read from `meta.simulate` of its YAML.

What may be written there is told, word by word, in docs/simulate.md; in brief:

- source level: `people` (how they come, live together, move and go; traits) and `lists` (weighted words);
- table level: `grain` (plain, snapshot, births, deaths, migrations, spells, events, children), `files`, `history`,
  `copies`, `names`, `drift`, `draws`, `window`, `rate`, `length`, `count`, `of`, `of_age`, `rows`, `also`, `stages`;
- column level: `kind` with its own words, and `missing`, `empty`, `map`, `recode`, `prefix`, `variants`,
  `swapped`, `when`, `with`, `spelling`.

A table or a column that says nothing is filled from its data type, so any project can be simulated.
Equal sources, seed and number of people give equal bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ids_build.errors import PropertiesError
from ids_build.nodes import Source
from ids_build.relation import Relation
from ids_build.runner.synthesize.cells import make_words, stack_words
from ids_build.runner.synthesize.chance import make_stream
from ids_build.runner.synthesize.columns import Desk, count_children, fill_draws
from ids_build.runner.synthesize.delivery import check_folder, find_folder, make_copy, make_table, write_table
from ids_build.runner.synthesize.people import People, make_people
from ids_build.runner.synthesize.periods import Period, find_periods, matches
from ids_build.runner.synthesize.rows import (
    Rows,
    World,
    choose_length,
    make_children,
    make_events,
    make_plain,
    make_snapshot,
    repeat_rows,
)
from ids_build.runner.synthesize.turns import make_births, make_deaths, make_migrations, make_spells
from ids_build.runner.synthesize.vocabulary import check_source, check_table, listed

SPAN = (11_000, 18_000)
"""Days from the epoch that dates fall into when nothing is said: some nineteen years."""


OF_PEOPLE: Mapping[str, Callable[[World, People, Source, Period], Rows]] = {
    "snapshot": make_snapshot,
    "births": make_births,
    "deaths": make_deaths,
    "migrations": make_migrations,
    "spells": make_spells,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFile:
    """A file that was written: of which table, where, with how many rows and bytes."""

    relation: Relation
    path: Path
    rows: int
    bytes: int


def simulate(sources: Sequence[Source], *, out: Path, persons: int, seed: int) -> Iterator[SimulatedFile]:
    """Write every file of the sources below `out` and yield each when it is there."""
    settings = _merge_settings(sources)
    names = [source.relation.name for source in sources]
    for source in sources:
        check_table(source, names)
        check_folder(find_folder(source, out))
    people = make_people(settings["people"], persons, seed) if "people" in settings else None
    world = World(
        seed=seed, size=persons, people=people, sources={source.relation.name: source for source in sources},
        lists=settings.get("lists", {}), entities=frozenset(name for source in sources for name in source.key),
    )  # fmt: skip
    for source in sources:
        if _settings(source).get("grain") != "children":
            for period in find_periods(source, people.span if people else SPAN):
                yield from _deliver(_make_rows(world, source, period), out)


def _settings(source: Source) -> Mapping[str, Any]:
    settings: Mapping[str, Any] = source.meta.get("simulate", {})
    return settings


def _merge_settings(sources: Sequence[Source]) -> Mapping[str, Any]:
    """Return what the sources say together; a thing said twice must be the same."""
    merged: dict[str, Any] = {}
    for source in sources:
        said = source.source_meta.get("simulate", {})
        check_source(said, source.at)
        for name, value in said.items():
            known = merged.setdefault(name, value)
            if name == "lists":
                merged[name] = {**known, **value}
            elif known != value:
                raise PropertiesError(f"'{name}' of simulate differs", at=source.at, hint="write it at one source only")
    return merged


def _make_rows(world: World, source: Source, period: Period) -> Rows:
    settings, grain = _settings(source), _settings(source).get("grain", "plain")
    if grain == "plain":
        return fill_draws(make_plain(world, source, period), settings.get("draws", {}))
    if world.people is None:
        raise PropertiesError(f"grain '{grain}' without people", at=source.at, hint="add people to the source")
    if grain == "events":
        rows = _make_event_rows(world, world.people, source, period)
        return _add_copied(rows, settings["also"]) if "also" in settings else rows
    rows = fill_draws(OF_PEOPLE[grain](world, world.people, source, period), settings.get("draws", {}))
    if grain == "snapshot" and "count" in settings:
        return repeat_rows(rows, count_children(rows, settings["count"]))
    return rows


def _make_event_rows(world: World, people: People, source: Source, period: Period) -> Rows:
    rows = fill_draws(make_events(world, people, source, period), _settings(source).get("draws", {}))
    return replace(rows, end=choose_length(rows))


def _add_copied(rows: Rows, also: Mapping[str, Any]) -> Rows:
    """Return the rows and, among them, some of another table's: same person, days and draws of the same name."""
    world, people = rows.world, rows.world.people
    other = world.sources[also["rows_of"]]
    parts, marks = [rows], [np.zeros(rows.count, dtype=np.int32)]
    for period in find_periods(other, people.span) if people else ():
        if people and matches(also["periods"], period.label):
            found = _make_event_rows(world, people, other, period)
            some = np.flatnonzero(np.arange(found.count) < found.count * float(also["share"]))
            parts.append(found.take(some))
            marks.append(np.ones(len(some), dtype=np.int32))
    return _stack(rows, parts, np.concatenate(marks))


def _stack(rows: Rows, parts: Sequence[Rows], marks: Any) -> Rows:
    draws = {name: stack_words([(part.draws.get(name), part.count) for part in parts]) for name in rows.draws}
    draws["copied"] = make_words(marks, ("0", "1"))
    stacked = replace(
        rows, entity=np.concatenate([part.entity for part in parts]), draws=draws,
        start=np.concatenate([part.start for part in parts]), end=np.concatenate([part.end for part in parts]),
    )  # fmt: skip
    order = make_stream(rows.world.seed, rows.name, "also").permutation(stacked.count)
    return stacked.take(order)


def _deliver(rows: Rows, out: Path) -> Iterator[SimulatedFile]:
    """Write the file of the rows, its copies, and the files of the tables that belong to it."""
    source, period, world = rows.source, rows.period, rows.world
    desk = Desk(rows, {column.name: column for column in source.columns})
    table, folder = make_table(desk), find_folder(source, out)
    yield _write(source, folder / period.file, table)
    for settings in listed(_settings(source).get("copies", [])):
        name, copy = make_copy(table, rows, settings)
        yield _write(source, folder / name, copy)
    for child in world.sources.values():
        if _settings(child).get("of") == source.relation.name:
            many = count_children(rows, _settings(child).get("count"))
            below = make_children(rows, desk.made, child, many)
            below = replace(below, period=_rename_period(child, world, period))
            yield from _deliver(fill_draws(below, _settings(child).get("draws", {})), out)


def _rename_period(child: Source, world: World, period: Period) -> Period:
    span = world.people.span if world.people else SPAN
    for own in find_periods(child, span) if "files" in _settings(child) else ():
        if own.first <= period.last and period.first <= own.last:
            return replace(own, first=period.first, last=period.last)
    return period


def _write(source: Source, path: Path, table: Any) -> SimulatedFile:
    size = write_table(table, path)
    return SimulatedFile(relation=source.relation, path=path, rows=table.num_rows, bytes=size)
