"""People who never lived: who is born, arrives, leaves or dies, and what stays with a person for life."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ids_build.runner.synthesize.chance import YEAR, Array, add_up, fixed, make_stream, pick, pick_ages, scramble
from ids_build.runner.synthesize.kin import Kin, make_kin
from ids_build.runner.synthesize.lives import Lives
from ids_build.runner.synthesize.periods import parse_day

BORN, ARRIVED = 1, 2
NATIVE, IMMIGRANT, DESCENDANT = 0, 1, 2
ADULT = int(18 * YEAR)
NEVER = 10**6
"""A day far beyond every span, for what does not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """Something a few people carry from an age on: index of the word (-1 for none) and first day."""

    words: tuple[str, ...]
    value: Array
    onset: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The people of a simulation, one position in each array per person; days count from the epoch."""

    seed: int
    settings: Mapping[str, Any]
    lives: Lives
    kin: Kin
    origin: Array
    country: Array
    citizenship: Array
    countries: tuple[str, ...]
    shape: Array
    identifiers: Any
    family_identifiers: Any
    traits: Mapping[str, Trait]
    span: tuple[int, int]


def make_people(settings: Mapping[str, Any], size: int, seed: int) -> People:
    """Return `size` people as the settings describe them; the same arguments give the same people."""
    span = (parse_day(settings["span"]["start"]), parse_day(settings["span"]["end"]))
    lives = _make_lives(settings, size, make_stream(seed, "lives"), span)
    lives, kin = make_kin(settings, lives, seed, span)
    if "absences" in settings:
        lives = _send_abroad(settings["absences"], lives, kin, make_stream(seed, "absences"), span)
    origin, country, citizenship, words = _make_origins(settings["origins"], lives, kin, make_stream(seed, "origins"))
    habit = make_stream(seed, "habit")
    form = float(settings["habit"]["shape"])
    traits = {
        name: _make_trait(trait, lives, make_stream(seed, "trait", name)) for name, trait in settings.get("traits", {}).items()
    }
    return People(
        seed=seed, settings=settings, lives=lives, kin=kin, origin=origin, country=country,
        citizenship=citizenship, countries=words, shape=habit.gamma(form, 1 / form, size).astype(np.float32),
        identifiers=make_identifiers(settings["identifier"], size),
        family_identifiers=make_identifiers(settings["family_identifier"], size), traits=traits, span=span,
    )  # fmt: skip


def make_identifiers(rules: Mapping[str, Any], size: int) -> Any:
    """Return one text per position: a prefix and a scrambled number of fixed width."""
    digits = int(rules["digits"])
    number = pa.array(scramble(np.arange(size), 10**digits))
    text = pc.utf8_lpad(pc.cast(number, pa.string()), width=digits, padding="0")
    return pc.binary_join_element_wise(pa.scalar(str(rules["prefix"])), text, "")


def _make_lives(settings: Mapping[str, Any], size: int, stream: np.random.Generator, span: tuple[int, int]) -> Lives:
    shares = settings["shares"]
    entry = pick(add_up(np.array([shares[k] for k in ("resident", "born", "arrived")])), stream.random(size))
    start, end = span
    moment = stream.integers(start, end + 1, size, dtype=np.int32)
    enter = np.where(entry == 0, start, moment)
    age = np.where(entry == 0, pick_ages(settings["ages"], stream, size), 0)
    age = np.where(entry == ARRIVED, pick_ages(settings["arrival_ages"], stream, size), age)
    birth = (enter - age).astype(np.int32)
    female = stream.random(size) < shares["female"]
    death = birth + _live(settings["mortality"], age / YEAR, female, stream)
    leave = enter + _stay(settings["leaving"], entry, stream)
    early = (entry == 0) & (age > 0)
    return Lives(
        birth=birth, enter=np.where(early, birth, enter).astype(np.int32), death=death.astype(np.int32),
        emigrated=np.where(leave > end, NEVER, leave).astype(np.int32), female=female, entry=entry.astype(np.int8),
        away=np.full(size, NEVER, dtype=np.int32), back=np.full(size, NEVER, dtype=np.int32),
    )  # fmt: skip


def _live(rules: Mapping[str, float], age: Array, female: Array, stream: np.random.Generator) -> Array:
    """Return the age at death in days: a Gompertz hazard given survival so far, and the first year's own."""
    level = rules["level"] * np.where(female, 1.0, rules["male"])
    slope = rules["slope"]
    wait = stream.exponential(1.0, len(age))
    years = np.log(np.exp(slope * age) + slope * wait / level) / slope
    infant = (age == 0) & (stream.random(len(age)) < rules["first_year"])
    years = np.where(infant, stream.random(len(age)) ** 3, years)
    return np.maximum(years * YEAR, age * YEAR + 1).astype(np.int32)


