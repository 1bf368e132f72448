"""The answer to a save: `python -m benchmarks.watch [--persons N] [--work FOLDER]`.

`ids build --watch` runs on a copy of the shipped project with simulated registers. Ten models are edited in turn, so that
each means something else, and put back. Taken is the time from the end of the save to the line with the answers of the unit
tests, and to the end of the build.
"""

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.measure import PYTHON, ROOT, run

MODELS = """
    persons households contacts diagnoses prescriptions charlson_quan admission_spells diabetes
    severe_chronic_disease covariates_income
""".split()  # noqa: SIM905 - a list of this length reads better as words
ANSWERED, BUILT = " unit tests passed in ", " tables built, "
LONGEST = 300.0


class Watch:
    """A process that watches, and when it said what."""

    def __init__(self, project: Path, registers: Path) -> None:
        begin = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        begin += "from ids_build.cli.main import main; main(sys.argv[1:])"
        words = ["build", "--watch", "--project-dir", str(project), "--vars", f"{{registers_dir: '{registers}'}}"]
        self._process = subprocess.Popen(
            [PYTHON, "-c", begin, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._said: list[tuple[float, str]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._said.append((time.perf_counter(), line))

    def save(self, path: Path, text: str) -> tuple[float, float]:
        """Save a text; return the seconds until the unit tests answered, and until the tables were built."""
        start = len(self._said)
        path.write_text(text, encoding="utf-8")
        saved = time.perf_counter()
        return self.wait(ANSWERED, start) - saved, self.wait(BUILT, start) - saved

    def wait(self, words: str, start: int = 0) -> float:
        """Return when something was said; stops the benchmark when it is not."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end and self._process.poll() is None:
            for moment, line in self._said[start:]:
                if words in line:
                    return moment
            time.sleep(0.002)
        sys.exit(f"'{words.strip()}' was never said:\n{''.join(line for _, line in self._said[-20:])}")

    def end(self) -> int:
        """End the watch and return its exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)


def measure(work: Path, persons: int) -> None:
    """Print the seconds of each edit, and their medians."""
    project, registers = work / "project", work / f"registers_{persons}"
    if not project.exists():
        run([PYTHON, "-m", "ids_build", "init", str(project)])
    if not registers.exists():
        run([PYTHON, "-m", "ids_build", "simulate", "--persons", str(persons), "--out", str(registers), "-q"])
    watch = Watch(project, registers)
    watch.wait(BUILT)
    answers, builds = [], []
    for name in MODELS:
        path = next((project / "models").rglob(f"{name}.sql"))
        text = path.read_text(encoding="utf-8")
        edited = f"{text.rstrip()}\nwhere 1 = 1\n"  # the last line of a model is "select * from <last cte>"
        time.sleep(2)
        answered, built = watch.save(path, edited)
        time.sleep(2)
        watch.save(path, text)
        answers.append(answered)
        builds.append(built)
        print(f"{name:<28} unit tests {answered:6.2f} s   built {built:6.2f} s", flush=True)
    code = watch.end()
    print(f"{'median':<28} unit tests {statistics.median(answers):6.2f} s   built {statistics.median(builds):6.2f} s")
    print(f"{'longest':<28} unit tests {max(answers):6.2f} s   built {max(builds):6.2f} s   exit code {code}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--work", type=Path)
    said = parser.parse_args()
    if said.work:
        measure(said.work, said.persons)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), said.persons)
