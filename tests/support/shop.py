"""The shop at work: prepared, run, and asked what happened."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet
from click.testing import CliRunner
from click.testing import Result as Said

from ids_build.cli.main import group
from ids_build.config import Config
from ids_build.results import Result
from ids_build.tasks.build import prepare
from tests.support.projects import SHOP, tiny_config, tiny_project, write_parquet


def open_shop(folder: Path, changes: Mapping[str, str] | None = None, **options: Any) -> Config:
    """Write the shop with some files changed, and its raw file, and return its settings."""
    tiny_project(folder, {**SHOP, **(changes or {})})
    write_parquet(folder / "raw" / "orders.parquet", id=[1, 2, 3], customer=["0042", "0007", "0042"], amount=[2.5, 1.0, 4.0])
    return tiny_config(folder, **options)


def run_shop(config: Config, command: str = "build", *words: str) -> dict[str, Result]:
    """Carry a command out and return its results by name."""
    return {event.name: event for event in prepare(config, command, words).events if isinstance(event, Result)}


def read_table(config: Config, name: str) -> list[dict[str, Any]]:
    """Return the rows of a published table, in its order."""
    layer, _, table = name.partition(".")
    return list(pyarrow.parquet.read_table(config.target_path / "tables" / layer / f"{table}.parquet").to_pylist())


def say(folder: Path, *words: str) -> Said:
    """Say a command to the command line, in this process, about the project in `folder`."""
    return CliRunner().invoke(group, [*words, "--project-dir", str(folder)])
