"""The command `ids seed`."""

from typing import Any

import click

from ids_build.cli.options import project_options, publish_options, run_options, selection_options
from ids_build.cli.running import run_command


@click.command("seed")
@selection_options
@run_options
@publish_options
@project_options
def command(**said: Any) -> None:
    """Load the seeds."""
    run_command("seed", said)
