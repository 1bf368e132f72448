"""The Python door: a project as an object, for scripts and notebooks."""

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from ids_build.config import Config, Options, nearest
from ids_build.differences import Differences
from ids_build.errors import ConfigError
from ids_build.nodes import Model, Node, Seed, Source
from ids_build.report.artifacts import write_run_results
from ids_build.report.notebook import render_run, render_table
from ids_build.results import Result, RunResults, gather
from ids_build.tasks.build import prepare
from ids_build.tasks.compile import compile_models
from ids_build.tasks.generations import Generation, describe_status, generations
from ids_build.tasks.load import load_task
from ids_build.tasks.ls import list_nodes, load_config
from ids_build.tasks.rollback import rollback
from ids_build.tasks.show import Preview, show
from ids_build.tasks.sql import RecordBatchReader, Session, Table, open_session

Paths = str | os.PathLike[str]
Words = str | Iterable[str]
PUBLISH = ("complete", "passing")


class Settings(TypedDict, total=False):
    """What may be said about a project, as on the command line."""

    profiles_dir: Paths
    target: str
    target_path: Paths
    vars: Mapping[str, Any]
    threads: int
    cohort: Paths
    cohort_column: str
    publish: str
    keep: int
    cache: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Nodes of a project in graph order, and the words of the selection that matched nothing."""

    nodes: tuple[Node, ...]
    unmatched: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names: ``layer.name`` of a table, the bare name of a test."""
        return tuple(_shown(node) for node in self.nodes)

    def _repr_html_(self) -> str:
        rows = ((node.unique_id.partition(".")[0], _shown(node), _described(node)) for node in self.nodes)
        return render_table(f"{len(self.nodes)} nodes", ("kind", "name", "description"), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a compile found: the rendered SQL of every model by ``layer.name``, and things that stop nothing."""

    sql: Mapping[str, str]
    warnings: tuple[str, ...]

    def _repr_html_(self) -> str:
        return render_table(f"{len(self.sql)} models compiled and type-checked", ("model",), ((name,) for name in self.sql))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What became of a build, run, seed or test, and things worth knowing that stopped nothing."""

    outcome: RunResults
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether nothing failed."""
        return self.outcome.ok

    @property
    def results(self) -> tuple[Result, ...]:
        """Return the results in the order they came: status, rows, seconds, message of each."""
        return self.outcome.results

    def __iter__(self) -> Iterator[Result]:
        return iter(self.outcome.results)

    def __getitem__(self, name: str) -> Result:
        """Return the result of the table or test of that name; KeyError when it took no part."""
        for result in self.outcome.results:
            if name in (result.name, result.name.rpartition(".")[2]):
                return result
        raise KeyError(name)

    def _repr_html_(self) -> str:
        return render_run(self.outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Columns, types and number of rows of a table; its first rows where the profile says ``show_values: true``."""

    preview: Preview

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return names and data types."""
        return self.preview.columns

    @property
    def count(self) -> int:
        """Return the number of rows in all."""
        return self.preview.count

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...] | None:
        """Return the first rows without identifiers, None where the profile does not let them out."""
        return self.preview.rows

    def _repr_html_(self) -> str:
        return render_table(f"{self.preview.name}: {self.count:,} rows", ("column", "type"), self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The files of a report: its page (None when no chosen model has a place in it), and one CSV file a table."""

    page: Path | None
    tables: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generations:
    """The sets of tables of a target, the newest first, and the number of the published one, None when there is none."""

    found: tuple[Generation, ...]
    published: int | None

    def __iter__(self) -> Iterator[Generation]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def status(self, generation: Generation) -> str:
        """Return published, former or not published."""
        return describe_status(generation, self.published)

    def _repr_html_(self) -> str:
        rows = ((one.number, one.made, len(one.tables), self.status(one)) for one in self.found)
        return render_table(f"{len(self.found)} generations", ("generation", "made", "tables", "status"), rows)


class Project:
    """A project in a folder. Every call reads the folder anew, so that what was edited is seen.

    Nothing is kept between calls but settings: projects and threads do not know of each other, and only one call at a
    time writes to one target. Raises the errors of `ids_build.errors`; several faults come as an ExceptionGroup.
    """

    def __init__(self, project_dir: Paths = ".", **said: Unpack[Settings]) -> None:
        """Read the settings: project file, profile, and what is said here.

        `profiles_dir`, `target`, `target_path`, `threads`, `cohort`, `cohort_column`, `publish` and `keep` mean what they mean
        on the command line; `vars` is a mapping of variables, ``cache=False`` is --no-cache. Relative paths are seen from
        the current folder. ConfigError names what is wrong.
        """
        for key in said:
            if key not in Settings.__annotations__:
                raise ConfigError(f"unknown setting '{key}'", hint=nearest(key, Settings.__annotations__) or "see docs/python.md")
        _check_publishing(said.get("publish", "complete"), said.get("keep", 2))
        folder = Path(project_dir).resolve()
        named = said.get("profiles_dir")
        target_path, cohort, variables = said.get("target_path"), said.get("cohort"), said.get("vars")
        self.config: Config = load_config(
            Options(
                project_dir=folder,
                profiles_dirs=(Path(named),) if named is not None else (folder, Path.home() / ".dbt"),
                target=said.get("target"),
                target_path=Path(target_path).resolve() if target_path is not None else None,
                threads=said.get("threads"),
                vars=json.dumps(dict(variables), default=str) if variables else None,
                cohort=Path(cohort).resolve() if cohort is not None else None,
                cohort_column=said.get("cohort_column"),
                publish=said.get("publish", "complete"),
                keep=said.get("keep", 2),
                environment=dict(os.environ),
                cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
                use_cache=said.get("cache", True),
            )
        )

    def __repr__(self) -> str:
        return f"Project({self.config.name!r} in {str(self.config.project_dir)!r})"

    def compile(self) -> Compiled:
        """Check every model without data, write the rendered SQL under the target path and return it."""
        checked = compile_models(self.config)
        return Compiled(sql={str(model.relation): model.sql for model in checked.graph.models()}, warnings=checked.graph.warnings)

    def ls(self, select: Words = (), exclude: Words = ()) -> Listing:
        """Return models, seeds, sources and tests in graph order."""
        nodes, selection = list_nodes(self.config, _words(select), _words(exclude))
        return Listing(nodes=tuple(nodes), unmatched=selection.unmatched)

    def build(self, select: Words = (), exclude: Words = ()) -> Run:
        """Build seeds and models and run their tests; a failing step is a result, not an exception."""
        return self._carry_out("build", select, exclude)

    def run(self, select: Words = (), exclude: Words = ()) -> Run:
        """Build models without their tests."""
        return self._carry_out("run", select, exclude)

    def seed(self, select: Words = (), exclude: Words = ()) -> Run:
        """Load the seeds."""
        return self._carry_out("seed", select, exclude)

    def test(self, select: Words = (), exclude: Words = ()) -> Run:
        """Run data tests on built tables, and unit tests on their own rows."""
        return self._carry_out("test", select, exclude)

    def sql(self, query: str, registries: Mapping[str, Paths] | None = None) -> Table:
        """Return all rows of a query as a pyarrow.Table, complete: what may carry identifiers is not hidden.

        `registries` are folders or parquet files to read too, by the name under which the query knows them.
        """
        given = [(name, Path(path)) for name, path in (registries or {}).items()]
        return open_session(self.config, given).ask(query).table()

    def load(self, name: str) -> Table:
        """Return a built table or a source, named ``layer.name`` or ``name``, as a pyarrow.Table."""
        session = open_session(self.config)
        return session.ask(_all_of(session, name)).table()

    def stream(self, name: str) -> RecordBatchReader:
        """Return a built table or a source as a pyarrow.RecordBatchReader, which takes one batch into memory at a time."""
        session = open_session(self.config)
        return session.ask(_all_of(session, name)).stream()

    def preview(self, name: str, limit: int = 5) -> Shown:
        """Return columns, types and number of rows of a table; rows only where the profile says ``show_values: true``."""
        return Shown(preview=show(self.config, name, limit))

    def report(self, select: Words = (), exclude: Words = (), out: Paths | None = None) -> Reported:
        """Write the report of aggregate tables into `out`, or ``<target-path>/report``, and return where its files lie."""
        # matplotlib is loaded when a report is asked for
        written = load_task("report").write(self.config, _words(select), _words(exclude), Path(out).resolve() if out else None)
        return Reported(page=written.page, tables=tuple(path for path, _, _ in written.tables), warnings=written.notes)

    def generations(self) -> Generations:
        """Return what is noted of every set of tables, the newest first, and which of them is published."""
        found, published = generations(self.config)
        return Generations(found=tuple(found), published=published)

    def rollback(self, number: int | None = None) -> int:
        """Publish a former generation again, the one before when no number is given, and return its number; builds nothing.

        Raises StorageError when there is no such generation, or another run writes to the target.
        """
        return rollback(self.config, number)[0]

    def diff(
        self, against: "Project | Paths | int | None" = None, select: Words = (), exclude: Words = (), *, data: bool = True
    ) -> Differences:
        """Return how the project and its built tables differ from another state: names and counts, never a value of a row.

        `against` is another project (its folder, or a Project with settings of its own), a folder of tables, the number of a
        generation, or None for the generation before the published one. Without `data` no rows are compared.
        """
        task = load_task("diff")
        if isinstance(against, str | os.PathLike) and task.is_project(Path(against)):
            against = Project(against)
        other = against.config if isinstance(against, Project) else None if against is None else str(against)
        found: Differences = task.diff(self.config, other, _words(select), _words(exclude), data=data)
        return found

    def _carry_out(self, command: str, select: Words, exclude: Words) -> Run:
        began = time.perf_counter()
        words, left_out = _words(select), _words(exclude)
        prepared = prepare(self.config, command, words, left_out)
        events = tuple(prepared.events)
        told = {"select": list(words), "exclude": list(left_out), "target": self.config.target, "threads": self.config.threads}
        outcome = gather(command, events, time.perf_counter() - began, told, prepared.plan.order)
        write_run_results(outcome, self.config)
        return Run(outcome=outcome, warnings=(*prepared.graph.warnings, *prepared.selection.unmatched, *prepared.notes))


def _check_publishing(publish: str, keep: int) -> None:
    if publish not in PUBLISH:
        raise ConfigError(f"'{publish}' is no way to publish", hint=nearest(publish, PUBLISH) or f"write {' or '.join(PUBLISH)}")
    if not isinstance(keep, int) or keep < 0:
        raise ConfigError(f"'{keep}' is no number of generations", hint="write a whole number from 0 up")


def _words(said: Words) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _all_of(session: Session, name: str) -> str:
    return f"select * from {session.find(name).sql}"


def _shown(node: Node) -> str:
    return str(node.relation) if isinstance(node, Model | Seed | Source) else node.name


def _described(node: Node) -> str:
    return " ".join(node.description.split()) if isinstance(node, Model | Seed | Source) else ""
