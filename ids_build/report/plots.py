"""Plots of exhibits as SVG: no display, no script, equal bytes for equal tables. The one room that knows matplotlib."""

import io
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import Formatter, MaxNLocator

from ids_build.report.exhibits import Exhibit
from ids_build.report.sheets import Sheet, describe_number, describe_value, find_boxes, make_sheets

WIDTH = 6.8  # inches: two columns of a journal
# Colours of Okabe and Ito, told apart by the colour-blind; marks and dashes tell them apart in print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#777777")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), "-", (0, (4, 3)), ":", "--")
_INK, _RULE = "#222222", "#d9d9d9"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": _RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "legend.title_fontsize": 9.0,
}
_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawn plot: the panel it is of (empty for the only one), the SVG to stand in a page, how many rows it shows."""

    panel: str
    svg: str
    rows: int


def draw_plots(exhibit: Exhibit) -> tuple[Drawing, ...]:
    """Return the drawings of an exhibit, one a panel; none when it has no plot or no row to draw.

    Raises ExecutionError where the rows do not fit the kind of plot.
    """
    return tuple(_draw(sheet, number) for number, sheet in enumerate(make_sheets(exhibit)))


def _draw(sheet: Sheet, number: int) -> Drawing:
    mark = f"{sheet.exhibit.name}-{number}-"
    with _styled(mark):
        figure = _KINDS[sheet.plot.kind](sheet)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=_METADATA)
    named = f"{sheet.exhibit.title}, {sheet.panel}" if sheet.panel else sheet.exhibit.title
    label = f"Plot ({sheet.plot.kind}) of: {named}. The numbers stand in the table below."
    return Drawing(panel=sheet.panel, svg=_embed(text.getvalue(), mark, label), rows=len(sheet.rows))


@contextmanager
def _styled(salt: str) -> Iterator[None]:
    """Draw with our settings alone, whatever the user's matplotlibrc says, and leave no trace of them."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "svg.hashsalt": salt})
        yield


def _embed(svg: str, mark: str, label: str) -> str:
    """Return the SVG as an element of a page: no prolog, no namespaces, names of its own, and words for who cannot see it."""
    svg = svg[svg.index("<svg") :].strip()
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", head)
    rest = re.sub(r'(\sid="|url\(#|href="#)', rf"\g<1>{mark}", rest)
    return f'{head} role="img" aria-label="{escape(label)}">{rest}'


class _Ticks(Formatter):
    """Numbers at an axis: thousands apart, all with as many decimals as one of them needs; with `sides`, without a sign."""

    def __init__(self, *, sides: bool = False) -> None:
        self._sides = sides

    def __call__(self, value: float, pos: int | None = None) -> str:
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        found = [abs(value) if self._sides else value for value in values]
        decimals = next((d for d in range(9) if all(abs(round(value, d) - value) < 1e-9 for value in found)), 9)
        return [describe_number(round(value, decimals) + 0.0, decimals) for value in found]


# -- kinds ----------------------------------------------------------------------------------------


