import subprocess
import sys
from pathlib import Path

from ids_build.compiler.warm import Memory
from ids_build.tasks.columns import read_schemas
from ids_build.tasks.parse import parse_project
from tests.support.shop import open_shop


def test_kept_columns_of_another_graph_are_found_anew(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    memory = Memory(config)
    graph = parse_project(config, memory)
    assert read_schemas(graph, {"model.shop.other": "x"}, config, memory).keys() == graph.tables.keys()


def test_reading_what_was_kept_loads_no_template_engine_and_no_parser() -> None:
    code = "import sys, ids_build.tasks.columns; print(sorted({'jinja2', 'sqlglot'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
