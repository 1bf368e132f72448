"""The command `ids generations`."""

import importlib
import json
import sys
from typing import Any

import click

from ids_build.cli.options import make_config, project_options
from ids_build.tasks.load import load_task


@click.command("generations")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="Form of the result on stdout.")
@project_options
def command(**said: Any) -> None:
    """List the generations of tables: when each was made, how many tables it holds, which is published."""
    task = load_task("generations")
    found, published = task.generations(make_config(said))
    rows = [
        {
            "generation": one.number,
            "made": one.made or None,
            "tables": len(one.tables),
            "cohort": one.cohort,
            "status": task.describe_status(one, published),
        }
        for one in found
    ]
    if said["output"] == "json":
        click.echo(json.dumps(rows))
        return
    names = ("generation", "made", "tables", "cohort", "status")
    importlib.import_module("ids_build.report.terminal").print_rows(names, [row.values() for row in rows], sys.stdout)
