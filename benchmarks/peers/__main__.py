"""Side by side with the peers: `python -m benchmarks.peers [--only NAME] [--sizes N,N] [--models N,N] [--runs N]`.

Prints a Markdown table for each row, ready for benchmarks/RESULTS.md, and keeps all figures under the working folder.
"""

import argparse
import os
import platform
from pathlib import Path

from benchmarks.measure import ROOT
from benchmarks.peers import builds, projects, reads
from benchmarks.peers.plots import draw
from benchmarks.peers.tools import Setting, be_quiet, keep, read_lines, table, versions

ROWS = {
    "full_build": builds.full_build,
    "by_hand": builds.by_hand,
    "edits": builds.edits,
    "nothing_changed": projects.nothing_changed,
    "unit_tests": projects.unit_tests,
    "ls_compile": projects.ls_compile,
    "cohort": reads.cohort,
    "scan_write": reads.scan_write,
}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def main() -> None:
    """Measure the chosen rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers")
    parser.add_argument("--only", choices=list(ROWS), action="append", help="one row of the table (repeatable); all without it")
    parser.add_argument("--sizes", type=_numbers, default=(250_000, 1_000_000), help="persons, or rows, with commas between")
    parser.add_argument("--models", type=_numbers, default=(1000, 5000), help="models of generated projects, with commas between")
    parser.add_argument("--runs", type=int, default=5, help="runs of each way, in turn")
    parser.add_argument("--plots", type=Path, default=ROOT / "benchmarks", help="where drawings go")
    parser.add_argument("--work", type=Path, default=ROOT / "data" / "bench" / "peers", help="where registers and projects lie")
    said = parser.parse_args()
    be_quiet()
    work = said.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    setting = Setting(work=work, sizes=said.sizes, models=said.models, runs=said.runs)
    print(f"{versions()}; {os.cpu_count()} cores, {platform.platform()}; medians of {said.runs}, in turn\n", flush=True)
    for name in said.only or ROWS:
        lines = ROWS[name](setting)
        keep(lines, work)
        print(f"### {name}\n\n{table(lines)}\n", flush=True)
    print("### growth\n\n" + "\n".join(draw(read_lines(work), said.plots)), flush=True)


if __name__ == "__main__":
    main()
