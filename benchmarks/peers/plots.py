"""How the measured ways grow: one drawing a row of the table, both axes logarithmic, the slope stated."""

import math
from collections.abc import Iterable
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from benchmarks.peers.tools import Line

# Okabe and Ito's colours, told apart by most who see few colours; the markers tell them apart for everybody.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
_MARKERS = "osD^vX"


def slope(points: Iterable[tuple[float, float]]) -> float:
    """Return the slope of the straight line through points in log-log: 1 grows in proportion, 0 not at all."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle_x, middle_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _ in logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / spread


def draw(lines: Iterable[Line], folder: Path) -> list[str]:
    """Draw every row that was measured at several sizes into the folder; return Markdown lines that tell the slopes."""
    folder.mkdir(parents=True, exist_ok=True)
    matplotlib.rcParams.update({"svg.hashsalt": "ids_build", "svg.fonttype": "none"})
    rows: dict[str, dict[str, dict[str, list[Line]]]] = {}
    for line in sorted(lines, key=lambda line: line.size):
        rows.setdefault(line.row, {}).setdefault(line.case, {}).setdefault(line.way, []).append(line)
    told = ["| what | way | slope of wall | of processor | of peak |", "|---|---|---|---|---|"]
    for row, cases in rows.items():
        grown = {case: ways for case, ways in cases.items() if all(len(found) > 1 for found in ways.values())}
        if not grown:
            continue
        figure = Figure(figsize=(5.2 * len(grown), 4.8), layout="constrained")
        for place, (case, ways) in enumerate(grown.items(), 1):
            _panel(figure, (len(grown), place), case, ways)
            told += [_tell(case, way, found) for way, found in ways.items()]
        figure.savefig(folder / f"{row}.svg", metadata={"Date": None})
    return told


def _panel(figure: Figure, place: tuple[int, int], case: str, ways: dict[str, list[Line]]) -> None:
    axes = figure.add_subplot(1, *place)
    for number, (way, found) in enumerate(ways.items()):
        points = [(line.size, line.wall) for line in found]
        label = f"{way} (slope {slope(points):.2f})"
        axes.loglog(*zip(*points, strict=True), color=_COLOURS[number], marker=_MARKERS[number], label=label)
    axes.set(title=case, xlabel=next(iter(ways.values()))[0].unit, ylabel="seconds")
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize="small", frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _tell(case: str, way: str, found: list[Line]) -> str:
    slopes = (slope((line.size, value(line)) for line in found) for value in (_wall, _cpu, _peak))
    return f"| {case} | {way} | {' | '.join(f'{number:.2f}' for number in slopes)} |"


def _wall(line: Line) -> float:
    return max(line.wall, 0.001)


def _cpu(line: Line) -> float:
    return max(line.cpu, 0.001)


def _peak(line: Line) -> float:
    return max(line.peak, 0.001)
