"""The door of the compiler: carries every file through the stages and ties the nodes into the graph."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from ids_build.compiler import files, template
from ids_build.compiler.canonical import compare_queries
from ids_build.compiler.declarations import Draft, draft_models, make_seeds, make_sources, merge_meta, name_list
from ids_build.compiler.faults import Faults
from ids_build.compiler.increments import check_batches, make_increment, tie_increment
from ids_build.compiler.lineage import check_reports, find_identifiers
from ids_build.compiler.proofs import Proofs, parse_rendered
from ids_build.compiler.properties import Properties, parse_properties
from ids_build.compiler.query import Queries, Query, find_carriers
from ids_build.compiler.references import find_references
from ids_build.compiler.renderings import RenderedSql, Renderings
from ids_build.compiler.reports import check_place
from ids_build.compiler.rules import check_rules
from ids_build.compiler.statements import PLACE, Statements
from ids_build.compiler.warm import no_garbage_collection, read_settings
from ids_build.compiler.yamls import Documents
from ids_build.config import PROJECT_FILE, Config, Options, nearest
from ids_build.errors import CompileError, Location, PropertiesError
from ids_build.graph import Graph, order_nodes
from ids_build.nodes import DataTest, Model, Node, Seed, Source, UnitTest
from ids_build.relation import Relation

__all__ = [
    "PLACE",
    "Statements",
    "check_reports",
    "compare_queries",
    "compile_project",
    "find_carriers",
    "find_identifiers",
    "load_config",
]

_DECLARES_SOURCES = re.compile(r"^[\"']?sources[\"']?\s*:", re.MULTILINE)
Pieces = Mapping[str, Mapping[Any, Any]]  # what was found in single texts, by its kind
PIECES = ("queries", "renderings", "documents")  # kinds that are plain values; beside them "spots" and "codes" live in a process
MATERIALIZATIONS = ("table", "view", "ephemeral", "incremental", "external")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a compile found, and what may be kept of it.

    `environment` are the names of variables of the environment that templates asked for. `steady` is False when a
    template drew a random number: then the graph says nothing about the next time. `pieces` are findings in single texts.
    """

    graph: Graph
    environment: frozenset[str] = frozenset()
    steady: bool = True
    pieces: Pieces = field(default_factory=dict)


def load_config(options: Options) -> Config:
    """Return the settings of the project in `options.project_dir`; ConfigError names what is wrong."""
    return fill_settings(read_settings(options))


def fill_settings(config: Config) -> Config:
    """Return the settings with the Jinja of the project's variables filled in."""
    templates = template.Templates({}, config.vars, config.environment)
    at = Location(path=PROJECT_FILE)
    filled = {key: templates.render_text(value, at) if isinstance(value, str) else value for key, value in config.vars.items()}
    templates = template.Templates({}, filled, config.environment)
    return replace(config, vars=filled, models=_fill(config.models, templates), seeds=_fill(config.seeds, templates))


def _fill(settings: Any, templates: template.Templates) -> Any:
    """Return settings of the project file with the variables in their texts filled in."""
    if isinstance(settings, dict):
        return {key: _fill(value, templates) for key, value in settings.items()}
    return templates.render_text(settings, Location(path=PROJECT_FILE)) if isinstance(settings, str) else settings


def compile_project(config: Config) -> Graph:
    """Return the graph of the project.

    Raises a CompileError, or an ExceptionGroup of them when several files are at fault.
    """
    return compile_files(config, files.read_project_files(config)).graph


def compile_files(config: Config, project: files.ProjectFiles, pieces: Pieces | None = None) -> Compiled:
    """Return the graph of a project whose files were read. `pieces` are what an earlier compile found in single texts.

    Raises as compile_project does.
    """
    with no_garbage_collection():
        known = pieces or {}
        queries, renderings = Queries(known.get("queries")), Renderings(known.get("renderings"), known.get("codes"))
        documents = Documents(known.get("documents"), known.get("spots"))
        templates = template.Templates(project.macros, config.vars, config.environment, config.target, renderings)
        properties = parse_properties(project.properties, templates.render_value, templates.macros, documents)
        graph = _Compilation(config, project, templates, queries, properties).graph()
    asked = frozenset(templates.environment_read)
    found: Pieces = {
        "queries": queries.found,
        "renderings": renderings.found,
        "documents": documents.found,
        "spots": documents.spots,
        "codes": renderings.codes,
    }
    return Compiled(graph=graph, environment=asked, steady=templates.steady, pieces=found)


