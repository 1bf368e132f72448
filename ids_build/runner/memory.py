"""The memory of this process, as the operating system counts it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_INTERVAL = 0.02
_POOL_SHARE, _LEAST_POOL = 0.6, 64 * 1024**2


def find_pool(limit: int) -> int:
    """Return how many bytes queries may hold so that the whole process stays below the limit.

    What the process holds already counts; of the rest a part goes to what no pool counts: files being read and written,
    and what the allocator keeps. Measured (benchmarks/RESULTS.md).
    """
    return max(_LEAST_POOL, int((limit - Gauge().read()) * _POOL_SHARE))


@dataclass(slots=True, eq=False)
class Seen:
    """The most bytes that the process held while something went on."""

    peak: int = 0


class Gauge:
    """Looks at the process fifty times a second while anything is watched."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._process = psutil.Process()
        self._watched: list[Seen] = []
        self._change = threading.Lock()
        self._thread: threading.Thread | None = None

    def read(self) -> int:
        """Return the bytes of memory that the process holds now."""
        return int(self._process.memory_info().rss)

    @contextmanager
    def watch(self) -> Iterator[Seen]:
        """Yield what will have been seen when the block ends; what goes on beside it counts, too."""
        seen = Seen(self.read())
        with self._change:
            self._watched.append(seen)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, daemon=True)
                self._thread.start()
        try:
            yield seen
        finally:
            with self._change:
                self._watched.remove(seen)
            seen.peak = max(seen.peak, self.read())

    def _look(self) -> None:
        pause = threading.Event()
        while True:
            with self._change:
                if not self._watched:
                    self._thread = None
                    return
                now = self.read()
                for seen in self._watched:
                    seen.peak = max(seen.peak, now)
            pause.wait(_INTERVAL)
