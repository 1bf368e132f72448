from typing import Any

import pytest

from ids_build.planner.changes import Shape, compare_shapes, find_causes, shape_of
from tests.support import edges, make_model, make_seed

COLUMNS = (("pnr", "string"), ("sex", "string"), ("born", "date"))
SHAPE = Shape(layer="staging", grain=("pnr",), order=("pnr",), columns=COLUMNS)


def _compare(**parts: Any) -> list[tuple[str, str, str, str]]:
    told = {"layer": "staging", "grain": ("pnr",), "order": ("pnr",), "columns": COLUMNS, **parts}
    return [(change.kind, change.subject, change.before, change.after) for change in compare_shapes(SHAPE, Shape(**told))]


def test_a_table_that_promises_the_same_has_not_changed() -> None:
    assert _compare() == []


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"columns": COLUMNS[:2]}, ("column removed", "born", "date", "")),
        ({"columns": (*COLUMNS, ("age", "int32"))}, ("column added", "age", "", "int32")),
        ({"columns": (COLUMNS[0], COLUMNS[1], ("born", "string"))}, ("column retyped", "born", "date", "string")),
        ({"columns": COLUMNS[::-1]}, ("columns reordered", "", "", "")),
        ({"grain": ("pnr", "born"), "order": ("pnr", "born")}, ("grain changed", "", "pnr", "pnr, born")),
        ({"grain": ()}, ("grain changed", "", "pnr", "none")),
        ({"order": ("born",)}, ("order changed", "", "pnr", "born")),
        ({"materialized": "view"}, ("table given up", "", "table", "view")),
        ({"layer": "marts"}, ("moved", "", "staging", "marts")),
    ],
)
def test_each_promise_is_compared(parts: dict[str, Any], told: tuple[str, str, str, str]) -> None:
    assert _compare(**parts) == [told]


def test_a_view_that_becomes_a_table_breaks_nothing_and_a_grain_that_is_declared_neither() -> None:
    view, ephemeral = Shape(layer="a", materialized="view", grain=()), Shape(layer="a", materialized="ephemeral", grain=())
    table = Shape(layer="a", grain=("id",))
    assert [change.kind for change in compare_shapes(view, table)] == ["table made", "grain declared"]
    assert [change.kind for change in compare_shapes(view, ephemeral)] == ["materialization changed"]
    assert not any(change.effect == "breaking" for change in compare_shapes(view, table))


def test_what_a_file_does_not_tell_is_not_compared() -> None:
    assert _compare(grain=None, order=None) == []
    assert _compare(columns=None) == []


def test_the_shape_of_a_node_is_what_it_declares() -> None:
    model = make_model("marts.totals", grain=("id",), order=("id",), materialized="view")
    assert shape_of(model, COLUMNS) == Shape(layer="marts", materialized="view", grain=("id",), order=("id",), columns=COLUMNS)
    assert shape_of(make_seed(grain=("code",)), None) == Shape(layer="seeds", grain=("code",), order=("code",))


def test_a_model_is_told_the_nearest_changed_tables_that_it_stands_on() -> None:
    graph = edges(a=[], b=["a"], c=["b"], d=["c"], e=["a", "c"])
    causes = find_causes(graph, {"model.shop.a", "model.shop.c"})
    told = {name.rpartition(".")[2]: found for name, found in causes.items()}
    assert told == {"a": (), "b": ("a",), "c": ("a",), "d": ("c",), "e": ("a", "c")}
