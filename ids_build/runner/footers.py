"""What files say of themselves: raw files, remembered from run to run, and the content of our own tables."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

_TAIL = 8  # a parquet file ends with the length of its footer, in four bytes, and four letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The rows of a raw file, its names and types, and what stands between its columns when it is text."""

    rows: int
    schema: pa.Schema
    delimiter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a raw file: its header, and a token that stays the same as long as the file counts as unchanged."""

    header: Header
    token: str


class Footers:
    """What raw files said of themselves, remembered by path, size and time of change.

    An unchanged file is not opened again. With `verify` the bytes of every file are read: then a file whose bytes are
    the same keeps its token whatever its time says, and one whose bytes are others gets a new one.
    """

    def __init__(self, known: Mapping[str, Any] | None = None, *, verify: bool = False) -> None:
        """Start from what an earlier run remembered; a word of it that cannot be understood is forgotten."""
        self._known = dict(known or {})
        self._fresh: dict[str, Facts] = {}
        self._verify = verify

    @property
    def known(self) -> Mapping[str, Any]:
        """Return what shall be remembered, as plain values."""
        return self._known

    def read(self, path: Path, read: Callable[[Path], Header]) -> Facts:
        """Return the facts of a raw file, opened by `read` when it is not remembered as it lies there now."""
        name, stat = str(path), path.stat()
        if name in self._fresh:
            return self._fresh[name]
        before = self._known.get(name)
        before = before if isinstance(before, dict) else {}
        stamp = [stat.st_size, stat.st_mtime_ns]
        header = _parse_header(before) if before.get("stamp") == stamp else None
        bytes_now = digest_bytes(path) if self._verify else None
        known_bytes = before.get("bytes")
        same = header is not None if None in (bytes_now, known_bytes) else bytes_now == known_bytes
        found = header if header is not None and same else read(path)
        silent = bytes_now if header is not None and not same else ""  # other bytes behind the same size, time and footer
        token = str(before["token"]) if same and before.get("token") else _make_token(path, [*stamp, silent], found)
        kept = bytes_now or (known_bytes if same else None)
        self._known[name] = {"stamp": stamp, "token": token, "bytes": kept, **_tell_header(found)}
        self._fresh[name] = Facts(header=found, token=token)
        return self._fresh[name]

    def bytes_of(self, path: Path) -> str:
        """Return the digest of all bytes of a file that was read before; it is remembered with the file."""
        entry = self._known.get(str(path))
        if not isinstance(entry, dict) or str(path) not in self._fresh:
            return digest_bytes(path)
        entry["bytes"] = entry.get("bytes") or digest_bytes(path)
        return str(entry["bytes"])


def digest_bytes(path: Path) -> str:
    """Return the digest of all bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_content(path: Path) -> str:
    """Return the digest of what one of our tables holds: its names and types, and the bytes before the footer.

    The note in the footer does not count: equal rows make equal bytes, whatever run wrote them. Of a table in parts it is
    that of all parts.
    """
    if path.is_dir():
        return digest_parts([digest_content(part) for part in find_parts(path)])
    found = hashlib.sha256(str(pyarrow.parquet.read_schema(path).remove_metadata()).encode())
    left = path.stat().st_size - len(_read_footer(path)) - _TAIL
    with path.open("rb") as file:
        while left > 0 and (some := file.read(min(left, 1 << 20))):
            found.update(some)
            left -= len(some)
    return found.hexdigest()


def digest_parts(contents: Iterable[str]) -> str:
    """Return the digest of a table from those of its parts, in their order."""
    return hashlib.sha256("\n".join(contents).encode()).hexdigest()


def find_parts(path: Path) -> list[Path]:
    """Return the files of a table: the parts in a folder in their order, else the file itself."""
    return sorted(path.glob("*.parquet"), key=lambda part: part.stem) if path.is_dir() else [path]


def _make_token(path: Path, stamp: list[Any], header: Header) -> str:
    """Return what a file is known by: of a text its bytes, which were read anyhow; else size, time and footer."""
    if header.delimiter is not None:
        return digest_bytes(path)[:16]
    return hashlib.sha256(repr(stamp).encode() + _read_footer(path)).hexdigest()[:16]


def _read_footer(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-_TAIL, 2)
        length = int.from_bytes(file.read(_TAIL)[:4], "little")
        file.seek(-_TAIL - length, 2)
        return file.read(length)


def _tell_header(header: Header) -> dict[str, Any]:
    schema = base64.b64encode(header.schema.serialize().to_pybytes()).decode()
    return {"rows": header.rows, "schema": schema, "delimiter": header.delimiter}


def _parse_header(told: Mapping[str, Any]) -> Header | None:
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(told["schema"])))
        return Header(rows=int(told["rows"]), schema=schema, delimiter=told["delimiter"])
    except (KeyError, TypeError, ValueError, pa.ArrowException):
        return None


def seems_constant(footer: pa.parquet.FileMetaData) -> bool:
    """Say whether a float column has one and the same value in the statistics of all row groups."""
    for index in range(footer.num_columns if footer.num_row_groups else 0):
        if footer.schema.column(index).physical_type not in ("FLOAT", "DOUBLE"):
            continue
        groups = [footer.row_group(number).column(index).statistics for number in range(footer.num_row_groups)]
        known = all(found is not None and found.has_min_max for found in groups)
        if known and len({value for found in groups for value in (found.min, found.max)}) == 1:
            return True
    return False


def has_no_null(footer: pa.parquet.FileMetaData, column: str) -> bool:
    """Say whether the statistics of every row group count no NULL in the column."""
    names = [footer.schema.column(index).path for index in range(footer.num_columns)]
    if column not in names:
        return False
    index = names.index(column)
    groups = [footer.row_group(number).column(index).statistics for number in range(footer.num_row_groups)]
    return all(found is not None and found.has_null_count and found.null_count == 0 for found in groups)
