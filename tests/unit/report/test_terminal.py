import io
import json

import pytest

from ids_build.report.terminal import listen, print_answers, print_differences, print_rows, print_summary
from ids_build.results import Event, Note, Published, Result, RunResults, Started
from tests.support.differences import DIFFERENCES

STARTED = Started(unique_id="model.shop.orders", name="staging.orders", resource="model")
BUILT = Result(
    unique_id="model.shop.orders", name="staging.orders", resource="model", status="success", seconds=1.5, rows=12345, size=2000,
    notes=("a note [sic]",),
)  # fmt: skip
FAILED = Result(unique_id="t", name="unique_x", resource="test", status="fail", message="2 failing rows", failures=2)
EVENTS = (STARTED, BUILT, FAILED)


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _tell(style: str, *events: Event, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    with listen(stream, 2, style=style) as listener:
        for event in events:
            listener.tell(event)
    return stream.getvalue()


def test_plain_lines_tell_one_line_a_result() -> None:
    lines = _tell("text", *EVENTS).splitlines()
    assert lines == [
        "   1/2  success  model     staging.orders  1.50 s  12,345 rows  2.0 kB",
        "   2/2  fail     test      unique_x  0.00 s",
    ]


def test_json_lines_tell_every_event() -> None:
    told = [json.loads(line) for line in _tell("json", *EVENTS).splitlines()]
    assert [line["event"] for line in told] == ["started", "result", "result"]
    assert (told[1]["rows"], told[2]["failures"]) == (12345, 2)


def test_silence_tells_only_what_went_wrong() -> None:
    assert _tell("quiet", *EVENTS) == "test 'unique_x' failed: 2 failing rows\n"


def test_silence_tells_that_nothing_was_published() -> None:
    assert _tell("quiet", Note(message="cleaned"), Note(message="nothing is published", fault=True)) == (
        "note: nothing is published\n"
    )


def test_a_terminal_sees_tables_and_faults() -> None:
    shown = _tell("text", *EVENTS, stream=_Terminal())
    assert "staging.orders" in shown and "unique_x" in shown


@pytest.mark.parametrize("style", ["json", "quiet"])
def test_machines_are_told_the_same_on_a_terminal(style: str) -> None:
    assert _tell(style, *EVENTS, stream=_Terminal()) == _tell(style, *EVENTS)


def _summary(*results: Result) -> str:
    stream = io.StringIO()
    print_summary(RunResults(command="build", results=results, seconds=2.0), stream)
    return stream.getvalue()


def test_the_summary_shows_tables_faults_notes_and_counts() -> None:
    text = _summary(BUILT, FAILED)
    for told in ("staging.orders", "12,345", "2.0 kB", "test 'unique_x' failed: 2 failing rows", "note: a note [sic]"):
        assert told in text
    assert text.rstrip().splitlines()[-1] == "1 of 1 tables built, 0 of 1 tests passed, 1 failed test in 2.0 s"


def test_a_note_is_told_once() -> None:
    assert _summary(BUILT, BUILT).count("note: ") == 1


def test_markup_in_a_message_is_left_as_it_is() -> None:
    broken = Result(unique_id="x", name="x", resource="model", status="error", message="no [red]colour[/] here")
    assert "no [red]colour[/] here" in _summary(broken)


def test_a_name_that_looks_like_markup_is_left_as_it_is() -> None:
    assert "staging.[red]x" in _summary(Result(unique_id="x", name="staging.[red]x", resource="model", status="success"))


def test_a_long_message_is_not_broken() -> None:
    message = "word " * 60
    assert message.strip() in _summary(Result(unique_id="x", name="x", resource="model", status="error", message=message))


def test_rows_are_printed_with_null_as_blank() -> None:
    stream = io.StringIO()
    print_rows(["id", "word"], [(1, None), (2, "[b]x")], stream)
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert lines == [["id", "word"], ["1"], ["2", "[b]x"]]


def test_differences_are_a_table_with_the_details_below() -> None:
    stream = io.StringIO()
    print_differences(DIFFERENCES, stream)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    cells = [" ".join(line.split()) for line in lines]
    assert cells[0] == "project a -> project b"
    assert cells[2] == "model change breaking rows gained lost changed columns"
    assert cells[3] == "staging.persons column removed: sex yes 1,200 to 1,100 1 101 born 7, town 2"
    assert cells[4] == "filter changed: where may change rows"
    assert "  filter changed: where (may change rows: other rows may pass)" in lines
    assert "    - age >= 18" in lines and "    + age >= 20 and x < '<b>[a]'" in lines
    assert "  note: a note" in lines
    assert lines[-1].startswith("2 of 4 models and seeds changed")


def test_notes_and_generations_are_told_as_json_and_are_no_results_elsewhere() -> None:
    events = (Note(message="cleaned"), Published(generation=3, tables=7))
    assert [json.loads(line) for line in _tell("json", *events).splitlines()] == [
        {"event": "note", "message": "cleaned"},
        {"event": "published", "generation": 3, "tables": 7},
    ]
    assert _tell("text", *events) == _tell("quiet", *events) == ""
    assert "cleaned" not in _tell("text", *events, stream=_Terminal())


def test_a_summary_tells_notes_of_the_run_and_lists_no_reused_table() -> None:
    stream = io.StringIO()
    reused = Result(unique_id="m", name="staging.same", resource="model", status="reused")
    print_summary(RunResults(command="build", results=(BUILT, reused), seconds=1.0, notes=("cleaned",)), stream)
    assert "note: cleaned" in stream.getvalue()
    assert "staging.same" not in stream.getvalue()


def test_answers_tell_what_failed_and_count() -> None:
    stream = io.StringIO()
    failed = Result(unique_id="u", name="orders::adds", resource="unit_test", status="fail", message="expected 1 rows, got 0")
    print_answers(RunResults(command="test", results=(failed,), seconds=0.5), stream)
    assert stream.getvalue().splitlines() == [
        "unit test 'orders::adds' failed: expected 1 rows, got 0",
        "0 of 1 unit tests passed in 0.50 s; nothing is built before they pass",
    ]
