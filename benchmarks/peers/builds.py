"""Rows of the table that build the shipped project: in full, and after one thing was edited or replaced."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.measure import ROOT, run
from benchmarks.peers.dbt_duckdb import write_twin
from benchmarks.peers.tools import IDS, OURS, Line, Setting, Way, binary, dbt, in_turn, registers, wipe

# A product of fractions that ends in half a cent is rounded up by one engine and down by the other; nothing else differs.
ROUNDED = {"transforms.income_years", "transforms.income_change", "transforms.income_trajectory"}
THREAD = ("+scd_patients", "+prescriptions")
LEAF, COMMENTED, REPLACED = "scd_summary", "persons", "lmdb"


def full_build(setting: Setting) -> list[Line]:
    """Build every table of the shipped project from raw files, nothing kept, tests off: `ids run` and `dbt run`."""
    lines = []
    for size in setting.sizes:
        raw, folder = registers(setting.work, size), setting.work / f"full_build_{size}"
        ours, ordered, unordered = folder / "ours", folder / "ordered", folder / "unordered"
        write_twin(ordered, raw)
        write_twin(unordered, raw, ordered=False)
        command = [*IDS, "run", "--quiet", "--vars", f"{{registers_dir: {raw}}}", "--target-path", str(ours)]
        ways = [Way(name=OURS, command=command, before=partial(wipe, ours), after=partial(count_ours, ours))]
        for name, twin in (("dbt-duckdb, sorted as ours", ordered), ("dbt-duckdb, unsorted", unordered)):
            made = [twin / "target", *(twin / "tables" / layer for layer in ("registry", "staging", "transforms"))]
            ready = partial(_start_anew, made)
            ways.append(
                Way(name=name, command=dbt("run", profiles=twin), cwd=twin, before=ready, after=partial(_count_dbt, twin))
            )
        lines += in_turn("full_build", "full build", (size, "persons"), ways, setting.runs)
        for twin in (ordered, unordered):
            check_equal(ours / "tables", twin / "tables", allowed=ROUNDED)
        wipe(folder)
    return lines


def by_hand(setting: Setting) -> list[Line]:
    """Build one thread of 13 tables from raw files, against scripts written by hand for DuckDB and Polars."""
    lines = []
    for size in setting.sizes:
        raw, folder = registers(setting.work, size), setting.work / f"by_hand_{size}"
        settings = json.dumps({"registers_dir": str(raw), "lpr_versions": ["2"]})
        ours = [*IDS, "run", "--quiet", "--vars", settings, "--target-path", str(folder / "ours"), "--select", *THREAD]
        run([*IDS, "compile", *ours[4 : -1 - len(THREAD)]])  # ours is compiled, as the scripts are written
        ways = [
            Way(name=OURS, command=ours, before=partial(keep_cache, folder / "ours"), after=partial(count_ours, folder / "ours"))
        ]
        for name, tool, more in (
            ("DuckDB", "duckdb", []),
            ("DuckDB, memory_limit 2GB", "duckdb", ["2GB"]),
            ("Polars", "polars", []),
        ):
            out = folder / name.replace(" ", "_")
            script = [binary(tool), "-m", f"benchmarks.peers.thread_{tool}", str(raw), str(ROOT / "seeds"), str(out), *more]
            ways.append(Way(name=f"{name}, by hand", command=script, before=partial(wipe, out)))
        lines += in_turn("by_hand", "13 tables from raw files", (size, "persons"), ways, setting.runs)
        for out in ("DuckDB", "Polars"):
            check_equal(folder / "ours" / "tables", folder / out)
        wipe(folder)
    return lines


def keep_cache(target: Path) -> None:
    """Remove all that was built, and keep what was compiled."""
    for path in target.iterdir():
        if path.name != "cache":
            path.unlink() if path.is_symlink() or path.is_file() else wipe(path)


def check_equal(ours: Path, theirs: Path, tables: tuple[str, ...] = (), allowed: set[str] | frozenset[str] = frozenset()) -> None:
    """Compare tables of both sides by rows and digests; stops when one differs that may not."""
    script = ROOT / "benchmarks" / "peers" / "equal.py"
    command = [binary("duckdb"), str(script), str(ours), str(theirs), *tables]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    different = {table: found for table, found in said.items() if found != "equal"}
    print(f"{len(said) - len(different)} of {len(said)} tables equal; {different or 'none differs'}", file=sys.stderr, flush=True)
    if set(different) - allowed:
        sys.exit("tables differ that should be equal")


# -- edits ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Edited:
    """A project on one side, over raw files that both sides read; each edit is another one.

    `end` is where the text of a model ends that gives its rows; `dbt` is the folder of a dbt project, None for ours.
    """

    models: Path
    raw: Path
    end: str
    dbt: Path | None = None
    number: int = field(default=0)

    def nothing(self) -> None:
        """Change nothing; dbt's state is what the last run knew."""
        if self.dbt:
            (self.dbt / "state").mkdir(exist_ok=True)
            shutil.copy(self.dbt / "target" / "manifest.json", self.dbt / "state")

    def leaf(self) -> None:
        """Change a condition of a model that nobody reads."""
        self._write(LEAF, lambda text: text.replace(self.end, f"{self.end}\nwhere {self.number} = {self.number}"))

    def comment(self) -> None:
        """Change a comment of a model that many read."""
        self._write(COMMENTED, lambda text: f"{text}-- note {self.number}\n")

    def file(self) -> None:
        """Replace one of the files of a register: as many rows, since fewer are refused, the last of them another one."""
        self.number += 1
        path = sorted((self.raw / REPLACED).glob("*.parquet"))[-1]
        whole = self.raw / "whole.parquet"
        if not whole.exists():
            shutil.copy(path, whole)
        table = pq.read_table(whole)
        rows = [*range(table.num_rows - 1), self.number % table.num_rows]
        pq.write_table(table.take(rows), path.with_suffix(".draft"))
        os.replace(path.with_suffix(".draft"), path)

    def _write(self, name: str, change: Callable[[str], str]) -> None:
        self.nothing()
        self.number += 1
        path = next(path for path in self.models.rglob("*.sql") if path.stem.split("__")[-1] == name)
        kept = path.with_suffix(".kept")
        if not kept.exists():
            shutil.copy(path, kept)
        path.write_text(change(kept.read_text(encoding="utf-8")), encoding="utf-8")


