"""The command `ids check` and what it can check."""

import importlib
import json
import sys
from dataclasses import asdict
from typing import Any

import click

from ids_build.cli.options import make_config, project_options
from ids_build.tasks.load import load_task


@click.group("check")
def command() -> None:
    """Check promises of a project that no single run can show."""


@command.command("incremental")
@click.argument("model")
@click.option("--orders", type=click.IntRange(min=1), default=5, help="How many orders of the batches to try (default: 5).")
@click.option(
    "--persons", type=click.IntRange(min=0), default=1000, help="Raw data of so many persons (default: 1,000; 0: of all)."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="Form of the result on stdout.")
@project_options
def incremental(**said: Any) -> None:
    """Build an incremental MODEL batch by batch in several orders, and compare with a build in one go."""
    proofs = [
        *load_task("check_incremental").check_incremental(make_config(said), said["model"], said["orders"], said["persons"])
    ]
    tried = [proof for proof in proofs if proof.skipped is None]
    if said["output"] == "json":
        click.echo(json.dumps([asdict(proof) for proof in proofs], ensure_ascii=False))
    else:
        words = importlib.import_module("ids_build.report.words")
        for proof in proofs:
            click.echo(words.describe_proof(proof))
        if not tried:
            click.echo("nothing was checked\n  hint: put raw files there, or give the model a unit test", file=sys.stderr)
    if not tried or any(proof.told for proof in tried):
        raise click.exceptions.Exit(1)
