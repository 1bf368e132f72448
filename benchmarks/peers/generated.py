"""Generated projects that say the same to ids_build, dbt and SQLMesh: models of one shape, and unit tests."""

import re
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import write_models, write_unit_tests
from benchmarks.peers.tools import binary, wipe

PROJECT = """name: generated
version: '1.0.0'
profile: none
model-paths: [models]
models: {generated: {+materialized: table}}
"""
PROFILE = "none: {target: dev, outputs: {dev: {type: duckdb, path: target/dbt.duckdb, threads: 2}}}\n"
SQLMESH = """gateways:
  local:
    connection: {type: duckdb, database: sqlmesh.duckdb, concurrent_tasks: 1}
    state_connection: {type: duckdb, database: state.duckdb}
default_gateway: local
disable_anonymized_analytics: true
model_defaults: {dialect: duckdb, start: 2020-01-01}
"""


def write_projects(folder: Path, models: int, rows: int) -> None:
    """Write a project of `models` models over one table of `rows` rows: under `dbt` (ids_build reads it too) and `sqlmesh`."""
    wipe(folder)
    ours, theirs = folder / "dbt", folder / "sqlmesh"
    write_models(ours, models)
    (ours / "dbt_project.yml").write_text(PROJECT)
    (ours / "profiles.yml").write_text(PROFILE)
    raw = ours / "raw" / "t.parquet"
    raw.parent.mkdir()
    numbers = pa.array(range(rows), pa.int64())
    pq.write_table(pa.table({"id": numbers.cast(pa.string()), **{f"c{i}": numbers for i in range(4)}}), raw)
    (theirs / "models").mkdir(parents=True)
    (theirs / "config.yaml").write_text(SQLMESH)
    for path in sorted((ours / "models").rglob("*.sql")):
        audits = "audits (not_null(columns := (id)), unique_values(columns := (id)))"
        head = f"MODEL (name main.{path.stem}, kind FULL, {audits});\n\n"
        (theirs / "models" / path.name).write_text(head + _plain(path, f"read_parquet('{raw}')"))


def write_unit_test_projects(folder: Path, count: int) -> None:
    """Write ten models with `count` unit tests in all, under `dbt` (ids_build reads it too) and `sqlmesh`."""
    wipe(folder)
    ours, theirs = folder / "dbt", folder / "sqlmesh"
    write_unit_tests(ours, count)
    (ours / "dbt_project.yml").write_text(PROJECT)
    (ours / "profiles.yml").write_text(PROFILE)
    # dbt asks the database for the columns of what a unit test replaces: the table must be there, empty.
    (ours / "target").mkdir()
    table = "create schema raw; create table raw.t (id text, year int, x double)"
    code = f"import duckdb; duckdb.connect('target/dbt.duckdb').sql('{table}')"
    subprocess.run([binary("dbt"), "-c", code], cwd=ours, check=True)
    (theirs / "models").mkdir(parents=True)
    (theirs / "tests").mkdir()
    (theirs / "config.yaml").write_text(SQLMESH)
    (theirs / "external_models.yaml").write_text("- name: raw.t\n  columns: {id: text, year: int, x: double}\n")
    for path in sorted((ours / "models").rglob("*.sql")):
        head = f"MODEL (name main.{path.stem}, kind FULL);\n\n"
        (theirs / "models" / path.name).write_text(head + _plain(path, "raw.t"))
        factor = int(path.stem.removeprefix("latest")) + 1
        tests = "".join(_unit_test(path.stem, factor, number) for number in range(count // 10))
        (theirs / "tests" / f"test_{path.stem}.yaml").write_text(tests)


def _plain(path: Path, raw: str) -> str:
    """Return a model's text with the names of its tables in the place of ref() and source()."""
    text = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"main.\1", path.read_text(encoding="utf-8"))
    return text.replace("{{ source('raw', 't') }}", raw)


def _unit_test(model: str, factor: int, number: int) -> str:
    return (
        f"test_{model}_case{number}:\n  model: main.{model}\n  inputs:\n    raw.t:\n      rows:\n"
        f"        - {{id: a, year: 2000, x: 1}}\n        - {{id: a, year: 2001, x: {number}}}\n"
        f"  outputs:\n    query:\n      rows:\n        - {{id: a, year: 2001, x: {factor * number}}}\n"
    )
