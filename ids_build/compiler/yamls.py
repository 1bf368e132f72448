"""YAML with places: every value knows the line and column it was written on."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from ids_build.compiler.entries import NotKeepableError, decode_value, encode_value
from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError


@dataclass(frozen=True, slots=True)
class Spot:
    """A YAML value and its place: `value` is a dict or list of Spots, or a plain scalar.

    `text` is a scalar as it was written, before YAML guessed a type (``0101`` stays ``0101``).
    """

    value: Any
    at: Location
    text: str | None = None
    key_at: Location | None = None

    def plain(self) -> Any:
        """Return ordinary Python values, places dropped."""
        if isinstance(self.value, dict):
            return {key: spot.plain() for key, spot in self.value.items()}
        if isinstance(self.value, list):
            return [spot.plain() for spot in self.value]
        return self.value

    def items(self, what: str) -> Mapping[str, "Spot"]:
        """Return the mapping; PropertiesError when this is something else."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise PropertiesError(f"{what} must be a mapping of keys to values", at=self.at, hint="write 'key: value'")
        return self.value

    def elements(self, what: str) -> "Iterator[Spot]":
        """Return the elements of a list; PropertiesError when this is something else."""
        if self.value is None:
            return iter(())
        if not isinstance(self.value, list):
            raise PropertiesError(f"{what} must be a list", at=self.at, hint="begin each element with '- '")
        return iter(self.value)

    def string(self, what: str) -> str:
        """Return the scalar as it was written; PropertiesError when this is a list or mapping."""
        if self.text is None:
            raise PropertiesError(f"{what} must be a text", at=self.at, hint=f"write {what} on one line")
        return self.text

    def strings(self, what: str) -> tuple[str, ...]:
        """Return a list of texts; a single text counts as a list of one."""
        if self.text is not None:
            return (self.text,) if self.value is not None else ()
        return tuple(element.string(what) for element in self.elements(what))

    def check_keys(self, known: Iterable[str], what: str) -> Mapping[str, "Spot"]:
        """Return the mapping when every key is known; PropertiesError with the nearest known key otherwise."""
        items = self.items(what)
        names = frozenset(known)
        for key, spot in items.items():
            if key not in names:
                hint = nearest(key, names) or f"known keys are {', '.join(sorted(names))}"
                raise PropertiesError(f"unknown key '{key}' in {what}", at=spot.key_at, hint=hint)
        return items


class Documents:
    """Reads YAML, each text once; what was read is handed on by the digest of the text, as plain values.

    Within one process it is handed on as it is, too, by path and digest.
    """

    def __init__(self, known: Mapping[str, Any] | None = None, spots: Mapping[tuple[str, str], Spot] | None = None) -> None:
        """`known` is what an earlier run handed on, `spots` what an earlier compile in this process did."""
        self._known = known or {}
        self._spots = spots or {}
        self.found: dict[str, Any] = {}
        self.spots: dict[tuple[str, str], Spot] = {}

    def parse(self, text: str, path: str) -> Spot:
        """Return the document in `text`; raises as parse_yaml does."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        told = self.found.get(key) or self._known.get(key)
        if told:
            try:
                spot = self._spots.get((path, key)) or _as_spot(told, path)
                self.found[key], self.spots[path, key] = told, spot
                return spot
            except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
                pass  # nothing that we handed on
        spot = self.spots[path, key] = parse_yaml(text, path)
        with suppress(NotKeepableError):
            self.found[key] = _describe_spot(spot)
        return spot


def _describe_spot(spot: Spot) -> list[Any]:
    value = spot.value
    if isinstance(value, dict):
        value = [[key, _describe_spot(inner)] for key, inner in value.items()]
    elif isinstance(value, list):
        value = [_describe_spot(inner) for inner in value]
    else:
        value = encode_value(value)
    key = spot.key_at
    kind = "m" if isinstance(spot.value, dict) else "l" if isinstance(spot.value, list) else "s"
    return [kind, value, spot.at.line, spot.at.column, spot.text, key.line if key else None, key.column if key else None]


def _as_spot(told: Any, path: str) -> Spot:
    kind, value, line, column, text, key_line, key_column = told
    if kind == "m":
        value = {key: _as_spot(inner, path) for key, inner in value}
    elif kind == "l":
        value = [_as_spot(inner, path) for inner in value]
    else:
        value = decode_value(value)
    key_at = None if key_line is None else Location(path=path, line=key_line, column=key_column)
    return Spot(value, Location(path=path, line=line, column=column), text, key_at)


class _Loader(yaml.CSafeLoader):
    """The safe loader, asked for nodes instead of values."""


def parse_yaml(text: str, path: str) -> Spot:
    """Return the document in `text`; an empty text is a Spot of None.

    Raises PropertiesError with the place where YAML cannot go on, or where a key stands twice.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return _convert(loader, node, path) if node is not None else Spot(None, Location(path=path), "")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Location(path=path, line=mark.line + 1, column=mark.column + 1) if mark else Location(path=path)
        problem = error.problem or "cannot be read"
        raise PropertiesError(f"not valid YAML: {problem}", at=at, hint="check the indentation and the quotes here") from None
    except yaml.YAMLError:
        raise PropertiesError("not valid YAML", at=Location(path=path), hint="save the file as UTF-8 text") from None
    finally:
        loader.dispose()


def _place(node: yaml.Node, path: str) -> Location:
    return Location(path=path, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


def _convert(loader: _Loader, node: yaml.Node, path: str) -> Spot:
    at = _place(node, path)
    if isinstance(node, yaml.MappingNode):
        own: set[str] = set()
        for key, _ in node.value:
            if key.value in own and key.value != "<<":
                raise PropertiesError(f"key '{key.value}' stands twice", at=_place(key, path), hint="keep one of the two")
            own.add(str(key.value))
        loader.flatten_mapping(node)
        found: dict[str, Spot] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            spot = _convert(loader, value_node, path)
            found[key] = Spot(spot.value, spot.at, spot.text, _place(key_node, path))
        return Spot(found, at)
    if isinstance(node, yaml.SequenceNode):
        return Spot([_convert(loader, element, path) for element in node.value], at)
    value = loader.construct_object(node, deep=True)
    return Spot(value, at, str(node.value))
