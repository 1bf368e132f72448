"""Whether rows lie in an order: as the end of a plan makes sure, or as the rows of a file tell."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

_LAST_SORT = re.compile(r"DataSinkExec: .*\n(?: +SortPreservingMergeExec: \[(.*)\]\n)? +SortExec: expr=\[(.*)\], preserve")
_BATCH = 131_072


def is_sorted_last(plan: str, order: Sequence[str]) -> bool:
    """Say whether the last thing that a plan does before it writes is to sort by the columns of the order, NULLs first."""
    found = _LAST_SORT.search(plan)
    wanted = re.compile(", ".join(rf"{re.escape(name)}@\d+ ASC" for name in order) + "(?:, |$)")
    return found is not None and all(wanted.match(keys) for keys in found.groups() if keys is not None)


def lies_in_order(path: Path, order: Sequence[str]) -> bool:
    """Say whether no row of a file comes before the row above it, by the columns of the order, NULLs first.

    Of values that cannot be compared, such as lists, it is not known: no.
    """
    with pyarrow.parquet.ParquetFile(path) as file:
        if any(pa.types.is_nested(file.schema_arrow.field(name).type) for name in order):
            return False
        above: list[pa.RecordBatch] = []
        for batch in file.iter_batches(_BATCH, columns=list(order)) if order else ():
            if not _rises(pa.Table.from_batches([*above, batch]).combine_chunks(), order):
                return False
            above = [batch.slice(batch.num_rows - 1)]
    return True


def _rises(rows: pa.Table, order: Sequence[str]) -> bool:
    alike: Any = pa.scalar(True)  # so far, each row and the one above it
    for name in order:
        values = _sortable(rows[name])
        upper, lower = values[:-1], values[1:]
        empties = pc.is_null(upper), pc.is_null(lower)
        falls = pc.or_(pc.fill_null(pc.less(lower, upper), False), pc.and_not(empties[1], empties[0]))
        if pc.any(pc.and_(alike, falls)).as_py():
            return False
        alike = pc.and_(alike, pc.or_(pc.fill_null(pc.equal(lower, upper), False), pc.and_(*empties)))
        if not pc.any(alike).as_py():
            return True
    return True


def _sortable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values that compare as the engine sorts: of floats the bits, those of negative ones turned round, NaN last."""
    if not pa.types.is_floating(column.type):
        return column
    bits = pa.chunked_array([chunk.view(pa.int64()) for chunk in column.cast(pa.float64()).chunks], pa.int64())
    return pc.if_else(pc.less(bits, 0), pc.bit_wise_xor(bits, 2**63 - 1), bits)
