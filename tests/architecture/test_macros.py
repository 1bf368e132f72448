"""Every macro of the register project is described, listed in docs/macros.md and proven by a unit test."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ids_build.compiler.template import Templates
from tests.support import REPOSITORY

FILES = sorted((REPOSITORY / "macros").rglob("*.sql"))
PROPERTIES = sorted((REPOSITORY / "macros").rglob("*.yml"))
GUIDE = (REPOSITORY / "docs" / "macros.md").read_text(encoding="utf-8")


def _found(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the arguments of every macro of a file by its name."""
    return dict(Templates({path.name: path.read_text(encoding="utf-8")}, {}, {}).macros)


@cache
def _read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


MACROS = [(path, name, arguments) for path in FILES for name, arguments in sorted(_found(path).items())]
each_macro = pytest.mark.parametrize(("path", "name", "arguments"), MACROS, ids=[name for _, name, _ in MACROS])


def test_there_are_macros() -> None:
    assert {"age_at", "quoted", "newest"} <= {name for _, name, _ in MACROS}


def test_a_file_of_macros_and_its_yaml_have_one_name() -> None:
    assert [path.with_suffix("") for path in FILES] == [path.with_suffix("") for path in PROPERTIES]


def test_names_of_macros_are_unique() -> None:
    names = [name for _, name, _ in MACROS]
    assert sorted(set(names)) == sorted(names)


@each_macro
def test_a_macro_is_described_with_all_its_arguments(path: Path, name: str, arguments: tuple[str, ...]) -> None:
    (told,) = [macro for macro in _read(path.with_suffix(".yml"))["macros"] if macro["name"] == name]
    assert told["description"].strip()
    assert [argument["name"] for argument in told.get("arguments", ())] == list(arguments)
    assert [
        argument["name"] for argument in told.get("arguments", ()) if not argument["type"] or not argument["description"]
    ] == []


@each_macro
def test_a_macro_has_a_unit_test(path: Path, name: str, arguments: tuple[str, ...]) -> None:
    assert [test["name"] for test in _read(path.with_suffix(".yml"))["unit_tests"] if test["macro"] == name]


@each_macro
def test_a_macro_stands_in_the_guide(path: Path, name: str, arguments: tuple[str, ...]) -> None:
    assert f"`{name}(" in GUIDE


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w+)\(", GUIDE))))
def test_the_guide_names_only_macros_that_are_there(name: str) -> None:
    assert name in {macro for _, macro, _ in MACROS}


def test_every_unit_test_beside_the_macros_is_of_a_macro_of_its_file() -> None:
    for path in PROPERTIES:
        strangers = {test["macro"] for test in _read(path)["unit_tests"]} - _found(path.with_suffix(".sql")).keys()
        assert strangers == set(), path.name
