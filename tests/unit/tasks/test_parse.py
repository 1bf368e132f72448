from pathlib import Path

import pytest

from ids_build.compiler.warm import Memory
from ids_build.errors import LayerError
from ids_build.tasks.parse import parse_project
from tests.support.shop import open_shop


def test_a_project_is_compiled_and_kept(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    graph = parse_project(config, Memory(config))
    memory = Memory(config)
    assert memory.graph() == graph
    assert len(memory.pieces("queries")) == 2


def test_a_project_whose_layers_read_past_their_rights_is_not_kept(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"dbt_project.yml": "name: shop\nmodels: {shop: {marts: {+meta: {reads: [seed]}}}}\n"})
    with pytest.raises(LayerError):
        parse_project(config, Memory(config))
    assert Memory(config).graph() is None
