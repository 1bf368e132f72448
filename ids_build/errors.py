"""What can go wrong, and where: the error tree and the place in a file the user wrote."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file: path as the user knows it, line and column counted from 1."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return ``path:line:column``, as far as it is known."""
        parts = [self.path, self.line, self.column]
        return ":".join(str(part) for part in parts if part is not None)


class IdsBuildError(Exception):
    """Base of everything this package raises on purpose.

    IdsBuildError
    |- ConfigError             project file, profile or option
    |- CompileError            a file of the project
    |  |- TemplateError        Jinja
    |  |- QueryError           SQL that cannot be read
    |  |- PropertiesError      YAML beside the models
    |  |- UnknownNodeError     a reference to nothing
    |  |- CycleError           models that wait for each other
    |  |- LayerError           a layer reads what it has no right to
    |  '- TypeCheckError       SQL that the engine cannot plan
    |- SelectionError          the words after --select
    |- ExecutionError          the engine refused or failed; never quotes data
    '- StorageError            files that cannot be written or put in place
       '- NotBuiltError        a table that no run has built
    """

    def __init__(self, message: str, *, at: Location | None = None, hint: str | None = None) -> None:
        """Keep the message (lower case, no full stop), the place and one thing to do about it."""
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint

    def __str__(self) -> str:
        """Return the message in its printed form: place, message, hint on a line of its own."""
        text = f"{self.at}  {self.message}" if self.at else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class ConfigError(IdsBuildError):
    """The project file, the profile or an option is wrong; nothing was read yet."""


class CompileError(IdsBuildError):
    """A file of the project cannot be understood."""


class TemplateError(CompileError):
    """Jinja cannot read or render a file."""


class QueryError(CompileError):
    """The rendered SQL is not one query, or reads what it does not name."""


class PropertiesError(CompileError):
    """A YAML file beside the models says something unknown or impossible."""


class UnknownNodeError(CompileError):
    """A reference names no model, seed or source."""


class CycleError(CompileError):
    """Models read each other in a circle."""


class LayerError(CompileError):
    """A model reads a layer that its own layer has no right to."""


class TypeCheckError(CompileError):
    """The engine cannot plan the query on empty tables of the declared types."""


class SelectionError(IdsBuildError):
    """The words after --select or --exclude cannot be understood."""


class ExecutionError(IdsBuildError):
    """The engine refused or failed while data was read; the message never quotes data."""


class StorageError(IdsBuildError):
    """A file cannot be written, or cannot be put in its place."""


class NotBuiltError(StorageError):
    """A table that is read was never built."""
