"""Say how this project and its built tables differ from another state: a project, a generation, or a folder of tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ids_build.compiler.compiler import compare_queries
from ids_build.config import PROJECT_FILE, Config
from ids_build.differences import HARMLESS, Change, Differences, ModelDifference, RowDifference
from ids_build.errors import ConfigError, IdsBuildError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed
from ids_build.planner.planner import Shape, compare_shapes, find_causes, resource_of, select, shape_of
from ids_build.relation import Relation
from ids_build.runner.runner import (
    Pair,
    Schemas,
    TableFile,
    compare_tables,
    describe_type,
    find_generation,
    find_tables,
    read_table,
)
from ids_build.tasks.compile import check_project

__all__ = ["diff", "is_project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """One side: models and seeds by name (none of a folder of tables), planned columns, and the files of built tables."""

    label: str
    nodes: Mapping[str, Model | Seed] = field(default_factory=dict)
    graph: Graph | None = None
    schemas: Schemas = field(default_factory=dict)
    tables: Mapping[Relation, Path] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return the names of all tables: of the project, else of the folder."""
        return tuple(self.nodes) if self.graph else tuple(relation.name for relation in self.tables)

    def find_file(self, name: str) -> Path | None:
        """Return the built table of a model or seed, None when there is none."""
        node = self.nodes.get(name)
        if node is None:
            known = {} if self.graph else {relation.name: path for relation, path in self.tables.items()}
            return known.get(name)
        if isinstance(node, Model) and node.materialized != "table":
            return None
        return self.tables.get(node.relation)

    def find_shape(self, name: str) -> Shape | None:
        """Return what is known of a table: what the project promises, else what its file tells."""
        path, node = self.find_file(name), self.nodes.get(name)
        if node is None:
            if path is None:
                return None
            found = read_table(path)
            return Shape(layer=path.parent.name, order=found.order, columns=found.columns)
        schema = self.schemas.get(node.relation)
        planned = tuple((column.name, describe_type(column.type)) for column in schema) if schema is not None else None
        return shape_of(node, planned)


def is_project(path: Path) -> bool:
    """Say whether a folder holds a project."""
    return (path / PROJECT_FILE).is_file()


def diff(
    config: Config, against: Config | str | None, words: Iterable[str] = (), exclude: Iterable[str] = (), *, data: bool = True
) -> Differences:
    """Return how the project differs from another state, and its built tables from those of that state.

    `against` is the settings of another project, or the number of a generation or the path of a folder of tables, or None
    for the generation before the published one. Without `data` no table is read beyond its footer. Raises what compiling
    raises, ConfigError for a path where nothing lies, StorageError for an unknown generation.
    """
    after = _open_project(config)
    before = _open_other(against) if isinstance(against, Config) else _open_tables(config, against)
    names, notes = _choose(before, after, tuple(words), tuple(exclude))
    changes = {name: _compare(name, before, after) for name in _names(before, after)}
    causes = _find_causes(after, changes)
    rows = dict(_compare_rows(names, before, after, config)) if data else {}
    models = []
    for name in names:
        found, node = changes[name], after.nodes.get(name) or before.nodes.get(name)
        shown = str(node.relation) if node else f"{(before.find_shape(name) or Shape(layer='')).layer}.{name}"
        kinds = {change.kind for change in found}
        status = "added" if "model added" in kinds else "removed" if "model removed" in kinds else "changed" if kinds else "same"
        told = ModelDifference(
            name=shown, resource=resource_of(node) if node else "model", status=status, changes=found, rows=rows.get(name)
        )
        models.append(replace(told, through=causes.get(name, ())))
    if before.tables and set(before.tables.values()) == set(after.tables.values()):
        notes = (*notes, "both read the same tables: give the other project a target path of its own, or --against-target")
    return Differences(before=before.label, after=after.label, models=tuple(models), notes=notes)


# -- the two states ---------------------------------------------------------------------------------


def _open_project(config: Config) -> _State:
    checked = check_project(config)
    order = (checked.graph.nodes[unique_id] for unique_id in checked.graph.order())
    return _State(
        label=f"project {config.project_dir}",
        nodes={node.name: node for node in order if isinstance(node, Model | Seed)},
        graph=checked.graph,
        schemas=checked.schemas,
        tables=find_tables(config.target_path),
    )


def _open_other(config: Config) -> _State:
    try:
        return _open_project(config)
    except (IdsBuildError, ExceptionGroup) as error:
        first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        told = str(first).partition("\n")[0]
        hint = "it is compiled with the same --vars as this project; compare with its tables alone: --against <its target folder>"
        raise ConfigError(f"the project in '{config.project_dir}' does not compile: {told}", hint=hint) from None


