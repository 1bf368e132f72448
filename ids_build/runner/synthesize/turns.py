"""The turns of lives as rows: births, deaths, arrivals and departures, and the stretches between stages."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ids_build.errors import PropertiesError
from ids_build.nodes import Source
from ids_build.runner.synthesize.cells import make_words
from ids_build.runner.synthesize.chance import YEAR, Array, fixed, make_stream
from ids_build.runner.synthesize.people import ARRIVED, NEVER, People
from ids_build.runner.synthesize.periods import Period
from ids_build.runner.synthesize.rows import Rows, World

DIRECTIONS = ("in", "out")


def make_births(world: World, people: People, source: Source, period: Period) -> Rows:
    """Return one row per person who was born here in the period; the day is that of birth."""
    lives = people.lives
    who = np.flatnonzero((lives.entry != ARRIVED) & _is_within(period, lives.birth))
    day = lives.birth[who]
    return _arrange(Rows(world=world, source=source, period=period, entity=who, start=day, end=day))


def make_deaths(world: World, people: People, source: Source, period: Period) -> Rows:
    """Return one row per person who died in the period and had not left; the day is that of death."""
    lives = people.lives
    died = _is_within(period, lives.death) & (lives.death <= lives.emigrated) & (lives.enter < lives.death)
    who = np.flatnonzero(died)
    day = lives.death[who]
    return _arrange(Rows(world=world, source=source, period=period, entity=who, start=day, end=day))


def make_migrations(world: World, people: People, source: Source, period: Period) -> Rows:
    """Return one row per arrival and per departure, for good or to come back; the draw `direction` says which."""
    lives = people.lives
    came = (lives.entry == ARRIVED) & _is_within(period, lives.enter) & (lives.enter < lives.leave)
    went = _is_within(period, lives.emigrated) & (lives.emigrated < lives.death) & (lives.enter < lives.emigrated)
    away, back = _is_within(period, lives.away), _is_within(period, lives.back)
    turns = ((came, lives.enter), (back, lives.back), (went, lives.emigrated), (away, lives.away))
    who = np.concatenate([np.flatnonzero(met) for met, _ in turns])
    day = np.concatenate([days[met] for met, days in turns])
    ways = np.repeat([0, 0, 1, 1], [met.sum() for met, _ in turns])
    draws = {"direction": make_words(ways, DIRECTIONS)}
    return _arrange(Rows(world=world, source=source, period=period, entity=who, start=day, end=day, draws=draws))


def make_spells(world: World, people: People, source: Source, period: Period) -> Rows:
    """Return one row per person and stretch that has begun by the end of the period; `stage` is what began."""
    stages = source.meta["simulate"].get("stages", {})
    try:
        begins = _find_begins(people, source.relation.name, stages)
    except (KeyError, TypeError, ValueError) as error:
        hint = "write each stage as name: {age: [from, to], chance: 0.5}"
        raise PropertiesError("'stages' of simulate cannot be read", at=source.at, hint=hint) from error
    lives = people.lives
    seen = (lives.enter <= period.last) & (lives.enter < lives.leave)
    following = np.full(len(seen), NEVER, dtype=np.int32)
    who, start, end, stage = [], [], [], []
    for number in reversed(range(len(begins))):
        begin = begins[number]
        known = np.flatnonzero(seen & (begin <= period.last))
        who.append(known)
        start.append(begin[known])
        end.append(np.where(following[known] < NEVER, following[known] - 1, NEVER))
        stage.append(np.full(len(known), number))
        following[known] = begin[known]
    entity, first, last, index = (np.concatenate(part).astype(np.int32) for part in (who, start, end, stage))
    draws = {"stage": make_words(index, tuple(stages))}
    return _arrange(Rows(world=world, source=source, period=period, entity=entity, start=first, end=last, draws=draws))


def _find_begins(people: People, name: str, stages: Mapping[str, Any]) -> list[Array]:
    """Return for each stage the day on which each person begins it, or a day that never comes."""
    lives, found = people.lives, dict[str, Array]()
    everybody, latest = np.arange(len(lives.birth)), np.full(len(lives.birth), -NEVER, dtype=np.int32)
    for stage, rules in stages.items():
        low, high = (float(age) for age in rules["age"])
        age = low + (high - low) * fixed(people.seed, f"{name} {stage} age", everybody)
        day = np.maximum(lives.birth + (age * YEAR).astype(np.int32), latest + int(YEAR))
        chance = rules.get("chance", 1)
        if isinstance(chance, Mapping):
            chance = np.where(lives.female, float(chance["female"]), float(chance["male"]))
        reached = (fixed(people.seed, f"{name} {stage}", everybody) < chance) & (day < lives.leave)
        if "after" in rules:
            reached &= found[rules["after"]] < NEVER
        found[stage] = np.where(reached, day, NEVER).astype(np.int32)
        latest = np.where(reached, day, latest).astype(np.int32)
    return list(found.values())


def _is_within(period: Period, day: Array) -> Array:
    return np.asarray((period.first <= day) & (day <= period.last))


def _arrange(rows: Rows) -> Rows:
    """Return the rows in no order."""
    return rows.take(make_stream(rows.world.seed, rows.name, rows.period.label).permutation(rows.count))
