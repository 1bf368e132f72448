"""The graph: every node of a project and what each waits for."""

import graphlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ids_build.errors import CycleError, Location
from ids_build.nodes import DataTest, Model, Node, Seed, Source, Table, UnitTest
from ids_build.relation import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes by unique id, and for each the ids of the nodes it reads.

    A test reads the tables it questions; a model reads the tables in its query.
    `warnings` are things the compiler saw that stop nothing. `sequence` are the ids in graph order, where that is known.
    """

    project: str
    nodes: Mapping[str, Node]
    parents: Mapping[str, tuple[str, ...]]
    tables: Mapping[Relation, str]
    rights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sequence: tuple[str, ...] = field(default=(), compare=False)

    def table(self, relation: Relation) -> Table:
        """Return the model, seed or source of that name; KeyError when there is none."""
        node = self.nodes[self.tables[relation]]
        assert isinstance(node, Model | Seed | Source)
        return node

    def model(self, unique_id: str) -> Model:
        """Return the model of that id; KeyError when there is none."""
        node = self.nodes[unique_id]
        if not isinstance(node, Model):
            raise KeyError(unique_id)
        return node

    def models(self) -> tuple[Model, ...]:
        """Return all models in graph order."""
        return tuple(node for node in map(self.nodes.__getitem__, self.order()) if isinstance(node, Model))

    def sources(self) -> tuple[Source, ...]:
        """Return all sources by name."""
        return tuple(sorted((n for n in self.nodes.values() if isinstance(n, Source)), key=lambda n: n.relation))

    def data_tests(self) -> tuple[DataTest, ...]:
        """Return all data tests."""
        return tuple(node for node in self.nodes.values() if isinstance(node, DataTest))

    def unit_tests(self) -> tuple[UnitTest, ...]:
        """Return all unit tests."""
        return tuple(node for node in self.nodes.values() if isinstance(node, UnitTest))

    def order(self) -> tuple[str, ...]:
        """Return all ids, parents before children, ties in alphabetical order.

        Raises CycleError when nodes wait for each other.
        """
        known = len(self.sequence) == len(self.nodes)
        return self.sequence if known else order_nodes(self.nodes, self.parents)

    def ancestors(self, unique_id: str, depth: int | None = None) -> frozenset[str]:
        """Return the ids that `unique_id` waits for, up to `depth` steps away."""
        return _reach([unique_id], self.parents, depth)

    def descendants(self, unique_id: str, depth: int | None = None) -> frozenset[str]:
        """Return the ids that wait for `unique_id`, up to `depth` steps away."""
        return _reach([unique_id], self.children(), depth)

    def children(self) -> dict[str, tuple[str, ...]]:
        """Return for each id the ids that read it."""
        found: dict[str, list[str]] = {unique_id: [] for unique_id in self.nodes}
        for child, parents in self.parents.items():
            for parent in parents:
                found[parent].append(child)
        return {parent: tuple(sorted(children)) for parent, children in found.items()}


def order_nodes(nodes: Mapping[str, Node], parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return ids so that every parent stands before its children; CycleError when there is no such order."""
    sorter = graphlib.TopologicalSorter({unique_id: parents.get(unique_id, ()) for unique_id in nodes})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = list(reversed(error.args[1]))
        names = " -> ".join(f"'{nodes[unique_id].name}'" for unique_id in circle)
        first = nodes[circle[0]]
        at = Location(path=first.path) if isinstance(first, Model) else None
        raise CycleError(f"models read each other in a circle: {names}", at=at, hint="take one of these references out") from None
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)


def _reach(start: Iterable[str], edges: Mapping[str, tuple[str, ...]], depth: int | None) -> frozenset[str]:
    seen: set[str] = set()
    front = set(start)
    steps = 0
    while front and (depth is None or steps < depth):
        front = {far for near in front for far in edges.get(near, ())} - seen
        seen |= front
        steps += 1
    return frozenset(seen)