def _stay(rules: Mapping[str, float], entry: Array, stream: np.random.Generator) -> Array:
    size = len(entry)
    mean = np.full(size, 1 / rules["yearly"])
    short = stream.random(size) < rules["short"]
    mean[entry == ARRIVED] = np.where(short, rules["short_years"], rules["long_years"])[entry == ARRIVED]
    return np.minimum(30 + mean * YEAR * stream.exponential(1.0, size), NEVER // 2).astype(np.int32)


def _send_abroad(
    rules: Mapping[str, Any], lives: Lives, kin: Kin, stream: np.random.Generator, span: tuple[int, int]
) -> Lives:  # fmt: skip
    """Return the lives with a time abroad for a share of the grown people who are nobody's parents."""
    size = len(lives.birth)
    free = np.ones(size, dtype=bool)
    for parent in (kin.mother, kin.father):
        free[parent[parent >= 0]] = False
    first = np.maximum(np.maximum(lives.enter, lives.birth + ADULT), span[0]) + 1
    last = np.minimum(lives.leave, span[1])
    shortest, longest = (int(days) for days in rules["days"])
    away = (first + stream.random(size) * np.maximum(last - first, 0)).astype(np.int32)
    back = away + stream.integers(shortest, longest + 1, size, dtype=np.int32)
    goes = free & (stream.random(size) < float(rules["share"])) & (back < last)
    return replace(lives, away=np.where(goes, away, NEVER), back=np.where(goes, back, NEVER))


def _make_origins(
    rules: Mapping[str, Any], lives: Lives, kin: Kin, stream: np.random.Generator
) -> tuple[Array, Array, Array, tuple[str, ...]]:
    size = len(lives.birth)
    words = (str(rules["native"]), *(str(code) for code in rules["countries"]))
    shares = np.array([1 - rules["immigrant"] - rules["descendant"], rules["immigrant"], rules["descendant"]])
    origin = pick(add_up(shares), stream.random(size)).astype(np.int8)
    origin[lives.entry == ARRIVED] = IMMIGRANT
    country = (1 + pick(add_up(np.array(list(rules["countries"].values()))), stream.random(size))).astype(np.int16)
    child = np.flatnonzero((kin.mother >= 0) & (lives.entry != ARRIVED))
    for _ in range(2):
        mother = kin.mother[child]
        origin[child] = np.where(origin[mother] == IMMIGRANT, DESCENDANT, NATIVE)
        country[child] = country[mother]
    country[origin == NATIVE] = 0
    citizen = np.where((origin != NATIVE) & (stream.random(size) < rules["naturalised"]), 0, country)
    return origin, country, citizen.astype(np.int16), words


def _make_trait(rules: Mapping[str, Any], lives: Lives, stream: np.random.Generator) -> Trait:
    size = len(lives.birth)
    words = tuple(str(word) for word in rules["values"])
    value = pick(add_up(np.array(list(rules["values"].values()), dtype=np.float64)), stream.random(size))
    value[stream.random(size) >= rules["share"]] = -1
    onset = lives.birth + pick_ages(rules["onset"], stream, size)
    return Trait(words=words, value=value.astype(np.int16), onset=onset.astype(np.int32))


def find_place(people: People, owner: Array, day: Array, weights: Array) -> tuple[Array, Array]:
    """Return index of the place and day of moving in, of the owners' addresses at a day."""
    rules = people.settings["moves"]
    low, high = (float(years) * YEAR for years in rules["years"])
    stay = (low + (high - low) * fixed(people.seed, "stay", owner)).astype(np.int64)
    offset = (fixed(people.seed, "offset", owner) * stay).astype(np.int64)
    number = (day + NEVER - offset) // stay
    home = pick(weights, fixed(people.seed, "home", owner))
    other = pick(weights, fixed(people.seed, "place", owner, number))
    away = fixed(people.seed, "away", owner, number) < float(rules["away"])
    return np.where(away, other, home), (number * stay + offset - NEVER).astype(np.int32)


def find_owner(people: People, who: Array, day: Array) -> Array:
    """Return at whose address each person lives on a day: the mother's, the first partner's, or the own."""
    kin, owner = people.kin, who.astype(np.int32)
    for couples in (some for some in kin.couples if len(some.first)):
        number = np.full(len(kin.mother), -1, dtype=np.int32)
        number[couples.second] = np.arange(len(couples.second))
        spot = number[who]
        active = (spot >= 0) & (couples.start[spot] <= day) & (day < couples.end[spot])
        active &= people.lives.is_here(couples.first[spot], day)
        owner = np.where(active, couples.first[spot], owner)
    mother = kin.mother[who]
    child = (mother >= 0) & (day < kin.home_until[who]) & people.lives.is_here(mother, day)
    return np.where(child, mother, owner)
