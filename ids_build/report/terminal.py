"""Results and errors in words, for a terminal, for plain lines and for machines."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ids_build.differences import BREAKING, Differences, ModelDifference
from ids_build.report.artifacts import describe_result
from ids_build.report.differences import HEADINGS, describe_change, describe_end, list_lines
from ids_build.report.words import TABLES, describe_answers, describe_counts, describe_fault, describe_size
from ids_build.results import Event, Note, Published, Result, RunResults, Started

_STYLES = {
    "success": "green",
    "pass": "green",
    "reused": "cyan",
    "warn": "yellow",
    "skipped": "yellow",
    "error": "red",
    "fail": "red",
}


class Listener(Protocol):
    """Something that is told what happens."""

    def tell(self, event: Event) -> None:
        """Take one event."""


@contextmanager
def listen(stream: TextIO, total: int, *, style: str) -> Iterator[Listener]:
    """Yield a listener: a live display on a terminal, plain lines elsewhere, JSON lines, or silence.

    `style` is text, json or quiet; `total` is how many nodes and tests there are.
    """
    if style == "json":
        yield _JsonLines(stream)
    elif style == "quiet":
        yield _Silence(stream)
    elif not stream.isatty():
        yield _PlainLines(stream, total)
    else:
        console = Console(file=stream)
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        with bar:
            yield _Live(bar, total)


def print_warning(text: str, stream: TextIO, *, style: str, event: str = "warning") -> None:
    """Print a warning, or a note when that is the `event`, in the form of the log, text or json."""
    told = json.dumps({"event": event, "message": text}, ensure_ascii=False) if style == "json" else f"{event}: {text}"
    print(told, file=stream, flush=True)


def print_summary(results: RunResults, stream: TextIO) -> None:
    """Print the table of models and seeds, the faults, the notes, and one line that counts."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else 110)
    built = [result for result in results.results if result.resource in TABLES and result.status != "reused"]
    if built:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("model", no_wrap=True)
        table.add_column("status")
        for name in ("rows", "seconds", "size", "peak"):
            table.add_column(name, justify="right", no_wrap=True)
        for result in built:
            style = _STYLES[result.status]
            table.add_row(
                escape(result.name),
                f"[{style}]{result.status}[/]",
                _number(result.rows),
                f"{result.seconds:.2f}",
                describe_size(result.size),
                describe_size(result.peak),
            )
        console.print(table)
    for result in results.results:
        if result.status in ("error", "fail", "warn"):
            console.print()
            console.print(describe_fault(result), style=_STYLES[result.status], markup=False, soft_wrap=True)
    notes = [*(note for result in results.results for note in result.notes), *results.notes]
    if notes:
        console.print()
        for note in dict.fromkeys(notes):
            console.print(f"note: {note}", markup=False, soft_wrap=True)
    console.print()
    console.print(describe_counts(results), style="green" if results.ok else "red", markup=False, soft_wrap=True)


def print_answers(results: RunResults, stream: TextIO) -> None:
    """Print the unit tests that failed, and one line that counts."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else 110)
    for result in results.results:
        if result.failed:
            console.print(describe_fault(result), style=_STYLES[result.status], markup=False, soft_wrap=True)
    console.print(describe_answers(results), style="green" if results.ok else "red", markup=False, soft_wrap=True)
    stream.flush()


def print_rows(names: Iterable[str], rows: Iterable[Iterable[object]], stream: TextIO) -> None:
    """Print a table of cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else 160).print(table)


def print_differences(differences: Differences, stream: TextIO) -> None:
    """Print the table of what differs, then from what to what and why it matters, the notes, and one line that counts."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else 160)
    console.print(f"{differences.before} -> {differences.after}\n", markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEADINGS:
        numeric = name in ("rows", "gained", "lost")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric or name == "model", overflow="fold")
    for line in list_lines(differences):
        counts: tuple[str, ...] = (line.rows, line.gained, line.lost, escape(line.columns))
        for number, (told, effect) in enumerate(zip(line.changes, line.effects, strict=True)):
            shown = f"[red]{effect}[/]" if effect == "yes" else effect
            table.add_row(escape(line.model) if number == 0 else "", escape(told), shown, *(counts if number == 0 else ()))
    if table.row_count:
        console.print(table)
        console.print()
    for model in differences.models:
        _print_details(model, console)
    console.print(f"\n{describe_end(differences)}", markup=False, soft_wrap=True)


def _print_details(model: ModelDifference, console: Console) -> None:
    told = [change for change in model.changes if change.before or change.after]
    notes = model.rows.notes if model.rows else ()
    if told or notes:
        console.print(model.name, style="bold", markup=False, soft_wrap=True)
    for change in told:
        words = f"  {describe_change(change)} ({change.effect}: {change.rule})"
        console.print(words, style="red" if change.effect == BREAKING else "", markup=False, soft_wrap=True)
        for sign, text in (("-", change.before), ("+", change.after)):
            if text:
                console.print(f"    {sign} {text}", markup=False, soft_wrap=True)
    for note in notes:
        console.print(f"  note: {note}", markup=False, soft_wrap=True)


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else ""


class _Silence:
    """Tells only what went wrong."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, event: Event) -> None:
        if isinstance(event, Result) and event.failed:
            print(describe_fault(event), file=self._stream)
        elif isinstance(event, Note) and event.fault:
            print_warning(event.message, self._stream, style="text", event="note")


class _JsonLines:
    """One JSON object a line for each thing that happens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, event: Event) -> None:
        told: Mapping[str, object]
        if isinstance(event, Started):
            told = {"event": "started", "unique_id": event.unique_id, "name": event.name, "resource_type": event.resource}
        elif isinstance(event, Note):
            told = {"event": "note", "message": event.message}
        elif isinstance(event, Published):
            told = {"event": "published", "generation": event.generation, "tables": event.tables}
        else:
            told = {"event": "result", **describe_result(event)}
        print(json.dumps(told, ensure_ascii=False, default=str), file=self._stream, flush=True)


class _PlainLines:
    """One plain line a result."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream, self._total, self._done = stream, total, 0

    def tell(self, event: Event) -> None:
        if not isinstance(event, Result):
            return
        self._done += 1
        facts = [f"{event.rows:,} rows" if event.rows is not None else "", describe_size(event.size)]
        told = "  ".join(fact for fact in facts if fact)
        line = f"{self._done:>4}/{self._total}  {event.status:<8} {event.resource:<9} {event.name}  {event.seconds:.2f} s  {told}"
        print(line.rstrip(), file=self._stream, flush=True)


class _Live:
    """A bar with the node that runs, how many are done and how many are left."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=total)

    def tell(self, event: Event) -> None:
        if isinstance(event, Started):
            self._bar.update(self._task, description=event.name)
        if not isinstance(event, Result):
            return
        self._bar.advance(self._task)
        if event.resource in TABLES or event.failed:
            style = _STYLES[event.status]
            rows = f"{event.rows:>14,} rows" if event.rows is not None else ""
            self._bar.console.print(
                f"[{style}]{event.status:>8}[/]  {event.name:<40} {event.seconds:>8.2f} s {rows}", highlight=False
            )
