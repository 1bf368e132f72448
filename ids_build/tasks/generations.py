"""List the generations of a target."""

from collections.abc import Iterable

from ids_build.config import Config
from ids_build.runner.runner import Generation, list_generations


def generations(config: Config) -> tuple[Iterable[Generation], int | None]:
    """Return what is noted of every generation, the newest first, and which of them is published."""
    return list_generations(config)
