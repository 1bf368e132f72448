"""Shows every test of a project as an item of plain pytest: unit tests always run, data tests where their table is built."""

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from ids_build.config import PROJECT_FILE, Config, Options
from ids_build.tasks.load import load_task


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that the command line has for the same things."""
    group = parser.getgroup("ids_build")
    group.addoption("--ids-vars", default=None, help="variables of the project as YAML")
    group.addoption("--ids-target-path", default=None, help="where the project's tables lie")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "pytest.Collector | None":
    """Collect the YAML and singular test files of the project whose folder pytest was started in."""
    project = _find_project(parent.config)
    if project is None or file_path.suffix not in (".yml", ".yaml", ".sql"):
        return None
    path = file_path.relative_to(project.folder).as_posix() if file_path.is_relative_to(project.folder) else ""
    if not any(path.startswith(f"{folder}/") for folder in project.folders):
        return None
    collected: pytest.Collector = _ProjectFile.from_parent(parent, path=file_path, project=project, shown=path)
    return collected


class Project:
    """A project as pytest sees it: compiled once, when the first of its files is collected."""

    def __init__(self, folder: Path, variables: str | None, target_path: str | None) -> None:
        """Remember where it is; nothing is compiled yet."""
        self.folder = folder
        self._options = Options(
            project_dir=folder,
            profiles_dirs=(folder,),
            vars=variables,
            target_path=Path(target_path) if target_path else None,
            environment=dict(os.environ),
        )

    @cached_property
    def config(self) -> Config:
        """The settings of the project."""
        config: Config = load_task("ls").load_config(self._options)
        return config

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders that may hold tests."""
        config = self.config
        return (*config.model_paths, *config.seed_paths, *config.test_paths, *config.macro_paths)

    @cached_property
    def tests(self) -> Any:
        """The project's tests, compiled and type-checked."""
        return load_task("test").open_tests(self.config)


class _ProjectFile(pytest.File):
    """One file of the project that holds tests."""

    def __init__(self, *, project: Project, shown: str, **options: Any) -> None:
        super().__init__(**options)
        self._project, self._shown = project, shown

    def collect(self) -> "Iterator[pytest.Item]":
        for name, run in self._project.tests.in_file(self._shown):
            yield _ProjectTest.from_parent(self, name=name, run=run)


class _ProjectTest(pytest.Item):
    """One data test or unit test."""

    def __init__(self, *, run: Any, **options: Any) -> None:
        super().__init__(**options)
        self._run = run

    def runtest(self) -> None:
        result = self._run()
        if result.status == "skipped":
            pytest.skip(result.message or "skipped")
        if result.failed:
            raise _Failed(load_task("test").describe(result))

    def repr_failure(self, excinfo: "pytest.ExceptionInfo[BaseException]", style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, _Failed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class _Failed(Exception):
    """A test of the project failed; the message says how."""


def _find_project(config: pytest.Config) -> Project | None:
    key = _PROJECT
    if key not in config.stash:
        folder = config.rootpath
        found = (folder / PROJECT_FILE).is_file()
        options = config.getoption("--ids-vars"), config.getoption("--ids-target-path")
        config.stash[key] = Project(folder, *options) if found else None
    return config.stash[key]


_PROJECT = pytest.StashKey[Project | None]()
