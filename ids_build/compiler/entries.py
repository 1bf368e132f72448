"""Nodes as JSON and back: what a cache entry holds. Nothing that is read back is ever executed."""

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from ids_build.graph import Graph
from ids_build.nodes import DataTest, Model, Node, Seed, Source, Span, UnitTest
from ids_build.relation import Relation

Coder = Callable[[Any], Any]
_KINDS: dict[str, type] = {"model": Model, "source": Source, "seed": Seed, "data_test": DataTest, "unit_test": UnitTest}
_NAMES = {kind: name for name, kind in _KINDS.items()}
# Texts that are files of the project: the key of an entry covers them, so they are not written again.
_TEXTS = {Model: "raw_sql", Seed: "text"}
_PLAIN = frozenset((str, int, float, bool, type(None)))
_TAG = "\x00"  # begins what JSON has no form for; a key of YAML never is this character


class NotKeepableError(Exception):
    """A value that cannot be written so that it reads back equal; what holds it is compiled anew each time."""


def describe_graph(graph: Graph) -> dict[str, Any]:
    """Return a graph as plain values for JSON; NotKeepableError when something in it would not read back equal."""
    return {
        "project": graph.project,
        "nodes": [_describe_node(node) for node in graph.nodes.values()],
        "parents": [list(graph.parents[unique_id]) for unique_id in graph.nodes],
        "tables": [[relation.layer, relation.name, unique_id] for relation, unique_id in graph.tables.items()],
        "rights": {layer: list(words) for layer, words in graph.rights.items()},
        "warnings": list(graph.warnings),
        "sequence": list(graph.order()),
    }


def parse_graph(told: Mapping[str, Any], texts: Mapping[str, str]) -> Graph:
    """Return the graph that was described; `texts` are the files of models and seeds by their path.

    Raises whatever Python raises when the values are not those of a graph.
    """
    nodes = dict(_parse_node(name, values, texts) for name, values in told["nodes"])
    return Graph(
        project=told["project"],
        nodes=nodes,
        parents={unique_id: tuple(parents) for unique_id, parents in zip(nodes, told["parents"], strict=True)},
        tables={Relation(layer=layer, name=name): unique_id for layer, name, unique_id in told["tables"]},
        rights={layer: tuple(words) for layer, words in told["rights"].items()},
        warnings=tuple(told["warnings"]),
        sequence=tuple(told["sequence"]),
    )


def _describe_node(node: Node) -> list[Any]:
    kind: type = type(node)
    if kind not in _NAMES:
        raise NotKeepableError(f"a node of type {kind.__name__}")
    values: list[Any] = _dataclass(kind)[0](node)
    if kind in _TEXTS:
        values[[name for name, _, _ in _fields(kind)].index(_TEXTS[kind])] = ""
    return [_NAMES[kind], values]


def _parse_node(name: str, values: list[Any], texts: Mapping[str, str]) -> tuple[str, Node]:
    kind = _KINDS[name]
    parts = _read_fields(kind, values)
    if kind in _TEXTS:
        parts[_TEXTS[kind]] = texts[parts["path"]]
    return parts["unique_id"], kind(**parts)


def _read_fields(kind: Callable[..., Any], values: list[Any]) -> dict[str, Any]:
    names, coded = _readers(kind)
    parts = dict(zip(names, values, strict=True))
    for name, decode in coded:
        parts[name] = decode(parts[name])
    return parts


@cache
def _readers(kind: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[tuple[str, Coder], ...]]:
    """Return the names of the fields, and the decoders of those that do not stand as they are."""
    fields = _fields(kind)
    return tuple(name for name, _, _ in fields), tuple((name, decode) for name, _, decode in fields if decode is not None)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Coder | None, Coder | None], ...]:
    """Return name, encoder and decoder of every field of a dataclass; None for a value that stands as it is."""
    hints = typing.get_type_hints(kind)
    return tuple((field.name, *_coders(hints[field.name])) for field in dataclasses.fields(kind))


