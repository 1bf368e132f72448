"""The front door for single registers in Python: load, filter, transform, and the old calling conventions."""

from ids_build.registers.filters import PnrFilter
from ids_build.registers.legacy import EagerLoader, OldRegisterLoaderAdapter, RegisterLoaderAdapter, registry_from_name
from ids_build.registers.pipeline import TransformPipeline
from ids_build.registers.register import Register

__all__ = [
    "EagerLoader",
    "OldRegisterLoaderAdapter",
    "PnrFilter",
    "Register",
    "RegisterLoaderAdapter",
    "TransformPipeline",
    "registry_from_name",
]
