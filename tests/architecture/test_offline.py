import json
from pathlib import Path

import pytest

from tests.support import REPOSITORY, SHOP, run_ids, tiny_project, write_parquet

CUT = """
import json, socket, sys

def cut(*words, **options):
    raise AssertionError("the network was asked for")

class NoSocket(socket.socket):
    def __init__(self, *words, **options):
        cut()

socket.socket = NoSocket
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = cut
from ids_build.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    print(json.dumps({"code": left.code, "loaded": sorted(name for name in sys.modules if "." not in name)}))
"""


def _run(*words: str, cwd: Path) -> tuple[int, set[str], str]:
    told = run_ids(*words, cwd=cwd, code=CUT)
    lines = told.stdout.splitlines()
    assert lines, told.stderr
    last = json.loads(lines[-1])
    return last["code"] or 0, set(last["loaded"]), "\n".join(lines[:-1]) + told.stderr


@pytest.mark.parametrize("command", ["ls", "compile"])
def test_the_shipped_project_is_understood_without_a_network(command: str, tmp_path: Path) -> None:
    code, _, text = _run(command, "--target-path", str(tmp_path), cwd=REPOSITORY)
    assert code == 0, text
    assert "the network was asked for" not in text


def test_a_build_needs_no_network(tmp_path: Path) -> None:
    code, _, text = _run("build", cwd=tiny_project(tmp_path))
    assert code == 0, text


@pytest.mark.parametrize("words", [("--help",), ("build", "--help"), ("--version",), ("ls",)], ids=" ".join)
def test_a_light_command_loads_no_engine(words: tuple[str, ...]) -> None:
    code, loaded, text = _run(*words, cwd=REPOSITORY)
    assert code == 0, text
    assert loaded & {"datafusion", "pyarrow", "numpy", "pandas", "matplotlib"} == set()


@pytest.mark.parametrize("words", [("--help",), ("build", "--help")], ids=" ".join)
def test_help_loads_no_parser(words: tuple[str, ...]) -> None:
    _, loaded, _ = _run(*words, cwd=REPOSITORY)
    assert loaded & {"sqlglot", "jinja2", "yaml"} == set()


REPORTED = {
    **SHOP,
    "models/marts/sizes.sql": "select amount > 2 as large, count(*) as n from {{ ref('orders') }} group by amount > 2",
    "models/marts/sizes.yml": "models: [{name: sizes, meta: {report: {title: Sizes, counts: [n]}}}]",
}


def test_a_report_needs_no_network_and_alone_loads_the_plots(tmp_path: Path) -> None:
    folder = tiny_project(tmp_path, REPORTED)
    write_parquet(folder / "raw" / "orders.parquet", id=[1], customer=["0042"], amount=[2.5])
    for command, loads in (("build", set()), ("show", set()), ("report", {"matplotlib"})):
        code, loaded, text = _run(command, *(("--select", "sizes") if command == "show" else ()), cwd=folder)
        assert code == 0, text
        assert loaded & {"matplotlib"} == loads, command


def test_the_probe_sees_the_engine_where_it_is_loaded(tmp_path: Path) -> None:
    _, loaded, _ = _run("compile", cwd=tiny_project(tmp_path))
    assert "datafusion" in loaded
