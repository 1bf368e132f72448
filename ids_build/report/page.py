"""Pages, each one file of HTML that needs no network and no script: the report, and the differences of two states."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jinja2

from ids_build import __version__
from ids_build.differences import Differences
from ids_build.report.differences import HEADINGS, describe_change, describe_end, list_lines
from ids_build.report.exhibits import Exhibit
from ids_build.report.plots import Drawing
from ids_build.report.tables import format_rows

ROWS_ON_THE_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the page is about: the project and its version, the least count that is shown, tables that are left out."""

    project: str
    version: str = ""
    threshold: int = 5
    left_out: tuple[str, ...] = ()


def render_page(page: Page, shown: Iterable[tuple[Exhibit, Sequence[Drawing]]]) -> str:
    """Return the page of exhibits with their drawings, in the order given; every text is escaped."""
    parts = [
        {
            "exhibit": exhibit,
            "drawings": drawings,
            "rows": format_rows(exhibit, ROWS_ON_THE_PAGE),
            "notes": _describe(exhibit, drawings),
            "described": [heading for heading in exhibit.headings if heading.description],
        }
        for exhibit, drawings in shown
    ]
    return _open_templates().get_template("page.html").render(page=page, version=__version__, parts=parts)


def render_differences(differences: Differences) -> str:
    """Return the page of how two states differ; every text is escaped."""
    told = [model for model in differences.models if model.changes or (model.rows and (model.rows.columns or model.rows.notes))]
    return (
        _open_templates()
        .get_template("differences.html")
        .render(
            differences=differences,
            version=__version__,
            headings=HEADINGS,
            lines=list(list_lines(differences)),
            models=told,
            told=[model.name for model in told],
            end=describe_end(differences),
            describe_change=describe_change,
        )
    )


def _open_templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("ids_build", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _describe(exhibit: Exhibit, drawings: Sequence[Drawing]) -> dict[str, str]:
    """Return what is told below the plot and below the table; empty where there is nothing to tell."""
    masked, count, threshold = len(exhibit.masked), len(exhibit.rows), exhibit.threshold
    plot, table = [], []
    if exhibit.plot and not drawings:
        plot.append("There is no row to draw.")
    if exhibit.plot and masked:
        plot.append(f"Not drawn: {_rows(masked)} with a count below {threshold}.")
    if masked:
        table.append(
            f"In {_rows(masked)} of {count:,} a count lies below {threshold}: it reads <{threshold}, and the other numbers of "
            "the row are blank."
        )
    if count > ROWS_ON_THE_PAGE:
        table.append(f"The first {ROWS_ON_THE_PAGE} of {count:,} rows are shown.")
    return {"plot": " ".join(plot), "table": " ".join(table)}


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"
