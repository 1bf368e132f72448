"""Tables of HTML for notebooks: names, numbers and statuses, never a row of data."""

from collections.abc import Iterable
from html import escape

from ids_build.report.words import describe_counts, describe_fault, describe_size
from ids_build.results import RunResults


def render_table(title: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table with its title as HTML; every text is escaped, None is an empty cell."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<p><b>{escape(title)}</b></p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def render_run(run: RunResults) -> str:
    """Return a run as HTML: one row a table or test, below it what went wrong."""
    rows = [
        (result.name, result.resource, result.status, result.rows, f"{result.seconds:.2f}", describe_size(result.size))
        for result in run.results
    ]
    header = ("name", "kind", "status", "rows", "seconds", "size")
    faults = [describe_fault(result) for result in run.results if result.status in ("error", "fail", "warn")]
    told = "".join(f"<pre>{escape(fault)}</pre>" for fault in faults)
    return render_table(f"{run.command}: {describe_counts(run)}", header, rows) + told


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
