"""The peers in their own environments, ways to do one thing that are measured in turn, and the figures as a table."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import PYTHON, ROOT, Figure, median, run

IDS = (PYTHON, "-m", "ids_build")
PEERS = ROOT / "benchmarks" / ".peers"
OURS = "ids_build"
# No tool may speak to the network; output without colours, as in a log.
QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "DBT_USE_COLORS": "false",
    "DO_NOT_TRACK": "1",
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "1",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the caller asked for: where to work, numbers of persons (or rows) and of models, and runs of each way."""

    work: Path
    sizes: tuple[int, ...]
    models: tuple[int, ...]
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to do the thing: a command, its folder, what is made ready before each run, untimed, and what is told after."""

    name: str
    command: Sequence[str]
    cwd: Path = ROOT
    before: Callable[[], object] = lambda: None
    after: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: medians of `runs` runs; `ratio` is the median over pairs of wall seconds to ours."""

    row: str
    case: str
    unit: str
    size: int
    way: str
    wall: float
    cpu: float
    peak: float
    runs: int
    ratio: float
    told: str = ""


def binary(tool: str, name: str = "python") -> str:
    """Return a program of a peer's environment; stops when it was not installed."""
    path = PEERS / tool / "bin" / name
    if not path.exists():
        sys.exit(f"{path.relative_to(ROOT)} is missing: run 'make peers'")
    return str(path)


def dbt(*words: str, profiles: Path) -> list[str]:
    """Return a dbt command that reads its profile from a folder."""
    return [binary("dbt", "dbt"), *words, "--profiles-dir", str(profiles), "--quiet"]


def be_quiet() -> None:
    """Set the environment in which all tools run."""
    os.environ.update(QUIET)


def versions() -> str:
    """Return one line that names the versions of all that is measured."""
    told = [f"Python {sys.version.split()[0]}"]
    for tool, packages in {
        "": ("datafusion", "pyarrow"),
        "dbt": ("dbt-core", "dbt-duckdb", "duckdb"),
        "sqlmesh": ("sqlmesh", "duckdb"),
        "duckdb": ("duckdb",),
        "polars": ("polars",),
    }.items():
        python = binary(tool) if tool else PYTHON
        code = f"import importlib.metadata as m; print(*(p + ' ' + m.version(p) for p in {packages!r}), sep=', ')"
        found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        told.append(f"{tool}: {found}" if tool else found)
    return "; ".join(told)


def in_turn(row: str, case: str, size: tuple[int, str], ways: Iterable[Way], runs: int) -> list[Line]:
    """Run each way once, then each again, `runs` times in all; the first way is the one that the others are held against."""
    ways = list(ways)
    figures: list[list[Figure]] = [[] for _ in ways]
    for _ in range(runs):
        for way, found in zip(ways, figures, strict=True):
            way.before()
            found.append(run(way.command, cwd=way.cwd))
    lines = []
    for way, found in zip(ways, figures, strict=True):
        middle = median(found)
        ratio = statistics.median(theirs.wall / ours.wall for theirs, ours in zip(found, figures[0], strict=True))
        told = way.after()
        sizes = {"size": size[0], "unit": size[1], "runs": runs, "ratio": ratio}
        lines.append(
            Line(row=row, case=case, way=way.name, wall=middle.wall, cpu=middle.cpu, peak=middle.peak, told=told, **sizes)
        )
        print(f"{row}: {case}, {size[0]:,} {size[1]}, {way.name}: {middle.wall:.2f} s", file=sys.stderr, flush=True)
    return lines


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a Markdown table."""
    head = [
        "| what | size | way | wall | processor | peak | wall to ours | runs | told |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    told = [
        f"| {line.case} | {line.size:,} {line.unit} | {line.way} | {line.wall:.2f} s | {line.cpu:.2f} s | {line.peak:.2f} GB"
        f" | {line.ratio:.2f} | {line.runs} | {line.told} |"
        for line in lines
    ]
    return "\n".join([*head, *told])


def keep(lines: Iterable[Line], work: Path) -> None:
    """Add lines to the file of figures; a line of the same row, case, size and way takes the place of the older one."""
    found = {_key(line): line for line in read_lines(work)}
    found.update({_key(line): line for line in lines})
    (work / "figures.json").write_text(json.dumps([asdict(line) for line in found.values()], indent=1))


def read_lines(work: Path) -> list[Line]:
    """Return the lines that were kept."""
    path = work / "figures.json"
    return [Line(**line) for line in json.loads(path.read_text())] if path.exists() else []


def _key(line: Line) -> tuple[str, str, str, int]:
    return line.row, line.case, line.way, line.size


def wipe(*folders: Path) -> None:
    """Remove folders, if they are there."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def registers(work: Path, persons: int) -> Path:
    """Return the folder of simulated registers; they are made when they are not there yet."""
    folder = work.parent / f"registers_{persons}"
    if not folder.exists():
        run([*IDS, "simulate", "--out", str(folder), "--persons", str(persons), "-q"])
    return folder
