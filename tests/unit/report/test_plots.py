import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import matplotlib
import pytest

from ids_build.nodes import Plot
from ids_build.report.exhibits import Exhibit
from ids_build.report.plots import COLOURS, Drawing, draw_plots
from ids_build.report.sheets import MOST_GROUPS
from tests.support.reports import make_exhibit, make_plot

ROWS: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "pyramid": ("y x by", [("0-4", 7, "female"), ("5-9", 12, "female"), ("0-4", 9, "male")]),
    "flow": ("label before after excluded", [("Født i 2000", 100, 100, 0), ("Alive", 100, 90, 10)]),
    "dots": ("y x by low high", [("Age", -0.2, "before", -0.3, -0.1), ("Age", 0.01, "after", None, None)]),
    "steps": ("x y by low high", [(0, 0.0, "cases", 0.0, 0.0), (2, 0.5, "cases", 0.4, 0.6), (1, 0.25, "cases", 0.2, 0.3)]),
    "bars": ("y x by", [("Sjælland", 1200, "a"), ("Fyn", 800, "a"), ("Fyn", 900, "b")]),
}


def _exhibit(kind: str, **parts: Any) -> Exhibit:
    roles, rows = ROWS[kind]
    lines = (0.0,) if kind in ("dots", "steps", "bars") else ()
    return make_exhibit(roles, *rows, plot=make_plot(kind, roles, lines=lines), **parts)


def _only(exhibit: Exhibit) -> Drawing:
    (drawing,) = draw_plots(exhibit)
    return drawing


def _texts(svg: str) -> list[str]:
    return ["".join(found.itertext()).strip() for found in ElementTree.fromstring(_whole(svg)).iter("text")]


def _whole(svg: str) -> str:
    """Return the element as a document of its own, with the namespace that a page brings along."""
    return svg.replace("<svg", '<svg xmlns:xlink="x"', 1)


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_plot_is_one_element_that_a_page_can_hold(kind: str) -> None:
    svg = _only(_exhibit(kind)).svg
    assert svg.startswith("<svg ") and svg.endswith("</svg>")
    assert ElementTree.fromstring(_whole(svg)).tag == "svg"
    for stranger in ("http", "xmlns", "<?xml", "<!DOCTYPE", "<metadata", "<script", "<image", "@font-face"):
        assert stranger not in svg


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_equal_tables_give_equal_bytes(kind: str) -> None:
    assert draw_plots(_exhibit(kind)) == draw_plots(_exhibit(kind))


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_the_settings_of_the_user_do_not_matter_and_stay(kind: str) -> None:
    plain = draw_plots(_exhibit(kind))
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": True}):
        assert draw_plots(_exhibit(kind)) == plain
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_names_inside_do_not_meet_those_of_another_plot(kind: str) -> None:
    one, other = (set(re.findall(r'\sid="([^"]+)"', _only(_exhibit(kind, name=name)).svg)) for name in ("a", "b"))
    assert one and one.isdisjoint(other)
    svg = _only(_exhibit(kind)).svg
    assert set(re.findall(r'(?:url\(|href=")#([\w-]+)', svg)) <= set(re.findall(r'\sid="([^"]+)"', svg))


def test_words_for_who_cannot_see_it_are_escaped() -> None:
    svg = _only(_exhibit("bars")).svg
    assert 'role="img" aria-label="Plot (bars) of: Ages &lt;all&gt;. The numbers stand in the table below."' in svg


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pyramid", {"0-4", "5-9", "female", "male", "x"}),
        ("flow", {"Født i 2000", "n = 100", "Alive", "n = 90", "Excluded", "n = 10"}),
        ("dots", {"Age", "before", "after", "−0.20"}),
        ("steps", {"cases", "x", "y", "2.00", "0.50"}),
        ("bars", {"Sjælland", "Fyn", "a", "b", "1,200"}),
    ],
)
def test_labels_are_text(kind: str, words: set[str]) -> None:
    assert words <= set(_texts(_only(_exhibit(kind)).svg))


def test_a_pyramid_counts_to_both_sides() -> None:
    assert not [text for text in _texts(_only(_exhibit("pyramid")).svg) if text.startswith("−")]


def test_a_long_label_is_broken_into_lines() -> None:
    label = "Contact with a psychiatric ward in the ten years before the index date"
    plot = make_plot("dots", "y x", words={"y_label": "Covariate"})
    texts = _texts(_only(make_exhibit("y x", (label, 1), plot=plot)).svg)
    assert "Covariate" in texts and label not in texts
    assert " ".join(text for text in texts if text in label and len(text) > 1) == label


def test_a_dollar_sign_is_a_dollar_sign() -> None:
    plot = make_plot("bars", "y x")
    assert "$x_1$ and $" in _texts(_only(make_exhibit("y x", ("$x_1$ and $", 1), plot=plot)).svg)


def test_each_panel_is_a_drawing() -> None:
    plot = make_plot("bars", "y x panel")
    drawings = draw_plots(make_exhibit("y x panel", ("a", 1, "2005"), ("a", 2, "2015"), ("b", 2, "2015"), plot=plot))
    assert [(drawing.panel, drawing.rows) for drawing in drawings] == [("2005", 1), ("2015", 2)]
    assert "Ages &lt;all&gt;, 2015. The" in drawings[1].svg


def test_masked_rows_leave_no_mark() -> None:
    roles, rows = ROWS["bars"]
    small = [*rows, ("Bornholm", "<5", "a")]
    plot = make_plot("bars", roles)
    assert draw_plots(make_exhibit(roles, *small, plot=plot, masked=frozenset({3}))) == draw_plots(
        make_exhibit(roles, *rows, plot=plot)
    )


@pytest.mark.parametrize(
    "plot",
    [None, make_plot("bars", "y x"), make_plot("steps", "x y"), make_plot("pyramid", "y x by"), make_plot("flow", "label after")],
)
def test_no_row_makes_no_drawing(plot: Plot | None) -> None:
    assert draw_plots(make_exhibit("y x by label after", plot=plot)) == ()


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_one_row_of_zeros_is_drawn(kind: str) -> None:
    roles = ROWS[kind][0].replace(" low high", "")
    exhibit = make_exhibit(roles, tuple(0 for _ in roles.split()), plot=make_plot(kind, roles))
    assert _only(exhibit).rows == 1


def test_there_is_a_colour_for_every_group() -> None:
    assert len(COLOURS) == MOST_GROUPS
