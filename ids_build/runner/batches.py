"""The batches in which the inputs of an incremental model come: periods or files of sources, parts of other such models."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ids_build.errors import NotBuiltError
from ids_build.graph import Graph
from ids_build.nodes import Model, Source, Table
from ids_build.plan import Facts
from ids_build.relation import Relation
from ids_build.runner.cohort import PERSONS
from ids_build.runner.materializations import Workshop, add_table, lay_ready, look_at
from ids_build.runner.raw_files import RawFile
from ids_build.runner.reuse import name_files, part_path
from ids_build.runner.sources import Delivery, open_files
from ids_build.runner.state import Part

_UNFIT = re.compile(r"[^\w .-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What comes together: the files of a period, and parts of the same name. `facts` decide what is made from it.

    Batches have an order of their own, that of their labels, whenever they come.
    """

    label: str
    facts: Facts


class Batches:
    """The batches of one incremental model as they lie there now, and how each is laid ready in a session of its own."""

    def __init__(self, model: Model, facts: Facts, shop: Workshop, find_parts: Callable[[Relation], Mapping[str, Part]]) -> None:
        """Look for the files and parts. `facts` are those of the whole table; `shop` has an engine that nobody else uses."""
        self._model, self._shop, self._facts = model, shop, facts
        self._inputs = find_inputs(model, shop.graph)
        self._files: dict[Relation, dict[str, list[RawFile]]] = {}
        self._parts: dict[Relation, Mapping[str, Part]] = {}
        for relation in self._inputs:
            node = shop.graph.table(relation)
            if isinstance(node, Source):
                files = self._files[relation] = {}
                for file in look_at(node, shop).files:
                    files.setdefault(label_of(file), []).append(file)
            else:
                self._parts[relation] = find_parts(relation)
                if not self._parts[relation]:
                    hint = f"run 'ids build --select {node.name}' first"
                    raise NotBuiltError(f"'{relation}' has not been built in parts", hint=hint)
        self.deliveries: list[Delivery] = []

    def all(self) -> list[Batch]:
        """Return every batch in their order."""
        labels = {label for found in (*self._files.values(), *self._parts.values()) for label in found}
        return [Batch(label=label, facts=self._facts_of(label)) for label in sorted(labels)]

    def find_causes(self, reasons: Iterable[str]) -> list[str]:
        """Return those reasons for making the table again that concern every batch: all but changes of the inputs in batches."""
        own = tuple(f"raw file '{relation.name}/" for relation in self._files)
        own += tuple(f"{kind} '{relation}'" for relation in self._inputs for kind in ("source", "input"))
        return [reason for reason in reasons if not reason.startswith((*own, "never built", "a part"))]

    def lay_whole(self) -> None:
        """Lay ready what does not come in batches."""
        if self._shop.cohort:
            self._shop.engine.add_rows(PERSONS, self._shop.cohort.rows)
        for relation in self._model.references:
            if relation not in self._inputs:
                lay_ready(self._shop.graph.table(relation), self._shop)

    def lay(self, label: str) -> None:
        """Lay the inputs of one batch ready in place of those of another; what has nothing of it is empty."""
        self.deliveries = []
        # A source that knows its persons through another keeps the rows that it has in a full build: the other one is whole
        # when the first is laid.
        for relation in sorted(self._inputs, key=lambda one: _find_via(self._shop.graph.table(one)) is None):
            node = self._shop.graph.table(relation)
            self._lay_via(node)
            if isinstance(node, Source) and label in self._files[relation]:
                files = self._files[relation][label]
                opened = open_files(look_at(node, self._shop), self._shop.engine, self._shop.cohort, only=files)
                self.deliveries.append(opened)
            elif isinstance(node, Model) and label in self._parts[relation]:
                add_table(node, part_path(self._shop.storage.table_path(relation), label), self._shop)
            else:
                self._shop.engine.add_empty(relation, self._shop.schemas[relation])

    def _lay_via(self, node: Table) -> None:
        via = _find_via(node)
        if self._shop.cohort and via:
            parent = self._shop.graph.table(via)
            assert isinstance(parent, Source)
            self._lay_via(parent)
            open_files(look_at(parent, self._shop), self._shop.engine, self._shop.cohort)

    def _facts_of(self, label: str) -> Facts:
        """Return the facts of the table with those of its inputs restricted to a batch."""
        found = dict(self._facts)
        for relation, files in self._files.items():
            source = self._shop.graph.table(relation)
            assert isinstance(source, Source)
            name = f"source '{relation}'"
            told = name_files(source, files.get(label, ()), self._shop.project_dir)
            found[name] = {**found.get(name, {}), "files": told}
        for relation, parts in self._parts.items():
            found[f"input '{relation}'"] = parts[label].content if label in parts else ""
        return found


def find_inputs(model: Model, graph: Graph) -> tuple[Relation, ...]:
    """Return the tables that an incremental model reads batch by batch: those it names, else all that come by period.

    These are sources with periods and incremental models; where there is none of them, sources by file. No table: there
    are no batches.
    """
    if model.increment is None:
        return ()
    nodes = [graph.table(relation) for relation in model.increment.inputs or model.references]
    sources = [node for node in nodes if isinstance(node, Source)]
    found = [node.relation for node in sources if node.period or model.increment.inputs]
    found += [node.relation for node in nodes if isinstance(node, Model) and find_inputs(node, graph)]
    return tuple(found or [source.relation for source in sources])


def _find_via(node: Table) -> Relation | None:
    """Return the source through which a source knows its persons."""
    return node.rules.person.via if isinstance(node, Source) and node.rules.person else None


def label_of(file: RawFile) -> str:
    """Return the batch of a raw file: its period, else its name; fit to name a file."""
    return file.period.label if file.period else _UNFIT.sub("_", file.path.stem)


def describe_labels(labels: Iterable[str], most: int = 5) -> str:
    """Return labels in words: the first few, and how many more."""
    told = [*labels]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")
