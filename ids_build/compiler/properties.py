"""The YAML beside the models: columns, tests, sources and unit tests, keys checked strictly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ids_build.compiler.data_tests import BUILT_IN, TestSpec
from ids_build.compiler.reports import parse_report
from ids_build.compiler.yamls import Documents, Spot
from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import Column, Places, Report

# dbt's vocabulary. What we do not use is accepted as long as dbt itself accepts it, so that a plain project opens.
_FILE = """
    version models seeds sources snapshots unit_tests macros exposures groups metrics semantic_models saved_queries
    data_tests tests analyses functions
"""
_TABLE = """
    name description docs config constraints columns data_tests tests meta tags latest_version versions
    deprecation_date access group time_spine identifier quote_columns
"""
_COLUMN = "name description data_type meta config constraints data_tests tests tags quote granularity docs"
_SOURCE = """
    name description database schema loader loaded_at_field loaded_at_query freshness meta config tables tags
    quoting overrides
"""
_SOURCE_TABLE = """
    name description identifier loader loaded_at_field loaded_at_query freshness meta config tags columns
    data_tests tests quoting external
"""
_UNIT_TEST = "name description model macro sql given expect expect_after overrides config versions"
_MACRO = "name description docs meta config arguments"
_ARGUMENT = "name type description"
_TEST_CONFIG = """
    severity where tags enabled meta store_failures store_failures_as alias database schema group
"""

Fill = Callable[[str, Location], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProperties:
    """What the YAML says of one model, seed or source table."""

    name: str
    at: Location
    description: str = ""
    columns: tuple[Column, ...] = ()
    tests: tuple[TestSpec, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    report: Report | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProperties:
    """A source group and its tables."""

    name: str
    meta: Mapping[str, Any]
    tables: tuple[TableProperties, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Everything the YAML files of a project say."""

    models: Mapping[str, TableProperties] = field(default_factory=dict)
    seeds: Mapping[str, TableProperties] = field(default_factory=dict)
    sources: tuple[SourceProperties, ...] = ()
    unit_tests: tuple[Spot, ...] = ()


def parse_properties(
    files: Mapping[str, str], fill: Fill, macros: Mapping[str, tuple[str, ...]], documents: Documents | None = None
) -> Properties:
    """Return the properties of all YAML files; `fill` renders ``{{ var() }}`` inside texts.

    `macros` are the arguments of the project's macros by name. Raises PropertiesError for an unknown key, a thing
    described twice, a macro or argument that is not there, or a value of the wrong kind.
    """
    models: dict[str, TableProperties] = {}
    seeds: dict[str, TableProperties] = {}
    sources: list[SourceProperties] = []
    unit_tests: list[Spot] = []
    described: dict[str, Location] = {}
    own_tests = {name.removeprefix("test_") for name in macros if name.startswith("test_")}
    reader = _Reader(fill, BUILT_IN | own_tests)
    read = documents or Documents()
    for path, text in files.items():
        items = read.parse(text, path).check_keys(_FILE.split(), "the file")
        for kind, found in (("models", models), ("seeds", seeds)):
            for spot in _list(items, kind):
                table = reader.table(spot, kind.removesuffix("s"), _TABLE)
                if table.name in found:
                    raise PropertiesError(
                        f"'{table.name}' is described twice", at=table.at, hint=f"the other place is {found[table.name].at}"
                    )
                found[table.name] = table
        sources.extend(reader.source(spot) for spot in _list(items, "sources"))
        for spot in _list(items, "unit_tests"):
            spot.check_keys(_UNIT_TEST.split(), "the unit test")
            unit_tests.append(spot)
        for spot in _list(items, "macros"):
            _check_macro(spot, macros, described)
    return Properties(models=models, seeds=seeds, sources=tuple(sources), unit_tests=tuple(unit_tests))


