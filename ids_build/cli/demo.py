"""The command `ids demo`."""

import importlib
from pathlib import Path
from typing import Any

import click

from ids_build.cli.options import make_config
from ids_build.cli.running import run_command
from ids_build.cli.simulate import simulate
from ids_build.tasks.load import load_task


@click.command("demo")
@click.option("--persons", type=click.IntRange(min=100), default=20_000, show_default=True, help="Persons to simulate.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("ids_demo"))
def command(persons: int, folder: Path) -> None:
    """Simulate raw registers, build the shipped project, show what was made and where.

    Works in FOLDER (default: ids_demo), which is a project of its own afterwards.
    """
    folder = folder.resolve()
    project_file = importlib.import_module("ids_build.config").PROJECT_FILE
    if not (folder / project_file).exists():
        load_task("init").init(folder)
    said: dict[str, Any] = {"project_dir": folder, "select": (), "models": (), "words": (), "exclude": ()}
    config = make_config(said)
    out = folder / str(config.vars["registers_dir"])
    if out.exists():
        click.echo(f"1. raw registers are in {out} already")
    else:
        click.echo(f"1. simulating raw registers of {persons:,} persons in {out}")
        simulate(config, out, persons, 1, quiet=False)
    click.echo("2. ids build")
    try:
        run_command("build", said)
    finally:
        click.echo(f"\n3. tables: {config.target_path / 'tables'}")
        for path in sorted((config.target_path / "tables").rglob("*.parquet")):
            click.echo(f"   {path.relative_to(config.target_path)}")
        click.echo(
            f"\nlook on: cd {folder} && ids ls   |   ids show --select <model>   |   ids test   |   ids build --select +<model>"
        )
