"""Incremental models: the words of their settings, and their query as it reads when others came before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ids_build.compiler.declarations import name_list
from ids_build.compiler.query import Query, cut_end
from ids_build.compiler.renderings import RenderedSql
from ids_build.config import nearest
from ids_build.errors import CompileError, Location
from ids_build.nodes import Increment, Model, Node, Seed, Source, Table
from ids_build.relation import Relation

STRATEGIES = ("append", "insert_overwrite", "merge")
_SAME = {"delete+insert": "merge"}  # dbt's other word for it: all rows of a key give way


def make_increment(config: Mapping[str, Any], grain: tuple[str, ...], text: RenderedSql, query: Query, path: str) -> Increment:
    """Return what an incremental model's settings say; CompileError for an unknown strategy, or a merge without a key.

    `text` and `query` are those of an increment.
    """
    unique, partition = name_list(config.get("unique_key")), _columns(config.get("partition_by"))
    default = "merge" if unique else "insert_overwrite" if partition else "append"
    said = str(config.get("incremental_strategy") or default)
    strategy = _SAME.get(said, said)
    at = Location(path=path)
    if strategy not in STRATEGIES:
        hint = nearest(strategy, STRATEGIES) or f"use one of {', '.join(STRATEGIES)}"
        raise CompileError(f"unknown incremental_strategy '{strategy}'", at=at, hint=hint)
    key = {"append": (), "insert_overwrite": partition, "merge": unique or grain}[strategy]
    if strategy == "merge" and not key:
        raise CompileError("a merge needs a key", at=at, hint="say 'unique_key', or declare the grain")
    return Increment(strategy=strategy, key=key, sql=text.sql, spans=text.spans, meaning=query.meaning)


def tie_increment(model: Model, reads: tuple[Relation, ...]) -> Model:
    """Return an incremental model with what it reads: its own table is no parent of it.

    `reads` is what its increment reads. CompileError where the query of a full build reads the model's own table, or an
    input is named that the model does not read.
    """
    increment, at = model.increment, Location(path=model.path)
    assert increment is not None
    if model.relation in model.references:
        hint = "put what reads {{ this }} between {% if is_incremental() %} and {% endif %}"
        raise CompileError(f"'{model.name}' reads its own table in a full build, when there is none", at=at, hint=hint)
    references = tuple(dict.fromkeys((*model.references, *(one for one in reads if one != model.relation))))
    known = {relation.name: relation for relation in references}
    inputs = []
    for name in name_list(model.config.get("batch_inputs")):
        if name not in known:
            hint = nearest(name, known) or f"it reads {', '.join(known) or 'nothing'}"
            raise CompileError(f"'{model.name}' does not read '{name}' of its batch_inputs", at=at, hint=hint)
        inputs.append(known[name])
    tied = replace(increment, inputs=tuple(inputs), this=model.relation in reads)
    return replace(model, references=references, increment=tied)


def after_increment(model: Model, sql: str, at: Location) -> str:
    """Return the query of what the table of an incremental model holds after a batch was taken in; `sql` makes its rows.

    CompileError for a model that is not incremental.
    """
    if model.increment is None:
        hint = "expect the rows of its query with 'expect'"
        raise CompileError(
            f"'{model.name}' is no incremental model: nothing is there after its query but its rows", at=at, hint=hint
        )
    same = " and ".join(f'(this."{name}" is not distinct from made."{name}")' for name in model.increment.key) or "false"
    query = cut_end(sql)
    kept = f"select this.* from {model.relation.sql} as this where not exists (select 1 from ({query}\n) as made where {same})"
    return f"select * from ({kept}) as kept union all by name select * from ({query}\n) as made"


def check_batches(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield a warning for every incremental model that reads nothing in batches; CompileError for an input that has none."""
    tables = {node.relation: node for node in nodes if isinstance(node, Model | Seed | Source)}
    for model in tables.values():
        if not isinstance(model, Model) or model.increment is None:
            continue
        for relation in model.increment.inputs:
            if not _has_batches(tables[relation], tables):
                hint = "name sources and incremental models"
                raise CompileError(f"'{relation}' does not come in batches", at=Location(path=model.path), hint=hint)
        if not _has_batches(model, tables):
            yield f"{model.path}  '{model.name}' is incremental and reads nothing that comes in batches; it is built as one table"


def _has_batches(node: Table, tables: Mapping[Relation, Table]) -> bool:
    """Say whether a table comes in batches: a source does, and an incremental model that reads such a table."""
    if isinstance(node, Source):
        return True
    increment = node.increment if isinstance(node, Model) else None
    reads = (increment.inputs or node.references) if increment and isinstance(node, Model) else ()
    return any(_has_batches(tables[relation], tables) for relation in reads)


def _columns(told: Any) -> tuple[str, ...]:
    """Return the columns of a partition: a name, a list, or a mapping with `field`, as dbt's adapters write it."""
    if isinstance(told, Mapping):
        return name_list(told.get("field"))
    return name_list(told)
