"""The shipped project as a dbt project for dbt-duckdb: the same models, made from what `ids compile` renders.

Raw tables are views over the same files with the casts of the contract; seeds are views over parquet; each model is an
external table, parquet with zstd, in the order of ours where `ordered`. Models bear the names of our relations with two
underscores in the place of the dot.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from benchmarks.measure import ROOT
from benchmarks.peers.dialect import Tables, duckdb_type, make_schema, to_duckdb
from benchmarks.peers.tools import wipe
from ids_build.config import Options
from ids_build.nodes import Column, Model, Seed, Source
from ids_build.relation import Relation
from ids_build.runner.raw_files import RawFile, alike, choose_files
from ids_build.runner.seeds import read_seed
from ids_build.tasks.compile import check_project
from ids_build.tasks.ls import load_config

_PROJECT = """name: twin
version: '1.0.0'
profile: twin
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
models:
  twin:
    inputs: {+materialized: view}
    outputs: {+materialized: external, +format: parquet, +options: {compression: zstd}}
"""
# Changed by hand before it is translated: DuckDB keeps the product of two decimal(18, 4) in 18 digits and overflows.
_BY_HAND = {"balance_numeric": ("decimal(18, 4)", "decimal(28, 4)")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The dbt project and what it was made of."""

    folder: Path
    models: tuple[Model, ...]


def write_twin(folder: Path, registers: Path, *, ordered: bool = True) -> Twin:
    """Write the dbt project for the registers in a folder and return it."""
    wipe(folder)
    (folder / "models" / "inputs").mkdir(parents=True)
    (folder / "models" / "outputs").mkdir()
    (folder / "seeds_parquet").mkdir()
    (folder / "dbt_project.yml").write_text(_PROJECT)
    output = {"type": "duckdb", "path": "target/twin.duckdb", "threads": os.cpu_count()}
    (folder / "profiles.yml").write_text(json.dumps({"twin": {"target": "dev", "outputs": {"dev": output}}}))
    options = Options(project_dir=ROOT, vars=f"{{registers_dir: {registers}}}", target_path=folder / "ours")
    config = load_config(options)
    checked = check_project(config)
    tables: Tables = {(relation.layer, relation.name): schema for relation, schema in checked.schemas.items()}
    schema = make_schema(tables)
    inputs = folder / "models" / "inputs"
    for node in checked.graph.nodes.values():
        if isinstance(node, Source):
            columns = tables[node.relation.layer, node.relation.name]
            (inputs / f"{_name(node.relation)}.sql").write_text(_raw_view(node, columns, choose_files(node, ROOT).files))
        elif isinstance(node, Seed):
            path = folder / "seeds_parquet" / f"{node.name}.parquet"
            pq.write_table(read_seed(node), path)
            (inputs / f"{_name(node.relation)}.sql").write_text(f"select * from read_parquet('{path}')\n")
    for model in checked.graph.models():
        query = _with_refs(to_duckdb(model.sql.replace(*_BY_HAND.get(model.name, ("", ""))), schema))
        columns = tables[model.relation.layer, model.relation.name]
        location = folder / "tables" / model.relation.layer / f"{model.name}.parquet"
        location.parent.mkdir(parents=True, exist_ok=True)
        text = _external(query, model, columns, ordered=ordered)
        (folder / "models" / "outputs" / f"{_name(model.relation)}.sql").write_text(
            f"{{{{ config({_materialized(model, location)}) }}}}\n{text}"
        )
    return Twin(folder=folder, models=tuple(checked.graph.models()))


def _materialized(model: Model, location: Path) -> str:
    """Return the settings of a model: what is a view with us is a view there."""
    return f"location='{location}'" if model.materialized == "table" else "materialized='view'"


def _name(relation: Relation) -> str:
    return f"{relation.layer}__{relation.name}"


