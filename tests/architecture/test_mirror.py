import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.tree import MODELS, PACKAGE, modules, parse, shown
from tests.support import REPOSITORY

TESTS = REPOSITORY / "tests" / "unit"


def _has_behaviour(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(parse(path)))


def _room(path: Path) -> Path:
    """Return the room of a file: the file itself, or the folder inside a wing that it belongs to."""
    inside = path.relative_to(PACKAGE)
    return Path(*inside.parts[:2]) if len(inside.parts) > 2 else inside


ROOMS = sorted({_room(path) for path in modules() if _has_behaviour(path) and path.name != "__main__.py"})


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_a_room_has_its_test_file(room: Path) -> None:
    found = list((TESTS / room.parent).glob(f"test_{room.stem}*.py"))
    assert found, f"no tests/unit/{(room.parent / f'test_{room.stem}.py').as_posix()}"


def test_every_test_file_has_its_room() -> None:
    known = {(room.parent / room.stem).as_posix() for room in ROOMS}
    told = [path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")]
    strangers = [
        path.as_posix()
        for path in told
        if not any((path.parent / path.stem.removeprefix("test_")).as_posix().startswith(room) for room in known)
    ]
    assert strangers == []


# -- the registers --------------------------------------------------------------------------------

SQL = sorted(MODELS.rglob("*.sql"))
PROPERTIES = sorted(path for path in MODELS.rglob("*.yml") if not path.name.startswith("_"))


def _read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8")))


def _model(path: Path) -> dict[str, Any]:
    found = [model for model in _read(path)["models"] if model["name"] == path.stem]
    assert len(found) == 1
    return dict(found[0])


def _meta(thing: dict[str, Any]) -> dict[str, Any]:
    return {**((thing.get("config") or {}).get("meta") or {}), **(thing.get("meta") or {})}


def test_there_are_models() -> None:
    assert SQL


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_a_model_has_its_yaml_beside_it(path: Path) -> None:
    assert path.with_suffix(".yml").is_file()


@pytest.mark.parametrize("path", PROPERTIES, ids=shown)
def test_a_yaml_has_its_model_beside_it_and_describes_no_other(path: Path) -> None:
    assert path.with_suffix(".sql").is_file()
    assert [model["name"] for model in _read(path)["models"]] == [path.stem]


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_a_model_says_what_one_row_is(path: Path) -> None:
    assert _model(path).get("description", "").startswith("One row per")


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_a_model_has_a_grain_or_an_order(path: Path) -> None:
    model = _model(path)
    assert _meta(model).get("grain") or (model.get("config") or {}).get("cluster_by")


@pytest.mark.parametrize("path", [path for path in SQL if path.is_relative_to(MODELS / "staging")], ids=shown)
def test_a_staging_table_says_when_its_rows_are_known(path: Path) -> None:
    assert _meta(_model(path)).keys() & {"known_on", "asks"}


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_the_grain_names_columns_of_the_model(path: Path) -> None:
    model = _model(path)
    keys = _meta(model).get("grain") or (model.get("config") or {}).get("cluster_by") or []
    assert set([keys] if isinstance(keys, str) else keys) <= {column["name"] for column in model["columns"]}


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_every_column_has_a_type_and_is_described_in_english_and_danish(path: Path) -> None:
    lacking = [
        f"{column['name']}: {what}"
        for column in _model(path)["columns"]
        for what, told in (
            ("data_type", column.get("data_type")),
            ("description", column.get("description")),
            ("meta.description_da", _meta(column).get("description_da")),
        )
        if not (told and str(told).strip())
    ]
    assert lacking == []


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_a_model_has_a_unit_test(path: Path) -> None:
    assert [test["name"] for test in _read(path).get("unit_tests") or () if test["model"] == path.stem]


@pytest.mark.parametrize("path", SQL, ids=shown)
def test_a_model_keeps_its_budget(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


def test_names_of_models_are_unique() -> None:
    stems = [path.stem for path in SQL]
    assert sorted(set(stems)) == sorted(stems)
