"""ids_build: SQL models over register files, compiled to a graph and run on DataFusion."""

import importlib
from typing import Any

__version__ = "0.1.0"
_DOORS = {
    "PnrFilter": "ids_build.registers",
    "Project": "ids_build.api",
    "Register": "ids_build.registers",
    "TransformPipeline": "ids_build.registers",
}


def __getattr__(name: str) -> Any:
    """Return a class of the Python doors, loaded when it is asked for, so that the command line loads none."""
    if name not in _DOORS:
        raise AttributeError(f"module 'ids_build' has no attribute '{name}'")
    return getattr(importlib.import_module(_DOORS[name]), name)
