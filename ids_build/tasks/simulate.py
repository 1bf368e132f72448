"""Write simulated raw files for the sources of a project."""

from collections.abc import Iterator
from pathlib import Path

from ids_build.config import Config
from ids_build.runner.synthesize import SimulatedFile, simulate
from ids_build.tasks.ls import compile_graph

__all__ = ["SimulatedFile", "simulate_sources"]


def simulate_sources(config: Config, out: Path, persons: int, seed: int) -> Iterator[SimulatedFile]:
    """Yield every simulated file as it is written under `out`, one folder a source table."""
    yield from simulate(compile_graph(config).sources(), out=out, persons=persons, seed=seed)
