"""Settings: project file, profile and options made into one frozen Config."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ids_build.errors import ConfigError, Location

PROJECT_FILE = "dbt_project.yml"
PROFILES_FILE = "profiles.yml"
GIB = 1024**3
# Measured in benchmarks/RESULTS.md: more memory made no shipped model faster, and the servers are shared.
DEFAULT_MEMORY_LIMIT = 4 * GIB
_PROJECT_KEYS = """
    name version config-version profile model-paths seed-paths test-paths macro-paths snapshot-paths analysis-paths
    asset-paths docs-paths function-paths target-path log-path packages-install-path clean-targets require-dbt-version
    vars flags on-run-start on-run-end dispatch query-comment quoting models seeds snapshots data_tests tests unit_tests
    sources exposures semantic-models metrics saved-queries restrict-access functions
"""
PROJECT_KEYS = frozenset(_PROJECT_KEYS.split())
PROFILE_KEYS = frozenset({"type", "path", "threads", "memory_limit", "show_values", "spill_dir"})
UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": GIB, "TB": 1024 * GIB}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user said on the command line or in Python; None means not said."""

    project_dir: Path
    profiles_dirs: tuple[Path, ...] = ()
    target: str | None = None
    target_path: Path | None = None
    threads: int | None = None
    vars: str | None = None
    full_refresh: bool = False
    fail_fast: bool = False
    verify: bool = False
    publish: str = "complete"
    keep: int = 2
    cohort: Path | None = None
    cohort_column: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    cores: int = 1
    use_cache: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a run needs to know, decided once.

    `memory_limit` is in bytes. `threads` is the number of engine threads. Paths are absolute. `cohort` is the file of
    the persons that sources are restricted to.
    """

    project_dir: Path
    name: str
    model_paths: tuple[str, ...]
    seed_paths: tuple[str, ...]
    test_paths: tuple[str, ...]
    macro_paths: tuple[str, ...]
    clean_targets: tuple[str, ...]
    vars: Mapping[str, Any]
    models: Mapping[str, Any]
    seeds: Mapping[str, Any]
    target_path: Path
    target: str
    profile: str
    threads: int
    memory_limit: int
    spill_dir: Path | None = None
    version: str = ""
    show_values: bool = False
    full_refresh: bool = False
    fail_fast: bool = False
    verify: bool = False
    publish: str = "complete"
    keep: int = 2
    cohort: Path | None = None
    cohort_column: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    use_cache: bool = True


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return ``did you mean 'x'?`` for the known word that looks most like `word`, None when none does."""
    found = difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.6)
    return f"did you mean '{found[0]}'?" if found else None


def merge_setting(former: Any, key: str, value: Any) -> Any:
    """Return a setting laid over a former one: meta and tags add up, anything else is replaced."""
    if key == "meta" and isinstance(value, Mapping):
        return {**(former or {}), **value}
    if key == "tags":
        words = [*(former or ()), *((value,) if isinstance(value, str) else value or ())]
        return tuple(dict.fromkeys(words))
    return value


