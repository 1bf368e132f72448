"""A run that is killed leaves the former tables whole; the next one cleans up and succeeds."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from .toy import Toy, finish, wait_until

Maker = Callable[..., Toy]
SLOW = "select a.value as a, b.value as b from range(100000000) as a cross join range(1000) as b"


@pytest.mark.skipif(os.name != "posix", reason="signals of a Unix kind")
def test_after_a_kill_the_former_table_is_whole_and_the_next_run_succeeds(toy: Maker) -> None:
    project = toy({"models/a.sql": "select {{ var('x', 1) }} as x", "models/b.sql": "select 1 as n"})
    assert project.run("build").code == 0
    former = project.path("b").read_bytes()
    project.write({"models/b.sql": SLOW})
    drafts = project.folder / "target" / "drafts"
    process = project.start("build", "--vars", "{x: 2}", start_new_session=True)
    wait_until((project.folder / "target/generations/2/main/a.parquet").is_file)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert finish(process).code == -signal.SIGKILL
    assert project.path("b").read_bytes() == former
    assert project.rows("a") == [{"x": 1}]
    assert drafts.is_dir()
    project.write({"models/b.sql": "select 2 as n"})
    ran = project.run("build")
    assert ran.code == 0, ran.err
    assert "note: a run was killed: its drafts are removed" in ran.out
    assert project.rows("b") == [{"n": 2}]
    assert not drafts.exists()


def test_debris_of_a_former_run_is_removed_and_never_taken_for_a_table(toy: Maker) -> None:
    project = toy({"models/a.sql": "select 1 as x"})
    project.write({"target/drafts/main/a.parquet": b"PAR1 half a table", "target/drafts/gone/old.parquet": b"PAR1"})
    assert project.run("build").code == 0
    assert project.rows("a") == [{"x": 1}]
    assert not (project.folder / "target" / "drafts").exists()
