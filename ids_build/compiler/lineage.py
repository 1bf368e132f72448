"""Which columns of a table may carry an identifier: followed by name through every model that it stands on."""

from collections.abc import Iterable, Mapping

from ids_build.compiler.faults import Faults
from ids_build.compiler.query import find_carriers
from ids_build.errors import PropertiesError
from ids_build.graph import Graph
from ids_build.nodes import Model, Table
from ids_build.relation import Relation

# Columns by table, and of each whether its type can hold an identifier at all.
Columns = Mapping[Relation, Mapping[str, bool]]


def find_identifiers(tables: Iterable[Table]) -> frozenset[str]:
    """Return the names, in lower case, of all columns that some YAML marks as identifiers, with their aliases."""
    marked = [column for node in tables for column in node.columns if column.meta.get("identifier")]
    return frozenset(name.lower() for column in marked for name in (column.name, *column.aliases))


def check_reports(graph: Graph, columns: Columns) -> None:
    """Refuse every model of the report that has a column which may carry an identifier.

    Raises PropertiesError, or an ExceptionGroup of them when several columns are at fault.
    """
    reported = [model for model in graph.models() if model.report and model.relation in columns]
    if not reported:
        return
    needed = frozenset().union(*(graph.ancestors(model.unique_id) for model in reported), (m.unique_id for m in reported))
    identifiers = find_identifiers(graph.table(relation) for relation in graph.tables)
    carried: dict[Relation, frozenset[str]] = {}
    for model in graph.models():
        if model.unique_id in needed and model.relation in columns:
            carried[model.relation] = _find_carried(model, columns[model.relation], identifiers, carried)
    faults = Faults()
    for model in reported:
        described = {column.name.lower(): column for column in model.columns}
        for name in columns[model.relation]:
            if name.lower() in carried[model.relation]:
                column = described.get(name.lower())
                with faults.collect():
                    raise PropertiesError(
                        f"column '{name}' of '{model.name}' may carry an identifier; a report holds aggregates only",
                        at=column.at if column else model.report.at if model.report else None,
                        hint="count it, or take it out of the model",
                    )
    faults.tell()


def _find_carried(
    model: Model, columns: Mapping[str, bool], identifiers: frozenset[str], carried: Mapping[Relation, frozenset[str]]
) -> frozenset[str]:
    """Return the columns of a model that may carry identifiers.

    A column whose YAML says ``identifier: false`` carries none, unless it is called like a marked one; neither does one
    of a type that holds no identifier.
    """
    followed = identifiers.union(*(carried.get(relation, frozenset()) for relation in model.references))
    places = find_carriers(model.sql, followed, list(columns))
    cleared = {column.name.lower() for column in model.columns if column.meta.get("identifier") is False} - identifiers
    found = {name.lower() for place, (name, able) in enumerate(columns.items()) if able and place in places}
    return frozenset(found - cleared)
