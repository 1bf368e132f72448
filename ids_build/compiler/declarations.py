"""What the files declare before any template is rendered: drafts of models, seeds and sources with their settings."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from ids_build.compiler.faults import Faults
from ids_build.compiler.properties import Properties, SourceProperties, TableProperties
from ids_build.compiler.rules import parse_rules
from ids_build.config import Config, merge_setting
from ids_build.errors import CompileError, Location
from ids_build.nodes import Column, Seed, Source
from ids_build.relation import Relation

# A relation must be known before any template is rendered, so a template names its schema in so many letters.
_SCHEMA = re.compile(r"{{-?\s*config\([^}]*?\bschema\s*=\s*['\"](\w+)['\"]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A model before its template is rendered."""

    name: str
    path: str
    text: str
    relation: Relation
    config: Mapping[str, Any]
    properties: TableProperties | None


def draft_models(texts: Mapping[str, str], config: Config, properties: Properties, faults: Faults) -> list[Draft]:
    """Return a draft of every model file; two files of one name are a fault."""
    drafts: dict[str, Draft] = {}
    for path, text in texts.items():
        name = PurePosixPath(path).stem
        folders = find_folders(path, config.model_paths)
        described = properties.models.get(name)
        settings = merge_config(config.models, config.name, folders, described)
        own = _SCHEMA.search(text)
        layer = own.group(1) if own else str(settings.get("schema") or (folders[0] if folders else "main"))
        if name in drafts:
            faults.errors.append(
                CompileError(
                    f"two models are named '{name}'", at=Location(path=path), hint=f"rename this one or {drafts[name].path}"
                )
            )
        drafts[name] = Draft(
            name=name, path=path, text=text, relation=Relation(layer=layer, name=name), config=settings, properties=described
        )
    return list(drafts.values())


def make_seeds(texts: Mapping[str, str], config: Config, properties: Properties) -> Iterator[Seed]:
    """Yield a seed for every CSV file that is not disabled."""
    for path, text in texts.items():
        name = PurePosixPath(path).stem
        described = properties.seeds.get(name)
        settings = merge_config(config.seeds, config.name, find_folders(path, config.seed_paths), described)
        if settings.get("enabled", True) is False:
            continue
        columns = described.columns if described else ()
        types = {str(key): str(value).lower() for key, value in (settings.get("column_types") or {}).items()}
        known = {column.name for column in columns}
        columns = tuple(replace(c, data_type=types.get(c.name, c.data_type)) for c in columns)
        columns += tuple(Column(name=key, data_type=value) for key, value in types.items() if key not in known)
        meta = merge_meta(settings, described)
        yield Seed(
            unique_id=f"seed.{config.name}.{name}",
            name=name,
            relation=Relation(layer=str(settings.get("schema") or "seeds"), name=name),
            path=path,
            text=text,
            columns=columns,
            grain=name_list(meta.get("grain")),
            description=described.description if described else "",
            tags=name_list(settings.get("tags")),
            meta=meta,
            places=described.places if described else {},
        )


def make_sources(group: SourceProperties, project: str) -> Iterator[Source]:
    """Yield the source tables of a group; PropertiesError where their rules cannot be understood."""
    for table in group.tables:
        meta = table.meta
        location = meta.get("external_location", group.meta.get("external_location"))
        yield Source(
            unique_id=f"source.{project}.{group.name}.{table.name}",
            name=table.name,
            relation=Relation(layer=group.name, name=table.name),
            at=table.at,
            location=str(location).replace("{name}", table.name) if location else None,
            columns=table.columns,
            key=name_list(meta.get("key")),
            period=meta.get("period"),
            prefer=meta.get("prefer"),
            rules=parse_rules(meta, group.name, table.columns, table.at),
            description=table.description,
            tags=table.tags,
            meta=meta,
            source_meta=group.meta,
            places=table.places,
        )


def find_folders(path: str, roots: Iterable[str]) -> tuple[str, ...]:
    """Return the folders between a root folder and the file."""
    for root in roots:
        inside = PurePosixPath(path)
        if inside.is_relative_to(root):
            return inside.relative_to(root).parts[:-1]
    return ()


def merge_config(
    tree: Mapping[str, Any], project: str, folders: tuple[str, ...], properties: TableProperties | None
) -> dict[str, Any]:
    """Return the settings of one model: project tree from the outside in, then its YAML; meta and tags add up."""
    merged: dict[str, Any] = {}
    level: Any = tree
    levels = [level]
    for word in (project, *folders):
        level = level.get(word) if isinstance(level, dict) else None
        if not isinstance(level, dict):
            break
        levels.append(level)
    for settings in levels:
        own = {key.removeprefix("+"): value for key, value in settings.items() if key.startswith("+")}
        _add_config(merged, own)
    if properties:
        _add_config(merged, properties.config)
    return merged


def _add_config(merged: dict[str, Any], settings: Mapping[str, Any]) -> None:
    for key, value in settings.items():
        merged[key] = merge_setting(merged.get(key), key, value)


def merge_meta(config: Mapping[str, Any], properties: TableProperties | None) -> dict[str, Any]:
    """Return the meta of a table from its settings and its YAML."""
    return {**(config.get("meta") or {}), **(properties.meta if properties else {})}


def name_list(value: Any) -> tuple[str, ...]:
    """Return a YAML text or list of texts as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(word) for word in value)
