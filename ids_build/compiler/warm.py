"""The second door of the compiler: settings, and what is known of a project whose files did not change.

Loads no template engine and no parser of SQL; a command on an unchanged project passes through this door alone.
"""

import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

from ids_build.compiler import files
from ids_build.compiler.cache import FOLDER, Cache, describe_engine, make_digest
from ids_build.compiler.entries import NotKeepableError, describe_graph, encode_value, parse_graph
from ids_build.compiler.yamls import parse_yaml
from ids_build.config import PROJECT_FILE, Config, Options, make_config
from ids_build.errors import ConfigError, PropertiesError
from ids_build.graph import Graph

_VARIABLE = re.compile(r"{{ *var\( *(?P<quote>['\"])(?P<name>\w+)(?P=quote) *\) *}}")
# Settings that no graph depends on; of the environment only the variables that templates ask for count, each by itself.
_NO_PART = """
    project_dir clean_targets target_path profile threads memory_limit spill_dir show_values full_refresh fail_fast
    cohort cohort_column environment use_cache verify publish keep
""".split()  # noqa: SIM905 - a list of this length reads better as words


def read_settings(options: Options) -> Config:
    """Return the settings of the project in `options.project_dir`, its Jinja not yet filled in but for plain variables.

    ConfigError names what is wrong.
    """
    project = _parse_settings(files.read_project_file(options.project_dir), PROJECT_FILE)
    found = files.read_profiles_file(options.profiles_dirs)
    profiles = _parse_settings(found[1], found[0]) if found else {}
    variables = _parse_settings(options.vars, "--vars") if options.vars else {}
    config = make_config(project, profiles, options, variables)
    return replace(config, models=_fill(config.models, config.vars), seeds=_fill(config.seeds, config.vars))


def find_unfilled(config: Config) -> bool:
    """Say whether some variable, or setting of models or seeds, holds Jinja."""
    return any(map(_holds_jinja, (*config.vars.values(), *_texts(config.models), *_texts(config.seeds))))


def _holds_jinja(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _texts(settings: Any) -> Iterator[str]:
    if isinstance(settings, Mapping):
        for value in settings.values():
            yield from _texts(value)
    elif isinstance(settings, str):
        yield settings


def _fill(settings: Any, variables: Mapping[str, Any]) -> Any:
    """Return settings with those texts filled in that are nothing but one variable, itself a text; Jinja does the others."""
    if isinstance(settings, Mapping):
        return {key: _fill(value, variables) for key, value in settings.items()}
    found = _VARIABLE.fullmatch(settings) if isinstance(settings, str) else None
    value = variables.get(found["name"]) if found else None
    return value if isinstance(value, str) and not _holds_jinja(value) else settings


def _parse_settings(text: str, path: str) -> dict[str, Any]:
    try:
        spot = parse_yaml(text, path)
        return {key: item.plain() for key, item in spot.items(path).items()}
    except PropertiesError as error:
        raise ConfigError(error.message, at=error.at, hint=error.hint) from None


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Keep the collector quiet: it would walk all syntax trees again and again (three times the time)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was made lives as long as the run: later collections need not walk it
        if was:
            gc.enable()


class Memory:
    """What is known of one project as its files stand: its graph, its types, and pieces of work on single texts.

    An entry is known by what went into it: the bytes of all files, the settings that compiling looks at, and whatever
    compiles. Time and place of a file play no part. Variables of the environment that templates asked for are told in
    the entry, by digest, and must be the same.
    """

    def __init__(self, config: Config, *, looks_up: bool = True) -> None:
        """Read the project's files. Without `looks_up` the graph and its types are made anew, with the help of pieces."""
        self.files = files.read_project_files(config)
        self._environment = config.environment
        self._looks_up = looks_up
        self._key = ""
        self._content = ""  # what beside the key decides on the graph that was read or kept last
        self._cache = Cache(None)
        self._engine = ""
        self._project = make_digest([config.name, config.target])
        if config.use_cache:
            try:
                self._engine = describe_engine()
                self._key = make_digest([self._engine, *_describe_settings(config), *_describe_files(self.files)])
                self._cache = Cache(config.target_path / FOLDER)
            except (NotKeepableError, OSError):
                return

    def graph(self) -> Graph | None:
        """Return the graph of the project, None when it has to be compiled."""
        with no_garbage_collection():
            entry = self._cache.read("graph", self._key) if self._looks_up else None
            try:
                if entry is None or entry["environment"] != self._tell(entry["environment"]):
                    return None
                graph = parse_graph(entry["graph"], {**self.files.seeds, **self.files.models})
                self._content = json.dumps(entry["environment"])
            except Exception:  # whatever stands in a file that we did not write
                return None
        return graph

    def keep_graph(self, graph: Graph, environment: Iterable[str]) -> None:
        """Keep a graph that was compiled from these files. `environment` are the names that templates asked for."""
        if not self._cache.used:
            return
        asked = self._tell(environment)
        try:
            entry = {"environment": asked, "graph": describe_graph(graph)}
        except NotKeepableError:
            return
        self._content = json.dumps(asked)
        self._cache.write("graph", self._key, entry)

    def types(self) -> Mapping[str, str] | None:
        """Return the columns of every table as they were kept, None when they have to be found."""
        return self._texts("types", self._types_key()) if self._content and self._looks_up else None

    def keep_types(self, types: Mapping[str, str]) -> None:
        """Keep the columns of every table of the graph that was read or kept last."""
        if self._content:
            self._cache.write("types", self._types_key(), dict(types))

    def pieces(self, kind: str) -> dict[str, Any]:
        """Return what was kept of single texts, whatever project they stand in, by digests of all that they depend on."""
        found = self._cache.read(kind, self._pieces_key())
        return found if isinstance(found, dict) else {}

    def keep_pieces(self, kind: str, pieces: Mapping[str, Any]) -> None:
        """Keep pieces for the next time."""
        self._cache.write(kind, self._pieces_key(), dict(pieces))

    def _types_key(self) -> str:
        return make_digest([self._key, self._content])

    def _pieces_key(self) -> str:
        return make_digest([self._engine, self._project])

    def _texts(self, kind: str, key: str) -> Mapping[str, str] | None:
        found = self._cache.read(kind, key)
        fine = isinstance(found, dict) and all(isinstance(value, str) for value in found.values())
        return found if fine else None

    def _tell(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return a digest of each variable of the environment, None for one that is not set; values stay where they are."""
        found = {name: self._environment.get(name) for name in sorted(names)}
        return {name: None if value is None else make_digest([self._key, value]) for name, value in found.items()}


def _describe_settings(config: Config) -> Iterator[str]:
    """Yield the settings that a graph may depend on: all but those that are known to play no part."""
    for setting in fields(config):
        if setting.name not in _NO_PART:
            value = getattr(config, setting.name)
            yield setting.name
            yield json.dumps(encode_value(dict(value) if isinstance(value, Mapping) else value))


def _describe_files(found: files.ProjectFiles) -> Iterator[str]:
    """Yield every file's path and text, group by group."""
    for group in (found.models, found.properties, found.macros, found.seeds, found.tests, found.fixtures):
        yield str(len(group))
        for path, text in group.items():
            yield path
            yield text
