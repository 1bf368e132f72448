"""By what a node is known again: the part of its key that stands before anything runs."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ids_build.graph import Graph
from ids_build.nodes import Column, DataTest, Increment, Model, Node, Rows, Seed, Source, UnitTest
from ids_build.plan import Fingerprint, Step
from ids_build.relation import Relation

# The queries of tests are not parsed. What looks like one of these in a text or comment costs one more run of the test.
_VOLATILE = re.compile(
    r"\b(?:(?P<call>random|uuid|gen_random_uuid|now|today)\s*\(|(?P<clock>current_(?:date|time|timestamp)|localtime(?:stamp)?)\b)",
    re.IGNORECASE,
)


def fingerprint_nodes(graph: Graph, steps: Iterable[Step]) -> Mapping[str, Fingerprint]:
    """Return the fingerprint of every table of the project, and of every test in the steps, by its id."""
    nodes: list[Node] = [node for node in graph.nodes.values() if isinstance(node, Model | Seed | Source)]
    for step in steps:
        nodes += (*step.unit_tests, *step.data_tests)
    return {node.unique_id: make_fingerprint(node, graph) for node in nodes}


def make_fingerprint(node: Node, graph: Graph) -> Fingerprint:
    """Return the facts about a node that decide its bytes or their meaning; never a time, a path, or where the project lies."""
    if isinstance(node, Model):
        return Fingerprint(facts=_model_facts(node), inputs=node.references, volatile=_find_volatile(node, graph))
    if isinstance(node, Seed):
        facts = {"name": str(node.relation), "text": _digest(node.text), "types": _columns(node.columns)}
        return Fingerprint(facts={**facts, "setting 'grain'": list(node.grain)})
    if isinstance(node, Source):
        person = node.rules.person
        return Fingerprint(facts=_source_facts(node), inputs=(person.via,) if person and person.via else ())
    return _fingerprint_test(node, graph) if isinstance(node, DataTest) else _fingerprint_unit_test(node, graph)


def _model_facts(model: Model) -> dict[str, Any]:
    facts = {
        "name": str(model.relation),
        "query": model.meaning or _digest(model.sql),
        "setting 'materialized'": model.materialized,
        "setting 'grain'": list(model.grain),
        "setting 'cluster_by'": list(model.order) if model.order != model.grain else [],
        "contract": _columns(model.columns) if model.contract else "",
        "setting 'report'": model.report is not None,  # then the footer tells the query
    }
    return {**facts, **_increment_facts(model, model.increment)} if model.increment else facts


def _increment_facts(model: Model, increment: Increment) -> dict[str, Any]:
    own = {"query of an increment": increment.meaning or _digest(increment.sql)} if increment.sql != model.sql else {}
    return {
        **own,
        "setting 'incremental_strategy'": increment.strategy,
        "setting 'unique_key' or 'partition_by'": list(increment.key),
        "setting 'batch_inputs'": [str(relation) for relation in increment.inputs],
    }


def _source_facts(source: Source) -> dict[str, Any]:
    person = source.rules.person
    return {
        "name": str(source.relation),
        "contract": _columns(source.columns),
        "setting 'key'": list(source.key),
        "setting 'period'": source.period,
        "setting 'prefer'": source.prefer,
        "setting 'person'": [person.column, str(person.via)] if person else None,
    }


def _find_volatile(model: Model, graph: Graph) -> tuple[str, ...]:
    """Return the functions in a query, and in the views that it reads, that say something else every time."""
    found = set(model.volatile)
    for relation in model.references:
        found |= _volatile_view(relation, graph)
    return tuple(sorted(found))


def _volatile_view(relation: Relation, graph: Graph) -> set[str]:
    node = graph.table(relation)
    return set(_find_volatile(node, graph)) if isinstance(node, Model) and node.materialized != "table" else set()


def _fingerprint_test(test: DataTest, graph: Graph) -> Fingerprint:
    query = test.predicate or test.sql or repr(test.as_of)
    volatile = {(found["call"] or found["clock"]).lower() for found in _VOLATILE.finditer(query)}
    for relation in test.references:
        volatile |= _volatile_view(relation, graph)
    facts = {"name": str(test.table), "query": _digest(query), "setting 'severity'": test.severity}
    return Fingerprint(facts=facts, inputs=test.references, volatile=tuple(sorted(volatile)))


def _fingerprint_unit_test(test: UnitTest, graph: Graph) -> Fingerprint:
    """A unit test reads no table: only seeds that it gives no rows for, and those are files of the project."""
    model = graph.model(graph.tables[test.model]) if test.model else None
    own = model is not None and model.sql == test.sql
    given = {relation: _rows(rows) for relation, rows in test.given}
    facts = {
        "query": model.meaning if own and model and model.meaning else _digest(test.sql),
        "rows": _digest(json.dumps([[str(relation), rows] for relation, rows in given.items()])),
        "expected rows": _digest(json.dumps([_rows(test.expect), test.refused])),
    }
    seeds = [name for name in test.references if name in graph.tables and isinstance(graph.table(name), Seed)]
    volatile = model.volatile if own and model else ()
    return Fingerprint(facts=facts, inputs=tuple(seeds), volatile=volatile)


def _rows(rows: Rows) -> list[Any]:
    return [rows.columns, rows.values, rows.sql, rows.given, dict(rows.types), rows.error]


def _columns(columns: Iterable[Column]) -> str:
    return _digest(json.dumps([[column.name, column.data_type, column.aliases] for column in columns]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
