"""List the generations of a target, and go back to one of them."""

from collections.abc import Iterable

from ids_build.config import Config
from ids_build.runner.runner import Generation, list_generations, roll_back

__all__ = ["Generation", "generations", "rollback"]


def generations(config: Config) -> tuple[Iterable[Generation], int | None]:
    """Return what is noted of every generation, the newest first, and which of them is published."""
    return list_generations(config)


def rollback(config: Config, number: int | None) -> tuple[int, list[str]]:
    """Publish a former generation, the one before when none is named; return its number and what was cleaned before.

    Raises StorageError when there is no such generation, or another run writes to the target.
    """
    return roll_back(config, number)
