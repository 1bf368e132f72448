"""Whole-process figures from the operating system: wall seconds, processor seconds, peak memory."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One finished process: `wall` and `cpu` in seconds, `peak` resident memory in GB, and what it printed."""

    wall: float
    cpu: float
    peak: float
    said: str = ""


# A process inherits the peak of the one that starts it: a small one in between starts and measures.
_LAUNCHER = """
import os, subprocess, sys, time
began = time.perf_counter()
_, status, usage = os.wait4(subprocess.Popen(sys.argv[2:]).pid, 0)
wall = time.perf_counter() - began
with open(sys.argv[1], "w") as told:
    print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=told)
sys.exit(status != 0)
"""


def run(command: Sequence[str], *, cwd: Path = ROOT) -> Figure:
    """Run a command to its end and return its figures; stops the benchmark when the command fails."""
    # Compiled Python files are kept, as they are for a user: what pip installs has them from the start.
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        launch = [PYTHON, "-S", "-E", "-c", _LAUNCHER, str(told), *command]
        done = subprocess.run(launch, cwd=cwd, env=known, capture_output=True, check=False)
        said = done.stdout.decode(errors="replace").strip()
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{said[-2000:]}\n{done.stderr.decode(errors='replace')[-2000:]}")
        wall, cpu, peak = (float(word) for word in told.read_text().split())
    return Figure(wall=wall, cpu=cpu, peak=peak / 1024**2, said=said)


def median(figures: Sequence[Figure]) -> Figure:
    """Return the median of each figure."""
    return Figure(
        wall=statistics.median(figure.wall for figure in figures),
        cpu=statistics.median(figure.cpu for figure in figures),
        peak=max(figure.peak for figure in figures),
    )


def tell(name: str, figures: Sequence[Figure]) -> None:
    """Print medians of wall and processor seconds and the largest peak."""
    found = median(figures)
    print(
        f"{name:<44} {found.wall:8.2f} s wall  {found.cpu:8.2f} s cpu  {found.peak:5.2f} GB peak  (n={len(figures)})", flush=True
    )
