import pytest

from ids_build.errors import LayerError, Location
from ids_build.graph import Graph
from ids_build.nodes import Span
from ids_build.planner.layers import check_layers, find_trespasses
from tests.support import make_graph, make_model, make_seed, make_source

RIGHTS = {"staging": ("source", "seed"), "marts": ("staging", "marts")}


def _graph(name: str, *reads: str, rights: dict[str, tuple[str, ...]] | None = None) -> Graph:
    spans = (Span(offset=0, line=1, column=1, literal=True),)
    model = make_model(name, reads, spans=spans)
    others = (make_source("raw.orders"), make_seed("seeds.colours"), make_model("staging.orders"), make_model("marts.totals"))
    return make_graph(*others, model, rights=RIGHTS if rights is None else rights)


@pytest.mark.parametrize(
    ("model", "reads"),
    [
        ("staging.x", "raw.orders"),
        ("staging.x", "seeds.colours"),
        ("marts.x", "staging.orders"),
        ("marts.x", "marts.totals"),
        ("free.x", "raw.orders"),
        ("free.x", "marts.totals"),
    ],
)
def test_a_layer_reads_what_it_was_granted(model: str, reads: str) -> None:
    check_layers(_graph(model, reads))


@pytest.mark.parametrize(
    ("model", "reads", "kind"),
    [
        ("staging.x", "staging.orders", "staging"),
        ("staging.x", "marts.totals", "marts"),
        ("marts.x", "raw.orders", "source"),
        ("marts.x", "seeds.colours", "seed"),
    ],
)
def test_a_layer_reads_nothing_else(model: str, reads: str, kind: str) -> None:
    with pytest.raises(LayerError, match=f"layer '{model.partition('.')[0]}' may not read {kind} '{reads}'"):
        check_layers(_graph(model, reads))


def test_a_layer_granted_nothing_reads_nothing() -> None:
    assert len(list(find_trespasses(_graph("staging.x", "raw.orders", rights={"staging": ()})))) == 1


def test_every_trespass_is_found() -> None:
    assert len(list(find_trespasses(_graph("marts.x", "raw.orders", "seeds.colours", "staging.orders")))) == 2


def test_a_trespass_is_told_at_the_name_with_the_rights_of_the_layer() -> None:
    (error,) = find_trespasses(_graph("marts.x", "raw.orders"))
    # select * from "raw"."orders": the word orders begins at column 22
    assert error.at == Location(path="models/marts/x.sql", line=1, column=22)
    assert error.hint is not None and "staging, marts" in error.hint
