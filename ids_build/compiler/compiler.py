"""The door of the compiler: carries every file through the stages and ties the nodes into the graph."""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from ids_build.compiler import files, template
from ids_build.compiler.data_tests import BUILT_IN, TestSpec, make_data_test, name_data_test
from ids_build.compiler.properties import Properties, SourceProperties, TableProperties, parse_properties
from ids_build.compiler.query import Query, TableName, parse_query
from ids_build.compiler.unit_tests import parse_rows
from ids_build.compiler.yamls import Spot, parse_yaml
from ids_build.config import PROJECT_FILE, Config, Options, make_config, nearest
from ids_build.errors import CompileError, ConfigError, IdsBuildError, Location, PropertiesError, UnknownNodeError
from ids_build.graph import Graph, order_nodes
from ids_build.nodes import Column, DataTest, Model, Node, Rows, Seed, Source, UnitTest
from ids_build.relation import Relation

MATERIALIZATIONS = ("table", "view", "ephemeral", "incremental", "external")
_READS = re.compile(r"(?:ref|source)\(\s*(?:['\"]([^'\"]+)['\"]\s*,\s*)?['\"]([^'\"]+)['\"]")


def load_config(options: Options) -> Config:
    """Return the settings of the project in `options.project_dir`; ConfigError names what is wrong."""
    project = _parse_settings(files.read_project_file(options.project_dir), PROJECT_FILE)
    found = files.read_profiles_file(options.profiles_dirs)
    profiles = _parse_settings(found[1], found[0]) if found else {}
    variables = _parse_settings(options.vars, "--vars") if options.vars else {}
    config = make_config(project, profiles, options, variables)
    templates = template.Templates({}, config.vars, config.environment)
    at = Location(path=PROJECT_FILE)
    filled = {key: templates.render_text(value, at) if isinstance(value, str) else value for key, value in config.vars.items()}
    return replace(config, vars=filled)


def compile_project(config: Config) -> Graph:
    """Return the graph of the project.

    Raises a CompileError, or an ExceptionGroup of them when several files are at fault.
    """
    with _no_garbage_collection():
        return _Compilation(config, files.read_project_files(config)).graph()


