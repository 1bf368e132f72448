"""Incremental models: a table in parts, one for each batch; of a change only the parts are made again that it concerns.

What a table holds is a matter of its batches and their order, never of when they came: a part is known by the key of what
it was made from, and a row gives way to a later batch whichever of the two came first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from ids_build.errors import CompileError, IdsBuildError, StorageError
from ids_build.nodes import Increment, Model
from ids_build.plan import make_key
from ids_build.relation import Relation
from ids_build.runner.batches import Batch, Batches, describe_labels
from ids_build.runner.complaints import PlanError
from ids_build.runner.cuts import quote
from ids_build.runner.engine import Engine
from ids_build.runner.footers import digest_content
from ids_build.runner.materializations import Draft, Workshop, digest_query, sort_keys
from ids_build.runner.reuse import Reuse, Verdict, part_path
from ids_build.runner.sources import tell_lost_values
from ids_build.runner.state import Part
from ids_build.runner.typecheck import Schemas, explain_plan_error

_PART, _LATER = (Relation(layer="ids_build", name=name) for name in ("part", "later"))


class Inputs(Protocol):
    """Batches, and how each is laid ready."""

    def all(self) -> Sequence[Batch]:
        """Return every batch in their order."""

    def lay_whole(self) -> None:
        """Lay ready what does not come in batches."""

    def lay(self, label: str) -> None:
        """Lay the inputs of one batch ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Parts that are there already, and the folder in which they lie."""

    folder: Path | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which parts stay and which are made, by the labels of their batches; and why.

    `late` are new and older than the newest part that is there; `others` are made again for the sake of these. `gone`
    are parts whose batch is no more.
    """

    keys: Mapping[str, str]
    kept: tuple[str, ...]
    new: tuple[str, ...]
    late: tuple[str, ...]
    changed: tuple[str, ...]
    others: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def made(self) -> tuple[str, ...]:
        """Return the parts that are made, in the order of their batches."""
        return tuple(label for label in self.keys if label not in self.kept)

    def describe(self, name: str, causes: Sequence[str] = ()) -> str | None:
        """Return in words what is made and why; None when no part was there before. `causes` concern every part."""
        if not (self.kept or self.changed or self.others or self.gone):
            return None
        if causes:
            return f"'{name}': all {len(self.keys)} parts made (changed: {', '.join(causes)})"
        told = [(self.new, "new"), (self.late, "late"), (self.changed, "changed"), (self.gone, "gone")]
        words = [f"{describe_labels(labels)} {word}" for labels, word in told if labels]
        words += [f"{describe_labels(self.others)} made again for the sake of these"] if self.others else []
        why = f" ({'; '.join(words)})" if words else ""
        return f"'{name}': {len(self.made)} of {len(self.keys)} parts made{why}"


def choose_parts(model: Model, batches: Iterable[Batch], former: Former) -> Choice:
    """Return which parts stay and which are made. Nothing but keys is compared."""
    increment = _increment(model)
    keys: dict[str, str] = {}
    two = increment.sql != model.sql
    for batch in batches:
        # The first batch has none before it: the query of a full build makes its part.
        role = {"increment": bool(keys)} if two else {}
        keys[batch.label] = make_key({**batch.facts, "batch": batch.label, **role})
    there = former.parts
    same = [label for label in keys if label in there and there[label].key == keys[label]]
    new = [label for label in keys if label not in there]
    changed = [label for label in keys if label in there and label not in same]
    gone = [label for label in there if label not in keys]
    kept = same
    if increment.this and (moved := [*new, *changed, *gone]):
        # A part is made from those before it: all after the first that moved are made again.
        kept = [label for label in same if label < min(moved)]
        kept = [] if any(there[label].lost for label in kept) else kept
    elif back := [*changed, *gone]:
        # What gave way to a batch that is another one now may come back.
        kept = [label for label in same if label > max(back) or not there[label].lost]
    newest = max(there, default="")
    return Choice(
        keys=keys,
        kept=tuple(kept),
        new=tuple(label for label in new if label > newest),
        late=tuple(label for label in new if label < newest),
        changed=tuple(changed),
        others=tuple(label for label in same if label not in kept),
        gone=tuple(gone),
    )


