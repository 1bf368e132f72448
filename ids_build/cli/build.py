"""The command `ids build`."""

import importlib
from typing import Any

import click

from ids_build.cli.options import (
    cohort_options,
    explain_option,
    project_options,
    publish_options,
    run_options,
    selection_options,
    watch_options,
)
from ids_build.cli.running import explain_command, run_command


@click.command("build")
@selection_options
@run_options
@publish_options
@explain_option
@watch_options
@cohort_options
@project_options
def command(**said: Any) -> None:
    """Build seeds and models, run their tests, in graph order.

    A table is put in place only after its tests passed; what depends on a failed node is skipped."""
    if said["poll"] and not said["watch"]:
        raise click.UsageError("--poll says how to watch\n  hint: give --watch too")
    if said["watch"]:
        # watchfiles is loaded by those who watch
        importlib.import_module("ids_build.cli.watching").watch_command(said)
    else:
        (explain_command if said["explain"] else run_command)("build", said)
