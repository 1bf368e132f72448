"""Build again what an edit touched: its unit tests first, then all that stands on it; what is known stays in the process."""

import gc
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ids_build.compiler.warm import Memory, no_garbage_collection
from ids_build.config import Config
from ids_build.nodes import UnitTest
from ids_build.planner.planner import Meanings, Selection, find_edit, find_meanings, make_plan, select
from ids_build.report.artifacts import write_compiled
from ids_build.results import Note, Result
from ids_build.runner.runner import Events, find_types, open_cohort, run_plan, run_unit_tests
from ids_build.tasks.build import Prepared
from ids_build.tasks.check import accept_schemas
from ids_build.tasks.compile import Checked
from ids_build.tasks.parse import PIECES, Compiled, Pieces, keep, parse_files

STOPPED = "a newer save stopped the build; what was built is reused by the next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The project as its files stand: what an edit touched in the selection, by name, and the unit tests to be asked.

    `first` says that there was nothing to compare with. `gone` are names of tables that are no more.
    """

    config: Config
    checked: Checked
    selection: Selection
    unit_tests: tuple[UnitTest, ...]
    touched: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    first: bool = False


class Watched:
    """A project that is looked at after every save. What failed, or was not built, is pending until a build has passed."""

    def __init__(self, words: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        """`words` and `exclude` choose what is tested and built at all."""
        self._words, self._exclude = tuple(words), tuple(exclude)
        self._pieces: Pieces = {}
        self._fresh: tuple[Compiled, Pieces, Memory] | None = None
        self._meanings: Meanings | None = None
        self._config: Config | None = None
        self._pending: set[str] | None = None  # None: the whole selection
        self._failed: set[str] = set()

    def look(self, config: Config) -> Look:
        """Compile the project as it stands and return what it means that it did not mean before.

        Raises what a compile raises; the edit is then part of the next look.
        """
        memory = Memory(config)
        known = self._pieces or {kind: memory.pieces(kind) for kind in (*PIECES, "columns")}
        compiled = parse_files(config, memory, known)
        graph = compiled.graph
        with no_garbage_collection():
            columns = find_types(graph, graph.models(), config.project_dir, known["columns"], config.threads)
            meanings = find_meanings(graph, columns.schemas)
        self._fresh = compiled, known, memory
        self._pieces = {**compiled.pieces, "columns": columns.found}
        first, edit = self._meanings is None, find_edit(self._meanings or {}, meanings, graph)
        if config != self._config:
            self._pending = None
        elif self._pending is not None:
            self._pending |= edit.tables
        self._meanings, self._config = meanings, config
        selection = select(graph, self._words, self._exclude)
        asked = (edit.unit_tests | self._failed) & selection.ids
        return Look(
            config=config,
            checked=Checked(graph=graph, schemas=columns.schemas),
            selection=selection,
            unit_tests=tuple(test for test in graph.unit_tests() if test.unique_id in asked and not first),
            touched=() if first else _names(graph.order(), edit.tables & selection.ids),
            gone=_names(sorted(edit.gone), frozenset(i for i in edit.gone if i.startswith(("model.", "seed.")))),
            first=first,
        )

    def ask(self, look: Look) -> tuple[Result, ...]:
        """Return the results of the unit tests of a look; those that fail are asked again after the next save."""
        tests, checked = look.unit_tests, look.checked
        results = run_unit_tests(tests, checked.graph, checked.schemas, look.config.threads) if tests else []
        self._failed = {result.unique_id for result in results if result.failed}
        return tuple(results)

    def prepare(self, look: Look, stop: Callable[[], bool] = lambda: False) -> Prepared:
        """Return the build of all that is pending and stands on it; it ends after a step when `stop` says so.

        Raises PropertiesError for a table of the report that may carry an identifier, ConfigError for a bad cohort.
        """
        graph, schemas = look.checked.graph, look.checked.schemas
        if self._fresh:
            compiled, known, memory = self._fresh
            keep(compiled, known, memory)
            accept_schemas(graph, schemas, memory)
            write_compiled(graph, look.config)
            self._fresh = None
        ids = look.selection.ids
        if self._pending is not None:
            pending = self._pending & graph.nodes.keys()
            ids &= pending.union(*(graph.descendants(unique_id) for unique_id in pending))
        plan = make_plan(graph, Selection(ids=ids), "build")
        cohort = open_cohort(graph, look.config) if plan.steps else None
        events = self._follow(run_plan(plan, graph, schemas, look.config, cohort), stop)
        notes = (cohort.note,) if cohort else ()
        return Prepared(graph=graph, selection=look.selection, plan=plan, notes=notes, events=events)

    def rest(self) -> None:
        """Give back the memory of former looks: while a project compiles nothing is collected."""
        gc.unfreeze()
        gc.collect()

    def _follow(self, run: Events, stop: Callable[[], bool]) -> Events:
        failed = False
        with closing(run):
            for event in run:
                yield event
                if isinstance(event, Result):
                    failed = failed or event.failed
                    if event.failed and event.resource == "unit_test":
                        self._failed.add(event.unique_id)
                    if stop():
                        yield Note(message=STOPPED)
                        return
        if not failed:
            self._pending = set()


def find_places(config: Config) -> tuple[Path, ...]:
    """Return the folders whose files are models, seeds, tests and macros of a project, whether they are there or not."""
    folders = (*config.model_paths, *config.seed_paths, *config.test_paths, *config.macro_paths, "tests")
    return tuple(dict.fromkeys(config.project_dir / folder for folder in folders))


def _names(order: Iterable[str], ids: frozenset[str]) -> tuple[str, ...]:
    return tuple(unique_id.partition(".")[2].partition(".")[2] for unique_id in order if unique_id in ids)
