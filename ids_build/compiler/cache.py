"""The only reader and writer of ``<target-path>/cache``: entries in JSON, of which a damaged or foreign one is a miss."""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ids_build

FOLDER = "cache"
_MAGIC = "ids_build cache 1"
_KEPT = 8  # entries of a kind that stay, the latest written: as many variants of variables and targets are at hand
_LARGEST = 256 * 1024**2  # bytes of the whole folder
_LEFT = 3600  # seconds after which what a killed writer left behind is taken away
_LIBRARIES = ("datafusion", "jinja2", "markupsafe", "pyarrow", "pyyaml", "sqlglot", "sqlglotc")


class Cache:
    """Entries by kind and key. Whatever goes wrong is a miss, and never an error."""

    def __init__(self, folder: Path | None) -> None:
        """Keep entries in `folder`; None keeps nothing."""
        self._folder = folder

    @property
    def used(self) -> bool:
        """Say whether anything is kept."""
        return self._folder is not None

    def read(self, kind: str, key: str) -> Any | None:
        """Return the value that was written under kind and key; None when there is none, or it is not whole."""
        if self._folder is None:
            return None
        try:
            with open(self._path(kind, key), "rb") as file:
                head, _, body = file.read().partition(b"\n")
            return json.loads(body) if head == _head(kind, key, body) else None
        except (OSError, ValueError, RecursionError):
            return None

    def write(self, kind: str, key: str, value: Any) -> None:
        """Write a value aside and put it in place by one rename, so that no reader meets half of it; then make room."""
        if self._folder is None:
            return
        draft = None
        try:
            body = json.dumps(value, separators=(",", ":")).encode()
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = f"{self._path(kind, key)}.{os.getpid()}{os.urandom(4).hex()}.draft"
            with open(draft, "xb") as file:
                file.write(_head(kind, key, body) + b"\n" + body)
            os.replace(draft, self._path(kind, key))
            self._make_room()
        except (OSError, TypeError, ValueError, RecursionError):
            if draft is not None:
                with contextlib.suppress(OSError):
                    os.unlink(draft)

    def _path(self, kind: str, key: str) -> str:
        assert self._folder is not None
        return os.path.join(self._folder, f"{kind}-{key}.json")

    def _make_room(self) -> None:
        """Take away old entries: the newest of each kind stay, while the folder is small enough."""
        assert self._folder is not None
        with os.scandir(self._folder) as found:
            entries = sorted(((entry.stat(), entry.path) for entry in found), key=lambda pair: -pair[0].st_mtime_ns)
        now = entries[0][0].st_mtime if entries else 0.0
        kept: dict[str, int] = {}
        size = 0
        for stat, path in entries:
            name = os.path.basename(path)
            kind = name.partition("-")[0]
            if name.endswith(".draft"):
                goes = now - stat.st_mtime > _LEFT
            else:
                kept[kind] = kept.get(kind, 0) + 1
                size += stat.st_size
                goes = kept[kind] > _KEPT or (size > _LARGEST and kept[kind] > 1)
            if goes:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def make_digest(parts: Iterable[str]) -> str:
    """Return the digest of some texts in their order; where one ends and the next begins counts."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(data))
        found.update(data)
    return found.hexdigest()[:40]


def describe_engine() -> str:
    """Return a text that changes with whatever compiles: the bytes of this package, the libraries' versions, Python's."""
    found = hashlib.sha256(ids_build.__version__.encode())
    package = os.path.dirname(ids_build.__file__)
    for place, inner, names in os.walk(package):
        inner[:] = sorted(name for name in inner if name not in ("__pycache__", "cli", "report", "registers", "synthesize"))
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(place, name), "rb") as file:
                    found.update(name.encode() + hashlib.sha256(file.read()).digest())
    return f"{found.hexdigest()} {sys.version} {' '.join(_find_versions())}"


def _find_versions() -> Iterable[str]:
    """Yield name and version of the libraries that compile, as the folders of their installation are called.

    Asking each package costs more than a warm start.
    """
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        yield from sorted(n for n in names if n.endswith(".dist-info") and n.partition("-")[0].lower() in _LIBRARIES)


def _head(kind: str, key: str, body: bytes) -> bytes:
    return f"{_MAGIC} {kind} {key} {hashlib.sha256(body).hexdigest()}".encode()
