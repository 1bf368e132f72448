"""Couples: who with whom, from when, married when, until when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ids_build.runner.synthesize.chance import YEAR, Array
from ids_build.runner.synthesize.lives import Lives
from ids_build.runner.synthesize.periods import parse_day

ARRIVED = 2
NEVER = 10**6
ROUNDS = 10
ADULT = int(18 * YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Couples:
    """One position per couple; `first` is the woman where sexes differ; days count from the epoch."""

    first: Array
    second: Array
    start: Array
    married: Array
    end: Array
    widowed: Array
    registered: Array
    same: Array


def make_couples(
    rules: Mapping[str, Any], lives: Lives, mother: Array, stream: np.random.Generator, span: tuple[int, int]
) -> tuple[Lives, Couples]:
    """Return the first couples of all who have one, and the lives: arriving couples arrive and leave together."""
    first_birth, last_birth = _births(lives, mother)
    chance = np.where(last_birth > -NEVER, rules["mothers"], rules["share"])
    grown = np.minimum(lives.leave, span[1]) - lives.birth > ADULT
    wish = grown & (stream.random(len(chance)) < chance)
    arriving = (lives.entry == ARRIVED) & (lives.enter - lives.birth >= ADULT)
    alike = wish & (stream.random(len(chance)) < rules["same_sex"]) & (last_birth == -NEVER)
    pairs = []
    for group in (arriving, ~arriving):
        for sex in (lives.female, ~lives.female):
            half = stream.random(len(chance)) < 1 / 2
            pairs.append((*_match(rules, lives, group & alike & sex & half, group & alike & sex & ~half, stream), True))
        men = group & grown & ~lives.female & ~alike
        pairs.append((*_match(rules, lives, group & wish & lives.female & ~alike, men, stream), False))
    first = np.concatenate([pair[0] for pair in pairs])
    second = np.concatenate([pair[1] for pair in pairs])
    same = np.concatenate([np.full(len(pair[0]), pair[2]) for pair in pairs])
    lives = _together(lives, first, second, arriving)
    start = _start(rules, lives, first, second, stream)
    start = np.where(first_birth[first] < NEVER, np.minimum(start, first_birth[first] - 300), start)
    start = np.maximum(start, np.maximum(lives.birth[first], lives.birth[second]) + ADULT)
    couples = _finish(rules, lives, (first, second, start, same), last_birth[first], stream)
    return lives, _keep(couples, couples.end > couples.start)


def make_second_couples(
    rules: Mapping[str, Any], lives: Lives, couples: Couples, stream: np.random.Generator, span: tuple[int, int]
) -> tuple[Couples, ...]:
    """Return the couples of people whose first one ended while they were here."""
    size = len(lives.birth)
    free = np.full(size, NEVER, dtype=np.int32)
    for who in (couples.first, couples.second):
        free[who] = couples.end
    here = (free < span[1]) & (free < lives.leave) & (free - lives.birth < 70 * YEAR) & (lives.enter <= free)
    wish = here & (stream.random(size) < rules["again"])
    first, second = _match(rules, lives, wish & lives.female, wish & ~lives.female, stream)
    wait = (stream.exponential(float(rules["wait"]), len(first)) * YEAR).astype(np.int32)
    start = np.maximum(free[first], free[second]) + 200 + wait
    same = np.zeros(len(first), dtype=bool)
    none = np.full(len(first), -NEVER, dtype=np.int32)
    found = _finish(rules, lives, (first, second, start, same), none, stream)
    return (_keep(found, (found.end > found.start) & lives.is_here(first, start) & lives.is_here(second, start)),)


def _births(lives: Lives, mother: Array) -> tuple[Array, Array]:
    first = np.full(len(mother), NEVER, dtype=np.int32)
    last = np.full(len(mother), -NEVER, dtype=np.int32)
    child = np.flatnonzero(mother >= 0)
    np.minimum.at(first, mother[child], lives.birth[child])
    np.maximum.at(last, mother[child], lives.birth[child])
    return first, last


def _match(
    rules: Mapping[str, Any], lives: Lives, firsts: Array, seconds: Array, stream: np.random.Generator
) -> tuple[Array, Array]:
    """Pair each of the first with someone of the second of about the wished age, each one once."""
    todo, pool = np.flatnonzero(firsts), np.flatnonzero(seconds)
    pool = pool[np.argsort(lives.birth[pool], kind="stable")]
    gap, left, right = rules["gap"], [], []
    for _ in range(ROUNDS):
        if not len(todo) or not len(pool):
            break
        target = lives.birth[todo] - stream.normal(gap["mean"], gap["deviation"], len(todo)) * YEAR
        spot = np.clip(np.searchsorted(lives.birth[pool], target), 0, len(pool) - 1)
        near = np.abs(lives.birth[pool[spot]] - lives.birth[todo]) < gap["most"] * YEAR
        near &= lives.enter[pool[spot]] < lives.leave[todo]
        near &= lives.enter[todo] < lives.leave[pool[spot]]
        candidates = np.flatnonzero(near)
        chosen, where = np.unique(spot[candidates], return_index=True)
        taken = candidates[where]
        left.append(todo[taken])
        right.append(pool[chosen])
        todo, pool = np.delete(todo, taken), np.delete(pool, chosen)
    none = np.array([], dtype=np.int64)
    return np.concatenate([none, *left]), np.concatenate([none, *right])


def _together(lives: Lives, first: Array, second: Array, arriving: Array) -> Lives:
    pair = arriving[first] & arriving[second]
    enter, emigrated = lives.enter.copy(), lives.emigrated.copy()
    young = lives.birth[second[pair]] + ADULT // 2
    enter[second[pair]] = np.maximum(enter[first[pair]], young)
    emigrated[second[pair]] = np.maximum(emigrated[first[pair]], enter[second[pair]] + 30)
    return replace(lives, enter=enter, emigrated=emigrated)


def _start(rules: Mapping[str, Any], lives: Lives, first: Array, second: Array, stream: np.random.Generator) -> Array:
    age = np.maximum(stream.normal(rules["age"]["mean"], rules["age"]["deviation"], len(first)), 18.0) * YEAR
    start = np.maximum(lives.birth[first] + age, lives.birth[second] + ADULT).astype(np.int32)
    for who in (first, second):
        resident = lives.entry[who] != ARRIVED
        start = np.where(resident, np.maximum(start, lives.enter[who]), start)
    return np.asarray(start)


def _finish(
    rules: Mapping[str, Any],
    lives: Lives,
    base: tuple[Array, Array, Array, Array],
    last_birth: Array,
    stream: np.random.Generator,
) -> Couples:
    first, second, start, same = base
    size = len(first)
    death = np.minimum(lives.death[first], lives.death[second])
    lasts = (stream.exponential(rules["lasts"], size) * YEAR).astype(np.int32) + 200
    parting = np.maximum(start + lasts, last_birth + 200)
    parting = np.where(stream.random(size) < rules["broken"], parting, NEVER)
    end = np.minimum(parting, death)
    wait = (stream.exponential(rules["wait"], size) * YEAR).astype(np.int32)
    custom = rules["married"]
    share = np.where(start < parse_day(custom["until"]), custom["before"], custom["after"])
    married = np.where(stream.random(size) < share, start + wait, NEVER)
    married = np.where(married < end, married, NEVER)
    return Couples(
        first=first, second=second, start=start.astype(np.int32), married=married.astype(np.int32),
        end=end.astype(np.int32), widowed=death <= parting, same=same,
        registered=same & (married < parse_day(rules["registered_until"])),
    )  # fmt: skip


def _keep(couples: Couples, good: Array) -> Couples:
    return Couples(**{name: getattr(couples, name)[good] for name in Couples.__dataclass_fields__})
