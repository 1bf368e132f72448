"""Waits for saves of a project's files. watchfiles lives here."""

import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from watchfiles import watch

from ids_build.config import PROFILES_FILE, PROJECT_FILE
from ids_build.errors import ConfigError

ENDINGS = (".sql", ".yml", ".yaml", ".csv")
_TOGETHER = 50  # milliseconds without another save after which saves are told, as one
_POLL = 300  # milliseconds between two looks at all files, where the system tells of no saves
_READY = 30  # seconds for the first look at all files
Saved = frozenset[str]


class _Stop:
    """Ends a watch, and says when it has begun: it is asked whenever the watch looks up."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()

    def is_set(self) -> bool:
        self.begun.set()
        return self.ended.is_set()


class Saves:
    """The saves below the places of a project, and of its settings; begins and ends with a `with`."""

    def __init__(self, top: Path, places: Iterable[Path], ignored: Path, *, poll: bool = False) -> None:
        """Look at the files below `places` and at the settings in `top`, the project's folder; `ignored` holds its tables.

        With `poll` files are looked at again and again: shares of other machines tell of no saves.
        """
        self._top, self._places, self._ignored, self._poll = top, tuple(places), ignored, poll
        self._found: queue.SimpleQueue[Saved | BaseException] = queue.SimpleQueue()
        self._stops: list[_Stop] = []

    def __enter__(self) -> "Saves":
        self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def arrived(self) -> bool:
        """Say whether there was a save since the last that was waited for."""
        return not self._found.empty()

    def wait(self) -> Saved:
        """Return the paths that were saved, moved or removed since the last time, once there are some.

        Raises ConfigError when the system cannot watch them.
        """
        saved: set[str] = set()
        while not saved or self.arrived():
            try:
                found = self._found.get(timeout=0.5)  # a wait without an end hears no Ctrl-C on Windows
            except queue.Empty:
                continue
            if isinstance(found, KeyboardInterrupt):
                raise found
            if isinstance(found, BaseException):
                told = f"the files of the project cannot be watched: {found}"
                raise ConfigError(told, hint="give --poll, or let the system watch more files") from None
            saved |= found
        return frozenset(saved)

    def interrupt(self, *_: object) -> None:
        """End what goes on, as Ctrl-C does: a handler of signals. Where nobody hears it, the next wait ends.

        What Python raises while it gives back memory, for one, is heard by nobody.
        """
        interrupted = KeyboardInterrupt()
        self._found.put(interrupted)
        raise interrupted

    def follow(self, places: Iterable[Path], saved: Saved) -> None:
        """Look at these places from now on; one that was itself made, moved or removed is looked at anew."""
        places = tuple(places)
        if places != self._places or saved & {str(place) for place in (*places, *self._parents())}:
            self._end()
            self._places = places
            self._begin()

    # -- inside -----------------------------------------------------------------------------------

    def _begin(self) -> None:
        there = [place for place in self._places if place.is_dir()]
        self._start([self._top], self._is_setting, recursive=False)
        if there:
            self._start(there, self._is_file, recursive=True)
        for stop in self._stops:
            stop.begun.wait(_READY)

    def _start(self, places: list[Path], wanted: Callable[[str], bool], *, recursive: bool) -> None:
        stop = _Stop()
        self._stops.append(stop)
        threading.Thread(target=self._watch, args=(places, wanted, recursive, stop), daemon=True).start()

    def _end(self) -> None:
        while self._stops:
            self._stops.pop().ended.set()

    def _watch(self, places: list[Path], wanted: Callable[[str], bool], recursive: bool, stop: _Stop) -> None:
        try:
            for changes in watch(
                *places,
                watch_filter=lambda _, path: wanted(path),
                step=_TOGETHER,
                stop_event=stop,
                rust_timeout=0,
                raise_interrupt=False,
                force_polling=self._poll or None,
                poll_delay_ms=_POLL,
                recursive=recursive,
            ):
                self._found.put(frozenset(path for _, path in changes))
        except Exception as error:
            stop.begun.set()
            self._found.put(error)

    def _parents(self) -> set[Path]:
        """Return the first folders on the way from the project's folder to the places."""
        below = [place.relative_to(self._top).parts for place in self._places if place.is_relative_to(self._top)]
        return {self._top / parts[0] for parts in below if parts}

    def _is_setting(self, path: str) -> bool:
        found = Path(path)
        return found.parent == self._top and (found.name in (PROJECT_FILE, PROFILES_FILE) or found in self._parents())

    def _is_file(self, path: str) -> bool:
        """Say whether a path may be a file that a project is read from, or a folder of such; editors make others."""
        found = Path(path)
        if found.name.startswith(".") or found.is_relative_to(self._ignored):
            return False
        return found.suffix.lower() in ENDINGS or (not found.suffix and not found.is_file())
