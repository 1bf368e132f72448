"""Say what is installed, which settings hold and what is found."""

import importlib.metadata
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from ids_build import __version__
from ids_build.config import Config
from ids_build.errors import IdsBuildError
from ids_build.runner.runner import find_files
from ids_build.tasks.compile import check_project

LIBRARIES = ("datafusion", "sqlglot", "pyarrow", "jinja2", "click", "rich", "pyyaml", "filelock", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report; `ok` is False when it will hinder a build."""

    what: str
    found: str
    ok: bool = True


def debug(config: Config) -> Iterator[Finding]:
    """Yield what a helper would ask for first: versions, settings, space, project, raw files."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    yield Finding(
        what="ids_build", found=f"{__version__} on Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    yield Finding(what="libraries", found=versions)
    yield Finding(what="project", found=f"{config.name} in {config.project_dir}")
    yield Finding(what="profile", found=f"{config.profile}, target {config.target}")
    yield Finding(what="threads", found=str(config.threads))
    yield Finding(what="memory limit", found=f"{config.memory_limit / 1024**3:.1f} GiB for the engine")
    existing = next(path for path in (config.target_path, *config.target_path.parents) if path.exists())
    yield Finding(what="tables", found=f"{config.target_path / 'tables'} ({shutil.disk_usage(existing).free / 1e9:.0f} GB free)")
    try:
        graph = check_project(config).graph
    except IdsBuildError as error:
        yield Finding(what="compile", found=str(error), ok=False)
        return
    except ExceptionGroup as errors:
        for inner in errors.exceptions:
            yield Finding(what="compile", found=str(inner), ok=False)
        return
    yield Finding(what="compile", found=f"{len(graph.models())} models, types checked")
    for source in graph.sources():
        try:
            yield Finding(what=f"source {source.relation}", found=f"{len(find_files(source, config.project_dir))} files")
        except IdsBuildError as error:
            yield Finding(what=f"source {source.relation}", found=error.message, ok=False)
