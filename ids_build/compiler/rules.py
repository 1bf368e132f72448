"""Rules of a delivery that a source declares in its meta: whose rows they are, which days it is good for, what it replaces."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import Column, PersonKey, Rules, Source
from ids_build.relation import Relation

_PERSON = ("column", "via")
_VALID = ("from", "to")


def parse_rules(meta: Mapping[str, Any], layer: str, columns: Iterable[Column], at: Location) -> Rules:
    """Return the rules of a source table.

    `person` is a column, or ``{column, via}`` where the rows of the source table `via` say whose a row is; `valid` is
    ``{from, to}``, ISO dates, each optional; `subject` names what several sources tell; `replaces` lists the sources
    of that subject which this one supersedes. Raises PropertiesError for what cannot be understood.
    """
    valid = _mapping(meta.get("valid"), "valid", _VALID, at)
    first, last = _parse_day(valid.get("from"), at), _parse_day(valid.get("to"), at)
    if first and last and first > last:
        raise PropertiesError(f"'valid' ends on {last}, before it begins on {first}", at=at, hint="correct 'from' or 'to'")
    replaced = meta.get("replaces") or ()
    subject = meta.get("subject")
    return Rules(
        person=_parse_person(meta.get("person"), layer, columns, at),
        first=first,
        last=last,
        subject=str(subject) if subject else None,
        replaces=(replaced,) if isinstance(replaced, str) else tuple(str(name) for name in replaced),
    )


def check_rules(sources: Iterable[Source]) -> None:
    """Raise PropertiesError when a rule names a source that there is not, or one that does not know the persons itself."""
    known = {source.relation: source for source in sources}
    for source in known.values():
        person = source.rules.person
        others = [Relation(layer=source.relation.layer, name=name) for name in source.rules.replaces]
        for other in [*others, *([person.via] if person and person.via else [])]:
            if other not in known:
                hint = nearest(other.name, [relation.name for relation in known]) or "correct 'via' or 'replaces'"
                raise PropertiesError(f"there is no source '{other}'", at=source.at, hint=hint)
        if person and person.via:
            parent = known[person.via].rules.person
            if parent is None or parent.via:
                raise PropertiesError(
                    f"'{person.via}' has no column of persons", at=source.at, hint="give it 'meta: {person: column}'"
                )
            names = [column.name for column in known[person.via].columns]
            if names and person.column not in names:
                raise PropertiesError(
                    f"'{person.via}' has no column '{person.column}' by which to find the person",
                    at=source.at,
                    hint=nearest(person.column, names) or "name a column that both tables have",
                )


def _parse_person(said: Any, layer: str, columns: Iterable[Column], at: Location) -> PersonKey | None:
    if said is None:
        return None
    words = _mapping({"column": said} if isinstance(said, str) else said, "person", _PERSON, at)
    column = str(words.get("column") or "")
    names = {known.name.lower(): known.name for known in columns}
    if not column or names and column.lower() not in names:
        raise PropertiesError(
            f"there is no column '{column}' to hold the person",
            at=at,
            hint=nearest(column, names.values()) or "write 'person: column' or 'person: {column: key, via: table}'",
        )
    via = Relation(layer=layer, name=str(words["via"])) if words.get("via") else None
    return PersonKey(column=names.get(column.lower(), column.lower()), via=via)


def _mapping(said: Any, key: str, known: tuple[str, ...], at: Location) -> Mapping[str, Any]:
    if said is None:
        return {}
    if not isinstance(said, Mapping):
        raise PropertiesError(f"'{key}' is no mapping", at=at, hint=f"write '{key}: {{{known[0]}: ...}}'")
    for word in said:
        if word not in known:
            raise PropertiesError(
                f"unknown key '{word}' in '{key}'", at=at, hint=nearest(str(word), known) or f"use {' or '.join(known)}"
            )
    return said


def _parse_day(said: Any, at: Location) -> date | None:
    if said is None or isinstance(said, date) and not isinstance(said, datetime):
        return said
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise PropertiesError(f"'{said}' is no date", at=at, hint="write it like 2005-12-31") from None