def _with_refs(sql: str) -> str:
    """Return the query with ref() in the place of every table that is no CTE."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for table in tree.find_all(exp.Table):
        if table.db:
            table.set("this", exp.to_identifier(f"ref__{table.db}__{table.name}", quoted=True))
            table.set("db", None)
    parts = tree.sql(dialect="duckdb", pretty=True).split('"ref__')
    return parts[0] + "".join(f"{{{{ ref('{name}') }}}}{rest}" for name, rest in (part.split('"', 1) for part in parts[1:]))


def _external(query: str, model: Model, columns: pa.Schema, *, ordered: bool) -> str:
    """Return the query with the types of the contract, and the order of our table."""
    casts = ", ".join(f'cast("{field.name}" as {duckdb_type(field.type)}) as "{field.name}"' for field in columns)
    text = f"select {casts}\nfrom (\n{query}\n) as made\n"
    if not ordered or (model.ordered_by_query and not model.order):
        return text
    keys = list(model.order)
    if not model.grain:  # ties are broken by the other columns, so that equal input gives equal files
        keys += [name for name in columns.names if name not in keys]
    order = ", ".join(f'"{key}" nulls first' for key in keys)
    return f"{text}order by {order}\n" if keys else text


# -- raw files --------------------------------------------------------------------------------------


def _raw_view(source: Source, columns: pa.Schema, files: Iterable[RawFile]) -> str:
    """Return a view over the files of a source: each group of one schema with its casts, all groups as one."""
    files = tuple(files)
    facts = ",\n".join(
        f"  ('{file.path}', {_day(file.period and file.period.start)}, {_day(file.period and file.period.end)}, '{file.name}')"
        for file in files
    )
    groups = "\nunion all\n".join(_group(source, columns, group) for group in alike(files))
    return (
        f"with files (path, first_day, last_day, file_name) as (values\n{facts}\n),\nraw_rows as (\n{groups}\n)\n"
        f"select {', '.join(_last_name(name) for name in columns.names)}\n"
        "from raw_rows join files on files.path = raw_rows.ids_path\n"
    )


def _last_name(name: str) -> str:
    given = {"period_start": "first_day", "period_end": "last_day", "source_file": "file_name"}
    return f"files.{given[name]} as {name}" if name in given else f'raw_rows."{name}"'


def _day(day: object) -> str:
    return f"date '{day}'" if day else "cast(null as date)"


def _group(source: Source, columns: pa.Schema, files: tuple[RawFile, ...]) -> str:
    declared = {column.name: column for column in source.columns}
    told = []
    for field in columns:
        if field.name in ("period_start", "period_end", "source_file"):
            continue
        column = declared.get(field.name, Column(name=field.name))
        told.append(f'{_cast(column, field.type, files[0].schema)} as "{field.name}"')
    paths = ", ".join(f"'{file.path}'" for file in files)
    return f"select {', '.join(told)}, filename as ids_path from read_parquet([{paths}], filename = true)"


def _cast(column: Column, wanted: pa.DataType, raw: pa.Schema) -> str:
    """Return the column of a file as the contract's type; a value that does not fit stops the query."""
    names = {column.name.lower(), *(alias.lower() for alias in column.aliases)}
    field = next((field for field in raw if field.name.lower() in names), None)
    word = duckdb_type(wanted)
    if field is None:
        return f"cast(null as {word})"
    name, kind = f'"{field.name}"', field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_string(kind) and word == "VARCHAR":
        return name
    if pa.types.is_floating(kind) and word != "DOUBLE":
        whole = f"cast(case when isnan({name}) then null else {name} end as bigint)"
        return f"cast({whole} as {word})"
    if word == "DATE" and not pa.types.is_date(kind) and not pa.types.is_timestamp(kind):
        return _date(f"nullif(trim(cast({name} as varchar)), '')")
    return f"cast(nullif(trim({name}), '') as {word})" if pa.types.is_string(kind) else f"cast({name} as {word})"


def _date(text: str) -> str:
    dashed = f"replace(replace({text}, '/', '-'), '.', '-')"
    return (
        f"case when length({text}) = 8 then cast(strptime({text}, '%Y%m%d') as date)"
        f" when substr({dashed}, 3, 1) = '-' then cast(strptime({dashed}, '%d-%m-%Y') as date) else cast({text} as date) end"
    )
