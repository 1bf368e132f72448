"""Replay the statements of a recorded build with nothing but DataFusion: the floor that a build is held against.

A recording holds what `ids build` asked of its session, in order: settings, raw tables, rows in memory, views,
queries and COPY statements, so both do the same work on the same data with the same settings and passes.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
from datafusion import RuntimeEnvBuilder, SessionConfig, SessionContext, col


def main(recording: Path) -> None:
    """Carry out the recorded steps."""
    steps = [json.loads(line) for line in (recording / "steps.jsonl").read_text().splitlines()]
    context, frames = SessionContext(), {}
    for step in steps:
        kind = step["kind"]
        if kind == "open":
            config = SessionConfig().with_target_partitions(step["partitions"])
            for key, value in step["settings"].items():
                config = config.set(key, value)
            runtime = RuntimeEnvBuilder().with_disk_manager_os().with_fair_spill_pool(step["memory"])
            context = SessionContext(config, runtime)
        elif kind == "parquet":
            schema = pa.ipc.open_stream(recording / step["schema"]).schema
            order = (
                [[col(f'"{name}"').sort(ascending=True, nulls_first=True) for name in step["order"]]] if step["order"] else None
            )
            context.register_parquet(step["name"], step["path"], schema=schema, file_sort_order=order)
        elif kind == "rows":
            context.register_record_batches(step["name"], [pa.ipc.open_stream(recording / step["rows"]).read_all().to_batches()])
        elif kind == "drop":
            context.deregister_table(step["name"])
        elif kind == "view":
            context.register_table(step["name"], frames[step["frame"]].into_view())
        elif kind == "sql":
            frames[step["frame"]] = context.sql(step["sql"])
            if step["collected"]:
                frames.pop(step["frame"]).collect()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
