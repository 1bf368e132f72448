"""Every measurement that benchmarks/RESULTS.md reports: `python -m benchmarks.run [--persons N] [--runs N] [--only NAME]`.

Raw registers are simulated once under the working folder and kept for the next call.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.generate import write_models, write_unit_tests
from benchmarks.measure import PYTHON, ROOT, Figure, median, run, tell

IDS = (PYTHON, "-m", "ids_build")


def start_up(runs: int) -> None:
    """Time --version, --help and ls."""
    for words in (["--version"], ["--help"], ["ls"]):
        tell(f"ids {' '.join(words)}", [run([*IDS, *words]) for _ in range(runs)])


def compile_models(runs: int) -> None:
    """Time `ids compile` on a thousand generated models, from cold."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_models(project, 1000)
        figures = []
        for _ in range(runs):
            shutil.rmtree(project / "target", ignore_errors=True)
            figures.append(run([*IDS, "compile", "--project-dir", str(project), "--quiet"]))
        tell("ids compile, 1,000 models", figures)


def unit_tests(runs: int) -> None:
    """Time a hundred unit tests, start of the process included."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_unit_tests(project, 100)
        tell("ids test, 100 unit tests", [run([*IDS, "test", "--project-dir", str(project), "--quiet"]) for _ in range(runs)])


def simulate(work: Path, persons: int) -> Path:
    """Simulate raw registers, unless they lie there already."""
    registers = work / f"registers_{persons}"
    if not registers.exists():
        tell(
            f"ids simulate --persons {persons:,}",
            [run([*IDS, "simulate", "--out", str(registers), "--persons", str(persons), "-q"])],
        )
    return registers


def overhead(work: Path, persons: int, runs: int) -> None:
    """Hold `ids build` against a bare DataFusion script that carries out the same statements, in turn."""
    registers = simulate(work, persons)
    target, recording = work / "target", work / "recording"
    shutil.rmtree(recording, ignore_errors=True)
    run([PYTHON, "-m", "benchmarks.record", str(registers), str(target), str(recording)])
    build = [*IDS, "build", "--quiet", "--vars", f"{{registers_dir: {registers}}}", "--target-path", str(target)]
    ours: list[Figure] = []
    bare: list[Figure] = []
    for _ in range(runs):
        ours.append(run(build))
        bare.append(run([PYTHON, str(ROOT / "benchmarks" / "bare.py"), str(recording)]))
    tell(f"ids build, {persons:,} persons", ours)
    tell("the same statements, bare DataFusion", bare)
    pairs = sorted(mine.wall - 1.05 * theirs.wall for mine, theirs in zip(ours, bare, strict=True))
    ratio = median(ours).wall / median(bare).wall
    print(f"ratio of medians {ratio:.3f}; median of (ours - 1.05 x bare) {pairs[len(pairs) // 2]:+.2f} s (allowed: +1.00)")


def small_memory(work: Path, persons: int) -> None:
    """Build once with a profile of 1 GB."""
    registers = simulate(work, persons)
    profiles = work / "profiles"
    profiles.mkdir(exist_ok=True)
    text = "ids_registers: {target: small, outputs: {small: {type: datafusion, memory_limit: 1GB}}}\n"
    (profiles / "profiles.yml").write_text(text)
    options = ["--vars", f"{{registers_dir: {registers}}}", "--target-path", str(work / "small"), "--profiles-dir", str(profiles)]
    tell(f"ids build, {persons:,} persons, memory_limit 1GB", [run([*IDS, "build", "--quiet", *options])])


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "data" / "bench")
    parser.add_argument("--only", choices=["start_up", "compile", "unit_tests", "overhead", "small_memory"])
    said = parser.parse_args()
    said.work.mkdir(parents=True, exist_ok=True)
    print(f"Python {sys.version.split()[0]}, {said.persons:,} persons, {said.runs} runs")
    chosen = {
        "start_up": lambda: start_up(said.runs),
        "compile": lambda: compile_models(said.runs),
        "unit_tests": lambda: unit_tests(said.runs),
        "overhead": lambda: overhead(said.work, said.persons, said.runs),
        "small_memory": lambda: small_memory(said.work, said.persons),
    }
    for name, measure in chosen.items():
        if said.only in (None, name):
            measure()


if __name__ == "__main__":
    main()
