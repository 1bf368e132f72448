"""The command `ids ls`."""

import json
import sys
from typing import Any

import click

from ids_build.cli.options import chosen, make_config, project_options, selection_options
from ids_build.tasks.load import load_task

RESOURCES = ["model", "seed", "source", "test", "unit_test"]


@click.command("ls")
@selection_options
@click.option("--resource-type", type=click.Choice([*RESOURCES, "all"]), multiple=True, help="Kinds of node to list.")
@click.option("--output", type=click.Choice(["text", "name", "path", "json"]), default="text", help="Form of each line.")
@project_options
def command(**said: Any) -> None:
    """List models, seeds, sources and tests in graph order; loads no engine."""
    config = make_config(said)
    nodes, selection = load_task("ls").list_nodes(config, *chosen(said))
    for word in selection.unmatched:
        print(f"warning: {word}", file=sys.stderr)
    kinds = set(said["resource_type"]) or {"all"}
    told = ((node, node.unique_id.partition(".")[0]) for node in nodes)
    lines = [_describe(node, kind, said["output"]) for node, kind in told if "all" in kinds or kind in kinds]
    if lines:
        click.echo("\n".join(lines))  # thousands of lines: one write


def _describe(node: Any, kind: str, form: str) -> str:
    path = node.path if hasattr(node, "path") else node.at.path
    relation = str(node.relation) if hasattr(node, "relation") else node.name
    if form == "name":
        return str(node.name)
    if form == "path":
        return str(path)
    if form == "json":
        told = {
            "name": node.name,
            "resource_type": kind,
            "unique_id": node.unique_id,
            "original_file_path": path,
            "tags": list(node.tags),
        }
        told |= {"relation": relation} if hasattr(node, "relation") else {}
        return json.dumps(told, ensure_ascii=False)
    return relation if kind == "model" else f"{kind}:{relation}"
