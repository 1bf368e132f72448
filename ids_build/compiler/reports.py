"""What a model says of its place in the report: title, counts and plot, keys checked strictly."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ids_build.compiler.yamls import Spot
from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import NamedColumn, Plot, Report

Fill = Callable[[str, Location], Any]

_REPORT = ("title", "order", "counts", "persons", "plot")
_LABELS = ("x_label", "y_label")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What a kind of plot may say: roles of columns (those in `needs` must be there), texts, lines of reference."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset({"x"})
    words: tuple[str, ...] = _LABELS
    lines: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        return ("kind", *self.needs, *self.may, *self.words, *(("at",) if self.lines else ()))


KINDS: Mapping[str, _Kind] = {
    "pyramid": _Kind(needs=("y", "x", "by"), may=("panel",)),
    "flow": _Kind(
        needs=("after",),
        may=("label", "before", "excluded", "reason", "panel"),
        numbers=frozenset({"before", "after", "excluded"}),
        words=("start",),
    ),
    "dots": _Kind(needs=("y", "x"), may=("by", "low", "high", "panel"), numbers=frozenset({"x", "low", "high"}), lines=True),
    "steps": _Kind(
        needs=("x", "y"), may=("by", "low", "high", "panel"), numbers=frozenset({"x", "y", "low", "high"}), lines=True
    ),
    "bars": _Kind(needs=("y", "x"), may=("by", "panel"), lines=True),
}


def parse_report(spot: Spot, fill: Fill) -> Report:
    """Return the place of a model in the report; `fill` renders ``{{ var() }}`` inside texts.

    Raises PropertiesError for an unknown key or kind, a value of the wrong kind, and a table that does not say
    whether it counts persons.
    """
    items = spot.check_keys(_REPORT, "the report")
    title = _word(items["title"], "the title", fill).strip() if "title" in items else ""
    if not title:
        raise PropertiesError("the report has no 'title'", at=spot.key_at or spot.at, hint="add 'title: ...'")
    place = items["order"].value if "order" in items else None
    if place is not None and (isinstance(place, bool) or not isinstance(place, int)):
        raise PropertiesError("'order' is no whole number", at=items["order"].at, hint="write for instance 'order: 4'")
    return Report(
        title=title,
        at=spot.key_at or spot.at,
        place=place,
        counts=_parse_counts(items, spot),
        plot=_parse_plot(items["plot"], fill) if "plot" in items else None,
    )


def check_place(report: Report | None, meta: Mapping[str, Any], path: str) -> Report | None:
    """Return the place of the model in `path`; PropertiesError when its meta tells of one that no YAML beside it has."""
    if "report" in meta and report is None:
        hint = "say it under 'meta:' of the model in the YAML beside it"
        raise PropertiesError("'report' stands outside the model's YAML", at=Location(path=path), hint=hint)
    return report


def _parse_counts(items: Mapping[str, Spot], spot: Spot) -> tuple[NamedColumn, ...]:
    """Return the columns that count persons; a table that has none must say so."""
    persons = items["persons"].value if "persons" in items else True
    if not isinstance(persons, bool):
        raise PropertiesError("'persons' is neither true nor false", at=items["persons"].at, hint="write 'persons: false'")
    told = items.get("counts")
    found = tuple(_column("counts", element, number=True) for element in told.elements("'counts'")) if told else ()
    _check_once(found)
    if not persons and found:
        raise PropertiesError(
            f"a table that counts no persons names '{found[0].name}' in 'counts'",
            at=found[0].at,
            hint="take 'persons: false' out, or take 'counts' out",
        )
    if persons and not found:
        raise PropertiesError(
            "the report does not say which columns count persons",
            at=told.at if told else spot.key_at or spot.at,
            hint="add 'counts: [...]', or 'persons: false' for a table that counts no persons",
        )
    return found


def _parse_plot(spot: Spot, fill: Fill) -> Plot:
    items = spot.items("the plot")
    kind = items["kind"].string("the kind") if "kind" in items else ""
    if kind not in KINDS:
        message = f"unknown kind of plot '{kind}'" if kind else "the plot has no 'kind'"
        at = items["kind"].at if "kind" in items else spot.key_at
        raise PropertiesError(message, at=at, hint=nearest(kind, KINDS) or f"use one of {', '.join(KINDS)}")
    known = KINDS[kind]
    spot.check_keys(known.keys, f"a plot of kind '{kind}'")
    for role in known.needs:
        if role not in items:
            raise PropertiesError(f"a plot of kind '{kind}' has no '{role}'", at=spot.key_at, hint=f"add '{role}: column'")
    if kind == "flow" and not {"label", "reason"} & items.keys():
        raise PropertiesError("a plot of kind 'flow' has no 'label'", at=spot.key_at, hint="add 'label: column'")
    if ("low" in items) != ("high" in items):
        alone = "low" if "low" in items else "high"
        raise PropertiesError(f"'{alone}' stands alone", at=items[alone].key_at, hint="name both, 'low' and 'high'")
    roles = [role for role in (*known.needs, *known.may) if role in items]
    columns = tuple(_column(role, items[role], number=role in known.numbers) for role in roles)
    _check_once(columns)
    return Plot(
        kind=kind,
        at=spot.key_at or spot.at,
        columns=columns,
        lines=_parse_lines(items["at"]) if "at" in items else (),
        words={key: _word(items[key], f"'{key}'", fill) for key in known.words if key in items},
    )


def _check_once(columns: Iterable[NamedColumn]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            raise PropertiesError(f"column '{column.name}' is named twice", at=column.at, hint="name each column once")
        seen.add(column.name)


def _parse_lines(spot: Spot) -> tuple[float, ...]:
    found = list(spot.elements("'at'")) if isinstance(spot.value, list) else [spot]
    for one in found:
        if isinstance(one.value, bool) or not isinstance(one.value, int | float):
            raise PropertiesError("'at' is no number", at=one.at, hint="write for instance 'at: [-0.1, 0.1]'")
    return tuple(float(one.value) for one in found)


def _column(role: str, spot: Spot, *, number: bool) -> NamedColumn:
    return NamedColumn(role=role, name=spot.string(f"'{role}'"), at=spot.at, number=number)


def _word(spot: Spot, what: str, fill: Fill) -> str:
    return str(fill(spot.string(what), spot.at))
