"""Use cases by name: loaded when they are needed, so that help, lists and what is known already load no engine."""

import importlib
from typing import Any


def load_task(name: str) -> Any:
    """Return the use case of that name, the file ``tasks/<name>.py``."""
    return importlib.import_module(f"ids_build.tasks.{name}")
