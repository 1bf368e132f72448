"""A toy project in a folder: written from texts and tables, run by the command line, read back with pyarrow."""

import contextlib
import io
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ids_build
from ids_build.cli.main import main

REPOSITORY = Path(ids_build.__file__).resolve().parent.parent
PROJECTS = Path(__file__).resolve().parent.parent / "projects"
PROJECT = "name: toy\nprofile: toy\n"
STARTED: list["subprocess.Popen[str]"] = []  # ended by the test that started them, or after it
Content = str | bytes | pa.Table
# For scripts: the largest resident memory of this process in kB. What getrusage tells includes the parent's before the start.
PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process from /proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left behind: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_in(folder: Path, *args: str) -> Ran:
    """Run a command in this process, in `folder`."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(args))
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


def environment(repository: Path = REPOSITORY) -> dict[str, str]:
    """Return the environment for a command in a process of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    return {**kept, "PYTHONPATH": str(repository), "PYTHONDONTWRITEBYTECODE": "1"}


def start_in(folder: Path, *args: str, repository: Path = REPOSITORY, **options: Any) -> "subprocess.Popen[str]":
    """Start a command in a process of its own, in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ids_build", *args],
        cwd=folder,
        env=environment(repository),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    STARTED.append(process)
    return process


def finish(process: "subprocess.Popen[str]", timeout: float = 60) -> Ran:
    """Wait for a command that was started."""
    out, err = process.communicate(timeout=timeout)
    return Ran(code=process.returncode, out=out, err=err)


def run_script(script: str, folder: Path, timeout: float = 60) -> Ran:
    """Run Python code in a process of its own, in `folder`."""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    return Ran(code=ran.returncode, out=ran.stdout, err=ran.stderr)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something has happened; fail when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def read_content(path: Path) -> bytes:
    """Return the bytes of a table and of its footer but for the note, whose key tells what the table was made of."""
    content, footer = path.read_bytes(), pq.read_metadata(path)
    groups = [str(footer.row_group(number).to_dict()) for number in range(footer.num_row_groups)]
    length = int.from_bytes(content[-8:-4], "little")
    return content[: -8 - length] + f"{footer.schema}{groups}".encode()


class Toy:
    """A project in a folder, the project file written unless one is given."""

    def __init__(self, folder: Path, files: Mapping[str, Content] | None = None) -> None:
        self.folder = folder
        self.write({"dbt_project.yml": PROJECT, **(files or {})})

    def write(self, files: Mapping[str, Content]) -> "Toy":
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pa.Table):
                pq.write_table(content, path)
            elif isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
        return self

    def run(self, *args: str) -> Ran:
        return run_in(self.folder, *args)

    def start(self, *args: str, **options: Any) -> "subprocess.Popen[str]":
        return start_in(self.folder, *args, **options)

    def path(self, name: str, target: str = "target") -> Path:
        layer, _, table = name.rpartition(".")
        return self.folder / target / "tables" / (layer or "main") / f"{table}.parquet"

    def table(self, name: str, target: str = "target") -> pa.Table:
        return pq.ParquetFile(self.path(name, target)).read()

    def rows(self, name: str, target: str = "target") -> list[dict[str, Any]]:
        return self.table(name, target).to_pylist()

    def results(self, target: str = "target") -> list[dict[str, Any]]:
        return json.loads((self.folder / target / "run_results.json").read_text(encoding="utf-8"))["results"]

    def statuses(self, *resources: str) -> dict[str, str]:
        """Return name and status of what the last run touched, in the order it happened."""
        return {
            result["name"]: result["status"] for result in self.results() if not resources or result["resource_type"] in resources
        }

    def written(self) -> Iterator[Path]:
        """Yield every file under the target."""
        yield from (path for path in sorted((self.folder / "target").rglob("*")) if path.is_file())