def _open(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _open_bands(
    sheet: Sheet, bands: Sequence[str], inches: float, *, upwards: bool = False
) -> tuple[Figure, Axes, dict[str, float]]:
    """Return axes with one line a band, the first on top (below when `upwards`), and the height at which each stands."""
    places: dict[str, float] = {}
    end = 0.0
    words = {band: textwrap.wrap(band, 46) or [""] for band in bands}
    for band in bands:
        room = max(1.0, 0.17 * len(words[band]) / inches)
        places[band] = end + room / 2
        end += room
    figure, axes = _open(0.9 + inches * end)
    axes.set_ylim((0, end) if upwards else (end, 0))
    axes.set_yticks(list(places.values()), [""] * len(places))
    axes.tick_params(axis="y", length=0)
    across = axes.get_yaxis_transform()
    for band, lines in words.items():  # line by line, so that each ends at the axis whatever font the reader has
        for number, line in enumerate(lines):
            shift = (number - (len(lines) - 1) / 2) * 0.15 / inches * (-1 if upwards else 1)
            axes.text(-0.012, places[band] + shift, line, ha="right", va="center", transform=across)
    axes.text(-0.012, 1.01, sheet.plot.words.get("y_label", ""), ha="right", va="bottom", transform=axes.transAxes)
    axes.set_xlabel(sheet.label("x"))
    whole = all(value.is_integer() for value in sheet.numbers("x"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=whole))
    axes.xaxis.set_major_formatter(_Ticks())
    axes.grid(axis="x")
    return figure, axes, places


def _add_legend(sheet: Sheet, figure: Figure, axes: Axes) -> None:
    """Add what the groups look like, as many side by side as there is room for."""
    if sheet.plot.column("by"):
        handles, words = axes.get_legend_handles_labels()
        fit = int(WIDTH / (0.8 + 0.08 * max(map(len, words), default=0)))
        columns = max(1, min(fit, len(words)))
        figure.set_figheight(figure.get_figheight() + 0.18 * (len(words) // columns))
        figure.legend(handles, words, loc="outside upper left", ncols=columns, handlelength=2.6)


def _add_reach(sheet: Sheet, axes: Axes, across: Sequence[str], up: Sequence[str] = ()) -> None:
    """Make the axes hold what every panel shows, so that panels can be compared."""
    for roles, place in ((across, 0), (up, 1)):
        found = [value for role in roles for value in sheet.reach(role)]
        if found:
            axes.update_datalim([(value, value) for value in (min(found), max(found))], updatex=place == 0, updatey=place == 1)
    axes.autoscale_view(scaley=bool(up))


def _draw_pyramid(sheet: Sheet) -> Figure:
    figure, axes, heights = _open_bands(sheet, sheet.bands(), 0.24, upwards=True)
    most = max(sheet.reach("x"))
    for side, name, rows in sheet.groups():
        places = [heights[describe_value(value)] for value in sheet.values("y", rows)]
        sign = 1 if side else -1
        axes.barh(places, [sign * value for value in sheet.numbers("x", rows)], height=0.86, color=COLOURS[side], linewidth=0)
        axes.text(0.75 if side else 0.25, 1.01, name, ha="center", va="bottom", fontweight="bold", transform=axes.transAxes)
    limit = 1.05 * most or 1
    axes.set_xlim(-limit, limit)
    axes.xaxis.set_major_formatter(_Ticks(sides=True))
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.spines["left"].set_visible(False)
    return figure


def _draw_bars(sheet: Sheet) -> Figure:
    count = sheet.group_count
    figure, axes, heights = _open_bands(sheet, sheet.bands(), 0.28 + 0.1 * (count - 1))
    thick = 0.76 / count
    for number, name, rows in sheet.groups():
        shift = (number - (count - 1) / 2) * thick
        places = [heights[describe_value(value)] + shift for value in sheet.values("y", rows)]
        axes.barh(places, sheet.numbers("x", rows), height=thick * 0.94, color=COLOURS[number], linewidth=0, label=name)
    _add_lines(sheet, axes.axvline)
    axes.axvline(0, color=_INK, linewidth=0.8)
    _add_reach(sheet, axes, ("x",))
    axes.spines["left"].set_visible(False)
    _add_legend(sheet, figure, axes)
    return figure


def _draw_dots(sheet: Sheet) -> Figure:
    count, spread = sheet.group_count, bool(sheet.plot.column("low"))
    figure, axes, heights = _open_bands(sheet, sheet.bands(), 0.22 + (0.08 * (count - 1) if spread else 0))
    for number, name, rows in sheet.groups():
        shift = (number - (count - 1) / 2) * 0.7 / count if spread else 0
        places = [heights[describe_value(value)] + shift for value in sheet.values("y", rows)]
        if spread:
            axes.hlines(places, sheet.numbers("low", rows), sheet.numbers("high", rows), color=COLOURS[number], linewidth=1.2)
        hollow = "white" if number and not spread else COLOURS[number]
        mark: dict[str, Any] = {"marker": MARKS[number], "markersize": 5.5, "markerfacecolor": hollow, "color": COLOURS[number]}
        axes.plot(sheet.numbers("x", rows), places, linestyle="", label=name, **mark)
    axes.grid(axis="y")
    _add_lines(sheet, axes.axvline)
    _add_reach(sheet, axes, ("x", "low", "high"))
    left, right = axes.get_xlim()
    if left < 0 < right:
        axes.axvline(0, color=_INK, linewidth=0.8, zorder=1)
    axes.set_xlim(left, right)
    axes.spines["left"].set_visible(False)
    _add_legend(sheet, figure, axes)
    return figure


def _draw_steps(sheet: Sheet) -> Figure:
    figure, axes = _open(4.2)
    for number, name, rows in sheet.groups():
        ordered = sorted(rows, key=lambda row: sheet.numbers("x", [row]))
        across = sheet.numbers("x", ordered)
        line: dict[str, Any] = {"color": COLOURS[number], "linestyle": DASHES[number], "linewidth": 1.5}
        axes.step(across, sheet.numbers("y", ordered), where="post", label=name, **line)
        if sheet.plot.column("low"):
            low, high = sheet.numbers("low", ordered), sheet.numbers("high", ordered)
            axes.fill_between(across, low, high, step="post", color=COLOURS[number], alpha=0.15, linewidth=0)
    axes.set_xlabel(sheet.label("x"))
    if len(sheet.label("y")) <= 45:
        axes.set_ylabel(sheet.label("y"))
    else:  # too long to stand upright
        axes.set_title(sheet.label("y"), loc="left", fontsize=9.0)
    axes.grid()
    axes.margins(x=0.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_Ticks())
    _add_lines(sheet, axes.axhline)
    _add_reach(sheet, axes, ("x",), ("y", "low", "high"))
    if min(sheet.reach("y")) >= 0:
        axes.set_ylim(bottom=0)
    _add_legend(sheet, figure, axes)
    return figure


def _add_lines(sheet: Sheet, draw: Callable[..., Any]) -> None:
    for value in sheet.plot.lines:
        draw(value, color="#555555", linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)


# -- flow -----------------------------------------------------------------------------------------

_LINE, _PAD, _GAP = 0.165, 0.11, 0.34  # inches: height of a line, white around it, room for an arrow
_MAIN, _SIDE = (0.1, 3.1), (3.75, 2.95)  # inches: left edge and width of the two columns


def _draw_flow(sheet: Sheet) -> Figure:
    """Draw what is left after each step from top to bottom, and what each step takes out beside the way to it."""
    boxes = find_boxes(sheet)
    heights = [_height(main) for main, _ in boxes]
    gaps = [max(_GAP, _height(side) + 0.24 if side else 0) for _, side in boxes]
    gaps[0] = 0.0
    total = sum(heights) + sum(gaps) + 0.1
    figure = Figure(figsize=(WIDTH, total))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, total)
    top, middle = total - 0.05, _MAIN[0] + _MAIN[1] / 2
    for (main, side), height, gap in zip(boxes, heights, gaps, strict=True):
        if gap:
            _add_arrow(axes, (middle, top), (middle, top - gap))
        if side:
            half = top - gap / 2
            _add_arrow(axes, (middle, half), (_SIDE[0], half))
            _add_box(axes, _SIDE, half + _height(side) / 2, side)
        top -= gap
        _add_box(axes, _MAIN, top, main)
        top -= height
    return figure


def _height(lines: Sequence[str]) -> float:
    return len(lines) * _LINE + 2 * _PAD


def _add_box(axes: Axes, column: tuple[float, float], top: float, lines: Sequence[str]) -> None:
    (left, width), height = column, _height(lines)
    shape = FancyBboxPatch(
        (left, top - height), width, height, boxstyle="square,pad=0", facecolor="white", edgecolor=_INK, linewidth=0.9
    )
    axes.add_patch(shape)
    for number, line in enumerate(lines):
        axes.text(left + width / 2, top - _PAD - (number + 0.5) * _LINE, line, ha="center", va="center")


def _add_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": _INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    )


_KINDS: Mapping[str, Callable[[Sheet], Figure]] = {
    "pyramid": _draw_pyramid,
    "flow": _draw_flow,
    "dots": _draw_dots,
    "steps": _draw_steps,
    "bars": _draw_bars,
}
