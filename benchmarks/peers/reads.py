"""Rows of the table that are held against the least that reading and writing can cost."""

import json
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measure import PYTHON, ROOT, run
from benchmarks.peers.builds import count_ours, keep_cache
from benchmarks.peers.thread_contract import ROW_GROUP
from benchmarks.peers.tools import IDS, OURS, Line, Setting, Way, binary, in_turn, registers, wipe
from ids_build.config import Options
from ids_build.graph import Graph
from ids_build.nodes import Source
from ids_build.runner.raw_files import choose_files
from ids_build.tasks.ls import compile_graph, load_config

COHORT = 10_000
_FLOOR = (PYTHON, "-m", "benchmarks.peers.floor")
_COPY = """version: 2
models:
  - name: bef_copy
    description: "The population register, scanned and written."
    config: {contract: {enforced: false}, meta: {grain: [pnr, period_end]}}
"""


def cohort(setting: Setting) -> list[Line]:
    """Build 10,000 persons (of fewer than 250,000, one in 25), against the full build and against decoding what must be read."""
    lines = []
    for size in setting.sizes:
        raw, folder = registers(setting.work, size), setting.work / f"cohort_{size}"
        wipe(folder)
        folder.mkdir()
        persons, spec, told = folder / "cohort.csv", folder / "spec.json", folder / "floor.json"
        _choose(raw, persons, min(COHORT, size // 25))
        _write_spec(raw, spec)
        options = ["--quiet", "--vars", f"{{registers_dir: {raw}}}", "--target-path"]
        some, full = folder / "some", folder / "full"
        for target in (some, full):
            run([*IDS, "compile", *options, str(target)])
        ways = [
            Way(
                name=f"{OURS} --cohort",
                command=[*IDS, "run", *options, str(some), "--cohort", str(persons)],
                before=partial(keep_cache, some),
                after=partial(count_ours, some),
            ),
            Way(
                name="decode of what must be read",
                command=[*_FLOOR, "cohort", str(spec), str(persons), str(told)],
                after=partial(_tell, told),
            ),
            Way(name=f"{OURS}, all persons", command=[*IDS, "run", *options, str(full)], before=partial(keep_cache, full)),
        ]
        lines += in_turn("cohort", "persons of a cohort", (size, "persons"), ways, setting.runs)
        wipe(folder)
    return lines


def _tell(path: Path) -> str:
    counts = json.loads(path.read_text())
    return f"{counts['read']} of {counts['groups']} row groups, {counts['bytes'] / 1e6:.0f} MB"


def _choose(raw: Path, path: Path, count: int) -> None:
    """Write persons of the newest population file, evenly spread."""
    file = pq.ParquetFile(sorted((raw / "bef").glob("*.parquet"))[-1])
    column = next(name for name in file.schema_arrow.names if name.lower() in ("pnr", "cpr"))
    known = pc.unique(file.read(columns=[column]).column(0)).cast(pa.string())
    chosen = sorted(known.to_pylist())[:: max(1, len(known) // count)][:count]
    path.write_text("\n".join(["pnr", *chosen]))


def _write_spec(raw: Path, path: Path) -> None:
    """Write what the floor must know of raw files: those that models read, each after the source that gives its keys."""
    config = load_config(Options(project_dir=ROOT, vars=f"{{registers_dir: {raw}}}", target_path=path.parent / "spec_target"))
    graph = compile_graph(config)
    read = {parent for model in graph.models() for parent in graph.parents[model.unique_id]}
    sources = [source for source in graph.sources() if source.unique_id in read]
    known = {source.relation: source for source in sources}
    ordered: list[Source] = []
    while len(ordered) < len(sources):
        ordered += [source for source in sources if source not in ordered and _is_ready(source, known, ordered)]
    path.write_text(json.dumps([_describe(source, graph) for source in ordered]))


def _is_ready(source: Source, known: dict[object, Source], ordered: list[Source]) -> bool:
    via = source.rules.person.via if source.rules.person else None
    return via is None or known[via] in ordered


def _describe(source: Source, graph: Graph) -> dict[str, object]:
    """Return files, columns and keys of a source; keys for others are told as `source column`."""
    person = source.rules.person
    others = [other for other in graph.sources() if other.rules.person and other.rules.person.via == source.relation]
    gives = list(dict.fromkeys(other.rules.person.column for other in others if other.rules.person))
    files = []
    for file in choose_files(source, ROOT).files:
        names = {}
        for column in source.columns:
            spelt = {column.name.lower(), *(alias.lower() for alias in column.aliases)}
            names.update((column.name, name) for name in file.schema.names if name.lower() in spelt)
        key = names[person.column] if person else None
        given = [names[name] for name in gives]
        files.append({"path": str(file.path), "columns": list(names.values()), "key": key, "gives": given})
    via = f"{person.via} {person.column}" if person and person.via else None
    return {"files": files, "via": via, "gives": {f"{source.relation} {name}": place for place, name in enumerate(gives)}}


def scan_write(setting: Setting) -> list[Line]:
    """Scan a table that lies in its order and write it again, against `cp` and pyarrow's decode and encode."""
    lines = []
    for size in setting.sizes:
        raw, folder = registers(setting.work, size), setting.work / f"scan_write_{size}"
        wipe(folder)
        project, target, out = folder / "project", folder / "ours", folder / "out.parquet"
        run([*IDS, "init", str(project)])
        (project / "models" / "staging" / "bef_copy.sql").write_text("select *\nfrom {{ ref('bef') }}\n")
        (project / "models" / "staging" / "bef_copy.yml").write_text(_COPY)
        options = ["--quiet", "--project-dir", str(project), "--vars", f"{{registers_dir: {raw}}}", "--target-path", str(target)]
        run([*IDS, "run", *options, "--select", "bef"])
        table = (target / "tables" / "registry" / "bef.parquet").resolve()
        duckdb = f"copy (from read_parquet('{table}')) to '{out}' (format parquet, compression zstd, row_group_size {ROW_GROUP})"
        polars = (
            f"import polars as pl; pl.scan_parquet({str(table)!r}).sink_parquet({str(out)!r}, compression='zstd',"
            f" compression_level=3, row_group_size={ROW_GROUP}, engine='streaming')"
        )
        ways = [
            Way(name=OURS, command=[*IDS, "run", *options, "--select", "bef_copy", "--full-refresh"]),
            Way(name="cp", command=["cp", str(table), str(out)]),
            Way(name="pyarrow, decode", command=[*_FLOOR, "decode", str(table)]),
            Way(name="pyarrow, decode and encode", command=[*_FLOOR, "copy", str(table), str(out)]),
            Way(name="DuckDB, copy", command=[binary("duckdb"), "-c", f"import duckdb; duckdb.execute({duckdb!r})"]),
            Way(name="Polars, sink_parquet", command=[binary("polars"), "-c", polars]),
        ]
        lines += in_turn("scan_write", "scan and write BEF", (size, "persons"), ways, setting.runs)
        wipe(folder)
    return lines
