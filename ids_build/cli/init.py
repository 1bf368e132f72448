"""The command `ids init`."""

from pathlib import Path

import click

from ids_build.tasks.load import load_task


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Write a working copy of the shipped project into FOLDER."""
    load_task("init").init(folder.resolve())
    click.echo(f"project written to {folder}\nnext: cd {folder} && ids simulate --persons 10000 && ids build", err=True)
