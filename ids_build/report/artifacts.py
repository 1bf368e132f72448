"""Files about a run, which hold no value of a row: rendered SQL, run_results.json; and the files of the report."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ids_build.config import Config
from ids_build.errors import StorageError
from ids_build.graph import Graph
from ids_build.results import Outlook, Result, RunResults


def write_compiled(graph: Graph, config: Config) -> None:
    """Write the rendered SQL of every model under ``<target-path>/compiled/<project>/<path>``; what stands there is left."""
    folder = config.target_path / "compiled" / graph.project
    made: set[str] = set()
    with _refused(folder):
        for model in graph.models():
            path, text = os.path.join(folder, model.path), model.sql.encode("utf-8", "surrogatepass")
            if _holds(path, text):
                continue
            place = os.path.dirname(path)
            if place not in made:
                os.makedirs(place, exist_ok=True)
                made.add(place)
            with open(path, "wb") as file:
                file.write(text)


def _holds(path: str, text: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == text
    except OSError:
        return False


def write_run_results(results: RunResults, config: Config) -> Path:
    """Write ``<target-path>/run_results.json`` and return its path."""
    path = config.target_path / "run_results.json"
    _write(path, json.dumps(describe_run(results), indent=2, default=str, ensure_ascii=False) + "\n")
    return path


def write_report(texts: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write the texts under their names into a folder and return their paths, in that order."""
    for name, text in texts.items():
        _write(folder / name, text)
    return tuple(folder / name for name in texts)


def describe_run(results: RunResults) -> dict[str, Any]:
    """Return a run as plain values for JSON."""
    return {
        "command": results.command,
        "ok": results.ok,
        "elapsed_time": round(results.seconds, 3),
        "args": dict(results.args),
        "generation": results.published.generation if results.published else None,
        "notes": list(results.notes),
        "results": [describe_result(result) for result in results.results],
    }


def describe_result(result: Result) -> Mapping[str, Any]:
    """Return one result as plain values for JSON, in dbt's words where dbt has one."""
    told = {
        "unique_id": result.unique_id,
        "name": result.name,
        "resource_type": result.resource,
        "status": result.status,
        "execution_time": round(result.seconds, 4),
        "rows": result.rows,
        "bytes": result.size,
        "peak_memory": result.peak,
        "failures": result.failures,
        "message": result.message,
        "hint": result.hint,
        "at": str(result.at) if result.at else None,
        "path": result.path,
        "notes": list(result.notes) or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def describe_outlooks(outlooks: Iterable[Outlook]) -> list[dict[str, Any]]:
    """Return what a run would do as plain values for JSON."""
    return [
        {
            "unique_id": outlook.unique_id,
            "name": outlook.name,
            "resource_type": outlook.resource,
            "status": outlook.status,
            "reasons": list(outlook.reasons),
        }
        for outlook in outlooks
    ]


def _write(path: Path, text: str) -> None:
    """Write a text aside and put it in place, so that no reader meets half of it."""
    with _refused(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.draft")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot write '{path}': {error.strerror or 'refused'}", hint="check the rights of the folder, or use --target-path"
        ) from None
