"""Which layer may read which: the import law, for SQL."""

from collections.abc import Iterable

from ids_build.errors import LayerError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed, Source


def check_layers(graph: Graph) -> None:
    """Raise LayerError for the first model that reads a layer its own layer has no right to.

    Rights stand in the project file (``+meta: {reads: [source, seed, other_layer]}``); a layer without
    any may read everything.
    """
    for error in find_trespasses(graph):
        raise error


def find_trespasses(graph: Graph) -> Iterable[LayerError]:
    """Yield an error for every reference that the rights of its model's layer do not cover."""
    for model in graph.models():
        rights = graph.rights.get(model.relation.layer)
        if rights is None:
            continue
        for relation in model.references:
            node = graph.table(relation)
            kind = "source" if isinstance(node, Source) else "seed" if isinstance(node, Seed) else relation.layer
            if kind not in rights:
                yield _refuse(model, str(relation), kind, rights)


def _refuse(model: Model, name: str, kind: str, rights: tuple[str, ...]) -> LayerError:
    offset = model.sql.find(name.rpartition(".")[2])
    return LayerError(
        f"layer '{model.relation.layer}' may not read {kind} '{name}'",
        at=model.locate(max(0, offset)),
        hint=f"it may read {', '.join(rights)}; change 'reads' in the project file if that is wrong",
    )
