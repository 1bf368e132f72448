"""Options that commands share, and how they become settings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ids_build.config import Config, Options
from ids_build.tasks.load import load_task

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a command speaks: `quiet`, `log_format` of what happens (stderr), `output` of the answer (stdout)."""

    quiet: bool
    log_format: str
    output: str

    @property
    def style(self) -> str:
        """Return quiet, json or text for the listener."""
        return "quiet" if self.quiet else self.log_format


def project_options(function: F) -> F:
    """Add the options that say which project, with which settings, and how to speak."""
    for option in reversed(
        (
            click.option("--project-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder of dbt_project.yml."),
            click.option("--profiles-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder of profiles.yml."),
            click.option("-t", "--target", help="Output of the profile to use."),
            click.option(
                "--target-path", type=click.Path(file_okay=False, path_type=Path), help="Where tables go (default: target)."
            ),
            click.option("--vars", "variables", help="Variables as YAML, e.g. '{registers_dir: D:/data}'."),
            click.option("--threads", type=click.IntRange(min=1), help="Engine threads (default: all processors)."),
            click.option("--no-cache", is_flag=True, help="Compile every file anew; keep nothing for the next time."),
            click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
            click.option("-d", "--debug", is_flag=True, help="Print a traceback with an error; never values."),
            click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Form of the log on stderr."),
        )
    ):
        function = option(function)
    return function


def selection_options(function: F) -> F:
    """Add --select and --exclude."""
    for option in reversed(
        (
            click.option("-s", "--select", "select", multiple=True, help="Nodes to choose: name, +name, tag:x, path:x, ..."),
            click.option("-m", "--models", "models", multiple=True, hidden=True),
            click.option("--exclude", multiple=True, help="Nodes to leave out."),
            click.argument("words", nargs=-1),
        )
    ):
        function = option(function)
    return function


def run_options(function: F) -> F:
    """Add the options of commands that run something."""
    for option in reversed(
        (
            click.option(
                "-f",
                "--full-refresh",
                is_flag=True,
                help="Rebuild every table, changed or not; accept shrunken deliveries.",
            ),
            click.option("--verify", is_flag=True, help="Read all bytes of raw files and tables to see what changed."),
            click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first failure."),
            click.option("--output", type=click.Choice(["text", "json"]), default="text", help="Form of the result on stdout."),
        )
    ):
        function = option(function)
    return function


def publish_options(function: F) -> F:
    """Add the options that say when tables are published, and how many former generations stay."""
    kinds = click.Choice(["complete", "passing"])
    for option in reversed(
        (
            click.option("--publish", type=kinds, default="complete", help="Publish only when all passed, or what passed."),
            click.option("--keep", type=click.IntRange(min=0), default=2, help="How many former generations stay (default: 2)."),
        )
    ):
        function = option(function)
    return function


def explain_option(function: F) -> F:
    """Add --explain."""
    text = "Say for each node whether it would run or is reused, and why; build nothing."
    return click.option("--explain", is_flag=True, help=text)(function)


def watch_options(function: F) -> F:
    """Add --watch and --poll."""
    for option in reversed(
        (
            click.option("--watch", is_flag=True, help="Stay, and after every save test and build what it touched."),
            click.option("--poll", is_flag=True, help="With --watch: look at the files again and again, for network shares."),
        )
    ):
        function = option(function)
    return function


def cohort_options(function: F) -> F:
    """Add the options that restrict all sources to some persons."""
    for option in reversed(
        (
            click.option(
                "--cohort",
                type=click.Path(path_type=Path),
                help="File of the persons to keep (csv, txt, parquet); others are left out of every source.",
            ),
            click.option("--cohort-column", help="Column of that file that holds the persons (default: found by its name)."),
        )
    ):
        function = option(function)
    return function


def make_config(said: dict[str, Any]) -> Config:
    """Return the settings of this invocation; the one place that reads the environment."""
    return _load(said, os.environ)


def make_other_config(said: dict[str, Any], folder: Path) -> Config:
    """Return the settings of another project, with the variables of this invocation and a target path of its own."""
    own = {key: value for key, value in os.environ.items() if key != "DBT_TARGET_PATH"}
    return _load({**said, "project_dir": folder, "target_path": said.get("against_target")}, own)


def _load(said: dict[str, Any], environment: Mapping[str, str]) -> Config:
    project_dir = (said.get("project_dir") or Path(environment.get("DBT_PROJECT_DIR", "."))).resolve()
    named = said.get("profiles_dir") or environment.get("DBT_PROFILES_DIR")
    folders = (Path(named),) if named else (project_dir, Path.home() / ".dbt")
    options = Options(
        project_dir=project_dir,
        profiles_dirs=folders,
        target=said.get("target") or environment.get("DBT_TARGET"),
        target_path=said.get("target_path") or _path(environment.get("DBT_TARGET_PATH")),
        threads=said.get("threads"),
        vars=said.get("variables"),
        full_refresh=bool(said.get("full_refresh")),
        fail_fast=bool(said.get("fail_fast")),
        verify=bool(said.get("verify")),
        publish=said.get("publish") or "complete",
        keep=2 if said.get("keep") is None else said["keep"],
        cohort=said.get("cohort"),
        cohort_column=said.get("cohort_column"),
        environment=dict(environment),
        cores=find_cores(),
        use_cache=not said.get("no_cache"),
    )
    config: Config = load_task("ls").load_config(options)
    return config


def make_voice(said: dict[str, Any]) -> Voice:
    """Return how this invocation speaks."""
    return Voice(quiet=bool(said.get("quiet")), log_format=said.get("log_format") or "text", output=said.get("output") or "text")


def find_cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chosen(said: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of --select (bare words count too) and of --exclude."""
    return (*said["select"], *said["models"], *said["words"]), tuple(said["exclude"])


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
