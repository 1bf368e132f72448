import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import functions, modules, parse, shown
from tests.support import REPOSITORY


def test_every_contract_of_the_import_law_is_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    told = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert f"Contracts: {len(contracts)} kept, 0 broken." in told.stdout


def test_the_floors_are_the_drawn_ones() -> None:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract for contract in contracts if contract["type"] == "layers")
    assert floors["exhaustive"] is True
    assert "compiler | planner | runner | report" in floors["layers"]
    assert floors["layers"][-1] == "errors"


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("datafusion", "ids_build.runner.engine"),
        ("sqlglot", "ids_build.compiler.canonical ids_build.compiler.query"),
        ("jinja2", "ids_build.compiler.template ids_build.report.page"), ("matplotlib", "ids_build.report.plots"),
        ("yaml", "ids_build.compiler.yamls"), ("rich", "ids_build.report.terminal"), ("click", "ids_build.cli"),
        ("prompt_toolkit", "ids_build.cli.prompt"),
        ("pyarrow", "ids_build.runner ids_build.registers"),
    ],
)  # fmt: skip
def test_one_library_lives_in_one_room(library: str, rooms: str) -> None:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert [c["allowed_importers"] for c in contracts if c.get("protected_modules") == [library]] == [rooms.split()]


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_no_import_hides_in_a_function(path: Path) -> None:
    hidden = [
        f"{shown(path)}:{node.lineno}"
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_only_the_doors_load_modules_by_name() -> None:
    loaders = {shown(path) for path in modules() for node in ast.walk(parse(path)) if _loads_by_name(node)}
    assert {path for path in loaders if not path.startswith("ids_build/cli/")} <= {
        "ids_build/tasks/load.py",
        "ids_build/__init__.py",
    }


def _loads_by_name(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in ("__import__", "import_module")
    return isinstance(node, ast.Attribute) and node.attr == "import_module"


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_nothing_is_imported_for_type_checkers_alone(path: Path) -> None:
    assert [
        f"{shown(path)}:{getattr(node, 'lineno', 0)}"
        for node in ast.walk(parse(path))
        if (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING")
        or (isinstance(node, ast.alias) and node.name == "TYPE_CHECKING")
        or (isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING")
    ] == []
