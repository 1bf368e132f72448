"""The trees that the laws are checked on: the package's modules and the project's files."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support import REPOSITORY

PACKAGE = REPOSITORY / "ids_build"
MODELS = REPOSITORY / "models"
PROJECT_FOLDERS = tuple(REPOSITORY / name for name in ("models", "macros", "seeds"))


@cache
def modules() -> tuple[Path, ...]:
    """Return every Python file of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    """Return the path as the repository knows it."""
    return path.relative_to(REPOSITORY).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def words(text: str) -> set[str]:
    """Return the words of a text in lower case; an underscore belongs to its word."""
    return set(re.findall(r"[^\W\d]\w*", text.lower()))
