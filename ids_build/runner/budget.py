"""The memory that the sessions of one run share: taken before a step begins, given back when it ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """So many bytes for all; whoever needs more than is free waits, and whoever waits for the whole goes before new ones."""

    def __init__(self, total: int) -> None:
        """Start with all of it free."""
        self.total = total
        self._free = total
        self._claims = 0
        self._changed = threading.Condition()

    def admit(self, need: int) -> bool:
        """Take `need` bytes when they are free and nobody waits for the whole, and say whether they were taken."""
        with self._changed:
            if need > self._free or self._claims:
                return False
            self._free -= need
            return True

    def give(self, taken: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._free += taken
            self._changed.notify_all()

    @contextmanager
    def whole(self, taken: int) -> Iterator[None]:
        """Exchange what was taken for the whole, as soon as all others have given back theirs, and back again."""
        with self._changed:
            self._claims += 1
            self._free += taken
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._free == self.total)
            self._free = 0
            self._claims -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free = self.total - taken
                self._changed.notify_all()
