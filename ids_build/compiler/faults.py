"""Errors of single files, collected so that they are told together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ids_build.errors import CompileError, IdsBuildError


@dataclass(slots=True)
class Faults:
    """What went wrong so far."""

    errors: list[IdsBuildError] = field(default_factory=list)

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Keep a CompileError that is raised inside and go on."""
        try:
            yield
        except CompileError as error:
            self.errors.append(error)

    def tell(self) -> None:
        """Raise what was kept: one error as it is, several as an ExceptionGroup; nothing when all is well."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ExceptionGroup(f"{len(self.errors)} faults in the project", self.errors)
