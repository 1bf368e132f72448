import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from ids_build.compiler.entries import NotKeepableError, describe_graph, encode_value, parse_graph
from ids_build.errors import Location
from ids_build.graph import Graph
from ids_build.nodes import AsOf, Column, Model, PersonKey, Rows, Rules, Seed, Span
from tests.support import (
    AT,
    as_relation,
    make_data_test,
    make_graph,
    make_macro_test,
    make_model,
    make_seed,
    make_source,
    make_unit_test,
    rows,
)


def _back(graph: Graph) -> Graph:
    texts = {node.path: node.raw_sql if isinstance(node, Model) else node.text for node in graph.nodes.values()
             if isinstance(node, Model | Seed)}  # fmt: skip
    return parse_graph(json.loads(json.dumps(describe_graph(graph))), texts)


def _full() -> Graph:
    source = make_source(
        columns=[Column(name="id", data_type="int32", aliases=("ID", "Id"), meta={"known_on": "day", "unit": None}, at=AT)],
        rules=Rules(person=PersonKey(column="id", via=as_relation("raw.people")), first=date(2000, 1, 31), replaces=("raw.a",)),
        key=("id",),
        source_meta={"since": date(2020, 2, 3), "at": datetime(2020, 2, 3, 4, 5), "list": [1, {"a": [True, 1.5]}]},
    )
    model = make_model(
        reads=["raw.orders"],
        spans=(Span(offset=0, line=1, column=1, literal=True), Span(offset=9, line=2, column=1, literal=False)),
        config={"tags": ("a", "b"), "meta": {"grain": ["id"]}, "odd": {1: (2, "x"), "\x00": ()}},
        places={("as_of", "day"): AT, ("grain", "id"): Location(path="x.yml")},
    )
    unit = make_unit_test(model, {"raw.orders": rows(["id", "x"], ["1", None])}, Rows(types={"id": "int32"}, error="no"))
    looks = replace(make_data_test(), as_of=AsOf(column="day", looks_ahead=("x",), days=2))
    nodes = (source, model, make_seed(), unit, make_macro_test("half"), looks)
    return replace(make_graph(*nodes, rights={"staging": ("source",)}), warnings=("one", "two"))


def test_every_kind_of_node_reads_back_as_it_was() -> None:
    graph = _full()
    assert repr(_back(graph)) == repr(replace(graph, sequence=graph.order()))
    assert _back(graph) == graph


def test_the_texts_of_files_are_not_written_twice() -> None:
    told = json.dumps(describe_graph(make_graph(make_seed(text="a,b\nlong,text\n"))))
    assert "long" not in told


@pytest.mark.parametrize("value", [{1, 2}, b"x", 1j, object(), [{"a": {1}}]])
def test_a_value_that_would_not_read_back_is_refused(value: Any) -> None:
    with pytest.raises(NotKeepableError):
        describe_graph(make_graph(make_model(config={"x": value})))
    with pytest.raises(NotKeepableError):
        encode_value(value)


@pytest.mark.parametrize("parts", [{"tags": ["a"]}, {"description": 5}, {"tags": ("a", 1)}, {"config": [1]}])
def test_a_field_of_another_kind_than_declared_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(NotKeepableError):
        describe_graph(make_graph(make_model(**parts)))


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        parse_graph(describe_graph(make_graph(make_seed())), {})


def test_plain_values_stay_plain() -> None:
    value = {"a": [1, 2.5, "x", None, True, {"b": []}]}
    assert encode_value(value) == value
