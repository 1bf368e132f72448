"""The words of `meta.simulate`, and the check that nothing else is written there."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ids_build.errors import Location, PropertiesError
from ids_build.nodes import Source

SOURCE_KEYS = frozenset({"people", "lists"})
PEOPLE_KEYS: Mapping[str, frozenset[str]] = {
    "identifier": frozenset({"prefix", "digits"}),
    "family_identifier": frozenset({"prefix", "digits"}),
    "span": frozenset({"start", "end"}),
    "shares": frozenset({"resident", "born", "arrived", "female"}),
    "ages": frozenset(),
    "arrival_ages": frozenset(),
    "leaving": frozenset({"yearly", "short", "short_years", "long_years"}),
    "mortality": frozenset({"first_year", "level", "slope", "male"}),
    "parents": frozenset({"linked_from", "mother", "father", "children", "mother_missing", "father_missing", "other_father"}),
    "unions": frozenset(
        {"share", "mothers", "age", "gap", "married", "wait", "broken", "lasts", "again", "same_sex"}
        | {"registered_until", "widowed_from", "widowed"}
    ),
    "home": frozenset({"leaves", "with_father", "sharing"}),
    "origins": frozenset({"native", "immigrant", "descendant", "naturalised", "countries"}),
    "moves": frozenset({"years", "away"}),
    "places": frozenset(),
    "habit": frozenset({"shape"}),
    "traits": frozenset(),
    "absences": frozenset({"share", "days"}),
}
OPTIONAL = frozenset({"traits", "absences"})
TRAIT_KEYS = frozenset({"share", "onset", "values"})
TABLE_KEYS = frozenset(
    {"grain", "of", "of_age", "files", "copies", "names", "drift", "draws", "window", "rate", "length", "count"}
    | {"rows", "also", "stages", "history"}
)
GRAINS = ("plain", "snapshot", "births", "deaths", "migrations", "spells", "events", "children")
STAGE_KEYS = frozenset({"age", "chance", "after"})
FILE_KEYS = frozenset({"from", "to", "step", "name"})
COPY_KEYS = frozenset({"name", "names", "order", "types"})
DRIFT_KEYS = frozenset({"periods", "names", "order", "types", "drop", "add"})
ALSO_KEYS = frozenset({"rows_of", "periods", "share"})
LENGTH_KEYS = frozenset({"by", "mean", "most"})
NAMES = ("lower", "upper", "mixed", "declared")
ORDERS = ("declared", "shuffled")
COMMON = frozenset({"kind", "missing", "empty", "spelling", "when", "with", "map", "recode", "prefix", "variants"} | {"swapped"})
KINDS: Mapping[str, frozenset[str]] = {
    "attribute": frozenset({"name"}),
    "choice": frozenset({"values", "strata", "list", "sticky", "traits", "lead"}),
    "draw": frozenset({"name"}),
    "parent": frozenset({"column"}),
    "copy": frozenset({"column"}),
    "joined": frozenset({"columns"}),
    "integer": frozenset({"from", "to", "mean", "deviation"}),
    "number": frozenset({"from", "to", "mean", "deviation"}),
    "boolean": frozenset({"share"}),
    "date": frozenset({"from", "to", "of", "days", "open"}),
    "time": frozenset({"from", "to", "after"}),
    "duration": frozenset(),
    "pool": frozenset({"count", "digits", "first", "sticky", "skew"}),
    "key": frozenset({"from", "room", "by_period"}),
    "group": frozenset({"from", "room", "days"}),
    "entity": frozenset({"name", "unique"}),
    "text": frozenset({"value"}),
}
VARIANTS = frozenset({"lower", "dot", "blank", "short"})


def check_words(found: Iterable[Any], known: Iterable[str], what: str, at: Location | None) -> None:
    """Raise at the first word that is not known, with the nearest one as the hint."""
    names = sorted(known)
    for word in found:
        if word not in names:
            near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.4)
            hint = f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(names)
            raise PropertiesError(f"unknown {what} '{word}' in simulate", at=at, hint=hint)


def check_source(settings: Mapping[str, Any], at: Location) -> None:
    """Raise when what a source says about people and lists has an unknown or a missing word."""
    check_words(settings, SOURCE_KEYS, "key", at)
    people = settings.get("people")
    if people is None:
        return
    check_words(people, PEOPLE_KEYS, "key", at)
    for name, known in PEOPLE_KEYS.items():
        if name not in people:
            if name in OPTIONAL:
                continue
            raise PropertiesError(f"people without '{name}' in simulate", at=at, hint=f"add '{name}' to people")
        if known:
            check_words(people[name], known, "key", at)
            for word in sorted(known - set(people[name])):
                raise PropertiesError(f"'{name}' without '{word}' in simulate", at=at, hint=f"add '{word}'")
    for trait in people.get("traits", {}).values():
        check_words(trait, TRAIT_KEYS, "key", at)


def check_table(source: Source, names: Sequence[str]) -> None:
    """Raise when a table or one of its columns uses an unknown word; `names` are the tables that exist."""
    settings, at = source.meta.get("simulate", {}), source.at
    check_words(settings, TABLE_KEYS, "key", at)
    check_words([settings.get("grain", "plain")], GRAINS, "grain", at)
    check_words([settings.get("names", "declared")], NAMES, "names", at)
    for part, known in (("also", ALSO_KEYS), ("length", LENGTH_KEYS)):
        check_words(settings.get(part, {}), known, "key", at)
    for item in listed(settings.get("files", [])):
        check_words(item, FILE_KEYS, "key", at) if isinstance(item, Mapping) else None
    for item in listed(settings.get("copies", [])):
        check_words(item, COPY_KEYS, "key", at)
    columns = [column.name for column in source.columns]
    for item in listed(settings.get("drift", [])):
        check_drift(item, columns, at)
    for table in (settings.get("of"), settings.get("also", {}).get("rows_of")):
        check_words([table] if table else [], names, "table", at)
    check_stages(settings, at)
    for draw in [*settings.get("draws", {}).values(), *listed(settings.get("count", []))]:
        check_kind(draw, at)
    for column in source.columns:
        check_kind(column.meta.get("simulate"), column.at or at)


def check_stages(settings: Mapping[str, Any], at: Location) -> None:
    """Raise when a table of spells has no stages, or a stage an unknown word or one that comes later."""
    stages: Mapping[str, Any] = settings.get("stages", {})
    if settings.get("grain") == "spells" and not stages:
        raise PropertiesError("grain 'spells' without 'stages'", at=at, hint="add stages: {name: {age: [from, to]}}")
    before: list[str] = []
    for name, stage in stages.items():
        check_words(stage, STAGE_KEYS, "key", at)
        check_words([stage["after"]] if "after" in stage else [], before, "stage", at)
        before.append(name)


def check_drift(item: Mapping[str, Any], columns: Sequence[str], at: Location) -> None:
    """Raise when one entry of `drift` has an unknown word or column."""
    check_words(item, DRIFT_KEYS, "key", at)
    check_words([item.get("names", "declared")], NAMES, "names", at)
    check_words([item.get("order", "declared")], ORDERS, "order", at)
    check_words([*item.get("drop", ()), *item.get("types", {})], columns, "column", at)
    for added in item.get("add", {}).values():
        check_kind(added, at)


def check_kind(settings: Any, at: Location | None) -> None:
    """Raise when the simulate of a column or a draw has an unknown kind or key."""
    if settings is None:
        return
    if not isinstance(settings, Mapping) or "kind" not in settings:
        raise PropertiesError("'simulate' without 'kind'", at=at, hint="known kinds: " + ", ".join(sorted(KINDS)))
    check_words([settings["kind"]], KINDS, "kind", at)
    check_words(settings, COMMON | KINDS[settings["kind"]], "key", at)
    check_words(settings.get("variants", {}), VARIANTS, "variant", at)


def listed(value: Any) -> list[Any]:
    """Return the value as a list; one mapping or word counts as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]
