"""The command `ids run`."""

from typing import Any

import click

from ids_build.cli.options import cohort_options, project_options, run_options, selection_options
from ids_build.cli.running import run_command


@click.command("run")
@selection_options
@run_options
@cohort_options
@project_options
def command(**said: Any) -> None:
    """Build models without their tests."""
    run_command("run", said)
