"""One DataFusion session: registers tables, plans and runs queries, writes parquet. DataFusion lives here."""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import datafusion
import pyarrow as pa
import pyarrow.parquet
from datafusion import DataFrame, Expr, RuntimeEnvBuilder, SessionConfig, SessionContext, SQLOptions, col, literal
from datafusion import functions as f
from datafusion.catalog import Schema

from ids_build import __version__
from ids_build.errors import ExecutionError, StorageError
from ids_build.relation import Relation
from ids_build.runner.complaints import (
    ExhaustedError,
    PlanError,
    check_keys,
    execution_error,
    first_line,
    is_exhausted,
    plan_error,
)
from ids_build.runner.footers import find_parts, has_no_null, seems_constant
from ids_build.runner.order import is_sorted_last, lies_in_order

# Measured (benchmarks/RESULTS.md): zstd level 3 and row groups of 262,144 rows are the best trade for these tables.
ROW_GROUP = 262_144
_WRITE_OPTIONS = f"compression 'zstd(3)', max_row_group_size {ROW_GROUP}"
# Texts of raw files as plain texts, measured (benchmarks/RESULTS.md): as views into the pages they came from they keep those
# pages alive and are counted many times over; sorts then spill thrice as often, and the process needs twice the memory.
_RAW_OPTIONS = "format.schema_force_view_types false"
_NOTE = "ids_build"
VERSION = f"ids_build {__version__}, datafusion {datafusion.__version__}"
_SETTINGS = {
    "datafusion.optimizer.prefer_existing_sort": "true",
    "datafusion.optimizer.prefer_existing_union": "true",
    "datafusion.catalog.create_default_catalog_and_schema": "true",
    "datafusion.sql_parser.enable_ident_normalization": "true",
}
# Optimizer rules that meet no type the others have not met; without them a type check takes a third less.
_BETTER_PLANS = """
    optimize_unions rewrite_set_comparison replace_distinct_aggregate eliminate_join decorrelate_predicate_subquery
    scalar_subquery_to_join decorrelate_lateral_join extract_equijoin_predicate eliminate_duplicated_expr eliminate_filter
    eliminate_cross_join eliminate_limit propagate_empty_relation filter_null_join_keys eliminate_outer_join push_down_limit
    push_down_filter single_distinct_aggregation_to_group_by eliminate_group_by_constant common_sub_expression_eliminate
    extract_leaf_expressions push_down_leaf_projections optimize_projections unwrap_cast_in_comparison
    rewrite_disjunctive_predicate
""".split()  # noqa: SIM905 - a list of this length reads better as words
# An outer merge join with a condition beside its keys fails over rows without a partner, when a column of the condition is
# one that is never NULL.
_FAULTY_MERGE = re.compile(r"SortMergeJoinExec: join_type=(?:Left|Right|Full),.*filter=")
T = TypeVar("T")


