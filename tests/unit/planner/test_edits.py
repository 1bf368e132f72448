from collections.abc import Sequence

import pytest

from ids_build.nodes import Node
from ids_build.planner.edits import Edit, find_edit, find_meanings
from tests.support import make_data_test, make_graph, make_model, make_seed, make_unit_test, rows

A = make_model("a", sql="select 1 as x", meaning="one")
B = make_model("b", ["a"], meaning="two")
WORDS = make_seed()
UNIT = make_unit_test(B, {"a": rows(["x"], ["1"])}, rows(["x"], ["1"]), references=(A.relation, WORDS.relation))
NOT_NULL = make_data_test("b")
PROJECT: tuple[Node, ...] = (A, B, WORDS, UNIT, NOT_NULL)


def _edit(after: Sequence[Node], **columns: str) -> Edit:
    old, new = make_graph(*PROJECT), make_graph(*after)
    before = find_meanings(old, dict.fromkeys(old.tables, "x int"))
    now = find_meanings(new, {relation: columns.get(relation.name, "x int") for relation in new.tables})
    return find_edit(before, now, new)


def _ids(*nodes: Node) -> frozenset[str]:
    return frozenset(node.unique_id for node in nodes)


@pytest.mark.parametrize(
    "after",
    [PROJECT, (make_model("a", sql="-- why\nSELECT  1 as x", meaning="one", path="models/x/a.sql"), *PROJECT[1:])],
    ids=["nothing", "spelling and place"],
)
def test_what_says_the_same_is_no_edit(after: Sequence[Node]) -> None:
    assert _edit(after) == Edit()


def test_another_query_touches_its_table_and_asks_its_unit_tests() -> None:
    b = make_model("b", ["a"], meaning="three")
    unit = make_unit_test(b, {"a": rows(["x"], ["1"])}, rows(["x"], ["1"]), references=UNIT.references)
    assert _edit((A, b, WORDS, unit, NOT_NULL)) == Edit(tables=_ids(B), unit_tests=_ids(UNIT))


def test_other_rows_of_a_unit_test_ask_it_and_touch_no_table() -> None:
    unit = make_unit_test(B, {"a": rows(["x"], ["2"])}, rows(["x"], ["1"]), references=UNIT.references)
    assert _edit((A, B, WORDS, unit, NOT_NULL)) == Edit(unit_tests=_ids(UNIT))


def test_another_data_test_touches_its_table() -> None:
    assert _edit((A, B, WORDS, UNIT, make_data_test("b", predicate="x < 0"))) == Edit(tables=_ids(B))


def test_a_test_of_several_tables_touches_those_that_it_reads() -> None:
    assert _edit((*PROJECT, make_data_test(None, ["a", "b"], sql="select 1"))) == Edit(tables=_ids(A, B))


def test_another_seed_asks_the_unit_tests_that_read_its_file() -> None:
    words = make_seed(text="code,word\n1,blue\n")
    assert _edit((A, B, words, UNIT, NOT_NULL)) == Edit(tables=_ids(WORDS), unit_tests=_ids(UNIT))


def test_other_planned_columns_touch_the_table_and_ask_what_reads_them() -> None:
    assert _edit(PROJECT, a="x text") == Edit(tables=_ids(A), unit_tests=_ids(UNIT))


def test_what_is_new_is_touched_and_what_is_no_more_is_gone() -> None:
    c = make_model("c", ["a"])
    assert _edit((A, WORDS, c)) == Edit(tables=_ids(c), gone=_ids(B, UNIT, NOT_NULL))
