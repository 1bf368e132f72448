"""The command `ids clean`."""

from typing import Any

import click

from ids_build.cli.options import make_config, make_voice, project_options
from ids_build.tasks.load import load_task


@click.command("clean")
@project_options
def command(**said: Any) -> None:
    """Remove the folders of the project's clean-targets."""
    config = make_config(said)
    removed = load_task("clean").clean(config)
    if not make_voice(said).quiet:
        for path in removed:
            click.echo(f"removed {path}", err=True)
