"""Runs unit tests: given rows become tables, the query runs on them, rows are compared as multisets."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from ids_build.errors import IdsBuildError, PropertiesError
from ids_build.graph import Graph
from ids_build.nodes import Model, Rows, Seed, UnitTest
from ids_build.relation import Relation
from ids_build.results import Result
from ids_build.runner.complaints import PlanError
from ids_build.runner.datatypes import arrow_type
from ids_build.runner.engine import Engine
from ids_build.runner.rows import make_table
from ids_build.runner.seeds import read_seed
from ids_build.runner.typecheck import Schemas, explain_plan_error

_SHOWN_ROWS = 5
_MOST_THREADS = 4
Row = tuple[Any, ...]


def run_unit_tests(tests: Sequence[UnitTest], graph: Graph, schemas: Schemas, threads: int) -> list[Result]:
    """Return the results of unit tests in their order; they run side by side, for the engine works outside Python's lock."""
    many = min(threads, _MOST_THREADS, len(tests))
    if many < 2:
        return [run_unit_test(test, graph, schemas) for test in tests]
    with ThreadPoolExecutor(max_workers=many) as several:
        return list(several.map(lambda test: run_unit_test(test, graph, schemas), tests))


def run_unit_test(test: UnitTest, graph: Graph, schemas: Schemas) -> Result:
    """Return the result of one unit test. Nothing that is built is read: a seed without given rows is its own file,
    any other input without given rows is empty.

    Rows are typed by the planned columns of each input, or by the types that the test of a macro declares. Fixture
    rows are written by the author of the project, so the differences are shown with their values.
    """
    began = time.perf_counter()
    status, message, hint, at = "pass", None, None, test.at
    try:
        message = _compare(test, graph, schemas)
        status = "fail" if message else "pass"
    except PlanError as error:
        told = explain_plan_error(_find_model(test, graph), error)
        status, message, hint, at = "error", told.message, told.hint, (told.at if test.model else None) or test.at
    except IdsBuildError as error:
        status, message, hint, at = "error", error.message, error.hint, error.at or test.at
    return Result(
        unique_id=test.unique_id,
        name=f"{test.subject}::{test.name}",
        resource="unit_test",
        status=status,
        seconds=time.perf_counter() - began,
        message=message,
        hint=hint,
        at=at,
    )


def _compare(test: UnitTest, graph: Graph, schemas: Schemas) -> str | None:
    expect = test.expect
    if expect.error is not None:
        return _compare_errors(expect.error, test.refused)
    engine = Engine(threads=1, memory_limit=256 * 1024**2)
    given = dict(test.given)
    for relation in test.references:
        rows = given.get(relation, Rows())
        if test.macro:
            table = lay_rows(rows, _declared(rows), engine)
        elif relation not in schemas:
            hint = "declare its columns with a data_type"
            raise PropertiesError(f"the columns of '{relation}' are not known", at=test.at, hint=hint)
        else:
            node = graph.table(relation)
            table = read_seed(node) if isinstance(node, Seed) and not rows.given else lay_rows(rows, schemas[relation], engine)
        engine.add_rows(relation, table)
    actual = engine.fetch(test.sql)
    schema = pa.schema([pa.field(field.name, field.type) for field in actual.schema])
    if expect.sql is not None:
        expected = engine.fetch(expect.sql)
        columns: Sequence[str] = expected.column_names
        expected = lay_rows(expect, pa.schema([field for field in schema if field.name in columns]), engine)
    else:
        columns = expect.columns or actual.column_names
        expected = make_table(expect.columns, expect.values, schema, expect.at)
    return describe_difference(columns, _rows(expected, columns), _rows(actual, columns))


def _compare_errors(expected: str, refused: str | None) -> str | None:
    if refused is not None and expected in refused:
        return None
    return f"expected the error '{expected}', got " + (f"'{refused}'" if refused is not None else "none")


def _declared(rows: Rows) -> pa.Schema:
    fields = []
    for name, word in rows.types.items():
        kind = arrow_type(word)
        if kind is None:
            hint = "write string, int32, date, ..."
            raise PropertiesError(f"unknown data_type '{word}' of column '{name}'", at=rows.at, hint=hint)
        fields.append(pa.field(name, kind))
    return pa.schema(fields)


def _find_model(test: UnitTest, graph: Graph) -> Model:
    """Return the model under test; for a macro one that stands for the test's own query."""
    if test.model:
        return graph.model(graph.tables[test.model])
    return Model(
        unique_id=test.unique_id,
        name=test.macro,
        relation=Relation(layer="given", name=test.macro),
        path=test.at.path,
        raw_sql=test.sql,
        sql=test.sql,
        spans=(),
        references=(),
    )


def describe_difference(columns: Sequence[str], expected: Sequence[Row], actual: Sequence[Row]) -> str | None:
    """Return the difference of two multisets of rows in words, None when they are equal.

    A missing row is set beside the extra row that agrees with it most; only their differing columns
    are told, after the columns that say which row it is.
    """
    missing = list((Counter(expected) - Counter(actual)).elements())
    extra = list((Counter(actual) - Counter(expected)).elements())
    if not missing and not extra:
        return None
    lines = [f"expected {len(expected)} rows, got {len(actual)}: {len(missing)} missing, {len(extra)} too many"]
    for row in missing[:_SHOWN_ROWS]:
        near = max(extra, key=lambda other: sum(a == b for a, b in zip(row, other, strict=True)), default=None)
        if near is None or not any(a == b for a, b in zip(row, near, strict=True)):
            lines.append(f"  missing  {_tell(columns, row)}")
            continue
        extra.remove(near)
        same = [index for index in range(len(columns)) if row[index] == near[index]][:2]
        key = _tell([columns[index] for index in same], [row[index] for index in same])
        lines.append(f"  row      {key}")
        for index, name in enumerate(columns):
            if row[index] != near[index]:
                lines.append(f"           {name}: expected {_show(row[index])}, got {_show(near[index])}")
    lines.extend(f"  too many {_tell(columns, row)}" for row in extra[: max(0, _SHOWN_ROWS - len(missing))])
    return "\n".join(lines)


def lay_rows(rows: Rows, schema: pa.Schema, engine: Engine) -> pa.Table:
    """Return fixture rows as a table of those columns; a query is asked. PropertiesError for what does not fit."""
    if rows.sql is None:
        return make_table(rows.columns, rows.values, schema, rows.at)
    found = engine.fetch(rows.sql)
    for name in found.column_names:
        if name not in schema.names:
            raise PropertiesError(f"unknown column '{name}'", at=rows.at, hint=f"the columns are {', '.join(schema.names)}")
    columns = [
        found.column(field.name).cast(field.type) if field.name in found.column_names else pa.nulls(found.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema([field.with_nullable(True) for field in schema]))


def _rows(table: pa.Table, columns: Sequence[str]) -> list[Row]:
    cells = [[_freeze(cell) for cell in table.column(name).to_pylist()] for name in columns]
    return list(zip(*cells, strict=True)) if cells else [()] * table.num_rows


def _freeze(cell: Any) -> Any:
    if isinstance(cell, list):
        return tuple(_freeze(item) for item in cell)
    if isinstance(cell, dict):
        return tuple((key, _freeze(value)) for key, value in cell.items())
    return "NaN" if isinstance(cell, float) and cell != cell else cell


def _tell(columns: Sequence[str], row: Sequence[Any]) -> str:
    return ", ".join(f"{name}={_show(value)}" for name, value in zip(columns, row, strict=True))


def _show(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value)
