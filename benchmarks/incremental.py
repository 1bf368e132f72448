"""What a replaced and a late delivery cost, with a model as one table and in parts.

`python -m benchmarks.run --only incremental --persons 50000`, or alone `python -m benchmarks.incremental [--persons N]`.
A register of 24 yearly files, a line a person and year in no order; a model that reads and types it, sorted by person and
year; beside it the same with a child that reads it all. Nobody is real; nothing but sizes and shares is meant.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import PYTHON, Figure, run, tell

YEARS = range(2000, 2024)
REPLACED, LATE = 2017, 2009
SOURCE = """
sources:
  - name: raw
    tables:
      - name: income
        meta: {external_location: raw/*.parquet, period: file_name}
        columns:
          - {name: pnr, data_type: string}
          - {name: total, data_type: float64}
          - {name: wage, data_type: float64}
          - {name: code, data_type: string}
          - {name: since, data_type: date}
models:
  - name: income
    meta: {grain: [pnr, period_end]}
"""
MODEL = """
{{ config(materialized='%s', incremental_strategy='insert_overwrite') }}
select pnr, period_end, sum(total) as total, sum(wage) as wage, min(code) as code, min(since) as since
from {{ source('raw', 'income') }}
group by pnr, period_end
"""
CHILD = (
    "select pnr, period_end, total - lag(total) over (partition by pnr order by period_end) as change from {{ ref('income') }}"
)


def write_year(path: Path, persons: int, seed: int) -> None:
    """Write the file of one year."""
    chance = np.random.default_rng(seed)
    total = chance.integers(0, 900_000, persons).astype(float)
    columns = {
        "pnr": pa.array(chance.permutation(persons) + 1_000_000_000).cast(pa.string()),
        "total": pa.array(total),
        "wage": pa.array(np.floor(total * 0.8)),
        "code": pa.array(chance.integers(100, 999, persons)).cast(pa.string()),
        "since": pa.array(chance.integers(0, 15_000, persons, dtype=np.int32)).cast(pa.date32()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def write_project(folder: Path, materialized: str, *, child: bool) -> None:
    """Write the project; its raw files are written by the measurement."""
    for name, text in {
        "dbt_project.yml": "name: bench\n",
        "models/raw.yml": SOURCE,
        "models/income.sql": MODEL % materialized,
        **({"models/changes.sql": CHILD} if child else {}),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def measure(persons: int, runs: int) -> None:
    """Build in full, after one file of 24 was replaced, and after one came late; as a table and in parts."""
    for child in (False, True):
        for kind, name in (("table", "one table"), ("incremental", "in parts")):
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder)
                write_project(place, kind, child=child)
                shown = name + (", with a child" if child else "")
                for year in YEARS:
                    write_year(place / "raw" / f"{year}.parquet", persons, year)
                tell(f"full build, {shown}", [_build(place, _forget) for _ in range(runs)])
                tell(f"one of 24 files replaced, {shown}", [_build(place, _replace(persons, run)) for run in range(runs)])
                tell(f"one late file of 24, {shown}", [_build(place, _be_late) for _ in range(runs)])


def _build(place: Path, prepare: Callable[[Path], None]) -> Figure:
    prepare(place)
    return run([PYTHON, "-m", "ids_build", "build", "--quiet", "--project-dir", str(place)])


def _forget(place: Path) -> None:
    shutil.rmtree(place / "target", ignore_errors=True)


def _replace(persons: int, number: int) -> Callable[[Path], None]:
    return lambda place: write_year(place / "raw" / f"{REPLACED}.parquet", persons, 10_000 + number)


def _be_late(place: Path) -> None:
    """Build without a file, then put it there."""
    file = place / "raw" / f"{LATE}.parquet"
    os.rename(file, place / "late.parquet")
    _forget(place)
    run([PYTHON, "-m", "ids_build", "build", "--quiet", "--project-dir", str(place)])
    os.rename(place / "late.parquet", file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    said = parser.parse_args()
    measure(said.persons, said.runs)