def _parse_settings(text: str, path: str) -> dict[str, Any]:
    try:
        spot = parse_yaml(text, path)
        value = {key: item.plain() for key, item in spot.items(path).items()}
    except PropertiesError as error:
        raise ConfigError(error.message, at=error.at, hint=error.hint) from None
    return value


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep the collector quiet: it would walk all syntax trees again and again (three times the time)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A model before its template is rendered."""

    name: str
    path: str
    text: str
    relation: Relation
    config: Mapping[str, Any]
    properties: TableProperties | None


@dataclass(slots=True)
class _Faults:
    """Errors of single files, collected so that they are told together."""

    errors: list[IdsBuildError] = field(default_factory=list)

    @contextmanager
    def collect(self) -> Iterator[None]:
        try:
            yield
        except CompileError as error:
            self.errors.append(error)

    def tell(self) -> None:
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ExceptionGroup(f"{len(self.errors)} faults in the project", self.errors)


class _Compilation:
    """One run of the compiler over one project."""

    def __init__(self, config: Config, project: files.ProjectFiles) -> None:
        self._config = config
        self._files = project
        self._faults = _Faults()
        self._warnings: list[str] = []
        self._templates = template.Templates(project.macros, config.vars, config.environment)
        self._tables: dict[Relation, str] = {}
        self._nodes: dict[str, Node] = {}
        self._models: dict[str, Model] = {}
        self._names = template.Names(refs={}, sources={})
        self._properties = Properties()

    def graph(self) -> Graph:
        """Carry all files through the stages."""
        self._properties = parse_properties(self._files.properties, self._templates.render_text, self._templates.generic_tests)
        drafts = self._draft_models()
        seeds = self._make_seeds()
        sources = [source for group in self._properties.sources for source in self._make_sources(group)]
        self._name_everything(drafts, seeds, sources)
        self._check_described(drafts, seeds)
        rendered = self._render(drafts)
        self._faults.tell()
        for draft, text, query in rendered:
            with self._faults.collect():
                self._add(self._make_model(draft, text, query))
        self._faults.tell()
        self._add_data_tests()
        self._add_singular_tests()
        self._add_unit_tests()
        self._faults.tell()
        parents = {unique_id: self._parents(node) for unique_id, node in self._nodes.items()}
        order_nodes(self._nodes, parents)
        return Graph(
            project=self._config.name,
            nodes=self._nodes,
            parents=parents,
            tables=self._tables,
            rights=self._rights(),
            warnings=tuple(self._warnings),
        )

    # -- names ------------------------------------------------------------------------------------

    def _draft_models(self) -> list[_Draft]:
        drafts: dict[str, _Draft] = {}
        for path, text in self._files.models.items():
            name = PurePosixPath(path).stem
            folders = _folders(path, self._config.model_paths)
            properties = self._properties.models.get(name)
            config = _merge_config(self._config.models, self._config.name, folders, properties)
            layer = str(config.get("schema") or (folders[0] if folders else "main"))
            if name in drafts:
                self._faults.errors.append(
                    CompileError(
                        f"two models are named '{name}'", at=Location(path=path), hint=f"rename this one or {drafts[name].path}"
                    )
                )
            drafts[name] = _Draft(
                name=name, path=path, text=text, relation=Relation(layer=layer, name=name), config=config, properties=properties
            )
        return list(drafts.values())

    def _make_seeds(self) -> list[Seed]:
        seeds: list[Seed] = []
        for path, text in self._files.seeds.items():
            name = PurePosixPath(path).stem
            properties = self._properties.seeds.get(name)
            config = _merge_config(self._config.seeds, self._config.name, _folders(path, self._config.seed_paths), properties)
            if config.get("enabled", True) is False:
                continue
            columns = properties.columns if properties else ()
            types = {str(key): str(value).lower() for key, value in (config.get("column_types") or {}).items()}
            known = {column.name for column in columns}
            columns = tuple(replace(c, data_type=types.get(c.name, c.data_type)) for c in columns)
            columns += tuple(_typed_column(key, value) for key, value in types.items() if key not in known)
            meta = _meta(config, properties)
            seeds.append(
                Seed(
                    unique_id=f"seed.{self._config.name}.{name}",
                    name=name,
                    relation=Relation(layer=str(config.get("schema") or "seeds"), name=name),
                    path=path,
                    text=text,
                    columns=columns,
                    grain=_names(meta.get("grain")),
                    description=properties.description if properties else "",
                    tags=_names(config.get("tags")),
                    meta=meta,
                )
            )
        return seeds

    def _make_sources(self, group: SourceProperties) -> Iterator[Source]:
        for table in group.tables:
            meta = table.meta
            location = meta.get("external_location", group.meta.get("external_location"))
            yield Source(
                unique_id=f"source.{self._config.name}.{group.name}.{table.name}",
                name=table.name,
                relation=Relation(layer=group.name, name=table.name),
                at=table.at,
                location=str(location).replace("{name}", table.name) if location else None,
                columns=table.columns,
                key=_names(meta.get("key")),
                period=meta.get("period"),
                prefer=meta.get("prefer"),
                description=table.description,
                tags=table.tags,
                meta=meta,
                source_meta=group.meta,
            )

    def _name_everything(self, drafts: list[_Draft], seeds: list[Seed], sources: list[Source]) -> None:
        enabled = [draft for draft in drafts if draft.config.get("enabled", True) is not False]
        refs = {draft.name: draft.relation for draft in enabled}
        for seed in seeds:
            if seed.name in refs:
                self._faults.errors.append(
                    CompileError(
                        f"a model and a seed are named '{seed.name}'", at=Location(path=seed.path), hint="rename one of the two"
                    )
                )
            refs[seed.name] = seed.relation
            self._add(seed)
        for source in sources:
            if source.relation in self._tables:
                self._faults.errors.append(
                    PropertiesError(f"'{source.relation}' is declared twice", at=source.at, hint="keep one")
                )
            self._add(source)
        self._names = template.Names(
            refs=refs,
            sources={(source.relation.layer, source.name): source.relation for source in sources},
            disabled=frozenset(draft.name for draft in drafts) - refs.keys(),
        )

    def _check_described(self, drafts: list[_Draft], seeds: list[Seed]) -> None:
        for kind, described, names in (
            ("model", self._properties.models, {draft.name for draft in drafts}),
            ("seed", self._properties.seeds, {PurePosixPath(path).stem for path in self._files.seeds}),
        ):
            for name, table in described.items():
                if name not in names:
                    hint = nearest(name, names) or f"add the {kind}, or take its description out"
                    self._faults.errors.append(PropertiesError(f"describes unknown {kind} '{name}'", at=table.at, hint=hint))

    # -- models -----------------------------------------------------------------------------------

    def _render(self, drafts: list[_Draft]) -> list[tuple[_Draft, template.RenderedSql, Query]]:
        """Render and parse; templates may disable themselves, so a second look follows the first."""
        rendered: list[tuple[_Draft, template.RenderedSql]] = []
        disabled: set[str] = set()
        for draft in drafts:
            if draft.name in self._names.disabled:
                continue
            with self._faults.collect():
                text = self._render_one(draft, self._names)
                if text.config.get("enabled", True) is False:
                    disabled.add(draft.name)
                else:
                    rendered.append((draft, text))
        if disabled:
            self._names = template.Names(
                refs={name: relation for name, relation in self._names.refs.items() if name not in disabled},
                sources=self._names.sources,
                disabled=self._names.disabled | disabled,
            )
            gone = {draft.relation for draft in drafts if draft.name in disabled}
            rendered = list(self._render_again(rendered, gone))
        for draft, _ in rendered:
            self._tables[draft.relation] = f"model.{self._config.name}.{draft.name}"
        queries: list[tuple[_Draft, template.RenderedSql, Query]] = []
        for draft, text in rendered:
            with self._faults.collect():
                queries.append((draft, text, _parse(draft.path, text)))
        return queries

    def _render_one(self, draft: _Draft, names: template.Names) -> template.RenderedSql:
        return self._templates.render(draft.path, draft.text, names, this=draft.relation, config=draft.config)

    def _render_again(
        self, rendered: list[tuple[_Draft, template.RenderedSql]], gone: set[Relation]
    ) -> Iterator[tuple[_Draft, template.RenderedSql]]:
        for draft, text in rendered:
            if gone.isdisjoint(text.references):
                yield draft, text
            else:
                with self._faults.collect():
                    yield draft, self._render_one(draft, self._names)

    def _make_model(self, draft: _Draft, text: template.RenderedSql, query: Query) -> Model:
        config = text.config
        properties = draft.properties
        meta = _meta(config, properties)
        materialized = str(config.get("materialized", "table"))
        if materialized not in MATERIALIZATIONS:
            raise CompileError(
                f"unknown materialization '{materialized}'",
                at=Location(path=draft.path),
                hint=nearest(materialized, MATERIALIZATIONS) or f"use one of {', '.join(MATERIALIZATIONS)}",
            )
        grain = _names(meta.get("grain"))
        contract = config.get("contract")
        model = Model(
            unique_id=f"model.{self._config.name}.{draft.name}",
            name=draft.name,
            relation=draft.relation,
            path=draft.path,
            raw_sql=draft.text,
            sql=text.sql,
            spans=text.spans,
            references=(),
            materialized=materialized if materialized in ("view", "ephemeral") else "table",
            grain=grain,
            order=_names(config.get("cluster_by")) or grain,
            ordered_by_query=query.ordered,
            contract=bool(contract.get("enforced") if isinstance(contract, dict) else contract),
            description=properties.description if properties else "",
            columns=properties.columns if properties else (),
            tags=tuple(dict.fromkeys((*_names(config.get("tags")), *(properties.tags if properties else ())))),
            meta=meta,
            config=config,
        )
        return replace(model, references=self._find_references(model, text, query))

    def _find_references(self, model: Model, text: template.RenderedSql, query: Query) -> tuple[Relation, ...]:
        """Return what the parsed query reads; ref() and source() are witnesses, and name what a comment depends on."""
        if not query.understood:
            return text.references
        found: list[Relation] = []
        for table in query.tables:
            relation = table.relation
            if relation not in self._tables:
                raise self._unknown(model, table)
            found.append(relation)
        declared = _depends_on(model.raw_sql)
        for relation in text.references:
            if relation in found:
                continue
            if relation.name in declared:
                found.append(relation)
            else:
                self._warnings.append(f"{model.path}  '{relation}' is named but not read; no edge is made")
        return tuple(found)

    def _unknown(self, model: Model, table: TableName) -> UnknownNodeError:
        at = model.locate(table.offset)
        if not table.layer:
            full = [str(relation) for relation in self._tables if relation.name == table.name]
            hint = f"write {full[0]}" if full else nearest(table.name, {relation.name for relation in self._tables})
            return UnknownNodeError(f"unknown table '{table.name}'", at=at, hint=hint or "name it with ref() or source()")
        hint = nearest(str(table.relation), map(str, self._tables))
        return UnknownNodeError(f"unknown table '{table.relation}'", at=at, hint=hint or "name it with ref() or source()")

    # -- tests ------------------------------------------------------------------------------------

    def _add_data_tests(self) -> None:
        for node in list(self._nodes.values()):
            for spec in self._specs(node):
                if spec.config.get("enabled", True) is not False:
                    with self._faults.collect():
                        self._add(self._make_data_test(spec, node.relation if isinstance(node, Model | Seed | Source) else None))

    def _specs(self, node: Node) -> tuple[TestSpec, ...]:
        if isinstance(node, Model):
            properties = self._properties.models.get(node.name)
        elif isinstance(node, Seed):
            properties = self._properties.seeds.get(node.name)
        else:
            found = [t for g in self._properties.sources for t in g.tables if isinstance(node, Source) and t.at == node.at]
            return found[0].tests if found else ()
        at = properties.at if properties else Location(path=node.path)
        specs = properties.tests if properties else ()
        told = {(spec.kind, spec.column) for spec in specs}
        if node.grain:
            specs += (TestSpec(kind="grain", at=at, arguments={"columns": node.grain}),)
            specs += tuple(
                TestSpec(kind="not_null", at=at, column=column) for column in node.grain if ("not_null", column) not in told
            )
        return specs

    def _make_data_test(self, spec: TestSpec, table: Relation | None) -> DataTest:
        project = self._config.name
        assert table is not None
        if spec.kind in BUILT_IN:
            other = self._resolve(str(spec.arguments["to"]), spec.at) if "to" in spec.arguments else None
            return make_data_test(spec, table, other, project)
        arguments: dict[str, Any] = {"model": table.sql, **spec.arguments}
        if spec.column:
            arguments["column_name"] = spec.column
        text = self._templates.render_generic_test(spec.kind, self._names, arguments, spec.at)
        references = tuple(dict.fromkeys((table, *text.references)))
        return name_data_test(spec, table, project, references=references, sql=text.sql)

    def _add_singular_tests(self) -> None:
        for path, text in self._files.tests.items():
            if "generic" in PurePosixPath(path).parts:
                continue
            with self._faults.collect():
                rendered = self._templates.render(path, text, self._names)
                query = _parse(path, rendered)
                references = tuple(table.relation for table in query.tables) if query.understood else rendered.references
                for relation in references:
                    if relation not in self._tables:
                        hint = nearest(str(relation), map(str, self._tables)) or "name it with ref() or source()"
                        raise UnknownNodeError(f"unknown table '{relation}'", at=Location(path=path), hint=hint)
                spec = TestSpec(kind="singular", at=Location(path=path), name=PurePosixPath(path).stem, config=rendered.config)
                self._add(name_data_test(spec, None, self._config.name, references=references, sql=rendered.sql))

    def _add_unit_tests(self) -> None:
        for spot in self._properties.unit_tests:
            with self._faults.collect():
                test = self._make_unit_test(spot)
                if test is not None:
                    if test.unique_id in self._nodes:
                        raise PropertiesError(
                            f"two unit tests of '{test.model.name}' are named '{test.name}'", at=test.at, hint="rename one"
                        )
                    self._add(test)

    def _make_unit_test(self, spot: Spot) -> UnitTest | None:
        items = spot.items("the unit test")
        for key in ("name", "model", "expect"):
            if key not in items:
                raise PropertiesError(f"the unit test has no '{key}'", at=spot.at, hint=f"add '{key}: ...'")
        name, model_name = items["name"].string("the name"), items["model"].string("the model")
        if model_name in self._names.disabled:
            return None
        found = self._nodes.get(f"model.{self._config.name}.{model_name}")
        if not isinstance(found, Model):
            hint = nearest(model_name, self._names.refs) or "check the name against 'ids ls'"
            raise UnknownNodeError(f"unknown model '{model_name}'", at=items["model"].at, hint=hint)
        try:
            sql, references = self._override(found, items)
        except UnknownNodeError as error:
            if "is disabled" not in error.message:
                raise
            self._warnings.append(f"unit test '{name}' of '{model_name}' is left out: {error.message}")
            return None
        given: dict[Relation, Rows] = {}
        for element in items["given"].elements("'given'") if "given" in items else ():
            entry = element.check_keys(("input", "rows", "format", "fixture"), "an input")
            if "input" not in entry:
                raise PropertiesError("the entry has no 'input'", at=element.at, hint="add \"input: ref('...')\"")
            relation = self._resolve(entry["input"].string("'input'"), entry["input"].at)
            if relation not in references and relation != found.relation:
                hint = nearest(str(relation), map(str, references)) or f"it reads {', '.join(map(str, references)) or 'nothing'}"
                raise PropertiesError(f"model '{model_name}' does not read '{relation}'", at=entry["input"].at, hint=hint)
            given[relation] = parse_rows(element, self._files.fixtures)
        items["expect"].check_keys(("rows", "format", "fixture"), "expect")
        config = items["config"].plain() if "config" in items else {}
        if (config or {}).get("enabled", True) is False:
            return None
        return UnitTest(
            unique_id=f"unit_test.{self._config.name}.{model_name}.{name}",
            name=name,
            model=found.relation,
            at=items["name"].at,
            sql=sql,
            references=references,
            given=tuple(given.items()),
            expect=parse_rows(items["expect"], self._files.fixtures),
            description=items["description"].string("the description") if "description" in items else "",
            tags=_names((config or {}).get("tags")),
        )

    def _override(self, model: Model, items: Mapping[str, Spot]) -> tuple[str, tuple[Relation, ...]]:
        if "overrides" not in items:
            return model.sql, model.references
        overrides = items["overrides"].check_keys(("vars", "env_vars", "macros"), "overrides")
        plain = {key: spot.plain() or {} for key, spot in overrides.items()}
        known = {"is_incremental": False, **{f"{self._config.name}.is_incremental": False}}
        for macro, value in plain.get("macros", {}).items():
            if macro not in known or value is not False:
                raise PropertiesError(
                    f"cannot override macro '{macro}'", at=overrides["macros"].at, hint="only is_incremental: false"
                )
        with self._templates.overriding(plain.get("vars", {}), plain.get("env_vars", {})):
            text = self._templates.render(model.path, model.raw_sql, self._names, this=model.relation, config=model.config)
        query = _parse(model.path, text)
        references = tuple(table.relation for table in query.tables) if query.understood else text.references
        return text.sql, references

    def _resolve(self, text: str, at: Location) -> Relation:
        """Return the relation of a YAML text such as ``ref('x')``, ``source('a', 'b')`` or ``this``."""
        found = _READS.search(text)
        first, second = found.groups() if found else (None, text.strip())
        if text.lstrip().startswith("source"):
            relation = self._names.sources.get((first or "", second))
        else:
            relation = self._names.refs.get(second)
        if relation is None:
            known = [*self._names.refs, *(name for _, name in self._names.sources)]
            hint = nearest(second, known) or "write ref('model') or source('group', 'table')"
            raise UnknownNodeError(f"unknown table '{second}'", at=at, hint=hint)
        return relation

    # -- tying ------------------------------------------------------------------------------------

    def _add(self, node: Node) -> None:
        self._nodes[node.unique_id] = node
        if isinstance(node, Model | Seed | Source):
            self._tables[node.relation] = node.unique_id

    def _parents(self, node: Node) -> tuple[str, ...]:
        if isinstance(node, Model | DataTest):
            return tuple(self._tables[relation] for relation in node.references)
        return (self._tables[node.model],) if isinstance(node, UnitTest) else ()

    def _rights(self) -> dict[str, tuple[str, ...]]:
        """Return for each layer that the project file restricts the layers it may read."""
        tree = self._config.models.get(self._config.name) or {}
        rights: dict[str, tuple[str, ...]] = {}
        for folder, settings in tree.items():
            if isinstance(settings, dict) and isinstance(settings.get("+meta"), dict) and "reads" in settings["+meta"]:
                rights[str(settings.get("+schema", folder))] = _names(settings["+meta"]["reads"])
        return rights


def _parse(path: str, text: template.RenderedSql) -> Query:
    try:
        return parse_query(text.sql)
    except CompileError as error:
        error.at = error.at or Location(path=path, line=1)
        raise


def _folders(path: str, roots: Iterable[str]) -> tuple[str, ...]:
    for root in roots:
        inside = PurePosixPath(path)
        if inside.is_relative_to(root):
            return inside.relative_to(root).parts[:-1]
    return ()


def _merge_config(
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
        if key == "meta" and isinstance(value, dict):
            merged["meta"] = {**merged.get("meta", {}), **value}
        elif key == "tags":
            merged["tags"] = (*_names(merged.get("tags")), *_names(value))
        else:
            merged[key] = value


def _meta(config: Mapping[str, Any], properties: TableProperties | None) -> dict[str, Any]:
    return {**(config.get("meta") or {}), **(properties.meta if properties else {})}


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(word) for word in value)


def _typed_column(name: str, data_type: str) -> Column:
    return Column(name=name, data_type=data_type)


def _depends_on(text: str) -> frozenset[str]:
    """Return the names in dbt's ``-- depends_on: {{ ref('x') }}`` comments."""
    lines = [line for line in text.splitlines() if line.lstrip().startswith("--") and "depends_on" in line]
    return frozenset(found.group(2) for line in lines for found in _READS.finditer(line))
