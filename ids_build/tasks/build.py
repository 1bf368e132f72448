"""Build, run, seed and test: compile, check, plan, run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ids_build.config import Config
from ids_build.graph import Graph
from ids_build.plan import Plan
from ids_build.planner.planner import Selection, make_plan, select
from ids_build.results import Event, Outlook
from ids_build.runner.runner import foresee_plan, open_cohort, run_plan
from ids_build.tasks.compile import check_project, compile_models


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that is ready to start: what will happen, and how to watch it happen."""

    graph: Graph
    selection: Selection
    plan: Plan
    notes: tuple[str, ...]
    events: Iterator[Event]


def prepare(config: Config, command: str, words: Iterable[str] = (), exclude: Iterable[str] = ()) -> Prepared:
    """Return the run of a command (build, run, seed or test); nothing has happened until its events are taken."""
    checked = compile_models(config)
    selection = select(checked.graph, tuple(words), tuple(exclude))
    plan = make_plan(checked.graph, selection, command)
    cohort = open_cohort(checked.graph, config)
    events = run_plan(plan, checked.graph, checked.schemas, config, cohort)
    notes = (cohort.note,) if cohort else ()
    return Prepared(graph=checked.graph, selection=selection, plan=plan, notes=notes, events=events)


def foresee(config: Config, command: str, words: Iterable[str] = (), exclude: Iterable[str] = ()) -> tuple[Outlook, ...]:
    """Return what a command (build or run) would do with each table and test, and why; nothing is built."""
    checked = check_project(config)
    plan = make_plan(checked.graph, select(checked.graph, tuple(words), tuple(exclude)), command)
    return tuple(foresee_plan(plan, checked.graph, checked.schemas, config, open_cohort(checked.graph, config)))
