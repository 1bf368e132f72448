"""Every measurement that benchmarks/RESULTS.md reports: `python -m benchmarks.run [--persons N] [--runs N] [--only NAME]`.

Raw registers are simulated once under the working folder and kept for the next call.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import diabetes, incremental
from benchmarks.generate import write_models, write_unit_tests
from benchmarks.measure import PYTHON, ROOT, Figure, median, run, tell
from benchmarks.registers import CASES

IDS = (PYTHON, "-m", "ids_build")
NAMES = ("start_up", "compile", "unit_tests", "overhead", "small_memory", "cohort", "registers", "diabetes", "incremental")


def start_up(runs: int) -> None:
    """Time --version, --help and ls."""
    for words in (["--version"], ["--help"], ["ls"]):
        tell(f"ids {' '.join(words)}", [run([*IDS, *words]) for _ in range(runs)])


def compile_models(runs: int) -> None:
    """Time ls and compile of generated models and of the shipped project: cold (nothing kept), warm, and after an edit."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (1000, 5000):
            project = Path(folder) / f"project_{count}"
            write_models(project, count)
            _compile(f"{count:,} models", project, Path(folder) / "target", project / "models" / "layer2", runs)
        shipped = Path(folder) / "shipped"
        run([*IDS, "init", str(shipped)])
        _compile("the shipped project", shipped, Path(folder) / "target", shipped / "models" / "transforms", runs)


def _compile(name: str, project: Path, target: Path, edited: Path, runs: int) -> None:
    options = ["--project-dir", str(project), "--target-path", str(target)]
    for command in (["ls"], ["compile", "--quiet"]):
        cold, warm, leaf = [], [], []
        file = sorted(edited.rglob("*.sql"))[-1]
        text = file.read_text(encoding="utf-8")
        for number in range(runs):
            shutil.rmtree(target, ignore_errors=True)
            cold.append(run([*IDS, *command, *options]))
            warm.append(run([*IDS, *command, *options]))
            file.write_text(text.replace("select", "select ", 1) + f"-- {number}\n", encoding="utf-8")
            leaf.append(run([*IDS, *command, *options]))
            file.write_text(text, encoding="utf-8")
        tell(f"ids {command[0]}, {name}, cold", cold)
        tell(f"ids {command[0]}, {name}, warm", warm)
        tell(f"ids {command[0]}, {name}, one model edited", leaf)


def unit_tests(runs: int) -> None:
    """Time a hundred unit tests, start of the process included; the first run compiles."""
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


def cohort(work: Path, persons: int, runs: int) -> None:
    """Hold a build of one person in a hundred against the full build, in turn."""
    registers = simulate(work, persons)
    files = sorted((registers / "bef").glob("*.parquet"))
    column = next(name for name in pq.read_schema(files[-1]).names if name.lower() == "pnr")
    everybody = sorted(set(pq.read_table(files[-1], columns=[column]).column(0).to_pylist()))
    chosen = work / "cohort.csv"
    chosen.write_text("\n".join(["pnr", *everybody[:: max(1, len(everybody) * 100 // persons)]][: persons // 100 + 1]))
    options = ["--vars", f"{{registers_dir: {registers}}}", "--target-path"]
    some: list[Figure] = []
    full: list[Figure] = []
    for _ in range(runs):
        some.append(run([*IDS, "build", "--quiet", *options, str(work / "some"), "--cohort", str(chosen)]))
        full.append(run([*IDS, "build", "--quiet", *options, str(work / "target")]))
    tell(f"ids build, {persons:,} persons", full)
    tell(f"ids build --cohort, {persons // 100:,} of them", some)
    wall, processor = median(some).wall / median(full).wall, median(some).cpu / median(full).cpu
    print(f"share of the full build: {wall:.1%} of the time, {processor:.1%} of the processor (allowed: 15%)")


def registers(work: Path, runs: int) -> None:
    """Hold registers on the engine against the old eager way, case by case, in turn."""
    folder = work / "written"
    if not folder.exists():
        run([PYTHON, "-m", "benchmarks.registers", "write", str(folder)])
    for case in CASES:
        figures: dict[str, list[Figure]] = {"old": [], "new": []}
        for _ in range(runs):
            for way, found in figures.items():
                found.append(run([PYTHON, "-m", "benchmarks.registers", case, way, str(folder)]))
        if len({figure.said.split()[0] for found in figures.values() for figure in found}) != 1:
            sys.exit(f"{case}: the two ways do not agree")
        for way, found in figures.items():
            tell(f"{case}, {way}", found)
        calls = {way: statistics.median(float(figure.said.split()[1]) for figure in found) for way, found in figures.items()}
        print(f"{case}: the call alone {calls['old']:.2f} s old, {calls['new']:.2f} s new, {calls['old'] / calls['new']:.1f} x")
        old, new = median(figures["old"]), median(figures["new"])
        saved = 1 - new.peak / old.peak
        print(f"{case}: {old.wall / new.wall:.1f} x faster, {old.cpu / new.cpu:.1f} x less processor, {saved:.0%} less memory")


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "data" / "bench")
    parser.add_argument("--only", choices=list(NAMES))
    parser.add_argument(
        "--sizes", default="250000,1000000,2000000", help="persons of the diabetes registers, with commas between"
    )
    said = parser.parse_args()
    said.work.mkdir(parents=True, exist_ok=True)
    print(f"Python {sys.version.split()[0]}, {said.persons:,} persons, {said.runs} runs")
    chosen = {
        "start_up": lambda: start_up(said.runs),
        "compile": lambda: compile_models(said.runs),
        "unit_tests": lambda: unit_tests(said.runs),
        "overhead": lambda: overhead(said.work, said.persons, said.runs),
        "small_memory": lambda: small_memory(said.work, said.persons),
        "cohort": lambda: cohort(said.work, said.persons, said.runs),
        "registers": lambda: registers(said.work, said.runs),
        "incremental": lambda: incremental.measure(said.persons, said.runs),
        "diabetes": lambda: diabetes.measure(said.work, [int(size) for size in said.sizes.split(",")]),
    }
    for name, measure in chosen.items():
        if said.only in (None, name):
            measure()


if __name__ == "__main__":
    main()
