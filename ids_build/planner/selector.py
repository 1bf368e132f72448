"""The selection grammar: words after --select and --exclude to a set of nodes."""

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ids_build.config import nearest
from ids_build.errors import SelectionError
from ids_build.graph import Graph
from ids_build.nodes import DataTest, Model, Node, Seed, Source, UnitTest

_WORD = re.compile(r"(?P<at>@)?(?:(?P<up>\d*)\+)?(?P<body>.+?)(?:\+(?P<down>\d*))?$")
_RESOURCES = {Model: "model", Source: "source", Seed: "seed", DataTest: "test", UnitTest: "unit_test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The chosen ids, and for each word that matched nothing a sentence that says so."""

    ids: frozenset[str]
    unmatched: tuple[str, ...] = ()


def select(graph: Graph, words: Iterable[str] = (), exclude: Iterable[str] = ()) -> Selection:
    """Return what the words choose: several words add up, a comma inside a word intersects.

    Methods: name (the default, with * and ?), ``layer.name``, path:, file:, tag:, source:, resource_type:, test_type:,
    test_name:, unit_test:, layer:, package:, config.KEY:, fqn:; operators ``+x``, ``x+``, ``2+x+1``, ``@x``.
    No word chooses everything. A chosen table brings its tests. Raises SelectionError for an unknown method.
    """
    said = tuple(words)
    chosen, unmatched = _union(graph, said) if said else (frozenset(graph.nodes), ())
    dropped, unmatched_too = _union(graph, exclude)
    return Selection(ids=chosen - dropped, unmatched=(*unmatched, *unmatched_too))


def resource_of(node: Node) -> str:
    """Return dbt's word for the kind of node."""
    return _RESOURCES[type(node)]


def _union(graph: Graph, words: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    chosen: frozenset[str] = frozenset()
    unmatched: list[str] = []
    for phrase in words:
        for word in phrase.split():
            parts = [_choose(graph, part) for part in word.split(",") if part]
            found = frozenset.intersection(*parts) if parts else frozenset()
            if not found:
                hint = nearest(word.strip("+@0123456789"), [node.name for node in graph.nodes.values()])
                unmatched.append(f"'{word}' selects nothing" + (f"; {hint}" if hint else ""))
            chosen |= found
    return chosen, tuple(unmatched)


def _choose(graph: Graph, part: str) -> frozenset[str]:
    found = _WORD.fullmatch(part)
    if not found:
        raise SelectionError(f"'{part}' is no selection", hint="write a name, +name, name+, tag:word, path:folder")
    chosen = frozenset(unique_id for unique_id, node in graph.nodes.items() if _method(found["body"])(node))
    grown = set(chosen)
    for unique_id in chosen:
        if found["at"]:
            below = graph.descendants(unique_id)
            grown |= below
            grown |= {up for down in (unique_id, *below) for up in graph.ancestors(down)}
        if found["up"] is not None:
            grown |= graph.ancestors(unique_id, int(found["up"]) if found["up"] else None)
        if found["down"] is not None:
            grown |= graph.descendants(unique_id, int(found["down"]) if found["down"] else None)
    return _with_tests(graph, frozenset(grown))


def _method(body: str) -> Callable[[Node], bool]:
    method, colon, value = body.partition(":")
    if not colon:
        if "/" in body:
            return lambda node: _path_matches(node, body.removeprefix("./"))
        if body.endswith((".sql", ".csv")):
            return lambda node: _path(node).rpartition("/")[2] == body
        return lambda node: _name_matches(node, body)
    if method.startswith("config."):
        key = method.removeprefix("config.")
        return lambda node: _config_matches(node, key, value)
    methods: dict[str, Callable[[Node], bool]] = {
        "path": lambda node: _path_matches(node, value.removeprefix("./")),
        "file": lambda node: _path(node).rpartition("/")[2] in (value, f"{value}.sql", f"{value}.csv"),
        "tag": lambda node: any(fnmatch.fnmatchcase(tag, value) for tag in node.tags),
        "source": lambda node: isinstance(node, Source) and _source_matches(node, value),
        "resource_type": lambda node: resource_of(node) == value,
        "test_type": lambda node: _test_type(node, value),
        "test_name": lambda node: isinstance(node, DataTest) and fnmatch.fnmatchcase(node.kind, value),
        "unit_test": lambda node: isinstance(node, UnitTest) and fnmatch.fnmatchcase(node.name, value),
        "layer": lambda node: isinstance(node, Model | Seed) and fnmatch.fnmatchcase(node.relation.layer, value),
        "fqn": lambda node: _name_matches(node, value.rpartition(".")[2]),
        "package": lambda node: node.unique_id.split(".")[1] == value or value == "this",
    }
    if method not in methods:
        raise SelectionError(f"unknown method '{method}:'", hint=nearest(method, methods) or f"use {', '.join(sorted(methods))}")
    return methods[method]


def _name_matches(node: Node, pattern: str) -> bool:
    names = [node.name]
    if isinstance(node, Model | Seed | Source):
        names.append(str(node.relation))
    elif isinstance(node, UnitTest) and node.macro:
        names.append(node.macro)
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def _path(node: Node) -> str:
    return node.path if isinstance(node, Model | Seed) else node.at.path


def _path_matches(node: Node, value: str) -> bool:
    path = _path(node)
    folder = value.rstrip("/")
    return path == value or path.startswith(f"{folder}/") or fnmatch.fnmatchcase(path, value)


def _source_matches(node: Source, value: str) -> bool:
    return fnmatch.fnmatchcase(str(node.relation), value) or fnmatch.fnmatchcase(node.relation.layer, value)


def _config_matches(node: Node, key: str, value: str) -> bool:
    if not isinstance(node, Model):
        return False
    found = {"materialized": node.materialized, "schema": node.relation.layer, **node.config}.get(key)
    return str(found).lower() == value.lower() or (isinstance(found, list | tuple) and value in found)


def _test_type(node: Node, value: str) -> bool:
    if isinstance(node, UnitTest):
        return value == "unit"
    if not isinstance(node, DataTest):
        return False
    return value == "data" or value == ("singular" if node.kind == "singular" else "generic")


def _with_tests(graph: Graph, chosen: frozenset[str]) -> frozenset[str]:
    """Add the tests of every chosen table: those it owns, and singular tests that read it."""
    tests = set(chosen)
    for node in graph.nodes.values():
        if isinstance(node, UnitTest) and node.model and graph.tables[node.model] in chosen:
            tests.add(node.unique_id)
        elif isinstance(node, DataTest):
            owners = [node.table] if node.table else list(node.references)
            if any(graph.tables[owner] in chosen for owner in owners):
                tests.add(node.unique_id)
    return frozenset(tests)