def build_in_parts(model: Model, verdict: Verdict, reuse: Reuse, shop: Workshop) -> Draft:
    """Write the parts of an incremental model aside; those stay that an earlier run made from the same.

    `shop` has a session of its own: in it the inputs hold one batch at a time. Raises as `build_model` does.
    """
    inputs = Batches(model, verdict.facts, shop, reuse.find_parts)
    forced = any(reason == "--full-refresh" or reason.startswith("function") for reason in verdict.reasons)
    found = [] if forced else [Former(folder=folder, parts=parts) for folder, parts in reuse.find_former(model)]
    # Words tell what is new since the last build; parts are taken from the former table of which the most stay.
    seen = choose_parts(model, inputs.all(), found[0] if found else Former())
    former = max(found, key=lambda one: len(choose_parts(model, inputs.all(), one).kept), default=Former())
    columns = tuple(shop.schemas[model.relation].names)
    order = sort_keys(model, shop.schemas) or columns
    note: dict[str, Any] = {"order": list(model.order or order)}
    if shop.cohort:
        note["cohort"] = shop.cohort.digest
    if model.report:
        note["query"] = digest_query(model)
    folder = shop.storage.draft_folder(model.relation)
    bench = Bench(engine=shop.engine, folder=folder, order=order, schemas=shop.schemas, note=note)
    try:
        parts, choice = make_parts(model, inputs, former, bench, shop.storage.generations.share)
    except BaseException as error:
        shop.storage.discard(model.relation)
        if isinstance(error, IdsBuildError) and not isinstance(error, StorageError | CompileError):
            tell_lost_values(error, inputs.deliveries, shop.engine)
        raise
    told = replace(seen, kept=choice.kept).describe(str(model.relation), inputs.find_causes(verdict.reasons))
    rows, size = (sum(getattr(part, name) for part in parts.values()) for name in ("rows", "size"))
    return Draft(relation=model.relation, rows=rows, size=size, notes=(told,) if told else (), parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where parts are made: the session, the folder they go to, the order of their rows, what each file notes."""

    engine: Engine
    folder: Path
    order: tuple[str, ...]
    schemas: Schemas
    note: Mapping[str, Any] = field(default_factory=dict)


def make_parts(
    model: Model, inputs: Inputs, former: Former, bench: Bench, share: Callable[[Path, Path], None]
) -> tuple[dict[str, Part], Choice]:
    """Fill the folder of the bench with all parts of a table and return them, and which of them were made.

    Parts that stay are put there with `share`. Raises TypeCheckError, ExecutionError or StorageError.
    """
    choice = choose_parts(model, inputs.all(), former)
    work = _Work(model, choice, bench)
    for label in choice.kept:
        assert former.folder is not None
        share(part_path(former.folder, label), part_path(bench.folder, label))
        work.parts[label] = former.parts[label]
    if choice.made:
        inputs.lay_whole()
    for label in choice.made:
        work.make(label, inputs)
    if work.key and not _increment(model).this:
        for label in choice.keys:
            later = [other for other in choice.keys if other > label]
            work.give_way(label, later if label in choice.made else [other for other in later if other in choice.made])
    return {label: work.parts[label] for label in choice.keys}, choice


class _Work:
    """The parts of one table while they are made."""

    def __init__(self, model: Model, choice: Choice, bench: Bench) -> None:
        self._model, self._choice, self._bench = model, choice, bench
        self.key = _increment(model).key
        self.parts: dict[str, Part] = {}

    def make(self, label: str, inputs: Inputs) -> None:
        """Write the part of one batch; of a model that reads its own table, take the batch in at once."""
        increment = _increment(self._model)
        first = label == next(iter(self._choice.keys))
        model = self._model if first else replace(self._model, sql=increment.sql, spans=increment.spans)
        inputs.lay(label)
        before = [other for other in self._choice.keys if other < label]
        if increment.this and not first:
            self._lay(model.relation, before)
        try:
            self._write(label, model.sql)
        except PlanError as error:
            raise explain_plan_error(model, error) from None
        except StorageError:
            raise
        except IdsBuildError as error:
            error.message = f"batch {label}: {error.message}"
            raise
        if increment.this and self.key:
            for other in before:
                self.give_way(other, [label])

    def give_way(self, label: str, later: Sequence[str]) -> None:
        """Take the rows out of a part whose key stands in a later one."""
        part = self.parts[label]
        if not later or not part.rows:
            return
        self._lay(_PART, [label])
        self._lay(_LATER, later)
        same = " and ".join(f"(part.{quote(name)} is not distinct from later.{quote(name)})" for name in self.key)
        there = f"exists (select 1 from {_LATER.sql} as later where {same})"
        counted = self._bench.engine.fetch(f"select count(*) from {_PART.sql} as part where {there}")
        lost = int(counted.column(0)[0].as_py())
        if lost:
            self._write(label, f"select part.* from {_PART.sql} as part where not {there}", part.lost + lost)

    def _lay(self, relation: Relation, labels: Sequence[str]) -> None:
        """Register some parts as one table, in no order that anybody could rely on."""
        engine = self._bench.engine
        if not labels:
            engine.add_empty(relation, self._bench.schemas[self._model.relation])
            return
        names = [Relation(layer="ids_build_parts", name=f"{relation.name}_{number}") for number in range(len(labels))]
        for name, label in zip(names, labels, strict=True):
            engine.add_file(name, part_path(self._bench.folder, label))
        engine.add_view(relation, " union all ".join(f"select * from {name.sql}" for name in names))

    def _write(self, label: str, sql: str, lost: int = 0) -> None:
        """Write a part beside its place, then put it there: what stays elsewhere under another name is not touched."""
        path, key = part_path(self._bench.folder, label), self._choice.keys[label]
        draft = path.with_suffix(".draft")
        note = {**self._bench.note, "key": key, "batch": label}
        rows = self._bench.engine.write(sql, draft, order=self._bench.order, note=note)
        draft.replace(path)
        found = path.stat()
        self.parts[label] = Part(
            key=key, content=digest_content(path), size=found.st_size, mtime=found.st_mtime_ns, rows=rows, lost=lost
        )


def _increment(model: Model) -> Increment:
    assert model.increment is not None
    return model.increment
