"""Small projects and raw files on disk, and the command line as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from ids_build.compiler.compiler import load_config
from ids_build.config import Config, Options

REPOSITORY = Path(__file__).resolve().parents[2]

# A shop: raw orders, cleaned orders, their sum by customer, colours as a seed.
SHOP = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\n",
    "models/raw.yml": """
        sources:
          - name: raw
            tables:
              - name: orders
                meta: {external_location: "raw/orders.parquet"}
                columns:
                  - {name: id, data_type: int32}
                  - {name: customer, data_type: string}
                  - {name: amount, data_type: float64}
        """,
    "models/staging/orders.sql": "select id, customer, amount from {{ source('raw', 'orders') }}\n",
    "models/staging/orders.yml": """
        models:
          - name: orders
            config: {meta: {grain: [id]}}
            columns:
              - {name: id, data_type: int32}
              - name: customer
                data_tests: [not_null]
        unit_tests:
          - name: keeps_every_order
            model: orders
            given:
              - input: source('raw', 'orders')
                rows:
                  - {id: 1, customer: 0042, amount: 2.5}
            expect:
              rows:
                - {id: 1, customer: 0042, amount: 2.5}
        """,
    "models/marts/totals.sql": (
        "select customer, sum(amount) as amount\nfrom {{ ref('orders') }}\ngroup by customer\norder by customer\n"
    ),
    "seeds/colours.csv": "code,word\n01,red\n02,blue\n",
}


def tiny_project(folder: Path, files: Mapping[str, str] | None = None, *, raw: bool = True) -> Path:
    """Write a project (the shop, unless told otherwise) into `folder`, with its raw file, and return `folder`."""
    for path, text in (SHOP if files is None else {"dbt_project.yml": "name: shop\n", **files}).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    if raw and files is None:
        write_parquet(
            folder / "raw" / "orders.parquet",
            id=pa.array([1, 2, 3], pa.int32()),
            customer=["0042", "0007", "0042"],
            amount=[2.5, 1.0, 4.0],
        )
    return folder


def tiny_config(folder: Path, **options: Any) -> Config:
    """Return the settings of the project in `folder`."""
    return load_config(Options(project_dir=folder, profiles_dirs=(folder,), cores=1, **options))


def write_parquet(path: Path, **columns: Any) -> Path:
    """Write columns (lists or Arrow arrays) to a parquet file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


def run_ids(*words: str, cwd: Path, code: str | None = None, env: Mapping[str, str] | None = None) -> Any:
    """Run ``ids`` (or Python `code`) in a process of its own and return what became of it."""
    command: Sequence[str] = [sys.executable, "-c", code] if code else [sys.executable, "-m", "ids_build"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    return subprocess.run(
        [*command, *words], cwd=cwd, capture_output=True, text=True, encoding="utf-8", env={**clean, **(env or {})}, check=False
    )
