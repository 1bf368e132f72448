"""Data in batches on which an incremental model is tried: given rows of a unit test, and raw data of some persons."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute

from ids_build.errors import NotBuiltError
from ids_build.nodes import Model, Rows, Seed, Source, UnitTest
from ids_build.relation import Relation
from ids_build.runner.batches import Batches, find_inputs
from ids_build.runner.cohort import make_cohort
from ids_build.runner.cuts import quote
from ids_build.runner.engine import Engine
from ids_build.runner.materializations import Workshop, lay_ready
from ids_build.runner.seeds import read_seed
from ids_build.runner.state import Part, parse_entries
from ids_build.runner.unit_tests import lay_rows

_PERIODS = ("period_end", "period_start", "source_file")  # columns that tell the batches of a source apart


class Sample(Protocol):
    """Rows in batches, laid ready in the session of an engine."""

    name: str
    engine: Engine
    inputs: tuple[Relation, ...]

    def labels(self) -> list[str]:
        """Return the batches."""

    def lay_all(self) -> None:
        """Lay everything ready at once."""

    def lay_whole(self) -> None:
        """Lay ready what does not come in batches."""

    def lay(self, label: str) -> None:
        """Lay the inputs of one batch ready."""


class GivenRows:
    """The given rows of a unit test; a column of the period tells their batches apart."""

    def __init__(self, test: UnitTest, model: Model, shop: Workshop) -> None:
        """Read the rows. Raises NotBuiltError where they do not say to which batch they belong."""
        self.name, self.engine = f"unit test '{test.name}'", shop.engine
        self.inputs = find_inputs(model, shop.graph)
        self._tables: dict[Relation, pa.Table] = {}
        self._batches: dict[Relation, Mapping[str, pa.Table]] = {}
        given = dict(test.given)
        for relation in test.references:
            rows, node = given.get(relation, Rows()), shop.graph.table(relation)
            own = isinstance(node, Seed) and not rows.given
            table = read_seed(node) if own and isinstance(node, Seed) else lay_rows(rows, shop.schemas[relation], shop.engine)
            self._tables[relation] = table
            if relation in self.inputs:
                self._batches[relation] = _split(table, relation, _told_by(node))

    def labels(self) -> list[str]:
        """Return the batches."""
        return sorted({label for batches in self._batches.values() for label in batches})

    def lay_all(self) -> None:
        """Lay all given rows ready."""
        for relation, table in self._tables.items():
            self.engine.add_rows(relation, table)

    def lay_whole(self) -> None:
        """Lay ready what does not come in batches."""
        for relation, table in self._tables.items():
            if relation not in self._batches:
                self.engine.add_rows(relation, table)

    def lay(self, label: str) -> None:
        """Lay the rows of one batch ready."""
        for relation, batches in self._batches.items():
            self.engine.add_rows(relation, batches.get(label, self._tables[relation].slice(0, 0)))


class RawData:
    """The raw data and built tables that a model reads, of some persons where a source says whose its rows are."""

    def __init__(self, model: Model, open_shop: Callable[[], Workshop], persons: int) -> None:
        """Choose the persons: half of them from the first batch, half from the last. Raises what looking for files raises."""
        self._model, shop = model, open_shop()
        self.inputs = find_inputs(model, shop.graph)
        self.name = "all raw data"
        keyed = [node for node in map(shop.graph.table, self.inputs) if isinstance(node, Source) and node.rules.person]
        direct = [node for node in keyed if node.rules.person and not node.rules.person.via]
        if persons and direct:
            chosen = _choose_persons(direct[0], Batches(model, {}, shop, _find_parts(shop)), shop.engine, persons)
            self.name = f"raw data of {len(chosen):,} persons"
            shop = replace(open_shop(), cohort=make_cohort(chosen), looked=shop.looked, footers=shop.footers)
        self._shop, self.engine = shop, shop.engine
        self._batches = Batches(model, {}, shop, _find_parts(shop))

    def labels(self) -> list[str]:
        """Return the batches."""
        return [batch.label for batch in self._batches.all()]

    def lay_all(self) -> None:
        """Lay ready what the model reads."""
        for relation in self._model.references:
            lay_ready(self._shop.graph.table(relation), self._shop)

    def lay_whole(self) -> None:
        """Lay ready what does not come in batches."""
        self._batches.lay_whole()

    def lay(self, label: str) -> None:
        """Lay one batch ready."""
        self._batches.lay(label)


def _told_by(node: object) -> tuple[str, ...]:
    """Return the columns that may tell the batches of a table apart: of an incremental model its partition first."""
    key = node.increment.key if isinstance(node, Model) and node.increment else ()
    return (*(key if len(key) == 1 else ()), *_PERIODS)


def _split(table: pa.Table, relation: Relation, columns: tuple[str, ...]) -> dict[str, pa.Table]:
    """Return the rows of each batch by its label."""
    full = [name for name in columns if name in table.column_names and not table.column(name).null_count]
    if not full:
        hint = f"give the column {_PERIODS[0]} in every row"
        raise NotBuiltError(f"its rows of '{relation}' do not say to which batch they belong", hint=hint)
    told = pyarrow.compute.cast(table.column(full[0]), pa.string())
    return {str(label): table.filter(pyarrow.compute.equal(told, label)) for label in pyarrow.compute.unique(told).to_pylist()}


def _choose_persons(source: Source, batches: Batches, engine: Engine, persons: int) -> list[str]:
    """Return persons of the first and the last batch, those whose digests come first: always the same ones."""
    assert source.rules.person is not None
    person = f"nullif(trim(cast({quote(source.rules.person.column)} as varchar)), '')"
    labels = [batch.label for batch in batches.all()]
    chosen: dict[str, None] = {}
    for label, most in ((labels[0], persons // 2), (labels[-1], persons - persons // 2)):
        batches.lay(label)
        found = engine.fetch(
            f"select person from (select distinct {person} as person from {source.relation.sql}) as several"
            f" where person is not null order by md5(person), person limit {most}"
        )
        chosen.update(dict.fromkeys(found.column(0).to_pylist()))
    return [*chosen]


def _find_parts(shop: Workshop) -> Callable[[Relation], Mapping[str, Part]]:
    """Return what tells the parts of a published table."""
    published = shop.storage.generations.published()
    entries = parse_entries(shop.storage.generations.read(published).tables) if published is not None else {}
    return lambda relation: entries[str(relation)].parts if str(relation) in entries else {}
