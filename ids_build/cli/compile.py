"""The command `ids compile`."""

from typing import Any

import click

from ids_build.cli.options import chosen, make_config, make_voice, project_options, selection_options
from ids_build.tasks.load import load_task


@click.command("compile")
@selection_options
@click.option("--explain", is_flag=True, help="Print the engine's plan of the chosen models over what was built.")
@click.option("--check-cache", is_flag=True, help="Compile with and without what is kept, and compare node by node.")
@project_options
def command(**said: Any) -> None:
    """Render, parse and type-check every model; no data is read.

    Rendered SQL is written under the target path; with --select it is printed as well.
    """
    config, voice = make_config(said), make_voice(said)
    if said["check_cache"]:
        count = load_task("check").check_cache(config)
        if not voice.quiet:
            click.echo(f"{count} nodes are the same with and without what is kept", err=True)
        return
    task = load_task("compile")
    words, exclude = chosen(said)
    checked = task.compile_models(config)
    models = checked.graph.models()
    if words or said["explain"]:
        nodes, _ = load_task("ls").choose_nodes(checked.graph, words, exclude)
        ids = frozenset(node.unique_id for node in nodes)
        if said["explain"]:
            for name, plan in task.explain_models(config, ids).items():
                click.echo(f"-- {name}\n{plan}")
            return
        for model in models:
            if model.unique_id in ids:
                click.echo(f"-- {model.path}\n{model.sql.strip()}\n")
        return
    if not voice.quiet:
        click.echo(f"{len(models)} models compiled and type-checked", err=True)
