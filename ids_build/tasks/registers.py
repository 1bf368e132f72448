"""Single registers of a project, by name, by path, and opened under a folder."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

from ids_build.compiler.compiler import load_config, read_sources
from ids_build.config import Config, Options, nearest
from ids_build.errors import ConfigError, Location
from ids_build.nodes import Source
from ids_build.runner.registers import (
    Kept,
    describe,
    in_list,
    make_cohort,
    open_register,
    open_tables,
    schema_of,
    stream_table,
)

__all__ = [
    "Kept",
    "describe",
    "find_by_name",
    "find_by_path",
    "find_parent",
    "in_list",
    "list_registers",
    "make_cohort",
    "open_project",
    "open_register",
    "open_tables",
    "schema_of",
    "stream_table",
]

_PERIOD = r"[\dqQ_-]"


def open_project(project_dir: Path, variables: Mapping[str, Any] | None, environment: Mapping[str, str], cores: int) -> Config:
    """Return the settings of the project that declares the registers; `variables` win over those of its file."""
    folder = project_dir.resolve()
    config = load_config(Options(project_dir=folder, profiles_dirs=(folder,), environment=environment, cores=cores))
    return replace(config, vars={**config.vars, **(variables or {})})


def list_registers(config: Config) -> tuple[Source, ...]:
    """Return the sources that declare types, in the order of their names."""
    typed = (source for source in read_sources(config) if any(column.data_type for column in source.columns))
    return tuple(sorted(typed, key=lambda source: source.name))


def find_by_name(name: str, sources: Iterable[Source]) -> Source:
    """Return the register of that name or alias (``meta: {aliases: [...]}``) in any case.

    A name wins over an alias. Raises ConfigError when there is none, or several share the alias.
    """
    known = tuple(sources)
    fits = [source for source in known if source.name.lower() == name.lower()]
    fits = fits or [source for source in known if name.lower() in _names(source)]
    if not fits:
        words = {word for source in known for word in _names(source)}
        raise ConfigError(
            f"unknown register '{name}'", hint=nearest(name.lower(), words) or f"known are {', '.join(sorted(words))}"
        )
    if len(fits) > 1:
        raise ConfigError(f"'{name}' may be {_either(fits)}", hint="name one of them")
    return fits[0]


def find_by_path(path: PurePath, sources: Iterable[Source]) -> Source:
    """Return the register that a folder or file belongs to, by the last part of its path.

    The part is the register's name, an alias, or the folder of its location, and may go on with a period
    (``shop2005.parquet``); a file named by a period alone (``shop/2005.parquet``) is known by its folder. Both kinds of
    slashes part a path. The longest name wins. Raises ConfigError when none fits, or several fit equally well.
    """
    parts = PureWindowsPath(path)
    is_file = parts.suffix.lower() == ".parquet"
    last = parts.stem if is_file else parts.name
    part = parts.parent.name if is_file and re.fullmatch(_PERIOD + "+", last) else last
    fits: dict[int, list[Source]] = {}
    known = tuple(sources)
    for source in known:
        words = _names(source) | _folders(source)
        lengths = [len(word) for word in words if re.fullmatch(re.escape(word) + _PERIOD + "*", part, re.IGNORECASE)]
        if lengths:
            fits.setdefault(max(lengths), []).append(source)
    at = Location(path=str(path))
    if not fits:
        words = {word for source in known for word in _names(source)}
        raise ConfigError(
            f"'{part}' is the folder of no register", at=at, hint=nearest(part.lower(), words) or "name the register"
        )
    best = fits[max(fits)]
    if len(best) > 1:
        raise ConfigError(f"'{part}' may be {_either(best)}", at=at, hint="name the register")
    return best[0]


def find_parent(source: Source, sources: Iterable[Source]) -> Source:
    """Return the register through whose rows this one knows its persons; ConfigError when it needs none or names none."""
    person = source.rules.person
    via = person.via if person else None
    if via is None:
        told = "names its persons itself" if person else "declares no relation to persons"
        hint = "use a direct filter" if person else "declare 'meta: {person: {column: ..., via: ...}}' at the source"
        raise ConfigError(f"register '{source.name}' {told}", at=source.at, hint=hint)
    return next(other for other in sources if other.relation == via)


def _either(sources: Iterable[Source]) -> str:
    return " or ".join(f"'{name}'" for name in sorted(source.name for source in sources))


def _names(source: Source) -> set[str]:
    aliases = source.meta.get("aliases") or ()
    return {source.name.lower(), *(str(alias).lower() for alias in ([aliases] if isinstance(aliases, str) else aliases))}


def _folders(source: Source) -> set[str]:
    folder = PurePath(source.location or "").parent.name.lower()
    return {folder} if folder and "*" not in folder else set()