def edits(setting: Setting) -> list[Line]:
    """Run again after a leaf model, a comment, or one raw file of 24 changed; everything was built before."""
    lines = []
    for size in setting.sizes:
        folder = setting.work / f"edits_{size}"
        wipe(folder)
        raw = folder / "raw"
        shutil.copytree(registers(setting.work, size), raw, copy_function=os.link)
        project, target, twin = folder / "project", folder / "ours", folder / "twin"
        run([*IDS, "init", str(project)])
        write_twin(twin, raw)
        ours = [*IDS, "run", "--quiet", "--project-dir", str(project), "--vars", f"{{registers_dir: {raw}}}"]
        ours += ["--target-path", str(target)]
        full = dbt("run", profiles=twin)
        modified = [*full, "--select", "state:modified+", "--state", str(twin / "state")]
        run(ours)
        run(full, cwd=twin)
        mine = Edited(models=project / "models", raw=raw, end="from scd_summary")
        other = Edited(models=twin / "models" / "outputs", raw=raw, end=") as made", dbt=twin)
        cases = {
            "nothing changed, shipped project": Edited.nothing,
            "one leaf model edited": Edited.leaf,
            "one comment edited": Edited.comment,
            "one source file replaced": Edited.file,
        }
        for case, edit in cases.items():
            ready, after = partial(edit, other), partial(_count_dbt, twin)
            ways = [
                Way(name=OURS, command=ours, before=partial(edit, mine), after=partial(count_ours, target)),
                Way(name="dbt-duckdb, run", command=full, cwd=twin, before=ready, after=after),
            ]
            if edit is not Edited.file:  # dbt does not see it: state:modified+ would run nothing and leave old rows
                ways.append(Way(name="dbt-duckdb, state:modified+", command=modified, cwd=twin, before=ready, after=after))
            lines += in_turn("edits", case, (size, "persons"), ways, setting.runs)
        wipe(folder)
    return lines


def _start_anew(folders: list[Path]) -> None:
    """Remove what was made; folders of tables must be there, dbt-duckdb makes none."""
    wipe(*folders)
    for folder in folders[1:]:
        folder.mkdir(parents=True)


def count_ours(target: Path) -> str:
    """Return how many models the last run built."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    models = [result for result in results if result["resource_type"] == "model"]
    return f"{sum(result['status'] == 'success' for result in models)} of {len(models)} models"


def _count_dbt(project: Path) -> str:
    """Return how many models dbt ran last, views included."""
    return f"{len(json.loads((project / 'target' / 'run_results.json').read_text())['results'])} models"
