"""Rows of the table that ask nothing of the data: nothing changed, unit tests, ls and compile."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.measure import run
from benchmarks.peers.generated import write_projects, write_unit_test_projects
from benchmarks.peers.tools import IDS, OURS, Line, Setting, Way, binary, dbt, in_turn, wipe

MODELS_WITH_DATA = 100


def nothing_changed(setting: Setting) -> list[Line]:
    """Run a project of 100 models, over ever more rows, that was run before and of which nothing changed."""
    lines = []
    for size in setting.sizes:
        folder = setting.work / f"nothing_changed_{size}"
        write_projects(folder, MODELS_WITH_DATA, size)
        project, theirs = folder / "dbt", folder / "sqlmesh"
        ours = [*IDS, "run", "--quiet", "--project-dir", str(project), "--target-path", str(folder / "ours")]
        plan = [binary("sqlmesh", "sqlmesh"), "plan", "--auto-apply", "--no-prompts"]
        full = dbt("run", profiles=project)
        modified = [*dbt("run", profiles=project), "--select", "state:modified+", "--state", str(folder / "state")]
        run(ours)
        run(full, cwd=project)
        _keep_state(project, folder / "state")
        run(plan, cwd=theirs)
        ways = [
            Way(name=OURS, command=ours),
            Way(name="dbt, state:modified+", command=modified, cwd=project),
            Way(name="dbt, run", command=full, cwd=project),
            Way(name="SQLMesh, plan", command=plan, cwd=theirs),
        ]
        lines += in_turn("nothing_changed", f"nothing changed, {MODELS_WITH_DATA} models", (size, "rows"), ways, setting.runs)
        wipe(folder)
    return lines


def unit_tests(setting: Setting) -> list[Line]:
    """Run a hundred unit tests, the start of the process included; everything was compiled before."""
    folder = setting.work / "unit_tests"
    write_unit_test_projects(folder, 100)
    project = folder / "dbt"
    ways = [
        Way(name=OURS, command=[*IDS, "test", "--quiet", "--project-dir", str(project), "--target-path", str(folder / "ours")]),
        Way(name="dbt, test", command=dbt("test", profiles=project), cwd=project),
        Way(name="SQLMesh, test", command=[binary("sqlmesh", "sqlmesh"), "test"], cwd=folder / "sqlmesh"),
    ]
    for way in ways:
        run(way.command, cwd=way.cwd)
    return in_turn("unit_tests", "unit tests", (100, "tests"), ways, setting.runs)


def ls_compile(setting: Setting) -> list[Line]:
    """List and compile ever more models, with nothing kept (cold) and with everything kept (warm)."""
    lines = []
    for count in setting.models:
        folder = setting.work / f"ls_compile_{count}"
        write_projects(folder, count, 10)
        project, theirs, target = folder / "dbt", folder / "sqlmesh", folder / "ours"
        info = [binary("sqlmesh", "sqlmesh"), "info", "--skip-connection"]
        for command in ("ls", "compile"):
            ours = [*IDS, command, "--quiet", "--project-dir", str(project), "--target-path", str(target)]
            ways = [
                Way(name=OURS, command=ours),
                Way(name=f"dbt, {command}", command=dbt(command, profiles=project), cwd=project),
                Way(name="SQLMesh, info", command=info, cwd=theirs),
            ]
            kept = [target, project / "target", theirs / ".cache"]
            cold = [_after(way, partial(wipe, folder)) for way, folder in zip(ways, kept, strict=True)]
            lines += in_turn("ls_compile", f"{command}, cold", (count, "models"), cold, setting.runs)
            lines += in_turn("ls_compile", f"{command}, warm", (count, "models"), ways, setting.runs)
        wipe(folder)
    return lines


def _after(way: Way, before: Callable[[], object]) -> Way:
    return Way(name=way.name, command=way.command, cwd=way.cwd, before=before)


def _keep_state(project: Path, state: Path) -> None:
    """Keep dbt's manifest, which `state:modified` compares with."""
    state.mkdir(exist_ok=True)
    (state / "manifest.json").write_bytes((project / "target" / "manifest.json").read_bytes())
