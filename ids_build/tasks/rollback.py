"""Publish a former generation of tables again."""

from ids_build.config import Config
from ids_build.runner.runner import roll_back


def rollback(config: Config, number: int | None) -> tuple[int, list[str]]:
    """Publish a former generation, the one before when none is named; return its number and what was cleaned before.

    Raises StorageError when there is no such generation, or another run writes to the target.
    """
    return roll_back(config, number)
