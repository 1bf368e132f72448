"""List the generations of a target."""

from collections.abc import Iterable

from ids_build.config import Config
from ids_build.runner.runner import Generation, list_generations

__all__ = ["Generation", "describe_status", "generations"]


def describe_status(generation: Generation, published: int | None) -> str:
    """Return published, former or not published: what a generation is while that one is published."""
    return "published" if generation.number == published else "former" if generation.complete else "not published"


def generations(config: Config) -> tuple[Iterable[Generation], int | None]:
    """Return what is noted of every generation, the newest first, and which of them is published."""
    return list_generations(config)
