"""Try whether an incremental model says what a full build says, in several orders of its batches."""

from collections.abc import Iterator

from ids_build.config import Config, nearest
from ids_build.errors import SelectionError
from ids_build.nodes import Model
from ids_build.results import Proof
from ids_build.runner.runner import prove_increments
from ids_build.tasks.compile import check_project


def check_incremental(config: Config, name: str, orders: int, persons: int) -> Iterator[Proof]:
    """Yield what came of each sample. Raises what compiling raises, and SelectionError for a name of no incremental model."""
    checked = check_project(config)
    models = {model.name: model for model in checked.graph.models()}
    known = [model.name for model in models.values() if model.increment]
    short = name.rpartition(".")[2]
    if short not in models:
        raise SelectionError(f"unknown model '{name}'", hint=nearest(short, models) or "'ids ls' lists the models")
    if short not in known:
        told = f"incremental are {', '.join(known)}" if known else "say 'materialized: incremental'"
        raise SelectionError(f"'{name}' is no incremental model", hint=told)
    model: Model = models[short]
    yield from prove_increments(model, checked.graph, checked.schemas, config, orders, persons)
