"""The cells of one column before they have a physical type, and how text is spoilt on purpose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ids_build.runner.synthesize.chance import Array

POOL = 1 << 16
"""From this many words on, a column is written plainly and not by a dictionary."""

PHYSICAL: Mapping[str, Any] = {
    "string": pa.string(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "date": pa.date32(),
    "time": pa.time32("s"),
    "timestamp": pa.timestamp("ms"),
    "boolean": pa.bool_(),
}
TEXTS: Mapping[str, str] = {
    "iso_text": "%Y-%m-%d",
    "dmy_text": "%d-%m-%Y",
    "slash_text": "%d/%m/%Y",
    "point_text": "%d.%m.%Y",
    "ymd_text": "%Y%m%d",
    "ymd_int": "%Y%m%d",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Numbers, or indices into `words`; `missing` says which are NULL, `empty` which are empty text."""

    values: Array
    words: Any = None
    missing: Array | None = None

    def take(self, rows: Array) -> "Cells":
        """Return the cells of these rows."""
        missing = None if self.missing is None else self.missing[rows]
        return replace(self, values=self.values[rows], missing=missing)

    def lose(self, lost: Array) -> "Cells":
        """Return the cells with these missing as well."""
        return replace(self, missing=lost if self.missing is None else self.missing | lost)

    @property
    def gone(self) -> Array:
        """Return which cells are missing."""
        return np.zeros(len(self.values), dtype=bool) if self.missing is None else self.missing


def make_words(index: Array, words: Sequence[Any]) -> Cells:
    """Return cells that hold words; a negative index is missing."""
    missing = index < 0
    texts = pa.array([str(word) for word in words], type=pa.string())
    return Cells(values=np.where(missing, 0, index), words=texts, missing=missing if missing.any() else None)


def spell_out(cells: Cells) -> Cells:
    """Return the cells with whole numbers turned into words."""
    if cells.words is not None:
        return cells
    known, index = np.unique(cells.values, return_inverse=True)
    return replace(cells, values=index.astype(np.int32), words=pc.cast(pa.array(known), pa.string()))


def rename_words(cells: Cells, names: Mapping[Any, Any]) -> Cells:
    """Return the cells with each word replaced; a word without a new name, or with NULL, is missing."""
    cells = spell_out(cells)
    table = {str(old): new for old, new in names.items()}
    found = [table.get(word) for word in cells.words.to_pylist()]
    lost = np.array([word is None for word in found], dtype=bool)
    words = pa.array(["" if word is None else str(word) for word in found], type=pa.string())
    cells = replace(cells, words=words)
    return cells.lose(lost[cells.values]) if lost.any() else cells


def prefix_words(cells: Cells, prefix: str) -> Cells:
    """Return the cells with a text before each word."""
    cells = spell_out(cells)
    return replace(cells, words=pc.binary_join_element_wise(pa.scalar(prefix), cells.words, ""))


def spoil_words(cells: Cells, shares: Mapping[str, float], stem: int, chance: Array) -> Cells:
    """Return the cells with some words in another spelling: lower case, dotted, with a blank, or cut short."""
    cells = spell_out(cells)
    plain = cells.words.to_pylist()
    spelling = {
        "lower": [word.lower() for word in plain],
        "dot": [f"{word[:stem]}.{word[stem:]}" if len(word) > stem else word for word in plain],
        "blank": [f"{word} " for word in plain],
        "short": [word[: stem - 1] for word in plain],
    }
    words, index, reached = list(plain), cells.values.copy(), 0.0
    for name, share in shares.items():
        hit = (chance >= reached) & (chance < reached + share)
        index[hit] += len(words)
        words += spelling[name]
        reached += share
    return replace(cells, values=index, words=pa.array(words, type=pa.string()))


def make_array(cells: Cells, data_type: str, wanted: str) -> Any:
    """Return the Arrow array of the cells in the wanted physical type, or text form of a date."""
    if wanted in TEXTS:
        days, index = np.unique(cells.values, return_inverse=True)
        stamps = pc.cast(pa.array(days.astype(np.int32), type=pa.date32()), pa.timestamp("s"))
        words = pc.strftime(stamps, format=TEXTS[wanted])
        words = pc.cast(words, pa.int32()) if wanted == "ymd_int" else words
        return _encode(words, index, cells.missing)
    kind = PHYSICAL[wanted]
    if cells.words is not None:
        return _encode(pc.cast(cells.words, kind), cells.values, cells.missing)
    if data_type in ("date", "time", "timestamp"):
        values = pa.array(cells.values.astype(np.int32), type=pa.int32(), mask=cells.missing)
        return pc.cast(pc.cast(values, pa.time32("s") if data_type == "time" else pa.date32()), kind)
    return pc.cast(pa.array(cells.values, mask=cells.missing), kind)


def _encode(words: Any, index: Array, missing: Array | None) -> Any:
    if len(words) >= POOL or not pa.types.is_string(words.type):
        return pc.take(words, pa.array(index.astype(np.int32), mask=missing))
    # Each word once and only the words in use: Parquet's writer leaves what was in memory behind a double word.
    known = words.dictionary_encode()
    index = known.indices.to_numpy(zero_copy_only=False)[index]
    used = np.bincount(index, minlength=len(known.dictionary)) > 0
    codes = pa.array((np.cumsum(used) - 1)[index].astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, known.dictionary.filter(pa.array(used)))


def stack_words(parts: Sequence[tuple[Cells | None, int]]) -> Cells:
    """Return the parts one below the other; a part that is not there is missing as often as said."""
    words: list[str] = []
    index = []
    for cells, count in parts:
        if cells is None:
            index.append(np.full(count, -1, dtype=np.int32))
            continue
        index.append(np.where(cells.gone, -1, cells.values + len(words)).astype(np.int32))
        words += cells.words.to_pylist()
    return make_words(np.concatenate(index), words or [""])
