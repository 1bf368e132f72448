"""Remove what runs have made."""

import shutil
from pathlib import Path

from ids_build.config import Config
from ids_build.errors import ConfigError, StorageError


def clean(config: Config) -> list[Path]:
    """Remove the folders of clean-targets and return them; a folder outside the project is refused.

    Raises ConfigError for such a folder or one that holds sources of the project, StorageError when a file cannot go.
    """
    paths = (*config.model_paths, *config.seed_paths, *config.macro_paths, *config.test_paths)
    kept = [(config.project_dir / path).resolve() for path in paths]
    removed: list[Path] = []
    for name in config.clean_targets:
        path = (config.project_dir / name).resolve()
        touched = any(path.is_relative_to(own) or own.is_relative_to(path) for own in kept)
        if touched or path == config.project_dir or not path.is_relative_to(config.project_dir):
            raise ConfigError(
                f"clean-targets names '{name}', which is no folder of results", hint="name folders such as 'target'"
            )
        if path.is_dir():
            try:
                shutil.rmtree(path)
            except OSError as error:
                raise StorageError(f"cannot remove '{path}': {error.strerror}", hint="close programs that read from it") from None
            removed.append(path)
    return removed
