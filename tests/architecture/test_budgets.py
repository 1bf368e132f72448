import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, functions, modules, parse, shown

FILE, FUNCTION, ARGUMENTS, METHODS = 400, 40, 6, 8
NOUNS = [PACKAGE / f"{name}.py" for name in ("errors", "nodes", "graph", "plan", "results", "config")]
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "core", "types", "manager", "base"}


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """Count lines of code: no docstring, no comment, no blank line; a function inside counts for itself."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body or _is_table_of_options(function):
        return 0
    inner = {
        line
        for node in ast.walk(function)
        if node is not function and isinstance(node, ast.FunctionDef)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = set(range(body[0].lineno, (function.end_lineno or function.lineno) + 1)) - inner
    told = [text[number - 1].strip() for number in lines]
    return 1 + sum(bool(line) and not line.startswith("#") for line in told)


def _is_table_of_options(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    options = [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("option", "argument")
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "click"
    ]
    return len(options) >= 3


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_function_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8").splitlines()
    told = {f"{shown(path)}:{function.lineno} {function.name}": _code_lines(function, text) for function in functions(path)}
    assert {name: lines for name, lines in told.items() if lines > FUNCTION} == {}


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_function_takes_few_arguments(path: Path) -> None:
    found = {}
    for function in functions(path):
        given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        count = len([argument for argument in given if argument.arg not in ("self", "cls")])
        if count > ARGUMENTS:
            found[f"{shown(path)}:{function.lineno} {function.name}"] = count
    assert found == {}


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_name_says_what_a_file_is_for(path: Path) -> None:
    assert path.stem not in FORBIDDEN
    assert path.parent.name not in FORBIDDEN


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_class_is_a_noun(path: Path) -> None:
    found = [node.name for node in ast.walk(parse(path)) if isinstance(node, ast.ClassDef)]
    assert [name for name in found if re.search(r"(Manager|Handler|Helper|Utils|Base)$", name)] == []


def _classes(path: Path) -> list[ast.ClassDef]:
    return [node for node in parse(path).body if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("path", NOUNS, ids=shown)
def test_a_noun_is_a_frozen_value_told_by_keywords(path: Path) -> None:
    for noun in _classes(path):
        if any(isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception")) for base in noun.bases):
            continue
        told = [call for call in noun.decorator_list if isinstance(call, ast.Call) and ast.unparse(call.func) == "dataclass"]
        assert told, f"{noun.name} is no dataclass"
        settings = {word.arg: ast.literal_eval(word.value) for word in told[0].keywords}
        assert {key: settings.get(key) for key in ("frozen", "slots", "kw_only")} == {
            "frozen": True,
            "slots": True,
            "kw_only": True,
        }


@pytest.mark.parametrize("path", NOUNS, ids=shown)
def test_collections_in_a_noun_cannot_be_changed(path: Path) -> None:
    found = [
        f"{noun.name}.{ast.unparse(field.target)}: {ast.unparse(field.annotation)}"
        for noun in _classes(path)
        for field in noun.body
        if isinstance(field, ast.AnnAssign) and re.match(r"(list|dict|set)\b", ast.unparse(field.annotation))
    ]
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_file_opens_with_one_sentence_saying_its_job(path: Path) -> None:
    told = ast.get_docstring(parse(path))
    assert told and (told.splitlines()[0].endswith(".") or path.name == "__main__.py")


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_no_module_keeps_state(path: Path) -> None:
    found = [f"{shown(path)}:{node.lineno}" for node in ast.walk(parse(path)) if isinstance(node, ast.Global)]
    for node in parse(path).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        empty = isinstance(value, ast.Dict | ast.List | ast.Set) and not ast.dump(value).count("Constant")
        if empty and isinstance(target, ast.Name) and target.id != "__all__":
            found.append(f"{shown(path)}:{node.lineno}")
    assert found == []
