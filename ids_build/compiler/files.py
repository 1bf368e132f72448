"""The only reader of the project folder."""

import os
from dataclasses import dataclass, field
from pathlib import Path

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
    return _read_text(path, folder)


def read_profiles_file(folders: tuple[Path, ...]) -> tuple[str, str] | None:
    """Return path and text of the first profiles file in `folders`, None when no folder holds one."""
    for folder in folders:
        path = folder / PROFILES_FILE
        try:
            found = path.is_file()
        except OSError:
            continue  # a folder that may not be looked into holds nothing for us
        if found:
            return str(path), _read_text(path, folder)
    return None


def read_project_files(config: Config) -> ProjectFiles:
    """Return all texts of the project; ConfigError for one that cannot be read as UTF-8."""
    root = config.project_dir
    tests = _read_all(root, config.test_paths, (".sql",))
    generic = {path: text for path, text in tests.items() if "generic" in Path(path).parts}
    fixtures = {
        path: text
        for path, text in _read_all(root, (*config.test_paths, "tests"), (".csv", ".sql")).items()
        if "fixtures" in Path(path).parts
    }
    yamls = (*config.model_paths, *config.seed_paths, *config.test_paths, *config.macro_paths)
    return ProjectFiles(
        models=_read_all(root, config.model_paths, (".sql",)),
        properties=_read_all(root, yamls, (".yml", ".yaml")),
        macros={**_read_all(root, config.macro_paths, (".sql",)), **generic},
        seeds=_read_all(root, config.seed_paths, (".csv",)),
        tests={path: text for path, text in tests.items() if path not in fixtures and path not in generic},
        fixtures=fixtures,
    )


def _read_all(root: Path, folders: tuple[str, ...], endings: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in dict.fromkeys(folders):
        for place, inner, names in os.walk(root / folder):
            if PROJECT_FILE in names:
                inner.clear()  # another project inside this one
                continue
            inner.sort()
            for name in sorted(names):
                if name.lower().endswith(endings):
                    path = Path(place, name)
                    found[path.relative_to(root).as_posix()] = _read_text(path, root)
    return found


def _read_text(path: Path, root: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8 text", at=_shown(path, root), hint="save it again with encoding UTF-8") from None
    except OSError as error:
        raise ConfigError(
            f"cannot read the file: {error.strerror}", at=_shown(path, root), hint="check that you may read it"
        ) from None


def _shown(path: Path, root: Path) -> Location:
    return Location(path=path.relative_to(root).as_posix())
