"""Proves that a model does not look ahead: rebuilt from what was known on days of its own, its answer must not change."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from ids_build.errors import ExecutionError, IdsBuildError, NotBuiltError, PropertiesError
from ids_build.graph import Graph
from ids_build.nodes import AsOf, DataTest, Model, Seed, Source
from ids_build.relation import Relation
from ids_build.results import Result
from ids_build.runner.compare import GONE, LONE, NEW, count_rows, differs, side_by_side
from ids_build.runner.complaints import PlanError
from ids_build.runner.cuts import ask_on, cut_at, known_on, on_or_before, quote
from ids_build.runner.engine import Engine
from ids_build.runner.materializations import Workshop, add_table, build_model, lay_ready

_BUILT = Relation(layer="ids_build", name="built")
# What is counted beside the differing columns; these stand in quotes.
_ROWS, _CHANGED, _AT_FAULT, _GONE, _NEW = "rows", "changed", "at fault", "gone", "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebuild:
    """The models to make anew, in graph order, the one in question last; and what they read that says when it is known."""

    models: tuple[Model, ...]
    inputs: tuple[Model | Seed | Source, ...]

    @property
    def asked(self) -> bool:
        """Say whether one of the inputs asks."""
        return any(node.meta.get("asks") for node in self.inputs)

    def lay(self, shop: Workshop, *, asked_on: date | None, cut_on: date | None, copy: bool = False) -> None:
        """Register the inputs as they were on a day and were asked on a day, and the models made of them.

        With `copy` the last model is written beside the place of its own.
        """
        # Children first: a view is laid with all that it reads, whole, before that is cut itself.
        for node in reversed(self.inputs):
            lay_ready(node, shop)
            if asked_on and node.meta.get("asks"):
                _ask(node, asked_on, shop)
            if cut_on:
                shop.engine.add_view(node.relation, cut_at(node, _schema(node.relation, shop.engine), cut_on))
        *others, last = self.models
        for model in (*others, replace(last, relation=_BUILT, materialized="table") if copy else last):
            build_model(model, shop)
            if model.materialized == "table":
                add_table(model, shop.storage.existing_draft(model.relation), shop)


def prove_no_look_ahead(test: DataTest, open_again: Callable[[], Workshop]) -> Result:
    """Return whether a model says the same when its inputs are cut at days of its own.

    Each day has a session of its own, opened by `open_again`, where what the model reads stands under its own name as it
    was on that day. Where the model answers a table that asks, who was asked up to that day is asked again as of it, and
    the answers from whole and from cut inputs are compared; else the built table and what cut inputs give. Only counts
    leave a session. Tables are read, never changed.
    """
    began = time.perf_counter()
    result = Result(unique_id=test.unique_id, name=test.name, resource="test", status="error", at=test.at)
    try:
        result = _judge(test, result, open_again)
    except NotBuiltError as error:
        result = replace(result, status="skipped", message=error.message)
    except IdsBuildError as error:
        result = replace(result, message=error.message, hint=error.hint, at=error.at or test.at)
    except PlanError as error:
        result = replace(result, message=f"the test cannot run: {error.message}", hint="build the table again")
    return replace(result, seconds=time.perf_counter() - began)


def _judge(test: DataTest, result: Result, open_again: Callable[[], Workshop]) -> Result:
    as_of, shop = test.as_of, open_again()
    assert as_of is not None and test.table is not None
    model = shop.graph.model(shop.graph.tables[test.table])
    made = _find_rebuild(model, shop.graph)
    found: Counter[str] = Counter()
    after: date | None = None
    for day in _choose_days(model, as_of, shop):
        found += _compare(made, as_of, open_again, (None if made.asked else after, day))
        after = day
    if not found[_CHANGED]:
        nothing = f"'{model.relation}' has no row with '{as_of.column}': nothing was compared"
        # What is declared is always told: too few rows to show it are no proof.
        message = _tell_declared(as_of, found) if as_of.looks_ahead else None
        return replace(
            result, status="warn" if message else "pass", failures=0, message=message, notes=() if after else (nothing,)
        )
    if not made.asked and _compare(made, as_of, open_again, None)[_CHANGED]:
        # The table differs although nothing was cut: it is older than its query or its inputs, or of other persons.
        hint = f"build it again, for the same persons: 'ids build --select {model.name}'"
        raise ExecutionError(f"'{model.relation}' is not what its query gives now", hint=hint)
    if not found[_AT_FAULT]:
        return replace(result, status="warn", failures=found[_CHANGED], message=_tell_declared(as_of, found))
    status = "warn" if test.severity == "warn" else "fail"
    names = ", ".join(_names(as_of, found, declared=False))
    hint = f"read nothing later than '{as_of.column}', or declare it: 'meta: {{looks_ahead: [{names}]}}'"
    return replace(result, status=status, failures=found[_AT_FAULT], message=_tell_fault(as_of, found), hint=hint)


def _choose_days(model: Model, as_of: AsOf, shop: Workshop) -> Sequence[date]:
    """Return days of the model: of as many parts with as many rows, by date, each one's day with the most rows.

    Who looks ahead by a day only is seen on rows of the very day that is cut at.
    """
    lay_ready(model, shop)
    day = f"cast({quote(as_of.column)} as date)"
    found = shop.engine.fetch(f"""
        with days as (
            select {day} as day, count(*) as n from {model.relation.sql} where {day} is not null group by {day}
        ), placed as (
            select day, n, (sum(n) over (order by day) - n) * {as_of.days} / (sum(n) over ()) as part from days
        ), ranked as (
            select day, row_number() over (partition by part order by n desc, day desc) as place from placed
        )
        select day from ranked where place = 1 order by day""")
    return [value.as_py() for value in found.column(0)]


def _compare(
    made: _Rebuild, as_of: AsOf, open_again: Callable[[], Workshop], days: tuple[date | None, date] | None
) -> Counter[str]:
    """Return how many rows after the first day and up to the second change when inputs are cut at the second.

    Without days the built table is compared with what the whole inputs give.
    """
    model, (after, day) = made.models[-1], days or (None, None)
    shop = open_again()
    try:
        if made.asked:
            # In a session of its own: drafts of the same names follow, and a session remembers footers.
            made.lay(open_again(), asked_on=day, cut_on=None, copy=True)
            shop.engine.add_file(_BUILT, shop.storage.existing_draft(_BUILT), model.order)
        else:
            lay_ready(model, shop)
            shop.engine.add_view(_BUILT, f"select * from {model.relation.sql}")
        schema = _schema(_BUILT, shop.engine)
        made.lay(shop, asked_on=day, cut_on=day)
        counted = _conditions(model, as_of, schema)
        return count_rows(counted, _side_by_side(model, as_of.column, schema, after, day), shop.engine)
    finally:
        for relation in (_BUILT, *(node.relation for node in (*made.models, *made.inputs))):
            shop.storage.discard(relation)


def _side_by_side(model: Model, column: str, schema: pa.Schema, after: date | None, day: date | None) -> str:
    """Return the join of the two tables whose rows are compared, those of the days in question."""
    upto = on_or_before(column, schema, day) if day else f"{quote(column)} is not null"
    built, remade = (f"{table.sql} where {upto}" for table in (_BUILT, model.relation))
    own = f"cast(coalesce(old_rows.{quote(column)}, new_rows.{quote(column)}) as date)"
    later = f" where {own} > date '{after}'" if after else ""
    return side_by_side(built, remade, model.grain) + later


def _ask(node: Model | Seed | Source, day: date, shop: Workshop) -> None:
    """Register a table that asks as of that day; written aside, for the engine's plans stumble over a column of one value."""
    order = () if isinstance(node, Source) else node.grain
    path = shop.storage.draft_path(node.relation)
    shop.engine.write(ask_on(node, _schema(node.relation, shop.engine), day), path, order=order, note={})
    shop.engine.add_file(node.relation, path, order)


