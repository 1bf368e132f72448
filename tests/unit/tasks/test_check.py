from dataclasses import replace
from pathlib import Path

import pytest

from ids_build.compiler.warm import Memory
from ids_build.errors import CompileError, TypeCheckError
from ids_build.tasks.check import check_cache, find_differences, find_schemas
from ids_build.tasks.columns import read_schemas
from ids_build.tasks.parse import parse_project
from tests.support import make_graph, make_model
from tests.support.shop import open_shop


def test_columns_are_found_and_kept_while_something_else_is_done(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    memory, done = Memory(config), []
    graph = parse_project(config, memory)
    schemas = find_schemas(graph, config, memory, lambda: done.append(1))
    told = memory.types()
    assert told is not None
    assert dict(read_schemas(graph, told, config, memory)) == dict(schemas)
    assert done == [1]


def test_a_fault_of_types_is_not_kept(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"models/marts/totals.sql": "select nothing from {{ ref('orders') }}"})
    memory = Memory(config)
    graph = parse_project(config, memory)
    with pytest.raises(TypeCheckError):
        find_schemas(graph, config, memory)
    assert memory.types() is None


def test_what_is_kept_is_what_a_compile_finds(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    assert check_cache(config) == check_cache(config) > 0


def test_a_false_entry_is_told_by_the_field_and_the_node(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    memory = Memory(config)
    graph = parse_project(config, memory)
    model = graph.model("model.shop.totals")
    memory.keep_graph(replace(graph, nodes={**graph.nodes, model.unique_id: replace(model, grain=("x",))}), ())
    with pytest.raises(CompileError, match="grain of 'model.shop.totals'"):
        check_cache(config)


def test_every_kind_of_difference_is_told() -> None:
    ours, theirs = make_graph(make_model("a.x"), make_model("a.y")), make_graph(make_model("a.x", tags=("t",)))
    told = list(find_differences(ours, {"model.shop.x": None}, replace(theirs, warnings=("w",)), {"model.shop.x": 1}))
    assert told[:3] == [("tags", "model.shop.x"), ("columns", "model.shop.x"), ("existence", "model.shop.y")]
    assert {what for what, _ in told[3:]} == {"tables", "warnings", "order"}


def test_the_same_graph_has_no_difference() -> None:
    graph = make_graph(make_model("a.x"))
    assert list(find_differences(graph, {}, graph, {})) == []
