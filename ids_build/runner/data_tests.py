"""Runs the data tests of one table: conditions share one pass, queries run one by one."""

import time
from collections.abc import Iterable, Iterator, Sequence

from ids_build.errors import ExecutionError, IdsBuildError
from ids_build.nodes import DataTest
from ids_build.results import Result
from ids_build.runner.complaints import PlanError
from ids_build.runner.engine import Engine


def run_data_tests(tests: Sequence[DataTest], engine: Engine) -> Iterator[Result]:
    """Yield one result a test; the counts of failing rows are all that is read of the data."""
    shared: dict[str, list[DataTest]] = {}
    for test in tests:
        if test.predicate is not None and test.table is not None:
            shared.setdefault(test.table.sql, []).append(test)
    for table, group in shared.items():
        yield from _run_together(table, group, engine)
    for test in tests:
        if test.sql is not None:
            yield _run_alone(test, engine)


def _run_together(table: str, tests: Sequence[DataTest], engine: Engine) -> Iterable[Result]:
    began = time.perf_counter()
    counts = ", ".join(f"count(*) filter (where {test.predicate}) as t{index}" for index, test in enumerate(tests))
    try:
        row = engine.fetch(f"select {counts} from {table}")
    except (PlanError, IdsBuildError):
        return [_run_predicate(test, table, engine) for test in tests]  # one is at fault: find out which
    seconds = (time.perf_counter() - began) / len(tests)
    return [_judge(test, int(row.column(index)[0].as_py()), seconds) for index, test in enumerate(tests)]


def _run_predicate(test: DataTest, table: str, engine: Engine) -> Result:
    return _count(test, f"select count(*) as n from {table} where {test.predicate}", engine)


def _run_alone(test: DataTest, engine: Engine) -> Result:
    query = (test.sql or "").strip().rstrip(";")
    return _count(test, f"select count(*) as n from ({query}\n) as failing", engine)


def _count(test: DataTest, sql: str, engine: Engine) -> Result:
    began = time.perf_counter()
    try:
        failures = int(engine.fetch(sql).column(0)[0].as_py())
    except (PlanError, ExecutionError) as error:
        return Result(
            unique_id=test.unique_id,
            name=test.name,
            resource="test",
            status="error",
            seconds=time.perf_counter() - began,
            message=f"the test cannot run: {error.message}",
            at=test.at,
            hint="check the test's arguments",
        )
    return _judge(test, failures, time.perf_counter() - began)


def _judge(test: DataTest, failures: int, seconds: float) -> Result:
    status = "pass" if failures == 0 else "warn" if test.severity == "warn" else "fail"
    rows = "row" if failures == 1 else "rows"
    return Result(
        unique_id=test.unique_id,
        name=test.name,
        resource="test",
        status=status,
        seconds=seconds,
        failures=failures,
        message=None if failures == 0 else f"{failures} failing {rows}",
        at=test.at,
    )
