"""The command `ids report`."""

import logging
import warnings
from pathlib import Path
from typing import Any

import click

from ids_build.cli.options import chosen, make_config, make_voice, project_options, selection_options
from ids_build.tasks.load import load_task


@click.command("report")
@selection_options
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files (default: the folder report under the target path).",
)
@project_options
def command(**said: Any) -> None:
    """Write the aggregate tables of the project as CSV files and one page of tables and plots.

    Shows the built tables of all models with `meta: {report: ...}`, or of those chosen. Rows with a small count of
    persons are masked.
    """
    config, voice = make_config(said), make_voice(said)
    words, exclude = chosen(said)
    out = said["out"].absolute() if said["out"] else None
    # What the library of plots has to say, of fonts and folders of its own, is not for the user.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with warnings.catch_warnings(action="ignore"):
        written = load_task("report").write(config, words, exclude, out)
    if voice.quiet:
        return
    for note in written.notes:
        click.echo(f"warning: {note}", err=True)
    for path, rows, masked in written.tables:
        click.echo(f"{path}  {rows:,} {'row' if rows == 1 else 'rows'}{f', {masked:,} masked' if masked else ''}")
    if written.page:
        click.echo(written.page)
