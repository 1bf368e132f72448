"""Record what a build asks of its DataFusion session, for benchmarks/bare.py to replay.

Runs the build once in this process with a session that writes down each call and passes it on. Paths of drafts
are turned to a folder of the recording, so that a replay never touches a target.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from ids_build.config import Options
from ids_build.runner import engine
from ids_build.tasks.build import prepare
from ids_build.tasks.ls import load_config


class Recorder:
    """Stands where the session stands and writes down what it is asked."""

    def __init__(self, session: Any, folder: Path, target: Path) -> None:
        self._session, self._folder, self._target = session, folder, target
        self._file = (folder / "steps.jsonl").open("w")
        self._frames: dict[int, int] = {}
        self._count = 0

    def write(self, **step: Any) -> None:
        """Write one step; drafts and published tables are both looked for in the replay's folder."""
        text = json.dumps(step)
        for name in ("drafts", "tables"):
            text = text.replace((self._target / name).as_uri(), (self._folder / "out").as_uri())
        self._file.write(text + "\n")
        self._file.flush()

    def catalog(self) -> "Recorder":
        """Stand for the catalog as well: all that is asked of it is a new schema."""
        return self

    def register_schema(self, name: str, schema: Any) -> None:
        """Record a new schema."""
        self._count += 1
        self.write(kind="sql", sql=f'create schema "{name}"', frame=self._count, collected=True)
        self._session.catalog().register_schema(name, schema)

    def sql(self, sql: str) -> Any:
        """Record a statement; every statement that is not a SELECT is collected by the engine."""
        self._count += 1
        word = sql.lstrip().split()[0].lower()
        frame = self._session.sql(sql)
        self.write(kind="sql", sql=sql, frame=self._count, collected=word in ("copy", "create", "set"))
        if word == "copy":
            path = sql.split(" to 'file://")[1].split("'")[0]
            out = self._folder / "out" / Path(path).relative_to(self._target / "drafts")
            out.parent.mkdir(parents=True, exist_ok=True)
        return frame

    def sql_with_options(self, sql: str, options: Any) -> Any:
        """Record a query; whether its rows are fetched is known when they are."""
        self._count += 1
        frame = self._session.sql_with_options(sql, options)
        fetched = sql.startswith("select count(*)")
        self.write(kind="sql", sql=sql, frame=self._count, collected=fetched)
        self._frames[id(frame)] = self._count
        self._last = frame
        return frame

    def register_table(self, name: str, _view: Any) -> None:
        """Record a view over the last planned query."""
        self.write(kind="view", name=name, frame=self._frames[id(self._last)])
        self._session.register_table(name, _view)

    def register_parquet(self, name: str, path: str, schema: pa.Schema, file_sort_order: Any) -> None:
        """Record a table with its schema and order."""
        self._count += 1
        with pa.ipc.new_stream(self._folder / f"{self._count}.arrow", schema):
            pass
        order = [str(key).split(" ")[0].partition("(")[0] for key in (file_sort_order or [[]])[0]]
        self.write(
            kind="parquet", name=name, path=path, schema=f"{self._count}.arrow", order=engine_order(file_sort_order) or order
        )
        self._session.register_parquet(name, path, schema=schema, file_sort_order=file_sort_order)

    def register_record_batches(self, name: str, batches: Any) -> None:
        """Record rows held in memory."""
        self._count += 1
        with pa.ipc.new_stream(self._folder / f"{self._count}.arrow", batches[0][0].schema) as writer:
            for batch in batches[0]:
                writer.write_batch(batch)
        self.write(kind="rows", name=name, rows=f"{self._count}.arrow")
        self._session.register_record_batches(name, batches)

    def deregister_table(self, name: str) -> None:
        """Record that a table is forgotten."""
        self.write(kind="drop", name=name)
        self._session.deregister_table(name)


def engine_order(keys: Any) -> list[str]:
    """Return the column names of a declared order."""
    return [key.expr().canonical_name().strip('"') for key in (keys or [[]])[0]]


def main(registers: str, target: Path, folder: Path) -> None:
    """Record one build."""
    folder.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).resolve().parent.parent
    config = load_config(Options(project_dir=root, vars=f"{{registers_dir: {registers}}}", target_path=target, cores=2))
    plain = engine.Engine.__init__

    def open_recorded(self: engine.Engine, *, threads: int, memory_limit: int, **options: Any) -> None:
        plain(self, threads=threads, memory_limit=memory_limit, **options)
        if memory_limit == config.memory_limit:  # the session of the run, not of type checks and unit tests
            recorder = Recorder(self._context, folder, target)
            recorder.write(kind="open", partitions=max(2, threads), memory=memory_limit, settings=engine._SETTINGS)
            self._context = recorder  # type: ignore[assignment]

    engine.Engine.__init__ = open_recorded  # type: ignore[method-assign]
    for _ in prepare(config, "build").events:
        pass


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
