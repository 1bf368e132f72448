"""The command `ids rollback`."""

from typing import Any

import click

from ids_build.cli.options import make_config, make_voice, project_options
from ids_build.tasks.load import load_task


@click.command("rollback")
@click.argument("number", type=click.IntRange(min=1), required=False)
@project_options
def command(**said: Any) -> None:
    """Publish a former generation of tables again, the one before when no NUMBER is given; nothing is built."""
    number, cleaned = load_task("generations").rollback(make_config(said), said["number"])
    if not make_voice(said).quiet:
        for note in cleaned:
            click.echo(f"note: {note}", err=True)
        click.echo(f"generation {number} is published")
