"""Show the first rows of a model or query."""

from dataclasses import dataclass
from typing import Any

from ids_build.config import Config, nearest
from ids_build.errors import SelectionError
from ids_build.nodes import Model, Seed, Source
from ids_build.runner.runner import describe_type, preview
from ids_build.tasks.compile import check_project


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Columns with their types, the number of rows in all, and the first rows where they may be shown."""

    name: str
    columns: tuple[tuple[str, str], ...]
    count: int
    rows: tuple[tuple[Any, ...], ...] | None


def show(config: Config, name: str, limit: int) -> Preview:
    """Return a preview of the table of that name.

    Rows are handed out only where the profile says ``show_values: true``, and never the cells of a
    column that its YAML calls an identifier (``meta: {identifier: true}``).
    """
    checked = check_project(config)
    found = [
        n for n in checked.graph.nodes.values() if isinstance(n, Model | Seed | Source) and name in (n.name, str(n.relation))
    ]
    found.sort(key=lambda node: isinstance(node, Source))
    if not found:
        names = [str(relation) for relation in checked.graph.tables] + [relation.name for relation in checked.graph.tables]
        raise SelectionError(f"unknown table '{name}'", hint=nearest(name, names) or "'ids ls' lists the tables")
    node = found[0]
    table, count = preview(f"select * from {node.relation.sql}", checked.graph, (node.relation,), config, limit)
    hidden = {column.name for column in node.columns if column.meta.get("identifier")}
    columns = tuple((field.name, describe_type(field.type)) for field in table.schema)
    rows = None
    if config.show_values:
        cells = [["(hidden)"] * table.num_rows if c in hidden else table.column(c).to_pylist() for c in table.column_names]
        rows = tuple(zip(*cells, strict=True))
    return Preview(name=str(node.relation), columns=columns, count=count, rows=rows)
