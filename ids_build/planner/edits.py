"""What means something else after an edit: tables and tests, by their fingerprints and columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ids_build.graph import Graph
from ids_build.nodes import DataTest, UnitTest
from ids_build.planner.fingerprint import make_fingerprint
from ids_build.relation import Relation

Meanings = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The ids of tables and of unit tests that are new or mean something else, and the ids that are gone.

    A table is among them when a data test of it is new or asks something else.
    """

    tables: frozenset[str] = frozenset()
    unit_tests: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def find_meanings(graph: Graph, columns: Mapping[Relation, Any]) -> Meanings:
    """Return by id what every node means: its fingerprint, and the planned columns of what it is or, a test, reads."""
    found: dict[str, Any] = {}
    for unique_id, node in graph.nodes.items():
        relations = node.references if isinstance(node, DataTest | UnitTest) else (node.relation,)
        found[unique_id] = make_fingerprint(node, graph), [columns.get(relation) for relation in relations]
    return found


def find_edit(before: Meanings, after: Meanings, graph: Graph) -> Edit:
    """Return what differs between the meanings before and those after, which are those of `graph`."""
    changed = {unique_id for unique_id, meaning in after.items() if before.get(unique_id) != meaning}
    tables = {unique_id for unique_id in changed if not isinstance(graph.nodes[unique_id], DataTest | UnitTest)}
    asked = {unique_id for unique_id in changed if isinstance(graph.nodes[unique_id], UnitTest)}
    asked |= {
        test.unique_id for test in graph.unit_tests() if tables & {graph.tables.get(r) for r in after[test.unique_id][0].inputs}
    }
    for test in graph.data_tests():
        if test.unique_id in changed:
            tables |= {graph.tables[test.table]} if test.table else {*graph.parents[test.unique_id]}
    return Edit(tables=frozenset(tables), unit_tests=frozenset(asked), gone=frozenset(before.keys() - after.keys()))
