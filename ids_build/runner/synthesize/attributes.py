"""What can be said about the person of a row: words and numbers by name."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ids_build.errors import PropertiesError
from ids_build.runner.synthesize.cells import Cells, make_words
from ids_build.runner.synthesize.chance import Array, add_up
from ids_build.runner.synthesize.moment import FAMILIES, HOMES, PARENTS, ROLES, STATUSES, Moment
from ids_build.runner.synthesize.people import People, find_owner, find_place
from ids_build.runner.synthesize.periods import EPOCH_YEAR
from ids_build.runner.synthesize.rows import Rows

SEXES = ("male", "female")
ORIGINS = ("native", "immigrant", "descendant")


def describe_person(rows: Rows, name: str) -> Cells:
    """Return the attribute of the person of each row."""
    people = rows.world.people
    if people is None:
        raise PropertiesError(f"attribute '{name}' without people", at=rows.source.at, hint="add people to the source")
    if name in LASTING:
        return LASTING[name](people, rows)
    if rows.moment is None:
        raise PropertiesError(
            f"attribute '{name}' outside a snapshot", at=rows.source.at, hint="use grain 'snapshot'"
        )  # fmt: skip
    return PASSING[name](people, rows.moment, rows)


def completed_years(birth: Array, day: Array) -> Array:
    """Return the birthdays that have passed since birth."""
    old, new = (_read_calendar(days) for days in (birth, day))
    return np.asarray(((new - old) // (12 * 32)).astype(np.int16))


def _read_calendar(days: Array) -> Array:
    """Return months since the epoch times 32 plus day of month, by a table of the days that occur."""
    if not len(days):
        return days.astype(np.int32)
    low = int(days.min())
    dates = np.arange(low, int(days.max()) + 1).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    table = months.astype(np.int32) * 32 + (dates - months).astype(np.int32)
    return np.asarray(table.astype(np.int32)[days - low])


def calendar_year(days: Array) -> Array:
    """Return the calendar year of each day."""
    return np.asarray(_read_calendar(days) // (12 * 32) + EPOCH_YEAR)


def _identify(index: Array, pool: Any) -> Cells:
    missing = index < 0
    return Cells(values=np.where(missing, 0, index), words=pool, missing=missing if missing.any() else None)


def _date_birth(people: People, index: Array) -> Cells:
    return Cells(values=people.lives.birth[index], missing=index < 0)


def _find_places(people: People, rows: Rows) -> tuple[list[str], list[str], Array]:
    groups = people.settings["places"]
    words = [str(place) for places in groups.values() for place in places]
    group = [str(name) for name, places in groups.items() for _ in places]
    weights = np.array([weight for places in groups.values() for weight in places.values()], dtype=np.float64)
    here = rows.moment
    owner = here.head[rows.entity] if here else find_owner(people, rows.entity, rows.start)
    return words, group, np.stack(find_place(people, owner, rows.start, add_up(weights)))


def _place(people: People, rows: Rows) -> Cells:
    words, _, found = _find_places(people, rows)
    return make_words(found[0], words)


def _place_group(people: People, rows: Rows) -> Cells:
    _, groups, found = _find_places(people, rows)
    return make_words(found[0], groups)


def _moved_in(people: People, moment: Moment, rows: Rows) -> Cells:
    _, _, found = _find_places(people, rows)
    return Cells(values=np.minimum(np.maximum(found[1], moment.joined[rows.entity]), rows.start))


def _word(words: tuple[str, ...], attribute: str) -> Callable[[People, Moment, Rows], Cells]:
    def describe(_: People, moment: Moment, rows: Rows) -> Cells:
        return make_words(getattr(moment, attribute)[rows.entity], words)

    return describe


def _size(number: int) -> Callable[[People, Moment, Rows], Cells]:
    def describe(_: People, moment: Moment, rows: Rows) -> Cells:
        return Cells(values=moment.sizes[number][rows.entity].astype(np.int32))

    return describe


LASTING: Mapping[str, Callable[[People, Rows], Cells]] = {
    "identifier": lambda people, rows: _identify(rows.entity, people.identifiers),
    "mother": lambda people, rows: _identify(people.kin.mother[rows.entity], people.identifiers),
    "father": lambda people, rows: _identify(people.kin.father[rows.entity], people.identifiers),
    "birth": lambda people, rows: Cells(values=people.lives.birth[rows.entity]),
    "mother_birth": lambda people, rows: _date_birth(people, people.kin.mother[rows.entity]),
    "father_birth": lambda people, rows: _date_birth(people, people.kin.father[rows.entity]),
    "death": lambda people, rows: Cells(values=people.lives.death[rows.entity]),
    "sex": lambda people, rows: make_words(people.lives.female[rows.entity].astype(np.int8), SEXES),
    "age": lambda people, rows: Cells(values=completed_years(people.lives.birth[rows.entity], rows.start)),
    "age_days": lambda people, rows: Cells(values=rows.start - people.lives.birth[rows.entity]),
    "origin": lambda people, rows: make_words(people.origin[rows.entity], ORIGINS),
    "country": lambda people, rows: make_words(people.country[rows.entity], people.countries),
    "citizenship": lambda people, rows: make_words(people.citizenship[rows.entity], people.countries),
    "place": _place,
    "place_group": _place_group,
}
PASSING: Mapping[str, Callable[[People, Moment, Rows], Cells]] = {
    "partner": lambda people, moment, rows: _identify(moment.partner[rows.entity], people.identifiers),
    "spouse": lambda people, moment, rows: _identify(moment.spouse[rows.entity], people.identifiers),
    "family": lambda people, moment, rows: _identify(moment.head[rows.entity], people.family_identifiers),
    "moved_in": _moved_in,
    "status": _word(STATUSES, "status"),
    "family_kind": _word(FAMILIES, "family"),
    "role": _word(ROLES, "role"),
    "household_kind": _word(HOMES, "household"),
    "lives_with": _word(PARENTS, "lives_with"),
    "family_size": _size(0),
    "family_children": _size(1),
    "household_size": _size(2),
    "household_children": _size(3),
}
NAMES = (*LASTING, *PASSING)
