"""Use cases by name: a front door loads one when it runs, so that help, lists and collection load no engine."""

import importlib
from typing import Any


def load_task(name: str) -> Any:
    """Return the use case of that name, the file ``tasks/<name>.py``."""
    return importlib.import_module(f"ids_build.tasks.{name}")
