"""Mothers, fathers, couples, and the day children leave home."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ids_build.runner.synthesize.chance import YEAR, Array, make_stream
from ids_build.runner.synthesize.couples import Couples, make_couples, make_second_couples
from ids_build.runner.synthesize.lives import Lives
from ids_build.runner.synthesize.periods import parse_day

ARRIVED = 2
ROUNDS = 14
APART, TWINS = 290, 1
ADULT = int(18 * YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """Positions of mother and father (-1 unknown), couples in order of time, and the day of leaving home."""

    mother: Array
    father: Array
    couples: tuple[Couples, ...]
    home_until: Array


def make_kin(
    settings: Mapping[str, Any], lives: Lives, seed: int, span: tuple[int, int]
) -> tuple[Lives, Kin]:  # fmt: skip
    """Return the ties, and the lives again: children move with their mother, arriving couples together."""
    rules, stream = settings["parents"], make_stream(seed, "kin")
    mother = np.full(len(lives.birth), -1, dtype=np.int32)
    linked = stream.random(len(mother)) >= rules["mother_missing"]
    linked &= lives.birth >= parse_day(rules["linked_from"])
    young = (lives.entry == ARRIVED) & (lives.enter - lives.birth < ADULT)
    grown = (lives.entry == ARRIVED) & ~young & lives.female
    mother = _link(rules, lives, mother, linked & young, grown, stream)
    lives = _travel(lives, mother)
    women = lives.female & ~grown
    mother = _link(rules, lives, mother, linked & (lives.entry == 0), women & (lives.entry == 0), stream)
    mother = _link(rules, lives, mother, linked & (lives.entry == 1), lives.female, stream)
    lives, first = make_couples(settings["unions"], lives, mother, stream, span)
    lives = _follow(lives, mother)
    father = _find_fathers(rules, lives, mother, first, stream)
    second = make_second_couples(settings["unions"], lives, first, stream, span)
    home = settings["home"]["leaves"]
    leaves = np.clip(stream.normal(home["mean"], home["deviation"], len(mother)), home["from"], home["to"])
    until = lives.birth + (leaves * YEAR).astype(np.int32)
    for parent in (mother, father):
        child = np.flatnonzero(parent >= 0)
        np.minimum.at(until, parent[child], lives.birth[child])
    return lives, Kin(mother=mother, father=father, couples=(first, *second), home_until=until)


def _link(
    rules: Mapping[str, Any], lives: Lives, mother: Array, children: Array, women: Array, stream: np.random.Generator
) -> Array:
    """Give the children mothers of a fitting age who are here; births of one mother keep their distance."""
    mother = mother.copy()
    pool = np.flatnonzero(women)
    if not len(pool):
        return mother
    pool = pool[np.argsort(lives.birth[pool], kind="stable")]
    anywhere = bool((lives.entry[pool] == ARRIVED).all())
    for _ in range(ROUNDS):
        todo = np.flatnonzero(children & (mother < 0))
        found = _propose(rules["mother"], lives, todo, pool, stream)
        good = _fits(rules["mother"], lives, todo, found)
        if not anywhere:
            good &= lives.is_here(found, lives.birth[todo])
        mother[todo[good]] = found[good]
        mother[_conflicts(mother, lives.birth, int(rules["children"]))] = -1
    return mother


def _propose(rules: Mapping[str, float], lives: Lives, children: Array, pool: Array, stream: np.random.Generator) -> Array:
    age = stream.normal(rules["mean"], rules["deviation"], len(children)) * YEAR
    spot = np.searchsorted(lives.birth[pool], lives.birth[children] - age)
    reach = 2 + len(pool) // 500
    spot = spot + stream.integers(-reach, reach + 1, len(children))
    return pool[np.clip(spot, 0, len(pool) - 1)]


def _fits(rules: Mapping[str, float], lives: Lives, children: Array, found: Array) -> Array:
    age = (lives.birth[children] - lives.birth[found]) / YEAR
    return np.asarray((age >= rules["from"]) & (age <= rules["to"]))


def _conflicts(mother: Array, birth: Array, most: int) -> Array:
    child = np.flatnonzero(mother >= 0)
    child = child[np.lexsort((birth[child], mother[child]))]
    same = mother[child][1:] == mother[child][:-1]
    gap = np.diff(birth[child])
    close = np.concatenate([[False], same & (gap > TWINS) & (gap < APART)])
    first = np.flatnonzero(np.concatenate([[True], ~same])) if len(child) else np.array([], dtype=np.int64)
    rank = np.arange(len(child)) - np.repeat(first, np.diff(np.append(first, len(child))))
    return np.asarray(child[close | (rank >= most)])


def _travel(lives: Lives, mother: Array) -> Lives:
    """Children who arrive do so with their mother."""
    child = np.flatnonzero(mother >= 0)
    enter = lives.enter.copy()
    enter[child] = np.maximum(lives.birth[child], lives.enter[mother[child]])
    return _follow(replace(lives, enter=enter), mother)


def _follow(lives: Lives, mother: Array) -> Lives:
    """Children under age leave the country with their mother."""
    child = np.flatnonzero(mother >= 0)
    day = lives.emigrated[mother[child]]
    moved = child[(day - lives.birth[child] < ADULT) & (day > lives.enter[child])]
    emigrated = lives.emigrated.copy()
    emigrated[moved] = np.minimum(emigrated[moved], lives.emigrated[mother[moved]])
    return replace(lives, emigrated=emigrated)


def _find_fathers(rules: Mapping[str, Any], lives: Lives, mother: Array, couples: Couples, stream: np.random.Generator) -> Array:
    """The mother's partner is the father when he was there; a few children have another one."""
    father = np.full(len(mother), -1, dtype=np.int32)
    child = np.flatnonzero(mother >= 0)
    partner = np.full(len(mother), -1, dtype=np.int32)
    partner[couples.first[~couples.same]] = couples.second[~couples.same]
    his = partner[mother[child]]
    apart = lives.entry[child] == ARRIVED
    there = (his >= 0) & (apart | lives.is_here(his, lives.birth[child] - APART // 2))
    there &= _fits(rules["father"], lives, child, his)
    there &= stream.random(len(child)) >= rules["other_father"]
    father[child[there]] = his[there]
    pool = np.flatnonzero(~lives.female)
    pool = pool[np.argsort(lives.birth[pool], kind="stable")]
    known = stream.random(len(mother)) >= rules["father_missing"]
    for _ in range(ROUNDS // 2):
        todo = child[(father[child] < 0) & known[child]]
        found = _propose(rules["father"], lives, todo, pool, stream)
        good = _fits(rules["father"], lives, todo, found)
        good &= lives.is_here(found, np.maximum(lives.birth[todo], lives.enter[todo]))
        father[todo[good]] = found[good]
    father[~known] = -1
    return father