def _open_tables(config: Config, against: str | None) -> _State:
    if against is None or against.isdecimal():
        folder = find_generation(config.target_path, int(against) if against else None)
        label = f"generation {folder.name}"
    else:
        folder = Path(against).absolute()
        label = f"tables in {folder}"
    tables = find_tables(folder)
    if not tables:
        hint = "name a folder with a project, a folder of <layer>/<name>.parquet, or the number of a generation"
        raise ConfigError(f"'{against or folder}' holds neither a project nor tables", hint=hint)
    return _State(label=label, tables=tables)


def _choose(
    before: _State, after: _State, words: tuple[str, ...], exclude: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that are chosen on either side, in graph order, and what was said that matches nothing."""
    chosen: set[str] = set()
    unmatched: list[set[str]] = []
    for state in (before, after):
        if state.graph:
            found = select(state.graph, words, exclude)
            nodes = [state.graph.nodes[unique_id] for unique_id in found.ids]
            chosen |= {node.name for node in nodes if isinstance(node, Model | Seed)}
            unmatched.append(set(found.unmatched))
        elif not exclude:
            chosen |= set(state.names()) if not words else set(state.names()) & set(words)
    names = tuple(name for name in _names(before, after) if name in chosen)
    return names, tuple(sorted(set.intersection(*unmatched)))


def _names(before: _State, after: _State) -> list[str]:
    """Return the names of all models and seeds of either side, in graph order."""
    names = list(dict.fromkeys([*after.names(), *before.names()]))
    # A folder holds tables alone: what is no table, and what was built on neither side, is not compared.
    return names if before.graph else [name for name in names if before.find_file(name) or after.find_file(name)]


# -- what changed -----------------------------------------------------------------------------------


def _compare(name: str, before: _State, after: _State) -> tuple[Change, ...]:
    old, new = before.find_shape(name), after.find_shape(name)
    if old is None or new is None:
        return (Change(kind="model added" if old is None else "model removed"),)
    if not before.graph:
        # A table that declares no order is sorted by all its columns, and its file tells those.
        new = replace(new, order=new.order or None)
    changes = compare_shapes(old, new)
    was, node = before.nodes.get(name), after.nodes.get(name)
    if isinstance(was, Model) and isinstance(node, Model):
        changes += compare_queries((was.sql, _columns(was, before)), (node.sql, _columns(node, after)))
    if isinstance(was, Seed) and isinstance(node, Seed) and was.text.splitlines() != node.text.splitlines():
        lines = [f"{max(0, len(seed.text.splitlines()) - 1):,} rows" for seed in (was, node)]
        changes += (Change(kind="seed edited", before=lines[0], after=lines[1]),)
    added = {change.subject for change in changes if change.kind in ("column added", "column removed")}
    return tuple(change for change in changes if change.kind != "column computed differently" or change.subject not in added)


def _columns(model: Model, state: _State) -> dict[Relation, list[str]]:
    return {relation: state.schemas[relation].names for relation in model.references if relation in state.schemas}


def _find_causes(state: _State, changes: Mapping[str, tuple[Change, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return for each model the changed tables it stands on; a harmless change reaches nobody."""
    assert state.graph is not None
    changed = {name for name, found in changes.items() if any(change.effect != HARMLESS for change in found)}
    causes = find_causes(state.graph, {state.nodes[name].unique_id for name in changed if name in state.nodes})
    return {name: causes.get(node.unique_id, ()) for name, node in state.nodes.items()}


# -- rows -------------------------------------------------------------------------------------------


def _compare_rows(names: Iterable[str], before: _State, after: _State, config: Config) -> Iterator[tuple[str, RowDifference]]:
    pairs: dict[str, Pair] = {}
    for name in names:
        old, new = before.find_file(name), after.find_file(name)
        if old and new:
            relation = Relation(layer=new.parent.name, name=name)
            pairs[name] = Pair(relation=relation, before=old, after=new, key=_key(name, before, after))
        elif old or new:
            yield name, _count(read_table(old) if old else None, read_table(new) if new else None)
    for name, found in zip(pairs, compare_tables(tuple(pairs.values()), config), strict=True):
        if not pairs[name].key and _grain(name, after):
            found = replace(found, notes=(*found.notes, "the grain changed: whole rows were compared"))
        yield name, found


def _grain(name: str, state: _State) -> tuple[str, ...]:
    node = state.nodes.get(name)
    return node.grain if node else ()


def _key(name: str, before: _State, after: _State) -> tuple[str, ...]:
    """Return the grain by which rows are compared: that of both sides; of a folder of tables it is not known."""
    grain = _grain(name, after)
    return grain if not before.graph or grain == _grain(name, before) else ()


def _count(old: TableFile | None, new: TableFile | None) -> RowDifference:
    return RowDifference(before=old.rows if old else None, after=new.rows if new else None)
