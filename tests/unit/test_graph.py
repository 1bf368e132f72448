from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.errors import CycleError, Location
from ids_build.graph import Graph, order_nodes
from tests.support import as_relation, edges, make_data_test, make_graph, make_model, make_seed, make_source, make_unit_test


def _names(ids: frozenset[str] | tuple[str, ...]) -> list[str]:
    return [unique_id.rpartition(".")[2] for unique_id in (ids if isinstance(ids, tuple) else sorted(ids))]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs without circles: each model reads some that were named before it, under shuffled names."""
    size = draw(st.integers(1, 12))
    names = draw(st.permutations([f"m{number}" for number in range(size)]))
    reads = {
        name: draw(st.lists(st.sampled_from(names[:number]), unique=True)) if number else [] for number, name in enumerate(names)
    }
    shuffled = draw(st.permutations(sorted(reads)))
    return edges(**{name: reads[name] for name in shuffled})


@given(graphs())
def test_parents_stand_before_their_children(graph: Graph) -> None:
    order = graph.order()
    places = {unique_id: number for number, unique_id in enumerate(order)}
    assert sorted(order) == sorted(graph.nodes)
    assert all(places[parent] < places[child] for child, parents in graph.parents.items() for parent in parents)


@given(graphs())
def test_ancestors_and_descendants_are_each_others_mirror(graph: Graph) -> None:
    for one in graph.nodes:
        for other in graph.nodes:
            assert (one in graph.ancestors(other)) == (other in graph.descendants(one))


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_nodes_were_listed(graph: Graph, random: Random) -> None:
    ids = list(graph.nodes)
    random.shuffle(ids)
    assert order_nodes({unique_id: graph.nodes[unique_id] for unique_id in ids}, graph.parents) == graph.order()


def test_ties_stand_in_alphabetical_order() -> None:
    assert _names(edges(c=[], a=[], b=[], d=["c"]).order()) == ["a", "b", "c", "d"]


def test_a_circle_is_told_with_every_model_in_it() -> None:
    with pytest.raises(CycleError) as caught:
        edges(a=["c"], b=["a"], c=["b"]).order()
    for name in ("'a'", "'b'", "'c'"):
        assert name in caught.value.message
    assert caught.value.at is not None and caught.value.at.path.startswith("models/staging/")


def test_a_circle_is_told_in_the_direction_of_reading() -> None:
    with pytest.raises(CycleError) as caught:
        edges(a=["c"], b=["a"], c=["b"]).order()
    told = caught.value.message.partition(": ")[2].split(" -> ")
    reads = {"'a'": "'c'", "'b'": "'a'", "'c'": "'b'"}
    assert [reads[one] for one in told[:-1]] == told[1:]


def test_a_model_that_reads_itself_is_a_circle_of_one() -> None:
    with pytest.raises(CycleError, match="'a' -> 'a'") as caught:
        edges(a=["a"]).order()
    assert caught.value.at == Location(path="models/staging/a.sql")


@pytest.mark.parametrize(("depth", "found"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (None, ["a", "b", "c"])])
def test_ancestors_reach_as_far_as_asked(depth: int | None, found: list[str]) -> None:
    graph = edges(a=[], b=["a"], c=["b"], d=["c"])
    assert _names(graph.ancestors("model.shop.d", depth)) == found


@pytest.mark.parametrize(("depth", "found"), [(0, []), (1, ["b"]), (2, ["b", "c"]), (None, ["b", "c", "d"])])
def test_descendants_reach_as_far_as_asked(depth: int | None, found: list[str]) -> None:
    graph = edges(a=[], b=["a"], c=["b"], d=["c"])
    assert _names(graph.descendants("model.shop.a", depth)) == found


def test_children_are_listed_for_every_node() -> None:
    found = edges(a=[], b=["a"], c=["a", "b"]).children()
    assert {_names((key,))[0]: _names(value) for key, value in found.items()} == {"a": ["b", "c"], "b": ["c"], "c": []}


def test_a_table_is_found_by_its_relation() -> None:
    source, seed, model = make_source("raw.orders"), make_seed(), make_model("staging.orders", ["raw.orders"])
    graph = make_graph(source, seed, model)
    assert [graph.table(node.relation) for node in (source, seed, model)] == [source, seed, model]


def test_an_unknown_relation_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        edges(a=[]).table(as_relation("staging.b"))


def test_a_seed_is_no_model() -> None:
    seed = make_seed()
    with pytest.raises(KeyError):
        make_graph(seed).model(seed.unique_id)


def test_each_kind_of_node_has_its_list() -> None:
    source, seed = make_source("raw.orders"), make_seed()
    late, early = make_model("z_first", ["raw.orders"]), make_model("a_last", ["z_first"])
    data, unit = make_data_test("z_first"), make_unit_test(late)
    graph = make_graph(unit, data, early, late, seed, source, make_source("raw.customers"))
    assert graph.models() == (late, early)
    assert [found.name for found in graph.sources()] == ["customers", "orders"]
    assert (graph.data_tests(), graph.unit_tests()) == ((data,), (unit,))


def test_an_order_that_is_known_is_not_found_again() -> None:
    graph = replace(edges(a=[], b=["a"]), sequence=("model.shop.a", "model.shop.b"))
    assert graph.order() == graph.sequence
    assert graph == edges(a=[], b=["a"])


def test_an_order_of_other_nodes_is_found_again() -> None:
    graph = replace(edges(a=[], b=["a"]), sequence=("model.shop.a",))
    assert graph.order() == ("model.shop.a", "model.shop.b")
