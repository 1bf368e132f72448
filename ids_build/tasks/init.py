"""Write a working copy of the shipped project."""

import shutil
from pathlib import Path

import ids_build
from ids_build.config import PROJECT_FILE
from ids_build.errors import ConfigError, StorageError

PARTS = (PROJECT_FILE, "models", "macros", "seeds", "tests/fixtures", "tests/data", "profiles.yml.example")


def find_shipped_project() -> Path:
    """Return the folder of the shipped project: beside the engine in an installation, around it in the repository."""
    around = Path(ids_build.__file__).parent.parent
    for folder in (around / "ids_registers", around):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise ConfigError("the shipped project is missing from this installation", hint="install the package again")


def init(folder: Path) -> list[Path]:
    """Copy the shipped project into `folder` and return what was written; a folder that holds a project is refused."""
    if (folder / PROJECT_FILE).exists():
        raise ConfigError(f"'{folder}' holds a project already", hint="name another folder")
    shipped = find_shipped_project()
    written: list[Path] = []
    try:
        for part in PARTS:
            source, copy = shipped / part, folder / part
            if source.is_dir():
                shutil.copytree(source, copy, dirs_exist_ok=True)
            elif source.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)
            else:
                continue
            written.append(copy)
    except OSError as error:
        raise StorageError(f"cannot write '{folder}': {error.strerror}", hint="check the rights of the folder") from None
    return written