def _check_macro(spot: Spot, macros: Mapping[str, tuple[str, ...]], described: dict[str, Location]) -> None:
    """Compare the description of a macro with the macro: its name, and the names of its arguments."""
    items = spot.check_keys(_MACRO.split(), "the macro")
    name, at = _name(spot, "macro"), items["name"].at
    if name not in macros:
        hint = nearest(name, macros) or "add the macro, or take its description out"
        raise PropertiesError(f"describes unknown macro '{name}'", at=at, hint=hint)
    if name in described:
        raise PropertiesError(f"macro '{name}' is described twice", at=at, hint=f"the other place is {described[name]}")
    described[name] = at
    told: set[str] = set()
    for element in _list(items, "arguments"):
        parts = element.check_keys(_ARGUMENT.split(), "the argument")
        argument = _name(element, "argument")
        if argument not in macros[name]:
            hint = nearest(argument, macros[name]) or f"it takes {', '.join(macros[name]) or 'none'}"
            raise PropertiesError(f"macro '{name}' has no argument '{argument}'", at=parts["name"].at, hint=hint)
        if argument in told:
            raise PropertiesError(f"argument '{argument}' is described twice", at=parts["name"].at, hint="keep one of the two")
        told.add(argument)


def _list(items: Mapping[str, Spot], key: str) -> list[Spot]:
    return list(items[key].elements(f"'{key}'")) if key in items else []


