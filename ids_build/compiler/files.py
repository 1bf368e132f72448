"""The only reader of the project folder."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from ids_build.config import PROFILES_FILE, PROJECT_FILE, Config
from ids_build.errors import ConfigError, Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFiles:
    """Texts of a project by their path from the project folder, with forward slashes."""

    models: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)
    fixtures: dict[str, str] = field(default_factory=dict)


def read_project_file(folder: Path) -> str:
    """Return the text of the project file; ConfigError when the folder holds none."""
    path = folder / PROJECT_FILE
    if not path.is_file():
        raise ConfigError(
            f"no {PROJECT_FILE} in '{folder}'", hint="change to a project's folder, name it with --project-dir, or run 'ids init'"
        )
    return _read_text(str(path), PROJECT_FILE)


def read_profiles_file(folders: tuple[Path, ...]) -> tuple[str, str] | None:
    """Return path and text of the first profiles file in `folders`, None when no folder holds one."""
    for folder in folders:
        path = folder / PROFILES_FILE
        try:
            found = path.is_file()
        except OSError:
            continue  # a folder that may not be looked into holds nothing for us
        if found:
            return str(path), _read_text(str(path), PROFILES_FILE)
    return None


def read_project_files(config: Config) -> ProjectFiles:
    """Return all texts of the project; ConfigError for one that cannot be read as UTF-8."""
    folder = _Folder(config.project_dir)
    tests = folder.read(config.test_paths, (".sql",))
    generic = {path: text for path, text in tests.items() if "generic" in Path(path).parts}
    fixtures = {
        path: text
        for path, text in folder.read((*config.test_paths, "tests"), (".csv", ".sql")).items()
        if "fixtures" in Path(path).parts
    }
    yamls = (*config.model_paths, *config.seed_paths, *config.test_paths, *config.macro_paths)
    return ProjectFiles(
        models=folder.read(config.model_paths, (".sql",)),
        properties=folder.read(yamls, (".yml", ".yaml")),
        macros={**folder.read(config.macro_paths, (".sql",)), **generic},
        seeds=folder.read(config.seed_paths, (".csv",)),
        tests={path: text for path, text in tests.items() if path not in fixtures and path not in generic},
        fixtures=fixtures,
    )


class _Folder:
    """The project folder; what is asked for twice is looked up and read once."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._names: dict[str, list[str]] = {}
        self._texts: dict[str, str] = {}

    def read(self, folders: tuple[str, ...], endings: tuple[str, ...]) -> dict[str, str]:
        """Return the texts of all files with one of these endings, by their path from the root."""
        paths = [path for folder in dict.fromkeys(folders) for path in self._find(folder) if path.lower().endswith(endings)]
        return {path: self._text(path) for path in paths}

    def _find(self, folder: str) -> list[str]:
        if folder not in self._names:
            self._names[folder] = list(_walk(os.path.join(self._root, folder), PurePath(folder).as_posix()))
        return self._names[folder]

    def _text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = _read_text(os.path.join(self._root, path), path)
        return self._texts[path]


def _walk(place: str, shown: str) -> Iterator[str]:
    """Yield the paths of all files below a folder, those of another project inside it left out."""
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that is not there holds nothing
    if any(entry.name == PROJECT_FILE for entry in entries):
        return
    prefix = "" if shown == "." else f"{shown}/"
    folders = []
    for entry in entries:
        if not entry.is_dir():
            yield f"{prefix}{entry.name}"
        elif not entry.is_symlink():
            folders.append(entry)
    for entry in folders:
        yield from _walk(entry.path, f"{prefix}{entry.name}")


def _read_text(path: str, shown: str) -> str:
    at = Location(path=shown)
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8 text", at=at, hint="save it again with encoding UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot read the file: {error.strerror}", at=at, hint="check that you may read it") from None
