"""The command `ids test`."""

from typing import Any

import click

from ids_build.cli.options import cohort_options, project_options, run_options, selection_options
from ids_build.cli.running import run_command


@click.command("test")
@selection_options
@run_options
@cohort_options
@project_options
def command(**said: Any) -> None:
    """Run data tests on built tables, and unit tests on their own rows."""
    run_command("test", said)
