"""Bad input of every kind ends in one sentence that says where, what and what to do; nothing is half done."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .toy import PROJECTS, Toy, environment, finish, run_script, wait_until

Maker = Callable[..., Toy]
BROKEN = PROJECTS / "broken"
FAULTS = sorted(path.parent.name for path in BROKEN.glob("*/dbt_project.yml"))
FORM = re.compile(r"(?P<path>[^\s:]+\.(?:sql|yml|csv|parquet))(?::\d+(?::\d+)?)?  (?:Jinja|[^A-Z\s]).*[^.]\n  hint: .*[^.\n]\n")
PEOPLE = pa.table({"pnr": ["p1", "p2"], "kom": pa.array([101, 102], pa.int32())})


def _plant(fault: str, folder: Path) -> None:
    """Lay the raw files of a fault that text cannot hold."""
    raw = folder / "raw"
    if fault.startswith("source_") and fault not in ("source_folder_missing", "source_typo", "source_without_location"):
        raw.mkdir()
    if fault == "source_file_truncated":
        pq.write_table(PEOPLE, raw / "2000.parquet")
        whole = (raw / "2000.parquet").read_bytes()
        (raw / "2001.parquet").write_bytes(whole[: len(whole) // 2])
    elif fault == "source_file_is_csv":
        (raw / "2000.parquet").write_text("pnr,kom\np1,101\n")
    elif fault == "source_column_of_a_wrong_type":
        pq.write_table(PEOPLE.set_column(1, "kom", pa.array([[1], [2]])), raw / "2000.parquet")
    elif fault == "source_values_of_a_wrong_type":
        pq.write_table(PEOPLE.set_column(1, "kom", pa.array(["101", "many"])), raw / "2000.parquet")
    elif fault == "source_key_missing_in_one_year":
        pq.write_table(PEOPLE, raw / "2000.parquet")
        pq.write_table(PEOPLE.rename_columns(["cpr", "kom"]), raw / "2001.parquet")


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str], Toy]:
    """Return a maker of copies of the faulty projects."""

    def make(fault: str) -> Toy:
        shutil.copytree(BROKEN / fault, tmp_path / fault, ignore=shutil.ignore_patterns("expected.txt", "target"))
        _plant(fault, tmp_path / fault)
        project = Toy.__new__(Toy)
        project.folder = tmp_path / fault
        return project

    return make


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_the_golden_words(broken: Callable[[str], Toy], request: pytest.FixtureRequest, fault: str) -> None:
    ran = broken(fault).run("build", "--quiet")
    golden = BROKEN / fault / "expected.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(ran.err, encoding="utf-8")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS)
def test_every_golden_text_has_the_form_of_our_errors(fault: str) -> None:
    text = (BROKEN / fault / "expected.txt").read_text(encoding="utf-8")
    found = FORM.findall(text)
    # A build that had begun says that it published nothing.
    assert found and not [line for line in FORM.sub("", text).splitlines() if not line.startswith("note: something failed,")]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_no_table(broken: Callable[[str], Toy], fault: str) -> None:
    project = broken(fault)
    project.run("build", "--quiet")
    assert not list((project.folder / "target").rglob("*.parquet")) if (project.folder / "target").exists() else True


@pytest.mark.parametrize(
    "fault", ["column_typo", "column_typo_in_a_source", "wrong_types", "contract_broken", "ref_typo", "sql_syntax"]
)
def test_faults_of_a_query_are_told_by_compile_before_any_data_is_read(broken: Callable[[str], Toy], fault: str) -> None:
    ran = broken(fault).run("compile")
    assert (ran.code, ran.err) == (1, (BROKEN / fault / "expected.txt").read_text(encoding="utf-8"))


def test_a_column_typo_is_told_before_any_model_is_built(toy: Maker) -> None:
    project = toy({"models/a.sql": "select 1 as x", "models/b.sql": "select\n  y\nfrom {{ ref('a') }}"})
    ran = project.run("build")
    assert ran.code == 1
    assert ran.err.startswith("models/b.sql:2:3  ")
    assert not project.path("a").exists()


def test_a_folder_without_a_project_says_how_to_get_one(tmp_path: Path, toy: Maker) -> None:
    project = toy()
    (project.folder / "dbt_project.yml").unlink()
    ran = project.run("build")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("no dbt_project.yml in '") and "'ids init'" in ran.err


def test_an_unknown_selection_method_names_the_nearest(toy: Maker) -> None:
    ran = toy({"models/a.sql": "select 1 as x"}).run("build", "--select", "tga:x")
    assert ran.code == 1
    assert "unknown method 'tga:'" in ran.err and "did you mean 'tag'?" in ran.err


def test_a_project_without_models_builds_nothing_and_says_so(toy: Maker) -> None:
    ran = toy().run("build")
    assert (ran.code, "nothing to do" in ran.out) == (0, True)


# -- the machine says no --------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs users of a Unix kind")
def test_a_folder_that_may_not_be_written_is_told(toy: Maker) -> None:
    project = toy({"models/a.sql": "select 1 as x"})
    for path in (project.folder, *project.folder.parents):
        if path.owner() == project.folder.owner() and len(path.parts) > 2:
            path.chmod(0o755)
    (project.folder / "target").mkdir(mode=0o555)
    # Root may write everywhere, so it turns into nobody, who may be unable to read the libraries: a first run loads them.
    script = (
        "import os\nfrom ids_build.cli.main import main\n"
        "try: main(['build', '--quiet', '--target-path', 'elsewhere'])\n"
        "except SystemExit as left: assert left.code == 0\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "main(['build', '--quiet'])"
    )
    ran = run_script(script, project.folder)
    assert (ran.code, ran.out) == (1, ""), ran.err
    assert ran.err.startswith("cannot write '") and "Permission denied" in ran.err and "\n  hint: " in ran.err
    assert list((project.folder / "target").iterdir()) == []


def _may_mount() -> bool:
    if os.name != "posix" or os.getuid() != 0 or not shutil.which("unshare"):
        return False
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="may not mount a small disk")
def test_a_full_disk_is_told_and_the_former_table_stays(toy: Maker) -> None:
    project = toy(
        {
            "models/big.sql": "select md5(cast(value as varchar)) as m from range({{ var('rows', 10) }})",
            "models/child.sql": "select count(*) as n from {{ ref('big') }}",
        }
    )
    (project.folder / "target").mkdir()
    script = (
        "mount -t tmpfs -o size=1m tmpfs target"
        ' && "$0" -m ids_build build --quiet && cp target/tables/main/big.parquet before'
        " && { \"$0\" -m ids_build build --quiet --vars '{rows: 500000}'; echo code $?; }"
        " && cp target/tables/main/big.parquet after && ls target"
    )
    ran = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, sys.executable],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "code 1" in ran.stdout, ran.stdout + ran.stderr
    assert "'main.big' error: the disk is full\n  hint: make room" in ran.stderr
    assert (project.folder / "before").read_bytes() == (project.folder / "after").read_bytes()
    assert "drafts" not in ran.stdout


def test_a_memory_limit_too_small_for_the_query_is_told_or_spilled(toy: Maker) -> None:
    project = toy(
        {
            "profiles.yml": "toy: {target: d, outputs: {d: {type: datafusion, memory_limit: 64MB, threads: 2}}}\n",
            "models/t.sql": "select string_agg(cast(value as varchar), ',') as all_of_them from range(20000000)",
        }
    )
    ran = project.run("build", "--quiet")
    if ran.code:
        assert "the memory limit is too small for this query\n  hint: raise 'memory_limit' in the profile" in ran.err
    else:
        assert project.table("t").num_rows == 1


SLOW = "select sum(a.value * b.value % 7) as n from range(10000000) as a cross join range(10000000) as b"


@pytest.mark.skipif(os.name != "posix", reason="signals of a Unix kind")
def test_an_interrupt_ends_the_run_within_a_second_and_leaves_nothing_half_done(toy: Maker) -> None:
    project = toy({"models/a.sql": "select {{ var('x', 1) }} as x", "models/b.sql": "select 1 as n"})
    assert project.run("build").code == 0
    former = project.path("b").read_bytes()
    project.write({"models/b.sql": SLOW})
    process = project.start("build", "--vars", "{x: 2}")
    wait_until((project.folder / "target/generations/2/main/a.parquet").is_file)
    time.sleep(0.3)
    assert process.poll() is None
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    ran = finish(process, timeout=10)
    assert time.monotonic() - sent < 1.0
    assert ran.code == 130
    assert "interrupted" in ran.err and "Traceback" not in ran.err
    assert project.path("b").read_bytes() == former
    assert project.rows("a") == [{"x": 1}]
    assert not (project.folder / "target" / "drafts").exists()
