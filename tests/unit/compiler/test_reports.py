from textwrap import dedent
from typing import Any

import pytest

from ids_build.compiler.reports import KINDS, parse_report
from ids_build.compiler.yamls import parse_yaml
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import NamedColumn, Report

PATH = "models/ages.yml"
FULL = """\
report:
  title: "Ages in {{ x }}"
  order: 4
  counts: [n, events]
  plot: {kind: dots, y: age, x: share, by: sex, at: [-0.1, 0.1], x_label: Share}
"""


def _parse(text: str) -> Report:
    spot = parse_yaml(dedent(text), PATH).items("the file")["report"]
    return parse_report(spot, lambda filled, at: filled.replace("{{ x }}", "2020"))


def _fault(text: str) -> PropertiesError:
    with pytest.raises(PropertiesError) as caught:
        _parse(text)
    return caught.value


def _at(line: int, column: int) -> Location:
    return Location(path=PATH, line=line, column=column)


def test_a_report_is_read_with_all_that_is_said_of_it() -> None:
    found = _parse(FULL)
    assert (found.title, found.place, found.at) == ("Ages in 2020", 4, _at(1, 1))
    assert found.counts == (
        NamedColumn(role="counts", name="n", at=_at(4, 12), number=True),
        NamedColumn(role="counts", name="events", at=_at(4, 15), number=True),
    )
    assert found.plot and (found.plot.kind, found.plot.lines) == ("dots", (-0.1, 0.1))
    assert found.plot.words == {"x_label": "Share"}
    assert [(named.role, named.name, named.number) for named in found.plot.columns] == [
        ("y", "age", False), ("x", "share", True), ("by", "sex", False),
    ]  # fmt: skip


def test_a_plot_knows_the_column_of_a_role() -> None:
    plot = _parse(FULL).plot
    assert plot and (plot.column("x"), plot.column("panel")) == ("share", None)


def test_title_and_counts_are_enough() -> None:
    found = _parse("report: {title: Ages, counts: [n]}")
    assert (found.place, found.plot, [named.name for named in found.columns]) == (None, None, ["n"])


def test_one_line_of_reference_needs_no_list() -> None:
    plot = _parse("report: {title: a, persons: false, plot: {kind: bars, y: a, x: b, at: 1}}").plot
    assert plot and plot.lines == (1.0,)


@pytest.mark.parametrize("counts", ["", ", counts: []"])
def test_a_table_that_counts_no_persons_says_so(counts: str) -> None:
    assert _parse(f"report: {{title: Differences, persons: false{counts}}}").counts == ()


@pytest.mark.parametrize(
    ("text", "message", "place", "hint"),
    [
        ("{title: a, count: [n]}", "unknown key 'count' in the report", (1, 20), "did you mean 'counts'?"),
        ("{counts: [n]}", "the report has no 'title'", (1, 1), "add 'title: ...'"),
        ("{title: '', counts: [n]}", "the report has no 'title'", (1, 1), "add 'title: ...'"),
        ("{title: a, order: first, counts: [n]}", "'order' is no whole number", (1, 27), "write for instance 'order: 4'"),
        ("{title: a, order: true, counts: [n]}", "'order' is no whole number", (1, 27), "write for instance 'order: 4'"),
        ("{title: a, counts: n}", "'counts' must be a list", (1, 28), "begin each element with '- '"),
        ("{title: a, counts: [n, n]}", "column 'n' is named twice", (1, 32), "name each column once"),
        ("{title: a, persons: maybe}", "'persons' is neither true nor false", (1, 29), "write 'persons: false'"),
        (
            "{title: a}",
            "the report does not say which columns count persons",
            (1, 1),
            "add 'counts: [...]', or 'persons: false' for a table that counts no persons",
        ),
        (
            "{title: a, counts: []}",
            "the report does not say which columns count persons",
            (1, 28),
            "add 'counts: [...]', or 'persons: false' for a table that counts no persons",
        ),
        (
            "{title: a, counts: [n], persons: false}",
            "a table that counts no persons names 'n' in 'counts'",
            (1, 29),
            "take 'persons: false' out, or take 'counts' out",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str, place: tuple[int, int], hint: str) -> None:
    fault = _fault(f"report: {text}")
    assert (fault.message, fault.at, fault.hint) == (message, _at(*place), hint)


@pytest.mark.parametrize(
    ("plot", "message", "hint"),
    [
        ("{y: a, x: b}", "the plot has no 'kind'", "use one of pyramid, flow, dots, steps, bars"),
        ("{kind: dot, y: a, x: b}", "unknown kind of plot 'dot'", "did you mean 'dots'?"),
        ("{kind: dots, y: a, x: b, byy: c}", "unknown key 'byy' in a plot of kind 'dots'", "did you mean 'by'?"),
        (
            "{kind: pyramid, y: a, x: b, by: c, at: 1}",
            "unknown key 'at' in a plot of kind 'pyramid'",
            "known keys are by, kind, panel, x, x_label, y, y_label",
        ),
        ("{kind: dots, y: a}", "a plot of kind 'dots' has no 'x'", "add 'x: column'"),
        ("{kind: pyramid, y: a, x: b}", "a plot of kind 'pyramid' has no 'by'", "add 'by: column'"),
        ("{kind: flow, after: n}", "a plot of kind 'flow' has no 'label'", "add 'label: column'"),
        ("{kind: dots, y: a, x: b, low: c}", "'low' stands alone", "name both, 'low' and 'high'"),
        ("{kind: dots, y: a, x: a}", "column 'a' is named twice", "name each column once"),
        ("{kind: dots, y: a, x: b, at: [x]}", "'at' is no number", "write for instance 'at: [-0.1, 0.1]'"),
        ("{kind: dots, y: [a], x: b}", "'y' must be a text", "write 'y' on one line"),
    ],
)
def test_a_plot_that_cannot_be_drawn_is_refused(plot: str, message: str, hint: str) -> None:
    fault = _fault(f"report:\n  title: a\n  counts: [n]\n  plot: {plot}")
    assert (fault.message, fault.hint) == (message, hint)
    assert fault.at and fault.at.line == 4 and fault.at.column


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_may_say_all_its_keys(kind: str) -> None:
    known = KINDS[kind]
    said: dict[str, Any] = {role: role for role in (*known.needs, *known.may)} | {word: word for word in known.words}
    text = ", ".join(f"{key}: {value}" for key, value in said.items()) + (", at: [0]" if known.lines else "")
    plot = _parse(f"report: {{title: a, counts: [n], plot: {{kind: {kind}, {text}}}}}").plot
    assert plot and {named.role for named in plot.columns} == {*known.needs, *known.may}
    assert {named.role for named in plot.columns if named.number} <= known.numbers
