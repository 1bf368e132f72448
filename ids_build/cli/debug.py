"""The command `ids debug`."""

from typing import Any

import click

from ids_build.cli.options import make_config, project_options
from ids_build.tasks.load import load_task


@click.command("debug")
@project_options
def command(**said: Any) -> None:
    """Say what is installed, which settings hold and what is found; exit code 1 when something hinders a build."""
    fine = True
    for finding in load_task("debug").debug(make_config(said)):
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.found}")
        fine = fine and finding.ok
    if not fine:
        raise click.exceptions.Exit(1)