def _find_rebuild(model: Model, graph: Graph) -> _Rebuild:
    """Return what is made anew for a model, and from what; PropertiesError for a source that does not say when it is known."""
    rebuilt, inputs = {model.unique_id}, set()
    front: list[tuple[Model, ...]] = [(model,)]
    while front:
        path = front.pop()
        for relation in path[-1].references:
            node = graph.table(relation)
            if isinstance(node, Source) and known_on(node) is None:
                names = ", ".join(f"'{name}'" for name in (relation, *(other.name for other in reversed(path[1:]))))
                hint = f"declare 'meta: {{known_on: a date column, or always}}' at one of {names}"
                raise PropertiesError(f"'{relation}' does not say when its rows are known", hint=hint)
            if isinstance(node, Model) and known_on(node) is None:
                front.extend([] if node.unique_id in rebuilt else [(*path, node)])
                rebuilt.add(node.unique_id)
            else:
                inputs.add(node.unique_id)
    tables = [node for node in map(graph.nodes.__getitem__, graph.order()) if isinstance(node, Model | Seed | Source)]
    models = tuple(node for node in tables if isinstance(node, Model) and node.unique_id in rebuilt)
    return _Rebuild(models=models, inputs=tuple(node for node in tables if node.unique_id in inputs))


def _conditions(model: Model, as_of: AsOf, schema: pa.Schema) -> dict[str, str]:
    """Return what is counted of the two tables side by side, each as a condition."""
    columns = {field.name: differs(field, field) for field in schema if field.name not in model.grain}
    fine = set(as_of.looks_ahead)
    faults = [condition for name, condition in columns.items() if name not in fine]
    lone = [] if as_of.column in fine else [LONE]
    return {
        _ROWS: "true",
        _CHANGED: " or ".join([LONE, *columns.values()]),
        _AT_FAULT: " or ".join([*lone, *faults]) or "false",
        _GONE: GONE,
        _NEW: NEW,
        **{f"'{name}'": condition for name, condition in columns.items()},
    }


