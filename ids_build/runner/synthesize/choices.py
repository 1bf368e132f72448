"""Weighted choice: which words a row may have, by its age, sex, year, place in a parent or other draws."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ids_build.errors import PropertiesError
from ids_build.runner.synthesize.attributes import calendar_year, completed_years, describe_person
from ids_build.runner.synthesize.cells import Cells, make_words, spell_out
from ids_build.runner.synthesize.chance import Array, add_up, fixed, make_stream, parse_band, pick
from ids_build.runner.synthesize.periods import EPOCH_YEAR
from ids_build.runner.synthesize.rows import Rows
from ids_build.runner.synthesize.vocabulary import listed

Find = Callable[[str], Cells]


def choose_words(rows: Rows, name: str, settings: Mapping[str, Any], find: Find) -> Cells:
    """Return a word for each row from the weights of every stratum that the row is in; missing where none is."""
    strata = _read_strata(rows, settings)
    words = list(dict.fromkeys(str(word) for _, values in strata for word in values))
    spot = {word: index for index, word in enumerate(words)}
    mask = np.zeros(rows.count, dtype=np.int64)
    table = np.zeros((len(strata), len(words)))
    for number, (when, values) in enumerate(strata):
        mask |= is_when(rows, when, find).astype(np.int64) << number
        for word, weight in values.items():
            table[number, spot[str(word)]] += float(weight)
    chance = take_chance(rows, name, settings)
    index = np.full(rows.count, -1, dtype=np.int32)
    for member in np.unique(mask):
        weights = table[[bool(member >> number & 1) for number in range(len(strata))]].sum(axis=0)
        hit = np.flatnonzero(mask == member)
        if weights.sum() > 0:
            index[hit] = pick(add_up(weights), chance[hit])
    return _add_traits(rows, name, settings, index, words)


def take_chance(rows: Rows, name: str, settings: Mapping[str, Any]) -> Array:
    """Return a chance per row; with `sticky`, the same for one person (and place in a snapshot) for so many days."""
    if "sticky" not in settings:
        return make_stream(rows.world.seed, rows.name, rows.period.label, name, "choice").random(rows.count)
    days = max(int(settings["sticky"]), 1)
    offset = (fixed(rows.world.seed, name, *rows.who) * days).astype(np.int64)
    return fixed(rows.world.seed, name, *rows.who, (rows.start + days * EPOCH_YEAR + offset) // days)


def _read_strata(rows: Rows, settings: Mapping[str, Any]) -> Sequence[tuple[Mapping[str, Any], Mapping[Any, Any]]]:
    strata: list[tuple[Mapping[str, Any], Mapping[Any, Any]]] = []
    if "values" in settings:
        values = settings["values"]
        strata.append(({}, values if isinstance(values, Mapping) else dict.fromkeys(values, 1)))
    entries = list(settings.get("strata", []))
    if "list" in settings:
        if settings["list"] not in rows.world.lists:
            known = ", ".join(sorted(rows.world.lists)) or "none"
            raise PropertiesError(f"unknown list '{settings['list']}'", at=rows.source.at, hint=f"known lists: {known}")
        entries += rows.world.lists[settings["list"]]
    return [*strata, *((entry.get("when", {}), entry["values"]) for entry in entries)]


def is_when(rows: Rows, when: Mapping[str, Any], find: Find) -> Array:
    """Tell which rows meet all conditions: age, year and position as ``"0-17"``, others by their words."""
    met = np.ones(rows.count, dtype=bool)
    for name, wanted in when.items():
        if name == "sex" and rows.world.people is not None:
            met &= rows.world.people.lives.female[rows.entity] == (wanted == "female")
        elif name == "dies" and rows.world.people is not None:
            met &= (rows.world.people.lives.death[rows.entity] <= rows.end) == bool(wanted)
        elif name in ("age", "year", "position"):
            low, high = parse_band(str(wanted))
            number = _number(rows, name)
            met &= (number >= low) & (number <= high)
        else:
            cells = spell_out(rows.draws[name] if name in rows.draws else find(name))
            words = {str(word) for word in listed(wanted)}
            known = np.array([word in words for word in cells.words.to_pylist()], dtype=bool)
            met &= known[cells.values] & ~cells.gone
    return met


def _number(rows: Rows, name: str) -> Array:
    if name == "position" and rows.position is not None:
        return rows.position
    if name == "age" and rows.world.people is not None:
        return completed_years(rows.world.people.lives.birth[rows.entity], rows.start)
    if name == "year":
        return calendar_year(rows.start)
    return describe_person(rows, name).values


def _add_traits(rows: Rows, name: str, settings: Mapping[str, Any], index: Array, words: list[str]) -> Cells:
    """Give some rows the word of a trait that their person carries."""
    people = rows.world.people
    if people is not None:
        chance = make_stream(rows.world.seed, rows.name, rows.period.label, name, "traits").random(rows.count)
        reached = np.zeros(rows.count)
        for trait_name, share in settings.get("traits", {}).items():
            trait = people.traits[trait_name]
            value = trait.value[rows.entity]
            has = (value >= 0) & (trait.onset[rows.entity] <= rows.start)
            hit = has & (chance >= reached) & (chance < reached + float(share))
            index[hit] = len(words) + value[hit]
            words = [*words, *trait.words]
            reached += np.where(has, float(share), 0)
    return make_words(index, words)


def lead_words(cells: Cells, leader: Cells, first: Array) -> Cells:
    """Return the cells with the first row of each parent taking the parent's own draw."""
    own, given = cells.words.to_pylist(), leader.words.to_pylist()
    index = np.where(first, leader.values + len(own), cells.values)
    missing = np.where(first, leader.gone, cells.gone)
    joined = make_words(index, [*own, *given])
    return joined.lose(missing) if missing.any() else joined
