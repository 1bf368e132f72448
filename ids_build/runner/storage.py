"""The only room that names paths: drafts written aside, put in place by one rename."""

import filecmp
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import filelock

from ids_build.errors import StorageError
from ids_build.relation import Relation


class Storage:
    """The folder of built tables, ``<target-path>/tables``, and the drafts beside it."""

    def __init__(self, target_path: Path) -> None:
        """Keep the place; nothing is touched yet."""
        self._target = target_path
        self._tables = target_path / "tables"
        self._drafts = target_path / "drafts"
        self._notes = target_path / "deliveries.json"

    def table_path(self, relation: Relation) -> Path:
        """Return where the published table lies, or will lie."""
        return self._tables / relation.layer / f"{relation.name}.parquet"

    def find_day(self, relation: Relation) -> date | None:
        """Return the day on which the table was put in place, None when it never was."""
        path = self.table_path(relation)
        return date.fromtimestamp(path.stat().st_mtime) if path.is_file() else None

    def draft_path(self, relation: Relation) -> Path:
        """Return where the table is written before it is published; the folder is made."""
        path = self.existing_draft(relation)
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
        return path

    def existing_draft(self, relation: Relation) -> Path:
        """Return where the written draft lies."""
        return self._drafts / relation.layer / f"{relation.name}.parquet"

    def publish(self, relation: Relation) -> Path:
        """Put the draft in the table's place by one rename and return the place.

        Raises StorageError when the file system refuses, for instance because a program on Windows holds the
        former table open; then the former table stays as it was.
        """
        draft = self.existing_draft(relation)
        path = self.table_path(relation)
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("rb+") as written:
                os.fsync(written.fileno())
            os.replace(draft, path)
        return path

    def read_deliveries(self, relation: Relation, location: str) -> dict[str, int]:
        """Return the files that the last run read from this location for a source, and how many rows each had."""
        noted = self._read_notes().get(str(relation))
        return dict(noted["files"]) if isinstance(noted, dict) and noted.get("location") == location else {}

    def note_delivery(self, relation: Relation, location: str, files: dict[str, int]) -> None:
        """Remember what a run read for a source."""
        noted = {**self._read_notes(), str(relation): {"location": location, "files": files}}
        draft = self._notes.with_suffix(".draft")
        with _told(self._notes):
            draft.write_text(json.dumps(noted, indent=1), encoding="utf-8")
            os.replace(draft, self._notes)

    def _read_notes(self) -> dict[str, Any]:
        try:
            found = json.loads(self._notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # no run yet; a damaged file costs one comparison, no table
        return found if isinstance(found, dict) else {}

    def discard(self, relation: Relation) -> None:
        """Remove the draft, if there is one."""
        self.existing_draft(relation).unlink(missing_ok=True)

    def remove_drafts(self) -> None:
        """Remove whatever a killed run left aside."""
        shutil.rmtree(self._drafts, ignore_errors=True)

    def lock(self) -> filelock.BaseFileLock:
        """Return the lock that keeps a second run out of this target; StorageError when another run holds it."""
        with _told(self._target):
            self._target.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self._target / ".lock")
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                raise StorageError(
                    f"another run is writing to '{self._target}'", hint="wait for it, or use another --target-path"
                ) from None
        return lock


def find_generation(target_path: Path, number: int | None) -> Path:
    """Return the folder of tables of a generation, ``<target-path>/generations/<number>``.

    Without a number it is the one before the published one (to which ``tables`` points), else before the newest.
    Raises StorageError when there is none.
    """
    folder = target_path / "generations"
    known = sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal() and path.is_dir())
    if number is None:
        published = (target_path / "tables").resolve()
        points = published.parent == folder.resolve() and published.name.isdecimal()
        last = int(published.name) if points else max(known, default=0)
        number = max((other for other in known if other < last), default=None)
    if number in known:
        return folder / str(number)
    told = f"there is no generation {number}" if number is not None else "there is no earlier generation"
    kept = f"known are {', '.join(map(str, known))}" if number is not None and known else "name a project or a folder of tables"
    raise StorageError(f"{told} in '{target_path}'", hint=kept)


def find_tables(folder: Path) -> dict[Relation, Path]:
    """Return the tables of a folder, ``<layer>/<name>.parquet``, or of the folder ``tables`` in it."""
    inner = folder / "tables"
    files = sorted((inner if inner.is_dir() else folder).glob("*/*.parquet"))
    return {Relation(layer=path.parent.name, name=path.stem): path for path in files}


def same_bytes(one: Path, other: Path) -> bool:
    """Say whether two files are one, or hold the same bytes."""
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)


class _told:
    """Turn the file system's refusals into StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            full = error.errno in (28, 112)
            hint = (
                "make room, or move the tables with --target-path"
                if full
                else "check the rights of the folder, or use --target-path"
            )
            message = "the disk is full" if full else f"cannot write '{self._path}': {error.strerror or 'refused'}"
            raise StorageError(message, hint=hint) from None
