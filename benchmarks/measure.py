"""Whole-process figures from the operating system: wall seconds, processor seconds, peak memory."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
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


def run(command: Sequence[str], *, cwd: Path = ROOT) -> Figure:
    """Run a command to its end and return its figures; stops the benchmark when the command fails."""
    # Compiled Python files are kept, as they are for a user: what pip installs has them from the start.
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pipe = subprocess.PIPE
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, subprocess.Popen(command, cwd=cwd, env=known, stdout=out, stderr=pipe) as process:
        fault = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        said = out.read().decode(errors="replace").strip()
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{said[-2000:]}\n{fault.decode(errors='replace')[-2000:]}")
    return Figure(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss / 1024**2, said=said)


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
