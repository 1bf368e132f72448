"""What build, run, seed and test have in common: run, tell, and leave with the exit code."""

import importlib
import json
import sys
import time
from collections.abc import Iterable
from typing import Any

import click

from ids_build.cli.options import Voice, chosen, make_config, make_voice
from ids_build.config import Config
from ids_build.results import Event, RunResults, gather
from ids_build.tasks.load import load_task


def run_command(command: str, said: dict[str, Any]) -> None:
    """Carry out one of build, run, seed and test; exit code 1 when something failed."""
    began = time.perf_counter()
    config, voice = make_config(said), make_voice(said)
    words, exclude = chosen(said)
    prepared = load_task("build").prepare(config, command, words, exclude)
    tell_warnings((*prepared.graph.warnings, *prepared.selection.unmatched), prepared.notes, voice)
    events = follow(prepared, voice)
    told = {"select": list(words), "exclude": list(exclude), "target": config.target, "threads": config.threads}
    run = gather(command, events, time.perf_counter() - began, told, prepared.plan.order)
    tell_results(run, config, voice)
    if not run.ok:
        raise click.exceptions.Exit(1)


def tell_warnings(warnings: Iterable[str], notes: Iterable[str], voice: Voice) -> None:
    """Tell what is worth knowing before a run begins."""
    if voice.quiet:
        return
    terminal = importlib.import_module("ids_build.report.terminal")
    for warning in warnings:
        terminal.print_warning(warning, sys.stderr, style=voice.style)
    for note in notes:
        terminal.print_warning(note, sys.stderr, style=voice.style, event="note")


def follow(prepared: Any, voice: Voice) -> tuple[Event, ...]:
    """Let a run that is ready happen, tell each event, and return them all."""
    total = sum(step.builds + len(step.unit_tests) + len(step.data_tests) for step in prepared.plan.steps)
    events: list[Event] = []
    terminal = importlib.import_module("ids_build.report.terminal")
    with terminal.listen(sys.stderr, total, style=voice.style) as listener:
        for event in prepared.events:
            events.append(event)
            listener.tell(event)
    return tuple(events)


def tell_results(run: RunResults, config: Config, voice: Voice) -> None:
    """Keep the results of a run in its file, and give the answer in the form that was asked for."""
    artifacts = importlib.import_module("ids_build.report.artifacts")
    artifacts.write_run_results(run, config)
    if voice.output == "json":
        click.echo(json.dumps(artifacts.describe_run(run), ensure_ascii=False, default=str))
    elif not voice.quiet:
        importlib.import_module("ids_build.report.terminal").print_summary(run, sys.stdout)


def explain_command(command: str, said: dict[str, Any]) -> None:
    """Say what build or run would do with each node, and why; tests are told where they would run and their table would not."""
    config, voice = make_config(said), make_voice(said)
    words, exclude = chosen(said)
    outlooks = load_task("build").foresee(config, command, words, exclude)
    if voice.output == "json":
        told = importlib.import_module("ids_build.report.artifacts").describe_outlooks(outlooks)
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    described = importlib.import_module("ids_build.report.words")
    shown = [look for look in outlooks if look.resource in described.TABLES or look.status == "run"]
    rows = [(look.name, look.status, "; ".join(look.reasons)) for look in shown]
    importlib.import_module("ids_build.report.terminal").print_rows(("node", "status", "why"), rows, sys.stdout)
    click.echo(described.describe_outlook(outlooks))
