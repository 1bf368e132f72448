"""Write the report: a CSV file for each aggregate table that has a place in it, and one page of all."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ids_build.config import Config
from ids_build.errors import ConfigError, ExecutionError, NotBuiltError, StorageError
from ids_build.nodes import Model
from ids_build.planner.planner import select
from ids_build.report.artifacts import write_report
from ids_build.report.exhibits import Exhibit, make_exhibit
from ids_build.report.page import Page, render_page
from ids_build.report.plots import draw_plots
from ids_build.report.tables import format_csv
from ids_build.runner.runner import describe_type, find_day
from ids_build.tasks.compile import Checked, check_project
from ids_build.tasks.sql import Session

THRESHOLD_VARIABLE = "report_min_count"
MOST_ROWS = 10_000
PAGE = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report that was written: its page, the file of each table with its rows and how many of them are masked; notes."""

    page: Path | None = None
    tables: tuple[tuple[Path, int, int], ...] = ()
    notes: tuple[str, ...] = ()


def write(config: Config, words: Iterable[str] = (), exclude: Iterable[str] = (), out: Path | None = None) -> Written:
    """Write the report of the chosen models that have a place in it, and return what was written.

    The files lie in `out`, or in ``<target-path>/report``. Nothing is written where no chosen model has a place. Raises a
    CompileError for a model that has no right to its place, NotBuiltError when none of them was built.
    """
    threshold = _find_threshold(config)
    checked = check_project(config)
    selection = select(checked.graph, tuple(words), tuple(exclude))
    chosen = [model for model in checked.graph.models() if model.report and model.unique_id in selection.ids]
    notes = tuple(checked.graph.warnings) + tuple(selection.unmatched)
    if not chosen:
        return Written(notes=(*notes, "no chosen model has 'meta: {report: ...}'; nothing is written"))
    built = [model for model in chosen if model.materialized != "table" or find_day(model.relation, config)]
    left_out = tuple(str(model.relation) for model in chosen if model not in built)
    if not built:
        raise NotBuiltError("no table of the report has been built", hint=f"run 'ids build --select +{chosen[0].name}' first")
    session = Session(config, checked.graph, {}, {})
    exhibits = [_read(model, session, checked, config, threshold) for model in sorted(built, key=_place)]
    page = Page(project=config.name, version=config.version, threshold=threshold, left_out=left_out)
    texts = {f"{exhibit.name}.csv": format_csv(exhibit) for exhibit in exhibits}
    texts[PAGE] = render_page(page, [(exhibit, draw_plots(exhibit)) for exhibit in exhibits])
    *tables, index = write_report(texts, out or config.target_path / "report")
    return Written(
        page=index,
        tables=tuple((path, len(exhibit.rows), len(exhibit.masked)) for path, exhibit in zip(tables, exhibits, strict=True)),
        notes=notes + tuple(f"'{name}' has not been built; it is left out" for name in left_out),
    )


def _place(model: Model) -> tuple[bool, int, str]:
    place = model.report.place if model.report else None
    return place is None, place or 0, model.name


def _find_threshold(config: Config) -> int:
    """Return the least count of persons that is shown, the variable `report_min_count`."""
    found = config.vars.get(THRESHOLD_VARIABLE, 5)
    text = str(found).strip()
    if isinstance(found, bool) or not text.isdecimal() or int(text) < 1:
        raise ConfigError(
            f"the variable '{THRESHOLD_VARIABLE}' is no whole number from 1 up", hint=f"write '{THRESHOLD_VARIABLE}: 5'"
        )
    return int(text)


def _read(model: Model, session: Session, checked: Checked, config: Config, threshold: int) -> Exhibit:
    """Return a table of the report; it must be as the model gives it now, for that is what was checked."""
    answer = session.ask(f"select * from {model.relation.sql}", limit=MOST_ROWS + 1)
    planned = checked.schemas.get(model.relation)
    columns = tuple((field.name, describe_type(field.type)) for field in planned or ())
    if answer.columns != columns or not session.is_current(model):
        raise StorageError(
            f"'{model.relation}' was built from another version of its model", hint=f"run 'ids build --select {model.name}'"
        )
    rows = list(answer.showing_all().rows())
    if len(rows) > MOST_ROWS:
        raise ExecutionError(
            f"'{model.relation}' has more than {MOST_ROWS:,} rows",
            at=model.report.at if model.report else None,
            hint="a report holds aggregates: group more coarsely",
        )
    return make_exhibit(model, answer.columns, rows, threshold, find_day(model.relation, config))
