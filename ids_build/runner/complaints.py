"""What the engine complains about, in our words: all of it while it plans, only the kind while data runs."""

import re

from ids_build.errors import ExecutionError, StorageError

_DISK_FULL = ("no space left", "os error 28", "os error 112")
_DENIED = ("permission denied", "os error 13", "access is denied")
_LISTED_KEY = "an 'unnest' beside the key of a 'group by' is grouped, sorted or made distinct, which loses or repeats rows"
# What trusts a key: each row of a plan's text is indented below what reads it.
_GROUPED = re.compile(r"Aggregate: groupBy=\[\[(.+)\]\], aggr=")
_TRUSTS = re.compile(r"Distinct:|Aggregate: groupBy=\[\[.*, .*\]\], aggr=|Sort: .*, ")


class PlanError(Exception):
    """The engine cannot plan a query; the message names tables and columns, never values."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        """Keep the engine's words, and the place when the engine gave one."""
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class ExhaustedError(Exception):
    """A query found no room in the share of the memory that its session has; with all of it, it may."""


def first_line(error: BaseException) -> str:
    """Return the first line of what the engine says."""
    return str(error).strip().partition("\n")[0]


def plan_error(error: BaseException) -> PlanError:
    """Return the engine's complaint about a query in our form: lower case, no wrapping, no full stop."""
    text = str(error).replace("DataFusion error: ", "")
    lines = [line for line in text.splitlines() if line.strip() and line.strip() != "caused by"]
    if lines and "Optimizer rule" in lines[0]:
        lines = lines[1:]
    told = " ".join(lines)
    place = re.search(r" at Line: (\d+), Column: (\d+)", told)
    told = told.partition(" This issue was likely caused by a bug")[0]
    told = re.sub(r" at Line: \d+, Column: \d+", "", told)
    parsed = re.search(r'ParserError\("(.*)"\)', told)
    told = f"syntax error: {parsed.group(1)}" if parsed else told
    prefix = r"^(?:(?:error during planning|schema error|sql error|arrow error|internal error|execution error): )+"
    told = re.sub(prefix, "", told, flags=re.IGNORECASE)
    told = told.strip().rstrip(".")
    line, column = (int(place.group(1)), int(place.group(2))) if place else (None, None)
    return PlanError(told[:1].lower() + told[1:], line, column)


def check_keys(plan: str) -> None:
    """Raise PlanError for a logical plan by which the engine would lose or repeat rows.

    It takes the key of a `group by` for unique even after an `unnest` has repeated it: a `distinct` above is left out,
    and so are columns beside the key in a `group by` or an `order by`. A table, a union, or a key that is not selected ends that.
    """
    above: list[str] = []
    depths: list[int] = []
    for line in plan.splitlines() if "Unnest:" in plan else ():
        node = line.lstrip()
        while depths and depths[-1] >= len(line) - len(node):
            above.pop(), depths.pop()
        if node.startswith("Union"):
            above, depths = [], []
        grouped = _GROUPED.match(node)
        if grouped and _repeats(above, grouped.group(1).split(", ")):
            raise PlanError(_LISTED_KEY)
        above.append(node)
        depths.append(len(line) - len(node))


def _repeats(above: list[str], keys: list[str]) -> bool:
    """Say whether among the nodes above a group one trusts its key, and one below that repeats it."""
    lists = [place for place, node in enumerate(above) if node.startswith("Unnest:")]
    selected = next((node for node in reversed(above) if node.startswith("Projection:")), "")
    return bool(lists) and any(map(_TRUSTS.match, above[: lists[-1]])) and all(key in selected for key in keys)


def is_exhausted(error: BaseException) -> bool:
    """Say whether the memory pool had no room."""
    text = str(error).lower()
    return "resources exhausted" in text or "not enough memory" in text


def execution_error(error: BaseException) -> ExecutionError | StorageError:
    """Return what kind of fault it was. The engine's own words stay out: they may quote cells of the data."""
    text = str(error).lower()
    if any(words in text for words in _DISK_FULL):
        return StorageError("the disk is full", hint="make room, or move the tables with --target-path")
    if any(words in text for words in _DENIED):
        return StorageError("no permission to write", hint="check the rights of the target folder, or use --target-path")
    if is_exhausted(error):
        return ExecutionError("the memory limit is too small for this query", hint="raise 'memory_limit' in the profile")
    if "cast error" in text or "cannot cast" in text or "can't cast" in text:
        kind = re.search(r"(?:to value of|to type) (\w+)", str(error))
        return ExecutionError(
            f"a value cannot be cast{f' to {kind.group(1)}' if kind else ''}", hint="use try_cast, or mend the source"
        )
    if "divide by zero" in text:
        return ExecutionError("division by zero", hint="guard the divisor with nullif(..., 0)")
    if "overflow" in text:
        return ExecutionError("a number is too large for its type", hint="cast to a wider type first")
    if "parquet error" in text or "external" in text and "parquet" in text:
        return ExecutionError("a parquet file cannot be read", hint="check that the delivery is complete")
    return ExecutionError("the engine failed while the query ran", hint="run 'ids compile' and check the query's expressions")