class Engine:
    """One session. Tables are registered under ``layer.name`` and live as long as the session."""

    def __init__(
        self, *, threads: int, memory_limit: int, spill_dir: Path | None = None, checks_only: bool = False, share: bool = False
    ) -> None:
        """Open a session with `threads` partitions and a spilling pool of `memory_limit` bytes.

        Never fewer than two partitions: with one, the last operator hands on batches of uneven size
        and the bytes of a file would depend on the number of threads. A session that only checks
        types meets every expression once and looks for no better plan. One that has only a `share` of the memory
        raises ExhaustedError where another says that the limit is too small.
        """
        self.shares = share
        runtime = RuntimeEnvBuilder().with_fair_spill_pool(memory_limit)
        if spill_dir is not None:
            spill_dir.mkdir(parents=True, exist_ok=True)
            runtime = runtime.with_disk_manager_specified(str(spill_dir))
        else:
            runtime = runtime.with_disk_manager_os()
        config = SessionConfig().with_target_partitions(max(2, threads))
        if checks_only:
            config = config.set("datafusion.optimizer.max_passes", "1")
        for key, value in _SETTINGS.items():
            config = config.set(key, value)
        self._context = SessionContext(config, runtime)
        for rule in _BETTER_PLANS if checks_only else ():
            self._context.remove_optimizer_rule(rule)
        self._layers: set[str] = set()
        self._read_only = SQLOptions().with_allow_ddl(False).with_allow_dml(False).with_allow_statements(False)

    # -- tables -----------------------------------------------------------------------------------

    def add_file(self, relation: Relation, path: Path, order: Sequence[str] = ()) -> None:
        """Register one of our parquet files with the order it is written in, NULLs first.

        A column of that order in which the file's own statistics count no NULL is registered as non-null.
        That matters: then the engine takes the order for either placing of NULLs, and aggregates, windows
        and joins stream. Raises StorageError when the file cannot be read. A table in parts is the union of its files:
        each of them lies in the order, and the engine merges them.
        """
        if path.is_dir():
            parts = [
                Relation(layer="ids_build_parts", name=f"{relation.layer}_{relation.name}_{n}")
                for n in range(len(find_parts(path)))
            ]
            for part, file in zip(parts, find_parts(path), strict=True):
                self.add_file(part, file, order)
            self.add_view(relation, " union all ".join(f"select * from {part.sql}" for part in parts))
            return
        self._make_room(relation)
        try:
            footer = pa.parquet.read_metadata(path)
            full = [name for name in order if has_no_null(footer, name)]
            schema = footer.schema.to_arrow_schema().remove_metadata()
            fields = [field.with_nullable(field.name not in full) for field in schema]
            keys = [[col(f'"{name}"').sort(ascending=True, nulls_first=True) for name in order]] if order else None
            self._distrust([footer])
            self._context.register_parquet(relation.sql, path.as_uri(), schema=pa.schema(fields), file_sort_order=keys)
        except Exception as error:
            raise StorageError(f"table '{relation}' cannot be read from '{path.name}'", hint="build it again") from (
                error if isinstance(error, OSError) else None
            )

    def read_note(self, path: Path) -> dict[str, Any]:
        """Return what `write` noted in the footer of one of our files; nothing for a foreign file."""
        return find_note(pa.parquet.read_metadata(find_parts(path)[0]))

    def add_raw_files(self, relation: Relation, paths: Sequence[Path], schema: pa.Schema) -> None:
        """Register raw parquet files that share one schema, names and types as delivered."""
        self._make_room(relation)
        locations = ", ".join(_text(path.as_uri()) for path in paths)
        try:
            if any(pa.types.is_floating(field.type) for field in schema):
                self._distrust(pa.parquet.read_metadata(path) for path in paths)
            create = f"create external table {relation.sql} stored as parquet location ({locations}) options ({_RAW_OPTIONS})"
            self._context.sql(create).collect()
        except Exception as error:
            raise ExecutionError(f"cannot open the files of '{relation}': {first_line(error)}") from None

    def add_text_file(self, relation: Relation, path: Path, columns: Sequence[str], delimiter: str) -> None:
        """Register a text file with a header line; every column is text, a blank cell an empty one."""
        self._make_room(relation)
        names = ", ".join('"' + name.replace('"', '""') + '" varchar' for name in columns)
        options = f"format.has_header true, format.newlines_in_values true, format.delimiter {_text(delimiter)}"
        create = (
            f"create external table {relation.sql} ({names}) stored as csv location {_text(path.as_uri())} options ({options})"
        )
        try:
            self._context.sql(create).collect()
        except Exception as error:
            raise ExecutionError(f"cannot open the file of '{relation}': {first_line(error)}") from None

    def add_view(self, relation: Relation, sql: str) -> None:
        """Register a query under a name; PlanError when it cannot be planned."""
        frame = self._plan(sql)
        self._make_room(relation)
        self._context.register_table(relation.sql, frame.into_view())

    def add_rows(self, relation: Relation, rows: pa.Table) -> None:
        """Register a table held in memory; its batches are shared, not copied."""
        self._make_room(relation)
        self._context.register_record_batches(relation.sql, [rows.to_batches() or [_no_rows(rows.schema)]])

    def add_empty(self, relation: Relation, schema: pa.Schema) -> None:
        """Register a table of that schema without rows."""
        self._make_room(relation)
        self._context.register_record_batches(relation.sql, [[_no_rows(schema)]])

    def drop(self, relation: Relation) -> None:
        """Forget a table, if it is known."""
        if relation.layer in self._layers:
            self._context.deregister_table(relation.sql)

    # -- queries ----------------------------------------------------------------------------------

    def schema(self, sql: str) -> pa.Schema:
        """Return the columns of a query after planning it fully; PlanError when it cannot be planned."""
        frame = self._plan(sql)
        try:
            frame.optimized_logical_plan()
        except Exception as error:
            raise plan_error(error) from None
        schema = frame.schema()
        return pa.schema([pa.field(field.name, _stored(field.type), nullable=field.nullable) for field in schema])

    def explain(self, sql: str, order: Sequence[str] = ()) -> str:
        """Return the physical plan by which `write` would make a table; PlanError when there is none.

        That the engine is wrong about the order of the rows, and `write` sorts once more, shows in no plan.
        """
        with self._draft(sql, order) as rows:
            return self._physical_plan(rows)

    def fetch(self, sql: str) -> pa.Table:
        """Return the rows of a query. Raises PlanError, or ExecutionError without a word of data."""
        frame = self._plan(sql)
        try:
            schema = pa.schema([field.with_nullable(True) for field in frame.schema()])
            batches = [pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in _collect(frame)]
            return pa.Table.from_batches(batches, schema=schema)
        except Exception as error:
            raise self._complaint(error) from None

    @property
    def context(self) -> SessionContext:
        """Return the session itself, for those who want to go on with it on their own."""
        return self._context

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query as they come, in bounded memory. Raises as `fetch` does."""
        self._plan(sql)  # a query that only reads
        try:
            self._choose_join(sql)
            rows = self._plan(sql).execute_stream()
        finally:
            self._prefer_hash_join(True)
        try:
            # The work before the first batch may be long: it is done aside, the rest by this thread.
            batch = _aside(lambda: next(rows, None))
            while batch is not None:
                yield batch.to_pyarrow()
                batch = next(rows, None)
        except Exception as error:
            raise execution_error(error) from None

    def write(self, sql: str, path: Path, *, order: Sequence[str], note: Mapping[str, Any]) -> int:
        """Write the rows of a query to one parquet file, sorted by `order`, and return their number.

        `note` goes into the file's footer, as JSON. A query that gives no rows makes a file of zero rows with
        the full schema. Raises PlanError, ExecutionError or StorageError; what lies at `path` after
        an error is not a table.
        """
        # One key and no more: the engine writes several in an order of chance, and the same rows must make the same bytes.
        options = f"{_WRITE_OPTIONS}, 'metadata::{_NOTE}' {_text(json.dumps(note, ensure_ascii=False))}"
        with self._draft(sql, order) as rows:
            try:
                return self._copy(rows, path, options, order)
            except Exception as error:
                if not is_exhausted(error):
                    raise self._complaint(error) from None
            # A hash join holds its whole build side in memory, and hands on batches that count it again and
            # again: once more with joins that can spill.
            self._prefer_hash_join(False)
            try:
                return self._copy(rows, path, options, order)
            except Exception as error:
                raise self._complaint(error) from None

    # -- inside -----------------------------------------------------------------------------------

    def _complaint(self, error: Exception) -> Exception:
        return ExhaustedError() if self.shares and is_exhausted(error) else execution_error(error)

    def _plan(self, sql: str) -> DataFrame:
        try:
            frame = self._context.sql_with_options(sql, self._read_only)
        except Exception as error:
            raise plan_error(error) from None
        check_keys(frame.logical_plan().display_indent())
        return frame

    def _make_room(self, relation: Relation) -> None:
        if relation.layer not in self._layers:
            self._context.catalog().register_schema(relation.layer, Schema.memory_schema())
            self._layers.add(relation.layer)
        self._context.deregister_table(relation.sql)

    def _copy(self, rows: str, path: Path, options: str, order: Sequence[str]) -> int:
        """Write rows to a file and return their number; what the engine wrongly takes for sorted is sorted once more.

        It takes the number of a row for one that follows the file's own order, and unnested lists for one value a key.
        """
        copy = f"copy ({rows}) to {_text(path.as_uri())} stored as parquet options ({options})"
        plan = self._context.sql(copy).execution_plan()
        written = _aside(lambda: next(self._context.execute(plan, 0)).to_pyarrow())
        if not is_sorted_last(plan.display_indent(), order) and not lies_in_order(path, order):
            unsorted = Relation(layer="ids_build", name=path.as_posix())
            aside = path.replace(path.with_suffix(".unsorted.parquet"))
            self.add_file(unsorted, aside)
            sort = f"copy (select * from {unsorted.sql}{_order_by(order)}) to {_text(path.as_uri())}"
            _collect(self._context.sql(f"{sort} stored as parquet options ({options})"))
            self.drop(unsorted)
            aside.unlink()
        return int(written.column(0)[0].as_py())

    @contextmanager
    def _draft(self, sql: str, order: Sequence[str]) -> Iterator[str]:
        """Register a query as a view that can only read, choose its joins, and yield the SELECT of its sorted rows."""
        relation = Relation(layer="ids_build", name="draft")
        self.add_view(relation, sql)
        # A sort inside a view is dropped by the engine: a query that keeps its own order is written as it stands.
        rows = f"select * from {relation.sql}{_order_by(order)}" if order else sql.strip().rstrip(";") + "\n"
        try:
            self._choose_join(rows)
            yield rows
        except KeyboardInterrupt:
            raise  # the engine is still busy: touch nothing more
        except BaseException:
            self._forget_draft(relation)
            raise
        self._forget_draft(relation)

    def _forget_draft(self, relation: Relation) -> None:
        self._prefer_hash_join(True)
        self._context.deregister_table(relation.sql)

    def _physical_plan(self, sql: str) -> str:
        try:
            return str(self._context.sql(sql).execution_plan().display_indent())
        except Exception as error:
            raise plan_error(error) from None

    def _distrust(self, footers: Iterable[pa.parquet.FileMetaData]) -> None:
        """Plan without statistics from now on where a float column of a file seems to hold one value only.

        The engine takes a column whose least and greatest value are one for a constant, and NaN counts in
        neither: it would read as that value.
        """
        if any(seems_constant(footer) for footer in footers):
            self._context.sql("set datafusion.execution.collect_statistics = false").collect()

    def _choose_join(self, rows: str) -> None:
        """Choose merge joins when they need no sort that hash joins do not need: then both sides stream."""
        hashed = self._physical_plan(rows)
        if "HashJoinExec" not in hashed:
            return
        self._prefer_hash_join(False)
        try:
            merged = self._physical_plan(rows)
        except PlanError:
            merged = None  # some queries the engine can plan with hash joins only
        if merged is None or merged.count("SortExec") > hashed.count("SortExec") or _FAULTY_MERGE.search(merged):
            self._prefer_hash_join(True)

    def _prefer_hash_join(self, wanted: bool) -> None:
        self._context.sql(f"set datafusion.optimizer.prefer_hash_join = {str(wanted).lower()}").collect()


def read_footer(path: Path) -> pa.parquet.FileMetaData:
    """Return the footer of a table's file; StorageError when it cannot be read."""
    try:
        return pa.parquet.read_metadata(path)
    except (OSError, pa.ArrowException):
        raise StorageError(f"'{path}' cannot be read as a table", hint="build it again") from None


def find_note(footer: pa.parquet.FileMetaData) -> dict[str, Any]:
    """Return what `Engine.write` noted in a footer; nothing for a foreign file."""
    found = (footer.metadata or {}).get(_NOTE.encode())
    return dict(json.loads(found)) if found else {}


def in_list(column: str, values: Sequence[str]) -> Expr:
    """Return the expression that a column is one of the values; with no values it is always false."""
    return f.in_list(col(f'"{column}"'), [literal(value) for value in values])


def _collect(frame: DataFrame) -> list[pa.RecordBatch]:
    return _aside(frame.collect)


def _aside(work: Callable[[], T]) -> T:
    """Return what `work` returns, done by a thread of its own, so that this one hears Ctrl-C at once."""
    found: Future[T] = Future()

    def carry_out() -> None:
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=carry_out, daemon=True).start()
    while not found.done():
        wait([found], timeout=0.2)
    return found.result()


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _order_by(order: Sequence[str]) -> str:
    keys = ", ".join('"' + name.replace('"', '""') + '" asc nulls first' for name in order)
    return f" order by {keys}" if keys else ""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _stored(data_type: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_string_view(data_type) else data_type
