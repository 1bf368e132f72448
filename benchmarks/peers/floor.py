"""What reading and writing cost at least, with pyarrow alone: `python -m benchmarks.peers.floor decode|copy|cohort ...`."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.peers.thread_contract import ROW_GROUP


def decode(path: str) -> None:
    """Decode every column of a table, batch by batch."""
    for _ in pq.ParquetFile(path).iter_batches(ROW_GROUP):
        pass


def copy(path: str, out: str) -> None:
    """Decode a table and encode it again, with the compression of ours."""
    file = pq.ParquetFile(path)
    with pq.ParquetWriter(out, file.schema_arrow, compression="zstd", compression_level=3) as writer:
        for batch in file.iter_batches(ROW_GROUP):
            writer.write_batch(batch, ROW_GROUP)


def cohort(spec: str, persons: str, told: str) -> None:
    """Decode the row groups of raw files that hold a person of the cohort: the key first, the rest where it is found.

    `spec` lists sources in the order in which their keys become known: the columns and the key of each file, and from which
    source the key's values come, None for persons.
    """
    wanted: dict[str | None, pa.Array] = {None: pa.array(Path(persons).read_text().split()[1:])}
    counts = {"groups": 0, "read": 0, "bytes": 0}
    for source in json.loads(Path(spec).read_text()):
        keys = [_read(file, wanted[source["via"]], counts) for file in source["files"]]
        for relation, number in source["gives"].items():
            found = [pa.array([], pa.string()), *(chunk for file in keys for chunk in file[number])]
            wanted[relation] = pc.unique(pa.chunked_array(found))
    Path(told).write_text(json.dumps(counts))


def _read(file: dict[str, list[str]], wanted: pa.Array, counts: dict[str, int]) -> list[list[pa.Array]]:
    """Decode what must be of one file; return the values of the columns that other sources are known by."""
    parquet = pq.ParquetFile(file["path"])
    given: list[list[pa.Array]] = [[] for _ in file["gives"]]
    for number in range(parquet.num_row_groups):
        group = parquet.metadata.row_group(number)
        sizes = {group.column(i).path_in_schema: group.column(i).total_compressed_size for i in range(group.num_columns)}
        counts["groups"] += 1
        mask = None
        if file["key"]:
            keys = parquet.read_row_group(number, columns=[file["key"]]).column(0).cast(pa.string())
            counts["bytes"] += sizes[file["key"]]
            mask = pc.is_in(pc.utf8_trim_whitespace(keys), value_set=wanted)
            if not pc.any(mask).as_py():
                continue
        rows = parquet.read_row_group(number, columns=[name for name in file["columns"] if name != file["key"]])
        counts["read"] += 1
        counts["bytes"] += sum(sizes[name] for name in file["columns"] if name != file["key"])
        for place, name in enumerate(file["gives"]):
            values = (rows.column(name) if name in rows.column_names else keys).cast(pa.string())
            given[place] += pc.utf8_trim_whitespace(values.filter(mask) if mask is not None else values).chunks
    return given


if __name__ == "__main__":
    {"decode": decode, "copy": copy, "cohort": cohort}[sys.argv[1]](*sys.argv[2:])
