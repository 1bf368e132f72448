import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

from ids_build import __version__
from ids_build.report.exhibits import Exhibit
from ids_build.report.page import ROWS_ON_THE_PAGE, Page, render_differences, render_page
from ids_build.report.plots import Drawing
from tests.support.differences import DIFFERENCES
from tests.support.reports import make_exhibit, make_plot

DRAWING = Drawing(panel="Ø & Co", svg='<svg role="img"></svg>', rows=1)


def _page(*shown: tuple[Exhibit, tuple[Drawing, ...]], **parts: Any) -> str:
    return render_page(Page(project="shop", **parts), shown)


class _Balance(HTMLParser):
    """Keeps what is open, and what was closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_the_page_is_whole_and_asks_nothing_of_the_network() -> None:
    text = _page((make_exhibit("y x", ("a", 1)), (DRAWING,)))
    balance = _Balance()
    balance.feed(text)
    assert (balance.open, balance.wrong) == ([], [])
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    for stranger in ("http", "<script", "<link", "<img", "@import", "url("):
        assert stranger not in text
    assert re.findall(r' (?:href|src)="([^"]*)"', text) == ["#ages", "ages.csv"]


def test_project_version_and_rules_of_masking_are_told() -> None:
    text = _page(version="1.2", threshold=5, left_out=("marts.b", "marts.c"))
    assert f"Project shop 1.2, written by ids_build {__version__}. Aggregates only." in text
    assert "Where a count of persons lies between 1 and 4, it reads &lt;5" in text
    assert "A masked number may still follow from others" in text
    assert "Left out, because they were never built: marts.b, marts.c." in text
    assert "Small counts are not masked in this report." in _page(threshold=1)


def test_each_table_stands_under_its_title_and_in_the_contents() -> None:
    first = make_exhibit("y x", ("a", 1), title="A & B", description="One row.", built=date(2020, 1, 2))
    text = _page((first, ()), (make_exhibit("y x", name="other", title="C"), ()))
    assert '<li><a href="#ages">A &amp; B</a></li>' in text and '<li><a href="#other">C</a></li>' in text
    assert '<section id="ages" aria-labelledby="ages-title">' in text and '<h2 id="ages-title">1. A &amp; B</h2>' in text
    assert "<p>One row.</p>" in text and "Table ages, built on 2020-01-02;" in text
    assert "Table other, a view;" in text


def test_every_text_is_escaped_and_drawings_are_not() -> None:
    text = _page((make_exhibit("y x", ("<b>&", 1)), (DRAWING,)))
    assert "<td>&lt;b&gt;&amp;</td>" in text and "<b>" not in text
    assert '<svg role="img"></svg>' in text and "<figcaption>Ø &amp; Co</figcaption>" in text


def test_numbers_stand_to_the_right() -> None:
    text = _page((make_exhibit("y x", ("a", 1234567)), ()))
    assert '<th scope="col">y</th><th scope="col" class="number">x</th>' in text
    assert '<tr><td>a</td><td class="number">1,234,567</td></tr>' in text


def test_masked_rows_are_told_under_plot_and_table() -> None:
    plot = make_plot("bars", "y x")
    text = _page((make_exhibit("y x", ("a", "<5"), ("b", 7), masked=frozenset({0}), plot=plot), (DRAWING,)))
    assert '<tr class="masked"><td>a</td><td class="number">&lt;5</td></tr>' in text
    assert "Not drawn: 1 row with a count below 5." in text
    assert "In 1 row of 2 a count lies below 5: it reads &lt;5, and the other numbers of the row are blank." in text


def test_a_plot_without_rows_is_told() -> None:
    assert "There is no row to draw." in _page((make_exhibit("y x", plot=make_plot("bars", "y x")), ()))


def test_a_long_table_is_cut_on_the_page_alone() -> None:
    text = _page((make_exhibit("y x", *(("a", number) for number in range(ROWS_ON_THE_PAGE + 1))), ()))
    assert f"The first {ROWS_ON_THE_PAGE} of {ROWS_ON_THE_PAGE + 1} rows are shown." in text
    assert text.count("<tr>") == ROWS_ON_THE_PAGE + 1


def test_columns_are_described_where_the_yaml_does() -> None:
    exhibit = make_exhibit("y n", ("a", 1))
    assert "<h3>Columns</h3>" not in _page((exhibit, ()))
    heading = type(exhibit.headings[1])(name="n", data_type="int64", description="Persons < 5 years.", unit="DKK", count=True)
    told = type(exhibit)(name="a", title="A", at=exhibit.at, headings=(exhibit.headings[0], heading), rows=exhibit.rows)
    assert "<dt>n</dt>\n<dd>Persons &lt; 5 years. Unit: DKK. Small counts are masked.</dd>" in _page((told, ()))


def test_the_page_of_differences_is_whole_and_asks_nothing_of_the_network() -> None:
    text = render_differences(DIFFERENCES)
    balance = _Balance()
    balance.feed(text)
    assert (balance.open, balance.wrong) == ([], [])
    assert not re.search(r"<script|<link|<img|https?:|url\(|@import", text)


def test_the_page_of_differences_tells_each_change_and_escapes_what_it_quotes() -> None:
    text = render_differences(DIFFERENCES)
    assert "<dd>project a</dd>" in text and "<dd>project b</dd>" in text
    assert '<a href="#staging.persons">' in text and '<section id="staging.persons">' in text
    assert "age &gt;= 20 and x &lt; &#39;&lt;b&gt;[a]&#39;" in text
    assert (
        "Rows: 1,200 before, 1,100 after." in text and "Compared by pnr: 1 gained, 101 lost, 7 on both sides that differ." in text
    )
    assert '<td>born</td><td class="number">7</td>' in text
    assert "staging.towns" not in text
    assert "Both lie here." in text
