from pathlib import Path

import pytest

from ids_build.errors import LayerError
from ids_build.tasks.ls import compile_graph, list_nodes
from tests.support.shop import open_shop


def test_nodes_are_listed_parents_first(tmp_path: Path) -> None:
    nodes, _ = list_nodes(
        open_shop(tmp_path), ["resource_type:model", "resource_type:source"], ["test_type:data", "test_type:unit"]
    )
    assert [node.unique_id for node in nodes] == ["source.shop.raw.orders", "model.shop.orders", "model.shop.totals"]


def test_what_matched_nothing_is_told(tmp_path: Path) -> None:
    nodes, selection = list_nodes(open_shop(tmp_path), ["totls"], [])
    assert (nodes, selection.unmatched) == ([], ("'totls' selects nothing; did you mean 'totals'?",))


def test_rights_of_layers_are_checked(tmp_path: Path) -> None:
    project = "name: shop\nmodels: {shop: {marts: {+meta: {reads: [seed]}}}}\n"
    with pytest.raises(LayerError):
        compile_graph(open_shop(tmp_path, {"dbt_project.yml": project}))
