"""What a table promises, and how one promise differs from another: columns, grain, order, materialization."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ids_build.differences import Change
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is known of a table. None means unknown: a file does not tell its grain; columns are names with their types."""

    layer: str
    materialized: str = "table"
    grain: tuple[str, ...] | None = None
    order: tuple[str, ...] | None = None
    columns: Columns | None = None


def shape_of(node: Model | Seed, columns: Columns | None) -> Shape:
    """Return what a model or seed promises, its planned columns beside it."""
    if isinstance(node, Seed):
        return Shape(layer=node.relation.layer, grain=node.grain, order=node.grain, columns=columns)
    return Shape(layer=node.relation.layer, materialized=node.materialized, grain=node.grain, order=node.order, columns=columns)


def compare_shapes(before: Shape, after: Shape) -> tuple[Change, ...]:
    """Return how a table differs from what it was; what is unknown on one side is not compared."""
    changes: list[Change] = []
    if before.layer != after.layer:
        changes.append(Change(kind="moved", before=before.layer, after=after.layer))
    if before.materialized != after.materialized:
        changes.append(_compare_ways(before.materialized, after.materialized))
    if before.columns is not None and after.columns is not None:
        changes += _compare_columns(before.columns, after.columns)
    if None not in (before.grain, after.grain) and before.grain != after.grain:
        kind = "grain changed" if before.grain else "grain declared"
        changes.append(Change(kind=kind, before=_list(before.grain), after=_list(after.grain)))
    elif None not in (before.order, after.order) and before.order != after.order:
        # A grain is an order too: where that changed, it has been told.
        changes.append(Change(kind="order changed", before=_list(before.order), after=_list(after.order)))
    return tuple(changes)


def find_causes(graph: Graph, changed: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Return for each model the names of the nearest changed tables that it stands on, by unique id."""
    causes: dict[str, tuple[str, ...]] = {}
    for model in graph.models():
        near: dict[str, None] = {}
        for parent in graph.parents[model.unique_id]:
            near.update(dict.fromkeys([graph.nodes[parent].name] if parent in changed else causes.get(parent, ())))
        causes[model.unique_id] = tuple(near)
    return causes


def _compare_ways(before: str, after: str) -> Change:
    kinds = {before: "table given up", after: "table made"}
    return Change(kind=kinds.get("table", "materialization changed"), before=before, after=after)


def _compare_columns(before: Columns, after: Columns) -> list[Change]:
    old, new = dict(before), dict(after)
    changes = [Change(kind="column removed", subject=name, before=old[name]) for name in old if name not in new]
    changes += [Change(kind="column added", subject=name, after=new[name]) for name in new if name not in old]
    shared = [name for name in old if name in new]
    changes += [
        Change(kind="column retyped", subject=name, before=old[name], after=new[name])
        for name in shared
        if old[name] != new[name]
    ]
    if shared != [name for name in new if name in old]:
        changes.append(Change(kind="columns reordered"))
    return changes


def _list(names: tuple[str, ...] | None) -> str:
    return ", ".join(names or ()) or "none"
