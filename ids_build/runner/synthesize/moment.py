"""Everybody's situation on one day: here or not, with whom, in which family, household and place."""

from dataclasses import dataclass

import numpy as np

from ids_build.runner.synthesize.chance import YEAR, Array, fixed
from ids_build.runner.synthesize.people import People

STATUSES = ("never", "married", "divorced", "widowed", "registered", "dissolved", "survivor")
FAMILIES = ("single", "married", "married_same", "registered", "joint", "cohabiting", "away")
ROLES = ("head", "partner", "child")
HOMES = ("single_man", "single_woman", "married", "couple", "away", "several")
PARENTS = ("none", "both", "mother_new", "mother_single", "father_new", "father_single")
ADULT = int(18 * YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One position per person, meaningful for those who are here; words are indices into the tuples above."""

    day: int
    here: Array
    partner: Array
    spouse: Array
    status: Array
    head: Array
    family: Array
    role: Array
    lives_with: Array
    household: Array
    sizes: tuple[Array, Array, Array, Array]
    joined: Array


def find_moment(people: People, day: int) -> Moment:
    """Return everybody's situation on the day."""
    lives, size = people.lives, len(people.lives.birth)
    here = lives.is_here(np.arange(size), day)
    partner, registered, same, joined = _find_partners(people, day, here)
    status = _find_status(people, day)
    child, host, both = _find_children(people, day, here, partner)
    head = np.arange(size, dtype=np.int32)
    couple = np.flatnonzero(partner >= 0)
    woman = np.where(lives.female[couple], couple, partner[couple])
    head[couple] = np.where(same[couple], np.minimum(couple, partner[couple]), woman)
    head[child] = head[host[child]]
    married = _are_spouses(people, day, partner)
    away = here & ~child & (day - lives.birth < ADULT)
    family = _find_family(partner, married, registered, same, np.flatnonzero(child & both), head)
    family[away & (partner < 0)] = FAMILIES.index("away")
    family[child] = family[head[child]]
    several, sizes = _find_homes(people, day, here, child, head, partner)
    kinds = _find_kinds(people, several, family, head)
    joined = np.maximum(joined, np.where(child, lives.birth, np.minimum(people.kin.home_until, day)))
    joined = np.where(child, lives.birth, joined)
    role = np.where(child, 2, np.where((partner >= 0) & (head != np.arange(size)), 1, 0)).astype(np.int8)
    return Moment(
        day=day, here=here, partner=partner, spouse=np.where(married, partner, -1), status=status, head=head,
        family=family, role=role, lives_with=_find_lives_with(people, child, host, both, partner),
        household=kinds, sizes=sizes,
        joined=np.maximum(joined, np.where(lives.back <= day, lives.back, lives.enter)),
    )  # fmt: skip


def _find_partners(people: People, day: int, here: Array) -> tuple[Array, Array, Array, Array]:
    size = len(here)
    partner = np.full(size, -1, dtype=np.int32)
    registered, same = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    joined = people.lives.enter.copy()
    for couples in people.kin.couples:
        ended = couples.end <= day
        active = np.flatnonzero(~ended & (couples.start <= day) & here[couples.first] & here[couples.second])
        first, second = couples.first[active], couples.second[active]
        for one, other in ((first, second), (second, first)):
            partner[one] = other
            registered[one] = couples.registered[active]
            same[one] = couples.same[active]
            joined[one] = couples.start[active]
        for one in (couples.first, couples.second):
            joined[one[ended]] = np.maximum(joined[one[ended]], couples.end[ended])
    return partner, registered, same, joined


def _find_status(people: People, day: int) -> Array:
    rules, lives = people.settings["unions"], people.lives
    status = np.zeros(len(lives.birth), dtype=np.int8)
    start = people.span[0]
    old = (lives.entry == 0) & (start - lives.birth > float(rules["widowed_from"]) * YEAR)
    old &= fixed(people.seed, "widowed", np.arange(len(status))) < float(rules["widowed"])
    for couples in people.kin.couples:
        old[couples.first] = old[couples.second] = False
    status[old] = STATUSES.index("widowed")
    for couples in people.kin.couples:
        wed = np.flatnonzero(couples.married <= day)
        ended = couples.end[wed] <= day
        word = np.where(ended, np.where(couples.widowed[wed], 3, 2), 1) + np.where(couples.registered[wed], 3, 0)
        status[couples.first[wed]] = word
        status[couples.second[wed]] = word
    return status


def _are_spouses(people: People, day: int, partner: Array) -> Array:
    spouses = np.zeros(len(partner), dtype=bool)
    for couples in people.kin.couples:
        wed = (couples.married <= day) & (day < couples.end) & (partner[couples.first] == couples.second)
        spouses[couples.first[wed]] = spouses[couples.second[wed]] = True
    return spouses


def _find_children(people: People, day: int, here: Array, partner: Array) -> tuple[Array, Array, Array]:
    """Return who is a child at home, with which parent, and whether with both."""
    kin, size = people.kin, len(here)
    mother, father = kin.mother, kin.father
    has_mother = (mother >= 0) & here[mother]
    has_father = (father >= 0) & here[father]
    both = has_mother & has_father & (partner[mother] == father)
    chosen = fixed(people.seed, "host", np.arange(size)) < float(people.settings["home"]["with_father"])
    at_father = has_father & ~both & (chosen | ~has_mother)
    host = np.where(at_father, father, np.where(has_mother, mother, -1))
    child = here & (day < kin.home_until) & (partner < 0) & (host >= 0)
    return child, host, both


def _find_family(
    partner: Array, married: Array, registered: Array, same: Array, joint: Array, head: Array
) -> Array:  # fmt: skip
    family = np.zeros(len(partner), dtype=np.int8)
    family[partner >= 0] = FAMILIES.index("cohabiting")
    shared = np.zeros(len(partner), dtype=bool)
    shared[head[joint]] = True
    family[(partner >= 0) & shared[head]] = FAMILIES.index("joint")
    family[married] = FAMILIES.index("married")
    family[married & same] = FAMILIES.index("married_same")
    family[married & registered] = FAMILIES.index("registered")
    return family


def _find_homes(
    people: People, day: int, here: Array, child: Array, head: Array, partner: Array
) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """Return who lives with another family; and members and children of the family and of the household."""
    size = len(here)
    everyone = np.arange(size)
    members = np.bincount(head[here], minlength=size)
    children = np.bincount(head[child], minlength=size)
    age = day - people.lives.birth
    sharing = fixed(people.seed, "sharing", everyone) < float(people.settings["home"]["sharing"])
    sharing &= here & (members == 1) & ~child & (partner < 0) & (age > ADULT) & (age < 2 * ADULT)
    flat = np.flatnonzero(sharing)
    home = head.copy()
    home[flat] = flat[np.arange(len(flat)) // 2 * 2]
    several = np.bincount(home[flat], minlength=size)[home] > 1
    in_home = np.bincount(home[here], minlength=size)
    young = np.bincount(home[child], minlength=size)
    return several, (members[head], children[head], in_home[home], young[home])


def _find_kinds(people: People, several: Array, family: Array, head: Array) -> Array:
    names = {"single": 0, "married": 2, "married_same": 2, "registered": 3, "joint": 3, "cohabiting": 3, "away": 4}
    kinds = np.array([names[word] for word in FAMILIES], dtype=np.int8)[family]
    kinds = np.where(kinds == 0, people.lives.female[head].astype(np.int8), kinds)
    return np.where(several, HOMES.index("several"), kinds).astype(np.int8)


def _find_lives_with(people: People, child: Array, host: Array, both: Array, partner: Array) -> Array:
    mother = host == people.kin.mother
    new = partner[host] >= 0
    word = np.where(mother, np.where(new, 2, 3), np.where(new, 4, 5))
    return np.where(child, np.where(both, 1, word), 0).astype(np.int8)
