"""One file of a delivery: names, order and physical types of its columns, and the Parquet file."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ids_build.errors import StorageError
from ids_build.nodes import Column, Source
from ids_build.runner.synthesize.cells import make_array
from ids_build.runner.synthesize.chance import make_stream
from ids_build.runner.synthesize.columns import Desk
from ids_build.runner.synthesize.periods import Period, matches
from ids_build.runner.synthesize.rows import Rows
from ids_build.runner.synthesize.vocabulary import listed

ROW_GROUP = 250_000
LEVEL = 1


def make_table(desk: Desk) -> Any:
    """Return the Arrow table of a file as its drift says: without dropped columns, with added ones."""
    rows = desk.rows
    drift = find_drift(rows.source, rows.period)
    dropped = {name for item in drift for name in item.get("drop", ())}
    types: dict[str, str] = {name: kind for item in drift for name, kind in item.get("types", {}).items()}
    names = _choose_names(rows.source, drift)
    arrays = {}
    for column in rows.source.columns:
        if column.name not in dropped:
            kind = column.data_type or "string"
            cells = desk.find(column.name)
            arrays[_spell(column, names)] = make_array(cells, kind, types.get(column.name, kind))
    for item in drift:
        for name, settings in item.get("add", {}).items():
            arrays[name] = make_array(desk.fill(name, settings, rows.source.at), "string", "string")
    table = pa.table(arrays)
    if any(item.get("order") == "shuffled" for item in drift):
        table = shuffle_columns(table, rows.world.seed, rows.name, rows.period.label)
    return table


def find_drift(source: Source, period: Period) -> list[Mapping[str, Any]]:
    """Return the entries of `drift` that hold for the file."""
    entries = listed(source.meta.get("simulate", {}).get("drift", []))
    return [item for item in entries if matches(item.get("periods", "all"), period.label)]


def _choose_names(source: Source, drift: list[Mapping[str, Any]]) -> str:
    names = str(source.meta.get("simulate", {}).get("names", "declared"))
    for item in drift:
        names = str(item.get("names", names))
    return names


def _spell(column: Column, names: str) -> str:
    spelling = (column.meta.get("simulate") or {}).get("spelling", column.name)
    return spell_name(str(spelling), names)


def spell_name(name: str, names: str) -> str:
    """Return the name in lower, upper or mixed case, or as declared."""
    if names == "mixed":
        return re.sub(r"[a-z]+", lambda word: word.group().capitalize(), name.lower())
    return {"lower": name.lower(), "upper": name.upper()}.get(names, name)


def shuffle_columns(table: Any, seed: int, *names: str) -> Any:
    """Return the table with its columns in another order."""
    order = make_stream(seed, *names, "order").permutation(table.num_columns)
    return table.select([int(index) for index in order])


def make_copy(table: Any, rows: Rows, settings: Mapping[str, Any]) -> tuple[str, Any]:
    """Return file name and table of a second delivery of the same rows, in another order."""
    name = str(settings["name"]).format(period=rows.period.label)
    order = make_stream(rows.world.seed, rows.name, rows.period.label, name).permutation(table.num_rows)
    copy = table.take(pa.array(order))
    spelling = str(settings.get("names", "declared"))
    copy = copy.rename_columns([spell_name(column, spelling) for column in copy.column_names])
    if settings.get("order") == "shuffled":
        copy = shuffle_columns(copy, rows.world.seed, rows.name, name)
    return name, copy


def write_table(table: Any, path: Path) -> int:
    """Write the table as one Parquet file and return its size in bytes."""
    words = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            table, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=LEVEL, store_schema=False,
            use_dictionary=words or False, data_page_version="2.0",
        )  # fmt: skip
        return path.stat().st_size
    except OSError as error:
        raise StorageError(f"cannot write '{path}'", hint="name another directory with --out") from error


def find_folder(source: Source, out: Path) -> Path:
    """Return the folder of a table below `out`: the last folder of its location, or its name."""
    parts = [part for part in (source.location or "").split("/")[:-1] if part and "*" not in part]
    return out / (parts[-1] if parts else source.relation.name)


def check_folder(folder: Path) -> None:
    """Raise when the folder holds anything."""
    try:
        filled = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise StorageError(f"cannot read '{folder}'", hint="name another directory with --out") from error
    if filled:
        raise StorageError(f"'{folder}' is not empty", hint="name another directory with --out")
