"""Generations: every set of tables in a folder of its own, and the one pointer that says which of them is published."""

import json
import os
import shutil
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if sys.platform == "win32":
    import _winapi

_ABOUT = "generation.json"
_MARK = ".generation"  # in a pointer that is a folder of copies: the generation that was copied
_GONE = ".gone-"
_FAILED = 3  # so many generations of failed runs wait to be reused
_WINDOWS = os.name == "nt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A set of tables: when it was made and for which persons. Only a complete one has ever been published.

    `tables` tells the entry of every table by its relation.
    """

    number: int
    made: str = ""
    cohort: str | None = None
    complete: bool = False
    tables: Mapping[str, Any] = field(default_factory=dict)


class Generations:
    """The folders ``<target>/generations/<number>`` and the pointer ``<target>/tables`` to one of them.

    The pointer is a symbolic link, on Windows a junction, and where neither can be made a folder of links or copies.
    Whoever changes something holds the lock of the target. Every step leaves something from which `recover` goes on.
    """

    def __init__(self, target: Path) -> None:
        """Keep the places; nothing is touched yet."""
        self._target, self._pointer, self._folder = target, target / "tables", target / "generations"
        self._aside, self._former, self._moving = target / "tables.new", target / "tables.old", target / "moving.json"
        self.copied = 0

    # -- reading ----------------------------------------------------------------------------------

    def folder(self, number: int) -> Path:
        """Return where the tables of a generation lie."""
        return self._folder / str(number)

    def published(self) -> int | None:
        """Return the generation that is published; None when there is none, or tables of the former layout lie there."""
        with suppress(OSError, ValueError):
            link = Path(os.readlink(self._pointer))
            return int(link.name) if link.parent.name == self._folder.name else None
        with suppress(OSError, ValueError):
            return int((self._pointer / _MARK).read_text(encoding="utf-8"))
        return None if self._pointer.exists() else self._find_moving()

    def numbers(self) -> list[int]:
        """Return the generations that are there, the newest first."""
        found = os.listdir(self._folder) if self._folder.is_dir() else []
        return sorted((int(name) for name in found if name.isdecimal()), reverse=True)

    def read(self, number: int) -> Generation:
        """Return what is noted of a generation; nothing but its number when that is damaged."""
        told = _read_json(self.folder(number) / _ABOUT)
        tables = told.get("tables")
        return Generation(
            number=number,
            made=str(told.get("made") or ""),
            cohort=told.get("cohort"),
            complete=told.get("complete") is True,
            tables=tables if isinstance(tables, dict) else {},
        )

    # -- changing ---------------------------------------------------------------------------------

    def begin(self) -> int:
        """Return the number of a new generation, whose folder is made."""
        number = max((*self.numbers(), self.published() or 0)) + 1
        self.folder(number).mkdir(parents=True)
        return number

    def note(self, generation: Generation) -> None:
        """Note what a generation holds."""
        told = {"made": generation.made, "cohort": generation.cohort, "complete": generation.complete}
        _write_json(self.folder(generation.number) / _ABOUT, {**told, "tables": generation.tables})

    def share(self, source: Path, path: Path) -> None:
        """Let a table stand in a second place: as a hard link, or as a copy where the file system knows no links."""
        if source.is_dir():
            for part in sorted(source.iterdir()):
                self.share(part, path / part.name)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, path)
        except OSError:
            shutil.copy2(source, path)
            self.copied += 1

    def fill(self, number: int, base: int | None, dropped: Collection[str]) -> None:
        """Let every file of the base stand in the generation too that has none of that name; `dropped` are left out."""
        folder = self.folder(base) if base is not None else None
        # A table may be a file in one and a folder of parts in the other: it is taken whole, or not at all.
        made = {path.relative_to(self.folder(number)).parts for path in self.folder(number).glob("*/*.parquet")}
        for path in sorted(folder.rglob("*")) if folder else ():
            name = path.relative_to(self.folder(base or 0))
            table = name.parts[:2]
            place = self.folder(number) / name
            left = name.as_posix() == _ABOUT or "/".join(table) in dropped or table in made
            if path.is_file() and not left and not place.exists():
                self.share(path, place)

    def publish(self, number: int) -> None:
        """Move the pointer to a complete generation."""
        for folder in (*(path for path in self.folder(number).rglob("*") if path.is_dir()), self.folder(number)):
            _sync(folder)
        _write_json(self._moving, {"to": number})
        self._point(number)
        self._moving.unlink()
        _sync(self._target)

    def prune(self, keep: int) -> None:
        """Remove all but the published generation and as many complete ones beside it; what is open stays for the next time."""
        published = self.published()
        others = [number for number in self.numbers() if number != published]
        complete = [number for number in others if self.read(number).complete]
        for number in others:
            if number not in complete[:keep]:
                self.remove(number)

    def forget_failed(self) -> None:
        """Remove what failed runs built, but for the newest of them."""
        published = self.published()
        failed = [number for number in self.numbers() if number != published and not self.read(number).complete]
        for number in failed[_FAILED:]:
            self.remove(number)

    def remove(self, number: int) -> None:
        """Remove a generation that is not published."""
        gone = self._folder / f"{_GONE}{number}"
        with suppress(OSError):
            os.rename(self.folder(number), gone)
            shutil.rmtree(gone, ignore_errors=True)

    def recover(self) -> list[str]:
        """Finish or clean what a killed command left, take over tables of the former layout, and return what was done."""
        told: list[str] = []
        number = self._find_moving()
        if number is not None:
            if self.folder(number).is_dir():
                self._point(number)
                told.append(f"generation {number} was complete when a command was killed; it is published now")
            self._moving.unlink()
        elif self._former.is_dir() and not os.path.lexists(self._pointer):
            os.rename(self._former, self._pointer)
        for left in (self._aside, self._former):
            _remove(left)
        for name in os.listdir(self._folder) if self._folder.is_dir() else ():
            if name.startswith(_GONE):
                shutil.rmtree(self._folder / name, ignore_errors=True)
        self._moving.with_suffix(".draft").unlink(missing_ok=True)
        told.extend(self._take_over())
        for number in self.numbers():
            known = (self.folder(number) / _ABOUT).is_file()
            if number != self.published() and not known and not any(self.folder(number).rglob("*.parquet")):
                self.remove(number)
        return told

    def _take_over(self) -> list[str]:
        """Make a generation of a folder of tables as former versions left it, or of one that somebody linked to."""
        if not self._pointer.is_dir() or self.published() is not None:
            return []
        if _is_link(self._pointer):
            folder, number = self._pointer.resolve(), self.begin()
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    self.share(path, self.folder(number) / path.relative_to(folder))
            self.note(Generation(number=number, complete=True))
            self.publish(number)
            return [f"the tables in '{folder}' were taken over as generation {number}"]
        number = max(self.numbers(), default=0) + 1
        _write_json(self._pointer / _ABOUT, {"complete": True})
        self._folder.mkdir(exist_ok=True)
        _write_json(self._moving, {"to": number})
        os.rename(self._pointer, self.folder(number))
        self._point(number)
        self._moving.unlink()
        return [f"the tables that lay in 'tables' are generation {number} now"]

    def _find_moving(self) -> int | None:
        to = _read_json(self._moving).get("to")
        return to if isinstance(to, int) else None

    def _point(self, number: int) -> None:
        _remove(self._aside)
        try:
            _link_folder(self._aside, self.folder(number))
        except (OSError, NotImplementedError):
            _remove(self._aside)
            for path in sorted(path for path in self.folder(number).rglob("*.parquet") if path.is_file()):
                self.share(path, self._aside / path.relative_to(self.folder(number)))
            (self._aside / _MARK).write_text(str(number), encoding="utf-8")
        links = not _WINDOWS and os.path.islink(self._pointer) and os.path.islink(self._aside)
        if os.path.lexists(self._pointer) and not links:
            # Only a symbolic link takes the place of another in one step; until the next one readers find no tables.
            _remove(self._former)
            os.rename(self._pointer, self._former)
        os.replace(self._aside, self._pointer)
        _remove(self._former)


def _link_folder(link: Path, folder: Path) -> None:
    if _WINDOWS:
        _make_junction(folder, link)
    else:
        os.symlink(os.path.join(folder.parent.name, folder.name), link)


def _make_junction(folder: Path, link: Path) -> None:
    if sys.platform == "win32":
        _winapi.CreateJunction(str(folder), str(link))
    else:
        raise OSError("only Windows has junctions")


def _is_link(path: Path) -> bool:
    """Say whether a path is a symbolic link or a junction."""
    try:
        os.readlink(path)
    except OSError:
        return False
    return True


def remove_table(path: Path) -> None:
    """Remove the file of a table or the folder of its parts, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if os.path.islink(path):
        os.unlink(path)
    elif _is_link(path):
        os.rmdir(path)
    elif path.is_dir():
        shutil.rmtree(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_json(path: Path, told: Mapping[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    os.replace(draft, path)


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk, where folders can be opened for that."""
    with suppress(OSError, AttributeError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
