"""The command `ids run`."""

from typing import Any

import click

from ids_build.cli.options import cohort_options, explain_option, project_options, publish_options, run_options, selection_options
from ids_build.cli.running import explain_command, run_command


@click.command("run")
@selection_options
@run_options
@publish_options
@explain_option
@cohort_options
@project_options
def command(**said: Any) -> None:
    """Build models without their tests."""
    (explain_command if said["explain"] else run_command)("run", said)