def read_sources(config: Config) -> tuple[Source, ...]:
    """Return the sources that the project declares, without compiling its models."""
    project = files.read_project_files(config)
    templates = template.Templates(project.macros, config.vars, config.environment, config.target)
    # Files of models and seeds are the greater part, and are not looked at.
    texts = {path: text for path, text in project.properties.items() if _DECLARES_SOURCES.search(text)}
    groups = parse_properties(texts, templates.render_value, templates.macros).sources
    sources = tuple(source for group in groups for source in make_sources(group, config.name))
    check_rules(sources)
    return sources


class _Compilation:
    """One run of the compiler over one project."""

    def __init__(
        self,
        config: Config,
        project: files.ProjectFiles,
        templates: template.Templates,
        queries: Queries,
        properties: Properties,
    ) -> None:
        self._config = config
        self._files = project
        self._templates = templates
        self._queries = queries
        self._faults = Faults()
        self._warnings: list[str] = []
        self._tables: dict[Relation, str] = {}
        self._nodes: dict[str, Node] = {}
        self._names = template.Names(refs={}, sources={})
        self._properties = properties

    def graph(self) -> Graph:
        """Carry all files through the stages."""
        config, properties = self._config, self._properties
        drafts = draft_models(self._files.models, config, properties, self._faults)
        seeds = list(make_seeds(self._files.seeds, config, properties))
        sources = [source for group in properties.sources for source in make_sources(group, config.name)]
        check_rules(sources)
        self._name_everything(drafts, seeds, sources)
        self._check_described(drafts, seeds)
        rendered = self._render(drafts)
        self._faults.tell()
        for draft, text, query in rendered:
            with self._faults.collect():
                self._add(self._make_model(draft, text, query))
        self._faults.tell()
        self._add_tests()
        parents = {unique_id: self._parents(node) for unique_id, node in self._nodes.items()}
        sequence = order_nodes(self._nodes, parents)
        self._warnings.extend(check_batches(self._nodes.values()))
        return Graph(
            project=self._config.name,
            nodes=self._nodes,
            parents=parents,
            tables=self._tables,
            rights=self._rights(),
            warnings=tuple(self._warnings),
            sequence=sequence,
        )

    # -- names ------------------------------------------------------------------------------------

    def _name_everything(self, drafts: list[Draft], seeds: list[Seed], sources: list[Source]) -> None:
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

    def _check_described(self, drafts: list[Draft], seeds: list[Seed]) -> None:
        for kind, described, names in (
            ("model", self._properties.models, {draft.name for draft in drafts}),
            ("seed", self._properties.seeds, {PurePosixPath(path).stem for path in self._files.seeds}),
        ):
            for name, table in described.items():
                if name not in names:
                    hint = nearest(name, names) or f"add the {kind}, or take its description out"
                    self._faults.errors.append(PropertiesError(f"describes unknown {kind} '{name}'", at=table.at, hint=hint))

    # -- models -----------------------------------------------------------------------------------

    def _render(self, drafts: list[Draft]) -> list[tuple[Draft, RenderedSql, Query]]:
        """Render and parse; templates may disable themselves, so a second look follows the first."""
        rendered: list[tuple[Draft, RenderedSql]] = []
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
        queries: list[tuple[Draft, RenderedSql, Query]] = []
        for draft, text in rendered:
            with self._faults.collect():
                queries.append((draft, text, parse_rendered(draft.path, text, self._queries)))
        return queries

    def _render_one(self, draft: Draft, names: template.Names) -> RenderedSql:
        return self._templates.render(draft.path, draft.text, names, this=draft.relation, config=draft.config)

    def _render_again(
        self, rendered: list[tuple[Draft, RenderedSql]], gone: set[Relation]
    ) -> Iterator[tuple[Draft, RenderedSql]]:
        for draft, text in rendered:
            if gone.isdisjoint(text.references):
                yield draft, text
            else:
                with self._faults.collect():
                    yield draft, self._render_one(draft, self._names)

    def _make_model(self, draft: Draft, text: RenderedSql, query: Query) -> Model:
        config = text.config
        properties = draft.properties
        meta = merge_meta(config, properties)
        materialized = str(config.get("materialized", "table"))
        if materialized not in MATERIALIZATIONS:
            raise CompileError(
                f"unknown materialization '{materialized}'",
                at=Location(path=draft.path),
                hint=nearest(materialized, MATERIALIZATIONS) or f"use one of {', '.join(MATERIALIZATIONS)}",
            )
        grain = name_list(meta.get("grain"))
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
            order=name_list(config.get("cluster_by")) or grain,
            ordered_by_query=query.ordered,
            contract=bool(contract.get("enforced") if isinstance(contract, dict) else contract),
            description=properties.description if properties else "",
            columns=properties.columns if properties else (),
            tags=tuple(dict.fromkeys((*name_list(config.get("tags")), *(properties.tags if properties else ())))),
            meta=meta,
            places=properties.places if properties else {},
            config=config,
            report=check_place(properties.report if properties else None, meta, draft.path),
            meaning=query.meaning,
            volatile=query.volatile,
        )
        found = replace(model, references=find_references(model, text.references, query, self._tables, self._warnings))
        return self._increment(draft, found) if materialized == "incremental" else found

    def _increment(self, draft: Draft, model: Model) -> Model:
        """Return an incremental model with its query as it reads when other batches came before."""
        with self._templates.overriding({}, {}, incremental=True):
            text = self._render_one(draft, self._names)
        query = parse_rendered(draft.path, text, self._queries)
        later = replace(model, sql=text.sql, spans=text.spans)
        reads = find_references(later, text.references, query, self._tables, self._warnings)
        increment = make_increment(model.config, model.grain, text, query, draft.path)
        volatile = tuple(dict.fromkeys((*model.volatile, *query.volatile)))
        return tie_increment(replace(model, increment=increment, volatile=volatile), reads)

    def _add_tests(self) -> None:
        tables = {node.relation: node for node in self._nodes.values() if isinstance(node, Model | Seed | Source)}
        proofs = Proofs(self._config.name, self._templates, self._names, tables, self._queries, self._faults)
        tests: list[Node] = [*proofs.data_tests(self._properties), *proofs.singular_tests(self._files)]
        for test in (*tests, *proofs.unit_tests(self._properties, self._files)):
            self._add(test)
        if proofs.left_out:
            first, others = proofs.left_out[0], len(proofs.left_out) - 1
            told = f" and {others} {'other' if others == 1 else 'others'}" if others else ""
            self._warnings.append(f"unit test '{first}'{told} left out: with its variables the model reads a disabled one")
        self._faults.tell()

    # -- tying ------------------------------------------------------------------------------------

    def _add(self, node: Node) -> None:
        self._nodes[node.unique_id] = node
        if isinstance(node, Model | Seed | Source):
            self._tables[node.relation] = node.unique_id

    def _parents(self, node: Node) -> tuple[str, ...]:
        if isinstance(node, Model | DataTest):
            return tuple(self._tables[relation] for relation in node.references)
        return (self._tables[node.model],) if isinstance(node, UnitTest) and node.model else ()

    def _rights(self) -> dict[str, tuple[str, ...]]:
        """Return for each layer that the project file restricts the layers it may read."""
        tree = self._config.models.get(self._config.name) or {}
        rights: dict[str, tuple[str, ...]] = {}
        for folder, settings in tree.items():
            if isinstance(settings, dict) and isinstance(settings.get("+meta"), dict) and "reads" in settings["+meta"]:
                rights[str(settings.get("+schema", folder))] = name_list(settings["+meta"]["reads"])
        return rights
