"""The command `ids simulate`."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from ids_build.cli.options import make_config, make_voice, project_options
from ids_build.tasks.load import load_task


@click.command("simulate")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write (default: the variable registers_dir)."
)
@click.option("--persons", type=click.IntRange(min=1), default=10_000, show_default=True, help="Persons ever seen.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same bytes.")
@project_options
def command(**said: Any) -> None:
    """Write simulated raw files for the project's sources; no value in them is a real person's."""
    config, voice = make_config(said), make_voice(said)
    out = said["out"] or config.project_dir / str(config.vars.get("registers_dir", "data"))
    simulate(config, out, said["persons"], said["seed"], voice.quiet)


def simulate(config: Any, out: Path, persons: int, seed: int, quiet: bool) -> None:
    """Write the files and tell of each."""
    began = time.perf_counter()
    rows = size = files = 0
    for file in load_task("simulate").simulate_sources(config, out, persons, seed):
        rows, size, files = rows + file.rows, size + file.bytes, files + 1
        if not quiet:
            print(f"{file.rows:>12,} rows  {file.path.relative_to(out)}", file=sys.stderr, flush=True)
    if not quiet:
        seconds = time.perf_counter() - began
        click.echo(f"{files} files, {rows:,} rows, {size / 1e6:,.0f} MB in {seconds:.1f} s: {out}", err=True)
