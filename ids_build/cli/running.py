"""What build, run, seed and test have in common: run, tell, and leave with the exit code."""

import importlib
import json
import sys
import time
from typing import Any

import click

from ids_build.cli.options import chosen, make_config, make_voice
from ids_build.results import Event, gather
from ids_build.tasks.load import load_task


def run_command(command: str, said: dict[str, Any]) -> None:
    """Carry out one of build, run, seed and test; exit code 1 when something failed."""
    began = time.perf_counter()
    config, voice = make_config(said), make_voice(said)
    words, exclude = chosen(said)
    prepared = load_task("build").prepare(config, command, words, exclude)
    terminal = importlib.import_module("ids_build.report.terminal")
    if not voice.quiet:
        for warning in (*prepared.graph.warnings, *prepared.selection.unmatched):
            terminal.print_warning(warning, sys.stderr, style=voice.style)
        for note in prepared.notes:
            terminal.print_warning(note, sys.stderr, style=voice.style, event="note")
    total = sum(step.builds + len(step.unit_tests) + len(step.data_tests) for step in prepared.plan.steps)
    events: list[Event] = []
    with terminal.listen(sys.stderr, total, style=voice.style) as listener:
        for event in prepared.events:
            events.append(event)
            listener.tell(event)
    told = {"select": list(words), "exclude": list(exclude), "target": config.target, "threads": config.threads}
    run = gather(command, events, time.perf_counter() - began, told)
    artifacts = importlib.import_module("ids_build.report.artifacts")
    artifacts.write_run_results(run, config)
    if voice.output == "json":
        click.echo(json.dumps(artifacts.describe_run(run), ensure_ascii=False, default=str))
    elif not voice.quiet:
        terminal.print_summary(run, sys.stdout)
    if not run.ok:
        raise click.exceptions.Exit(1)


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