@cache
def _coders(hint: Hashable) -> tuple[Coder | None, Coder | None]:
    """Return how a value of that type is written and read, found from its annotation."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and hint in (str, int, bool, float):
        return _exactly(hint), None
    if hint == tuple[Span, ...]:
        return describe_spans, parse_spans
    if hint is Any:
        return _encode_any, _decode_any
    if hint is date:
        return (lambda day: day.isoformat()), date.fromisoformat
    if origin in (typing.Union, types.UnionType):
        inner = [_coders(part) for part in arguments if part is not type(None)]
        if len(inner) == 1 and len(arguments) == 2:
            return _or_none(inner[0][0]), _or_none(inner[0][1])
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return _each(_coders(arguments[0]), tuple)
    if origin is tuple:
        return _in_turn([_coders(part) for part in arguments])
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(*arguments)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass(hint)
    raise NotKeepableError(f"a value of type {hint}")


def _exactly(kind: type) -> Coder:
    def encode(value: Any) -> Any:
        if type(value) is not kind:
            raise NotKeepableError(f"{type(value).__name__} where {kind.__name__} is declared")
        return value

    return encode


def _or_none(coder: Coder | None) -> Coder | None:
    return None if coder is None else lambda value: None if value is None else coder(value)


def _each(coders: tuple[Coder | None, Coder | None], kind: type) -> tuple[Coder, Coder]:
    encode, decode = coders

    def write(values: Any) -> Any:
        _exactly(kind)(values)
        return list(values) if encode is None else [encode(value) for value in values]

    return write, tuple if decode is None else lambda values: tuple([decode(value) for value in values])


def _in_turn(coders: list[tuple[Coder | None, Coder | None]]) -> tuple[Coder, Coder]:
    def turned(side: int, values: Any) -> list[Any]:
        pairs = zip(coders, values, strict=True)
        return [value if (coder := both[side]) is None else coder(value) for both, value in pairs]

    return lambda values: turned(0, _exactly(tuple)(values)), lambda values: tuple(turned(1, values))


def _mapping(key: Any, value: Any) -> tuple[Coder, Coder]:
    """Write a mapping as pairs, so that its order and keys of any kind are kept."""
    (in_key, out_key), (in_value, out_value) = _coders(key), _coders(value)

    def write(items: Any) -> Any:
        if not isinstance(items, Mapping):
            raise NotKeepableError(f"{type(items).__name__} where a mapping is declared")
        return [[in_key(k) if in_key else k, in_value(v) if in_value else v] for k, v in items.items()]

    def read(pairs: Any) -> Any:
        return {out_key(k) if out_key else k: out_value(v) if out_value else v for k, v in pairs}

    return write, read


@cache
def _dataclass(kind: Callable[..., Any]) -> tuple[Coder, Coder]:
    """Write a dataclass as the list of its values, in the order of its fields."""
    fields = partial(_fields, kind)  # known once it is asked for: a dataclass may hold its own kind

    def write(value: Any) -> Any:
        if type(value) is not kind:
            raise NotKeepableError(f"{type(value).__name__} where another kind is declared")
        return [getattr(value, name) if code is None else code(getattr(value, name)) for name, code, _ in fields()]

    def read(values: Any) -> Any:
        return kind(**_read_fields(kind, values))

    return write, read


def _encode_any(value: Any) -> Any:
    """Return what a YAML file or a config() call said; kinds that JSON does not tell apart are tagged."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_encode_any(item) for item in value]
    if kind is tuple:
        return {_TAG: ["tuple", [_encode_any(item) for item in value]]}
    if kind is dict:
        if all(type(key) is str and key != _TAG for key in value):
            return {key: _encode_any(item) for key, item in value.items()}
        return {_TAG: ["pairs", [[_encode_any(key), _encode_any(item)] for key, item in value.items()]]}
    if kind in (date, datetime):
        return {_TAG: [kind.__name__, value.isoformat()]}
    raise NotKeepableError(f"a value of type {kind.__name__}")


def _decode_any(value: Any) -> Any:
    kind = type(value)
    if kind is list:
        return [_decode_any(item) for item in value]
    if kind is not dict:
        return value
    if _TAG not in value:
        return {key: _decode_any(item) for key, item in value.items()}
    name, inner = value[_TAG]
    if name == "tuple":
        return tuple([_decode_any(item) for item in inner])
    if name == "pairs":
        return {_decode_any(key): _decode_any(item) for key, item in inner}
    return {"date": date, "datetime": datetime}[name].fromisoformat(inner)


def describe_spans(spans: Iterable[Span]) -> list[int]:
    """Return spans as one row of numbers: there are more of them than of anything else."""
    return [number for span in spans for number in (span.offset, span.line, span.column, int(span.literal))]


def parse_spans(numbers: Iterable[Any]) -> tuple[Span, ...]:
    """Return the spans that describe_spans told; ValueError when a number lacks."""
    places = zip(*(iter(numbers),) * 4, strict=True)
    return tuple([Span(offset=offset, line=line, column=column, literal=bool(as_is)) for offset, line, column, as_is in places])


def describe_noun(noun: Any) -> list[Any]:
    """Return a dataclass as plain values for JSON; NotKeepableError when it would not read back equal."""
    kind: Any = type(noun)
    values: list[Any] = _dataclass(kind)[0](noun)
    return values


def parse_noun(kind: Any, told: Any) -> Any:
    """Return the dataclass of that kind that describe_noun told; raises whatever Python raises when it cannot be one."""
    return _dataclass(kind)[1](told)


def decode_value(value: Any) -> Any:
    """Return the value that encode_value told."""
    return _decode_any(value)


def encode_value(value: Any) -> Any:
    """Return a value of YAML as plain values for JSON; NotKeepableError when it would not read back equal."""
    return _encode_any(value)
