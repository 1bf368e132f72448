"""The command `ids diff`."""

import importlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import click

from ids_build.cli.options import chosen, make_config, make_other_config, make_voice, project_options, selection_options
from ids_build.differences import Differences
from ids_build.tasks.load import load_task


@click.command("diff")
@click.option(
    "--against",
    help="What to compare with: a project's folder, the number of a generation, or a folder of tables "
    "(default: the generation before the published one).",
)
@click.option(
    "--against-target", type=click.Path(file_okay=False, path_type=Path), help="Where the tables of the other project lie."
)
@selection_options
@click.option("--no-data", is_flag=True, help="Compare queries and columns alone; read no table.")
@click.option(
    "--output", type=click.Choice(["text", "json", "html"]), default="text", help="Form of the answer; html is one page."
)
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the answer to a file.")
@click.option(
    "--fail-on", type=click.Choice(["breaking", "any"]), help="Leave with exit code 1 on a breaking change, or on any difference."
)
@project_options
def command(**said: Any) -> None:
    """Say how the project and its built tables differ from another state of them.

    Queries are compared by what they say, tables by their grain; a change is called breaking where what reads the table
    would fail or mean something else. Only names and counts are told. Differences alone do not fail the command.
    """
    config, voice, task = make_config(said), make_voice(said), load_task("diff")
    words, exclude = chosen(said)
    against = said["against"]
    other = make_other_config(said, Path(against)) if against and task.is_project(Path(against)) else against
    if said["against_target"] and isinstance(other, str | None):
        raise click.UsageError("--against-target needs a project in --against\n  hint: name the folder of tables in --against")
    found = task.diff(config, other, words, exclude, data=not said["no_data"])
    terminal = importlib.import_module("ids_build.report.terminal")
    if not voice.quiet:
        for note in found.notes:
            terminal.print_warning(note, sys.stderr, style=voice.style, event="note")
    _answer(found, said, terminal)
    if said["fail_on"] == "any" and found.differs or said["fail_on"] == "breaking" and found.breaking:
        raise click.exceptions.Exit(1)


def _answer(found: Differences, said: dict[str, Any], terminal: Any) -> None:
    """Give the answer in the form that was asked for, on stdout or in a file; a name in .html or .json says the form."""
    out = said["out"]
    form = {".html": "html", ".json": "json"}.get(out.suffix.lower(), said["output"]) if out else said["output"]
    written = io.StringIO()
    stream = written if out else sys.stdout
    if form == "json":
        words = importlib.import_module("ids_build.report.differences")
        print(json.dumps(words.describe_differences(found), indent=2, ensure_ascii=False), file=stream)
    elif form == "html":
        print(importlib.import_module("ids_build.report.page").render_differences(found), file=stream)
    else:
        terminal.print_differences(found, stream)
    if out:
        artifacts = importlib.import_module("ids_build.report.artifacts")
        artifacts.write_report({out.name: written.getvalue()}, out.absolute().parent)
        if not said["quiet"]:
            print(out, file=sys.stderr)
