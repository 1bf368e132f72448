"""Where things lie in a target: drafts written aside, tables put in place by one rename, what runs remember."""

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import filelock

from ids_build.errors import StorageError
from ids_build.relation import Relation
from ids_build.runner.footers import find_parts
from ids_build.runner.generations import Generation, Generations, remove_table


class Storage:
    """The tables of a target, the drafts beside them, and what runs remember.

    Tables are read where the pointer led when they were first asked for: a reader sees one generation, whatever is published
    meanwhile. What a run places stands in a new generation, and is found there by that run alone until it is published.
    """

    def __init__(self, target_path: Path) -> None:
        """Keep the place; nothing is touched yet."""
        self._target = target_path
        self._tables = target_path / "tables"
        self._drafts = target_path / "drafts"
        self._root: Path | None = None
        self._placed: set[Relation] = set()
        self._new: int | None = None
        self.generations = Generations(target_path)

    def table_path(self, relation: Relation) -> Path:
        """Return where the table lies, or will lie."""
        if relation in self._placed and self._new is not None:
            return self.generations.folder(self._new) / _file_name(relation)
        if self._root is None:
            number = self.generations.published()
            self._root = self._tables if number is None else self.generations.folder(number)
        return self._root / _file_name(relation)

    def shown_path(self, relation: Relation) -> Path:
        """Return where others find the table once it is published, whichever generation that is."""
        return self._tables / _file_name(relation)

    def owns(self, path: Path) -> bool:
        """Say whether a path lies where tables lie."""
        folders = (self._tables, self._tables.resolve(), (self._target / "generations").resolve())
        return any(path.resolve().is_relative_to(folder) or path.is_relative_to(folder) for folder in folders)

    def find_day(self, relation: Relation) -> date | None:
        """Return the day on which the table was put in place, None when it never was."""
        path = self.table_path(relation)
        return date.fromtimestamp(path.stat().st_mtime) if path.exists() else None

    @property
    def new(self) -> int | None:
        """Return the generation that this run makes, None before the first table is placed."""
        return self._new

    def draft_path(self, relation: Relation) -> Path:
        """Return where the table is written before it is published; the folder is made."""
        path = self.existing_draft(relation)
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_table(path)
        return path

    def draft_folder(self, relation: Relation) -> Path:
        """Return the empty folder into which the parts of a table are written before it is published."""
        path = self.draft_path(relation)
        with _told(path):
            path.mkdir()
        return path

    def existing_draft(self, relation: Relation) -> Path:
        """Return where the written draft lies."""
        return self._drafts / relation.layer / f"{relation.name}.parquet"

    def place(self, relation: Relation) -> Path:
        """Put the draft into the new generation by one rename and return the place.

        Raises StorageError when the file system refuses.
        """
        draft = self.existing_draft(relation)
        path = self._make_room(relation)
        with _told(path):
            for file in find_parts(draft):
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
            os.replace(draft, path)
        self._placed.add(relation)
        return path

    def adopt(self, relation: Relation, number: int) -> Path:
        """Let a table of another generation stand in the new one, too, and return the place."""
        path = self._make_room(relation)
        with _told(path):
            self.generations.share(self.generations.folder(number) / _file_name(relation), path)
        self._placed.add(relation)
        return path

    def withdraw(self, relation: Relation) -> None:
        """Take a placed table out of the new generation again."""
        if relation in self._placed:
            remove_table(self.table_path(relation))
            self._placed.discard(relation)

    def publish(self, about: Generation, dropped: Collection[Relation], keep: int) -> int:
        """Complete the new generation with the tables that did not change, publish it, and return its number.

        As many complete generations as `keep` stay beside it. Raises StorageError when the file system refuses; then what was
        published still is.
        """
        assert self._new is not None
        with _told(self._tables):
            names = [_file_name(relation) for relation in dropped]
            self.generations.fill(self._new, self.generations.published(), names)
            self.generations.note(about)
            self.generations.publish(self._new)
            self.generations.prune(keep)
        self._root, self._placed = None, set()
        return self._new

    def roll_back(self, number: int | None) -> int:
        """Publish a complete generation again, the one before when none is named, and return its number.

        Raises StorageError when there is no such generation, or the file system refuses.
        """
        published = self.generations.published()
        complete = [one for one in self.generations.numbers() if self.generations.read(one).complete]
        if number is None:
            number = next((one for one in complete if published is not None and one < published), None)
            if number is None:
                raise StorageError("there is no former generation to go back to", hint="'ids generations' lists what is there")
        if number not in complete:
            raise StorageError(f"there is no complete generation {number}", hint="'ids generations' lists what is there")
        with _told(self._tables):
            self.generations.publish(number)
        self._root = None
        return number

    def recover(self) -> list[str]:
        """Clean what a killed run left, and return what was done, in words."""
        killed = "a run was killed: its drafts are removed, and what it had built is reused where it still fits"
        told = [killed] if self._drafts.is_dir() else []
        self.remove_drafts()
        for left in self._target.glob(".scratch-*"):
            shutil.rmtree(left, ignore_errors=True)
        with _told(self._target):
            return told + self.generations.recover()

    def _make_room(self, relation: Relation) -> Path:
        with _told(self._target):
            if self._new is None:
                self._new = self.generations.begin()
            path = self.generations.folder(self._new) / _file_name(relation)
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_table(path)
        return path

    def read_deliveries(self, relation: Relation, location: str) -> dict[str, int]:
        """Return the files that the last run read from this location for a source, and how many rows each had."""
        noted = self.read_memory("deliveries").get(str(relation))
        return dict(noted["files"]) if isinstance(noted, dict) and noted.get("location") == location else {}

    def note_delivery(self, relation: Relation, location: str, files: dict[str, int]) -> None:
        """Remember what a run read for a source."""
        self.write_memory("deliveries", {**self.read_memory("deliveries"), str(relation): {"location": location, "files": files}})

    def read_memory(self, name: str) -> dict[str, Any]:
        """Return what earlier runs remembered under that name; nothing when the file is damaged, which costs work, no table."""
        try:
            found = json.loads((self._target / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_memory(self, name: str, told: Mapping[str, Any]) -> None:
        """Remember plain values under a name for later runs; nobody ever meets half of them."""
        path = self._target / f"{name}.json"
        draft = path.with_suffix(".draft")
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
            os.replace(draft, path)

    def discard(self, relation: Relation) -> None:
        """Remove the draft, if there is one."""
        remove_table(self.existing_draft(relation))

    def remove_drafts(self) -> None:
        """Remove whatever a killed run left aside."""
        shutil.rmtree(self._drafts, ignore_errors=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield an empty folder in the target for what nobody is to keep; it is removed at the end.

        Whoever asks for it holds the lock: what a killed command left of another is removed by the next that writes.
        """
        with _told(self._target):
            self._target.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".scratch-", dir=self._target))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

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
    """Return the folder of tables of a generation; without a number, of the last complete one before the published one.

    Raises StorageError when there is none.
    """
    generations = Generations(target_path)
    known, published = generations.numbers(), generations.published()
    if number is None:
        earlier = (other for other in known if published is not None and other < published)
        number = next((other for other in earlier if generations.read(other).complete), None)
    if number in known:
        return generations.folder(number)
    told = f"there is no generation {number}" if number is not None else "there is no earlier generation"
    kept = (
        f"known are {', '.join(map(str, reversed(known)))}"
        if number is not None and known
        else "name a project or a folder of tables"
    )
    raise StorageError(f"{told} in '{target_path}'", hint=kept)


def find_tables(folder: Path) -> dict[Relation, Path]:
    """Return the tables of a folder, ``<layer>/<name>.parquet``, or of the folder ``tables`` in it."""
    inner = folder / "tables"
    files = sorted((inner if inner.is_dir() else folder).glob("*/*.parquet"))
    return {Relation(layer=path.parent.name, name=path.stem): path for path in files}


def _file_name(relation: Relation) -> str:
    return f"{relation.layer}/{relation.name}.parquet"


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