class _Reader:
    """Reads tables, columns and tests with one set of known test names."""

    def __init__(self, fill: Fill, test_kinds: frozenset[str]) -> None:
        self._fill = fill
        self._kinds = test_kinds

    def source(self, spot: Spot) -> SourceProperties:
        items = spot.check_keys(_SOURCE.split(), "the source")
        name = _name(spot, "source")
        tables = tuple(self.table(table, "source table", _SOURCE_TABLE) for table in _list(items, "tables"))
        return SourceProperties(name=name, meta=self._meta(items), tables=tables)

    def table(self, spot: Spot, what: str, known: str) -> TableProperties:
        items = spot.check_keys(known.split(), f"the {what}")
        name = _name(spot, what)
        columns: list[Column] = []
        tests = self._tests(items, None)
        for element in _list(items, "columns"):
            column, its_tests = self._column(element)
            if any(column.name == other.name for other in columns):
                raise PropertiesError(
                    f"column '{column.name}' stands twice in '{name}'", at=column.at, hint="keep one of the two"
                )
            columns.append(column)
            tests.extend(its_tests)
        config = self._plain(items["config"]) if "config" in items else {}
        return TableProperties(
            name=name,
            at=items["name"].at,
            description=_text(items, "description"),
            columns=tuple(columns),
            tests=tuple(tests),
            config=config or {},
            meta=self._meta(items),
            places=_places(items),
            tags=(*_strings(items, "tags"), *_tags(config)),
            report=self._report(items, what),
        )

    def _report(self, items: Mapping[str, Spot], what: str) -> Report | None:
        """Return what a model says under `report` in its meta; under `config` it wins."""
        config = items["config"].items("config") if "config" in items else {}
        spots = [place["meta"].items("'meta'").get("report") for place in (config, items) if "meta" in place]
        spot = next((found for found in spots if found is not None), None)
        if spot is not None and what != "model":
            raise PropertiesError(
                f"a {what} has no place in the report", at=spot.key_at, hint="select from it in a model, and report that"
            )
        return parse_report(spot, self._fill) if spot is not None else None

    def _column(self, spot: Spot) -> tuple[Column, list[TestSpec]]:
        items = spot.check_keys(_COLUMN.split(), "the column")
        name = _name(spot, "column")
        meta = self._meta(items)
        column = Column(
            name=name,
            data_type=_text(items, "data_type").lower() or None,
            description=_text(items, "description"),
            aliases=tuple(str(alias) for alias in meta.get("aliases") or ()),
            meta=meta,
            at=items["name"].at,
        )
        return column, self._tests(items, name)

    def _tests(self, items: Mapping[str, Spot], column: str | None) -> list[TestSpec]:
        return [self._test(spot, column) for key in ("data_tests", "tests") for spot in _list(items, key)]

    def _test(self, spot: Spot, column: str | None) -> TestSpec:
        if spot.text is not None:
            return TestSpec(kind=self._kind(spot.text, spot.at), at=spot.at, column=column)
        items = spot.items("a test")
        named = {"name", "description", "test_name", "config", "arguments"} if "test_name" in items else set()
        kinds = [key for key in items if key not in named]
        word = items["test_name"].string("test_name") if "test_name" in items else (kinds[0] if kinds else "")
        body = items if "test_name" in items else items[word].items(f"test '{word}'") if word else {}
        kind = self._kind(word, spot.at)
        config = self._plain(body["config"]) or {} if "config" in body else {}
        for key in config:
            if key not in _TEST_CONFIG.split():
                hint = nearest(key, _TEST_CONFIG.split())
                raise PropertiesError(f"unknown key '{key}' in the config of test '{kind}'", at=body["config"].at, hint=hint)
        told = {
            key: self._plain(value)
            for key, value in body.items()
            if key not in (*named, "config", "arguments", "name", "description")
        }
        for key in ("severity", "where"):
            if key in told and kind in BUILT_IN:
                config = {**config, key: told.pop(key)}
        given: dict[str, Any] = {}
        if "arguments" in body:
            body["arguments"].items("'arguments'")
            given = self._plain(body["arguments"]) or {}
        arguments = {**told, **given}
        return TestSpec(
            kind=kind,
            at=spot.at,
            column=arguments.pop("column_name", None) or column,
            name=_text(body, "name") or None,
            arguments=arguments,
            config=config,
        )

    def _kind(self, word: str, at: Location) -> str:
        kind = word.rpartition(".")[2]
        if kind not in self._kinds:
            raise PropertiesError(
                f"unknown test '{word}'", at=at, hint=nearest(kind, self._kinds) or "write it as a macro 'test_...'"
            )
        return kind

    def _meta(self, items: Mapping[str, Spot]) -> dict[str, Any]:
        config = items["config"].items("config") if "config" in items else {}
        meta: dict[str, Any] = {}
        for place in (items, config):
            if "meta" in place:
                place["meta"].items("'meta'")
                meta.update(self._plain(place["meta"]) or {})
        return meta

    def _plain(self, spot: Spot) -> Any:
        if isinstance(spot.value, dict):
            return {key: self._plain(value) for key, value in spot.value.items()}
        if isinstance(spot.value, list):
            return [self._plain(value) for value in spot.value]
        return self._fill(spot.value, spot.at) if isinstance(spot.value, str) else spot.value


def _name(spot: Spot, what: str) -> str:
    items = spot.items(f"the {what}")
    if "name" not in items:
        raise PropertiesError(f"the {what} has no 'name'", at=spot.at, hint="add 'name: ...'")
    return items["name"].string("the name")


def _text(items: Mapping[str, Spot], key: str) -> str:
    return items[key].string(f"'{key}'") if key in items and items[key].value is not None else ""


def _strings(items: Mapping[str, Spot], key: str) -> tuple[str, ...]:
    return items[key].strings(f"'{key}'") if key in items else ()


def _places(items: Mapping[str, Spot]) -> Places:
    """Return where each text stands that is the value of a key of meta, or stands in its list."""
    config = items["config"].items("config") if "config" in items else {}
    found: dict[tuple[str, str], Location] = {}
    for place in (items, config):
        for key, spot in place["meta"].items("'meta'").items() if "meta" in place else ():
            for word in spot.value if isinstance(spot.value, list) else (spot,):
                if word.text is not None:
                    found[key, word.text] = word.at
    return found


def _tags(config: Any) -> tuple[str, ...]:
    tags = (config or {}).get("tags") or ()
    return (tags,) if isinstance(tags, str) else tuple(str(tag) for tag in tags)