def _names(as_of: AsOf, found: Counter[str], *, declared: bool) -> list[str]:
    """Return the columns that change: those that are declared to look ahead, or the others; rows come and go by their day."""
    moved = [as_of.column] if found[_GONE] + found[_NEW] else []
    names = dict.fromkeys([*moved, *(key[1:-1] for key in found if key.startswith("'"))])
    return [name for name in names if (name in as_of.looks_ahead) == declared]


def _tell_declared(as_of: AsOf, found: Counter[str]) -> str:
    names = [f"'{name}'" for name in (_names(as_of, found, declared=True) if found[_CHANGED] else as_of.looks_ahead)]
    told = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    use = "uses" if len(names) == 1 else "use"
    seen = "1 row changes" if found[_CHANGED] == 1 else f"{found[_CHANGED]:,} rows change"
    change = seen if found[_CHANGED] else "no row changes on the days tried"
    return f"{told} {use} what is known only after '{as_of.column}', as declared: {change}"


def _tell_fault(as_of: AsOf, found: Counter[str]) -> str:
    keys = [f"'{name}'" for name in _names(as_of, found, declared=False)]
    faults = [f"{key} in {found[key]:,}" for key in keys if found[key]]
    if as_of.column not in as_of.looks_ahead:
        faults += [f"{found[key]:,} {key}" for key in (_GONE, _NEW) if found[key]]
    change = "changes" if found[_AT_FAULT] == 1 else "change"
    rows = f"{found[_AT_FAULT]:,} of {found[_ROWS]:,} rows {change}"
    return f"{rows} when nothing after '{as_of.column}' is known: {', '.join(faults)}"


def _schema(relation: Relation, engine: Engine) -> pa.Schema:
    return engine.schema(f"select * from {relation.sql}")
