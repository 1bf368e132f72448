"""The command `ids show`."""

import importlib
import json
import sys
from typing import Any

import click

from ids_build.cli.options import cohort_options, make_config, project_options
from ids_build.tasks.load import load_task


@click.command("show")
@click.option("-s", "--select", "name", required=True, help="The model, seed or source to show.")
@click.option("--limit", type=click.IntRange(min=0), default=5, help="How many rows.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="Form of the result on stdout.")
@cohort_options
@project_options
def command(**said: Any) -> None:
    """Show the columns and first rows of a table.

    Rows are shown only where the profile says `show_values: true`, which is meant for simulated data;
    elsewhere columns, types and the number of rows. Identifiers are never shown.
    """
    config = make_config(said)
    preview = load_task("show").show(config, said["name"], said["limit"])
    if said["output"] == "json":
        told = {"name": preview.name, "count": preview.count, "columns": dict(preview.columns), "rows": preview.rows}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    terminal = importlib.import_module("ids_build.report.terminal")
    if preview.rows is None:
        terminal.print_rows(("column", "type"), preview.columns, sys.stdout)
        click.echo(f"{preview.name}: {preview.count:,} rows")
        click.echo("rows are shown only with 'show_values: true' in the profile", err=True)
        return
    terminal.print_rows([name for name, _ in preview.columns], preview.rows, sys.stdout)
    click.echo(f"{preview.name}: {min(said['limit'], preview.count)} of {preview.count:,} rows")
