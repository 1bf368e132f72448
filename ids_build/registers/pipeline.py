"""Steps on a table, told one after another: carried out on a datafusion DataFrame, or written as the text of a model."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ids_build.errors import ConfigError, ExecutionError, IdsBuildError

JOINS = ("inner", "left", "right", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Keep the rows for which a condition is true."""

    condition: str
    word: str = "filtered"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step."""
        return frame.filter(self.condition)

    def write(self, text: "Text") -> "Text":
        """Return the text after this step."""
        return text.add(self.word, f"select * from {text.last} where {self.condition}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Keep these columns and expressions, in this order."""

    columns: tuple[str, ...]
    word: str = "selected"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step."""
        return frame.select(*(frame.parse_sql_expr(column) for column in self.columns))

    def write(self, text: "Text") -> "Text":
        """Return the text after this step; ConfigError when it drops a column that the rows are sorted by."""
        kept = {column.strip().lower() for column in self.columns}
        for key in text.order:
            if key.column.strip().lower() not in kept and "*" not in kept:
                raise ConfigError(
                    f"the rows are sorted by '{key.column}', which is not selected; SQL keeps no order of a dropped column",
                    hint="sort after select, or select the column",
                )
        return text.add(self.word, f"select {', '.join(self.columns)} from {text.last}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A column or expression to sort by; NULLs come last either way."""

    column: str
    ascending: bool

    @property
    def sql(self) -> str:
        """Return the key as it stands after ``order by``."""
        return f"{self.column} {'asc' if self.ascending else 'desc'} nulls last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """Put the rows in order."""

    keys: tuple[Key, ...]
    word: str = "sorted"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step."""
        keys = [frame.parse_sql_expr(key.column).sort(ascending=key.ascending, nulls_first=False) for key in self.keys]
        return frame.sort(*keys)

    def write(self, text: "Text") -> "Text":
        """Return the text after this step: SQL keeps an order only where it takes effect, at a limit or the end."""
        return text.sort(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Make one row of each group; without groups, one row of all."""

    group_by: tuple[str, ...]
    aggregates: tuple[tuple[str, str], ...]
    word: str = "aggregated"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step."""
        groups = [frame.parse_sql_expr(column) for column in self.group_by]
        return frame.aggregate(groups, [frame.parse_sql_expr(sql).alias(name) for name, sql in self.aggregates])

    def write(self, text: "Text") -> "Text":
        """Return the text after this step; groups have no order."""
        told = ", ".join((*self.group_by, *(f"{sql} as {name}" for name, sql in self.aggregates)))
        groups = f" group by {', '.join(self.group_by)}" if self.group_by else ""
        return text.sort(()).add(self.word, f"select {told} from {text.last}{groups}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Keep the first rows."""

    count: int
    word: str = "limited"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step."""
        return frame.limit(self.count)

    def write(self, text: "Text") -> "Text":
        """Return the text after this step, in the order that holds there."""
        return text.add(self.word, f"select * from {text.last}{text.order_by} limit {self.count}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Join another table on columns that both have."""

    table: Any
    on: tuple[str, ...]
    how: str
    word: str = "joined"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step; ConfigError for a column besides the keys that both sides have."""
        other = self.table
        if isinstance(other, str):
            if context is None:
                raise ConfigError(f"'{other}' is only a name", hint="use apply_to_table, or give join() the DataFrame")
            other = context.table(other)
        names = set(frame.schema().names) & set(other.schema().names) - set(self.on)
        if names:
            raise ConfigError(f"both sides have a column '{min(names)}'", hint="rename it on one side before the join")
        return frame.join(other, on=list(self.on), how=self.how)

    def write(self, text: "Text") -> "Text":
        """Return the text after this step; joined rows have no order. ConfigError for a table without a name."""
        if not isinstance(self.table, str):
            raise ConfigError("the table to join has no name", hint="give join() the name of a table, not a DataFrame")
        keys = ", ".join(self.on)
        # With `using`, the engine takes the key of a left join from the right side once the rows are read by name.
        columns = {
            "inner": f"l.*, r.* exclude ({keys})",
            "left": f"l.*, r.* exclude ({keys})",
            "right": f"l.* exclude ({keys}), r.*",
            "full": f"{', '.join(f'coalesce(l.{key}, r.{key}) as {key}' for key in self.on)},"
            f" l.* exclude ({keys}), r.* exclude ({keys})",
        }[self.how]
        condition = " and ".join(f"l.{key} = r.{key}" for key in self.on)
        select = f"select {columns} from {text.last} as l {self.how} join {self.table} as r on {condition}"
        return text.sort(()).add(self.word, select)


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """Do what a function of the user does to the DataFrame."""

    function: Callable[[Any], Any]
    word: str = "custom"

    def apply(self, frame: Any, context: Any) -> Any:
        """Return the frame after this step; ConfigError when the function returns anything else."""
        made = self.function(frame)
        if type(made) is not type(frame):
            raise ConfigError(f"the function returns {type(made).__name__}", hint="return the DataFrame that it made")
        return made

    def write(self, text: "Text") -> "Text":
        """Raise ConfigError: what a function does has no SQL."""
        raise ConfigError("a function cannot be written as SQL", hint="say it with the other steps, or use apply()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A query as far as it is written: its CTEs, the name to read from, and the order that the rows have."""

    last: str
    ctes: tuple[str, ...] = ()
    order: tuple[Key, ...] = ()

    @property
    def order_by(self) -> str:
        """Return the order as a clause, empty when there is none."""
        return f" order by {', '.join(key.sql for key in self.order)}" if self.order else ""

    def sort(self, keys: tuple[Key, ...]) -> "Text":
        """Return the text with its rows in another order."""
        return Text(last=self.last, ctes=self.ctes, order=keys)

    def add(self, word: str, select: str) -> "Text":
        """Return the text with one CTE more, named for what its rows are and its place."""
        name = f"{word}_{len(self.ctes) + 1}"
        return Text(last=name, ctes=(*self.ctes, f"    {name} as ({select})"), order=self.order)


Step = Filter | Select | Sort | Aggregate | Limit | Join | Custom


@dataclass(frozen=True, slots=True)
class TransformPipeline:
    """Steps in the order they run. Every method returns a new pipeline, so that a part can be used again.

    Conditions and expressions are SQL text, in which a name that is not in quotes means the lower-case column.
    """

    steps: tuple[Step, ...] = field(default=(), kw_only=True)

    def filter(self, condition: str) -> "TransformPipeline":
        """Keep the rows for which the condition is true (neither false nor NULL)."""
        return self._add(Filter(condition=condition))

    def select(self, *columns: str) -> "TransformPipeline":
        """Keep these columns or expressions (``a + b as c``), in this order."""
        return self._add(Select(columns=_some(columns, "column")))

    def sort(self, *keys: str, ascending: bool | Sequence[bool] = True) -> "TransformPipeline":
        """Sort by these keys, NULLs last; `ascending` is one flag for all, or one for each. ConfigError for another number."""
        flags = [ascending] * len(keys) if isinstance(ascending, bool) else list(ascending)
        if len(flags) != len(keys):
            raise ConfigError(f"{len(keys)} keys and {len(flags)} flags to sort by", hint="give one flag a key, or one for all")
        found = zip(_some(keys, "key"), flags, strict=True)
        return self._add(Sort(keys=tuple(Key(column=column, ascending=flag) for column, flag in found)))

    def aggregate(self, group_by: str | Sequence[str] = (), **aggregates: str) -> "TransformPipeline":
        """Make one row of each group; each further keyword names an aggregate: ``counts="count(id)"``."""
        groups = (group_by,) if isinstance(group_by, str) else tuple(group_by)
        return self._add(Aggregate(group_by=groups, aggregates=_named(aggregates)))

    def limit(self, count: int) -> "TransformPipeline":
        """Keep the first rows, `count` of them."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ConfigError(f"'{count}' is no number of rows", hint="give a whole number from 0 up")
        return self._add(Limit(count=count))

    def join(self, table: Any, on: str | Sequence[str], how: str = "inner") -> "TransformPipeline":
        """Join a table on columns of the same name: a DataFrame, or the name of a table for apply_to_table and to_sql."""
        if how not in JOINS:
            raise ConfigError(f"unknown join '{how}'", hint=f"use one of {', '.join(JOINS)}")
        return self._add(Join(table=table, on=_some((on,) if isinstance(on, str) else tuple(on), "column"), how=how))

    def custom(self, function: Callable[[Any], Any]) -> "TransformPipeline":
        """Do to the DataFrame what a function does, which takes it and returns another."""
        return self._add(Custom(function=function))

    def apply(self, frame: Any) -> Any:
        """Return the DataFrame after all steps, not yet computed.

        A step that fails is an ExecutionError with its number; the words of a function's own error are left out.
        """
        return self._apply(frame, None)

    def apply_to_table(self, context: Any, name: str) -> Any:
        """Return the DataFrame of the steps on a table of a datafusion SessionContext; ConfigError when it has none."""
        try:
            frame = context.table(name)
        except Exception:
            raise ConfigError(f"unknown table '{name}'", hint="register it in the context first") from None
        return self._apply(frame, context)

    def to_sql(self, table: str) -> str:
        """Return the steps as one SELECT over `table` (a name or ``{{ ref('x') }}``), one CTE a step: a model's text.

        A sort stands where it takes effect: at a limit, and at the end. ConfigError with the number of a step that SQL
        cannot say.
        """
        text = Text(last=table)
        for number, step in enumerate(self.steps, 1):
            try:
                text = step.write(text)
            except ConfigError as error:
                raise ConfigError(f"step {number}: {error.message}", hint=error.hint) from None
        begin = "with\n" + ",\n".join(text.ctes) + "\n" if text.ctes else ""
        return f"{begin}select * from {text.last}{text.order_by}\n"

    def _add(self, step: Step) -> "TransformPipeline":
        return TransformPipeline(steps=(*self.steps, step))

    def _apply(self, frame: Any, context: Any) -> Any:
        for number, step in enumerate(self.steps, 1):
            where = f"step {number} ({type(step).__name__.lower()})"
            try:
                frame = step.apply(frame, context)
            except IdsBuildError as error:
                raise ExecutionError(f"{where}: {error.message}", hint=error.hint) from None
            except Exception as error:
                # A function may have looked at rows; the engine, which only plans here, knows names and no values.
                told, hint = (type(error).__name__, None) if isinstance(step, Custom) else _complaint(error)
                raise ExecutionError(f"{where} failed: {told}", hint=hint or "check the names and types in this step") from None
        return frame


def _some(words: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not words:
        raise ConfigError(f"there is no {what}", hint=f"name at least one {what}")
    return words


def _named(aggregates: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not aggregates:
        raise ConfigError("there is no aggregate", hint='write for instance aggregate(["page"], counts="count(id)")')
    return tuple(aggregates.items())


def _complaint(error: BaseException) -> tuple[str, str | None]:
    """Return what the engine says in one sentence, and the name that it proposes."""
    text = str(error).strip().partition("\n")[0]
    meant = re.search(r"Did you mean '(?:[^']*\.)?([^']+)'", text)
    told = re.sub(r"^(?:DataFusion error: |Schema error: |Error during planning: )+", "", text)
    told = re.split(r" Valid fields are| Did you mean", told)[0].rstrip(". ")
    return told[:1].lower() + told[1:], f"did you mean '{meant.group(1)}'?" if meant else None