def make_config(
    project: Mapping[str, Any], profiles: Mapping[str, Any], options: Options, variables: Mapping[str, Any]
) -> Config:
    """Return the settings of one run: options before profile before project file before defaults.

    `project` and `profiles` are the parsed files, `variables` the parsed ``--vars``.
    Raises ConfigError for an unknown key, a missing name, an unknown target or a value of the wrong kind.
    """
    name = _check_project(project)
    output, profile, target = _choose_output(project, profiles, options)
    target_path = options.target_path or Path(str(output.get("path") or project.get("target-path") or "target"))
    declared = project.get("vars") or {}
    own = declared.get(name)
    flat = {key: value for key, value in declared.items() if key != name}
    return Config(
        project_dir=options.project_dir,
        name=name,
        model_paths=_paths(project, "model-paths", "models"),
        seed_paths=_paths(project, "seed-paths", "seeds"),
        test_paths=_paths(project, "test-paths", "tests"),
        macro_paths=_paths(project, "macro-paths", "macros"),
        clean_targets=_paths(project, "clean-targets", "target"),
        vars={**flat, **(own if isinstance(own, dict) else {}), **variables},
        models=project.get("models") or {},
        seeds=project.get("seeds") or {},
        target_path=(options.project_dir / target_path).resolve(),
        target=target,
        profile=profile,
        threads=_threads(options.threads or output.get("threads"), options.cores),
        memory_limit=parse_size(output.get("memory_limit", DEFAULT_MEMORY_LIMIT)),
        spill_dir=(options.project_dir / str(output["spill_dir"])).resolve() if output.get("spill_dir") else None,
        version=str(project.get("version") or ""),
        show_values=output.get("show_values") is True,
        full_refresh=options.full_refresh,
        fail_fast=options.fail_fast,
        verify=options.verify,
        publish=options.publish,
        keep=options.keep,
        cohort=options.cohort,
        cohort_column=options.cohort_column,
        environment=options.environment,
        use_cache=options.use_cache,
    )


def _check_project(project: Mapping[str, Any]) -> str:
    """Return the name of the project; ConfigError for an unknown key, a missing name, or what should be a mapping."""
    file = Location(path=PROJECT_FILE)
    for key in project:
        if key not in PROJECT_KEYS:
            raise ConfigError(f"unknown key '{key}'", at=file, hint=nearest(key, PROJECT_KEYS))
    name = project.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError("the project has no 'name'", at=file, hint="add a line such as 'name: my_project'")
    for key in ("vars", "models", "seeds"):
        if not isinstance(project.get(key) or {}, dict):
            raise ConfigError(f"'{key}' is no mapping", at=file, hint=f"write 'name: value' lines under '{key}:'")
    return name


def parse_size(value: object) -> int:
    """Return bytes for a number or a text such as ``1GB`` or ``512 MB``; ConfigError when it is neither."""
    text = str(value).strip().upper()
    digits = text.rstrip("BKMGT ")
    unit = text[len(digits) :].strip()
    try:
        size = int(float(digits) * UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        size = 0
    if size < 64 * 1024**2:
        raise ConfigError(
            f"'{value}' is no usable memory limit", at=Location(path=PROFILES_FILE), hint="write it as 'memory_limit: 4GB'"
        )
    return size


def _choose_output(
    project: Mapping[str, Any], profiles: Mapping[str, Any], options: Options
) -> tuple[Mapping[str, Any], str, str]:
    profile = str(project.get("profile") or "default")
    chosen = profiles.get(profile)
    if not isinstance(chosen, dict):
        if options.target not in (None, "default"):
            raise ConfigError(
                f"unknown target '{options.target}'",
                hint=f"declare profile '{profile}' in {PROFILES_FILE}, or leave --target out",
            )
        return {}, profile, "default"
    outputs = chosen.get("outputs") or {}
    target = options.target or str(chosen.get("target") or "default")
    if target not in outputs:
        raise ConfigError(
            f"profile '{profile}' has no target '{target}'", at=Location(path=PROFILES_FILE), hint=nearest(target, outputs)
        )
    output = outputs[target] or {}
    if output.get("type") != "datafusion":
        return {key: value for key, value in output.items() if key == "threads"}, profile, target
    for key in output:
        if key not in PROFILE_KEYS:
            raise ConfigError(
                f"unknown key '{key}' in target '{target}'", at=Location(path=PROFILES_FILE), hint=nearest(key, PROFILE_KEYS)
            )
    return output, profile, target


def _paths(project: Mapping[str, Any], key: str, default: str) -> tuple[str, ...]:
    value = project.get(key, [default])
    if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
        raise ConfigError(f"'{key}' is no list of folders", at=Location(path=PROJECT_FILE), hint=f"write '{key}: [{default}]'")
    return tuple(value)


def _threads(value: object, cores: int) -> int:
    if value is None:
        return max(1, cores)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"'{value}' is no number of threads", hint="write a whole number from 1 up")
    return value
