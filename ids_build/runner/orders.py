"""The proof that an incremental model says what a full build says, in whatever order its batches come.

On given rows of its unit tests and on raw data the model is built in one go, and batch by batch in several orders: some
batches late, one delivered in half and replaced, one delivered twice. Only counts and names of columns are told.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ids_build.config import Config
from ids_build.differences import RowDifference
from ids_build.errors import IdsBuildError
from ids_build.graph import Graph
from ids_build.nodes import Model
from ids_build.relation import Relation
from ids_build.results import Proof
from ids_build.runner.batches import Batch, describe_labels
from ids_build.runner.compare import Pair, compare_tables
from ids_build.runner.complaints import PlanError
from ids_build.runner.cuts import quote
from ids_build.runner.engine import Engine
from ids_build.runner.incremental import Bench, Former, make_parts
from ids_build.runner.materializations import Workshop, open_workshop, sort_keys
from ids_build.runner.reuse import part_path
from ids_build.runner.samples import GivenRows, RawData, Sample
from ids_build.runner.storage import Storage
from ids_build.runner.typecheck import Schemas, explain_plan_error

_DELIVERIES = 4  # in so many the batches come at most
_ALONE = (
    "the query of one batch must say what it says over all: group and partition by the period too, take an input out of"
    " 'batch_inputs' to read it whole, or merge by a key"
)
_HINTS = {
    "append": _ALONE,
    "insert_overwrite": f"{_ALONE}; a partition must come from one batch alone",
    "merge": "a merge keeps the rows of the newest batch: for each key the full build must keep those, and no others",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What lies there after a delivery: the version of each batch, ``half`` or ``whole``."""

    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The table as a full build makes it, and in parts; the columns of both, and those that tell a row, if any do."""

    full: Path
    parts: Path
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()


class _Delivered:
    """A sample as it was delivered so far."""

    def __init__(self, sample: Sample, delivery: Delivery) -> None:
        self._sample, self._delivery = sample, delivery

    def all(self) -> Sequence[Batch]:
        versions = self._delivery.versions
        return [Batch(label=label, facts={"version": versions[label]}) for label in sorted(versions)]

    def lay_whole(self) -> None:
        self._sample.lay_whole()

    def lay(self, label: str) -> None:
        self._sample.lay(label)
        engine = self._sample.engine
        for relation in self._sample.inputs if self._delivery.versions[label] == "half" else ():
            counted = engine.fetch(f"select count(*) from {relation.sql}").column(0)[0].as_py()
            engine.add_view(relation, f"select * from {relation.sql} limit {counted // 2}")


def prove_increments(model: Model, graph: Graph, schemas: Schemas, config: Config, orders: int, persons: int) -> Iterator[Proof]:
    """Yield for each sample whether increments, in so many orders, say what a full build says.

    The samples are the given rows of each unit test of the model, and raw data of so many persons where a source says whose
    its rows are; of all with 0 persons.
    """
    storage = Storage(config.target_path)

    def open_shop() -> Workshop:
        return open_workshop(graph, schemas, config, storage)

    prover = _Prover(model, schemas, config, storage, orders)
    with storage.lock():
        for test in graph.unit_tests():
            if test.model == model.relation and test.sql == model.sql:
                yield prover.prove(f"unit test '{test.name}'", partial(GivenRows, test, model, open_shop()))
        yield prover.prove("raw data", partial(RawData, model, open_shop, persons))


def make_history(labels: Sequence[str], number: int) -> list[Delivery]:
    """Return the deliveries of an order: the batches in some, the newest first in order 0, else by chance.

    The batch that comes first comes in half, and is replaced at the end. The last delivery comes twice.
    """
    chance = random.Random(number)
    order = sorted(labels, reverse=True)
    if number:
        chance.shuffle(order)
    step = -(-len(order) // _DELIVERIES)
    versions: dict[str, str] = {}
    history: list[Delivery] = []
    for start in range(0, len(order), step):
        versions |= dict.fromkeys(order[start : start + step], "whole")
        versions[order[0]] = "half"
        history.append(Delivery(versions=dict(versions)))
    versions[order[0]] = "whole"
    return [*history, *[Delivery(versions=dict(versions))] * 2]


class _Prover:
    """Builds one model both ways."""

    def __init__(self, model: Model, schemas: Schemas, config: Config, storage: Storage, orders: int) -> None:
        self._model, self._schemas, self._config, self._storage = model, schemas, config, storage
        self._orders = orders

    def prove(self, name: str, open_sample: Callable[[], Sample]) -> Proof:
        """Return what came of one sample; one that cannot be used is skipped, and says why."""
        try:
            sample = open_sample()
            labels = sample.labels()
            if len(labels) < 2:
                return Proof(data=sample.name, batches=len(labels), skipped="it holds one batch only")
        except IdsBuildError as error:
            return Proof(data=name, skipped=f"{error.message} ({error.hint})" if error.hint else error.message)
        with self._storage.scratch() as folder:
            return self._compare(sample, labels, folder)

    def _compare(self, sample: Sample, labels: Sequence[str], folder: Path) -> Proof:
        model, columns = self._model, tuple(self._schemas[self._model.relation].names)
        order = sort_keys(model, self._schemas) or columns
        note = {"order": list(model.order or order)}
        sample.lay_all()
        try:
            rows = sample.engine.write(model.sql, folder / "full.parquet", order=order, note=note)
        except PlanError as error:
            raise explain_plan_error(model, error) from None
        proof = Proof(data=sample.name, batches=len(labels), orders=self._orders, rows=rows)
        for number in range(self._orders):
            bench = Bench(engine=sample.engine, folder=folder, order=order, schemas=self._schemas, note=note)
            parts, repeated = self._increment(sample, make_history(labels, number), bench, folder / str(number))
            if repeated:
                told = f"order {number + 1}: a delivery that came twice made {describe_labels(repeated)} again"
                return replace(proof, told=(told,), hint="this is a fault of ids_build; report it")
            sides = Sides(full=folder / "full.parquet", parts=parts, labels=tuple(labels), columns=columns, key=model.grain)
            (found,) = compare_tables(
                [Pair(relation=model.relation, before=sides.full, after=parts, key=model.grain)], self._config
            )
            if found.differs or found.altered is None and found.lost is None:
                told_here = tuple(describe_sides(found, count_strangers(sides, sample.engine)))
                assert model.increment is not None
                return replace(proof, told=told_here, hint=_HINTS[model.increment.strategy])
        return proof

    def _increment(self, sample: Sample, history: Sequence[Delivery], bench: Bench, folder: Path) -> tuple[Path, tuple[str, ...]]:
        """Carry a history out; return where its end lies, and which parts the repeated delivery made."""
        former = Former()
        made: tuple[str, ...] = ()
        for number, delivery in enumerate(history):
            place = folder / f"{number}.parquet"
            place.mkdir(parents=True)
            inputs = _Delivered(sample, delivery)
            here = replace(bench, folder=place)
            parts, choice = make_parts(self._model, inputs, former, here, self._storage.generations.share)
            former, made = Former(folder=place, parts=parts), choice.made
        assert former.folder is not None
        return former.folder, made


def count_strangers(sides: Sides, engine: Engine) -> dict[str, int]:
    """Return for each batch how many rows of its part stand in no row of the full build, where there are any."""
    full, part = (Relation(layer="ids_build", name=name) for name in ("full", "part"))
    engine.add_file(full, sides.full)
    counts: dict[str, int] = {}
    for label in sides.labels:
        engine.add_file(part, part_path(sides.parts, label))
        same = " and ".join(f"(one.{quote(name)} is not distinct from other.{quote(name)})" for name in sides.columns)
        there = f"select 1 from {full.sql} as other where {same}"
        counted = engine.fetch(f"select count(*) from {part.sql} as one where not exists ({there})")
        counts[label] = int(counted.column(0)[0].as_py())
    return {label: count for label, count in counts.items() if count}


def describe_sides(found: RowDifference, strangers: Mapping[str, int]) -> Iterator[str]:
    """Yield in words how what increments made differs from the full build: counts, batches, columns, never a value."""
    yield f"the full build has {_rows(found.before or 0)}, the increments made {_rows(found.after or 0)}"
    for count, words in ((found.gained, "that the full build does not have"), (found.lost, "that no batch made")):
        if count:
            yield f"{_rows(count)} {words}"
    if found.altered:
        columns = ", ".join(f"'{name}' in {_rows(count)}" for name, count in found.columns.items())
        yield f"{_rows(found.altered)} {'differs' if found.altered == 1 else 'differ'}: {columns}"
    if strangers:
        first = describe_labels([f"{label} ({count:,})" for label, count in strangers.items()])
        yield f"batches whose rows the full build does not have: {first}"
    yield from found.notes


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
