"""`ids build --watch`: a save is tested, then built with all that stands on it; nothing ends the watch but its user."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from .toy import Toy, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="ends the watch with a signal of a Unix kind")
Maker = Callable[..., Toy]
SECONDS = 20.0
AMOUNTS = """
    models:
      - {name: amounts, meta: {grain: [id]}}
    unit_tests:
      - name: doubles
        model: amounts
        given: [{input: ref('orders'), rows: [{id: 1, amount: 2}]}]
        expect: {rows: [{id: 1, amount: 4}]}
"""
FILES: dict[str, Any] = {
    "models/sources.yml": """
        sources:
          - name: raw
            tables:
              - name: orders
                meta: {external_location: raw.parquet}
                columns: [{name: id, data_type: int32}, {name: amount, data_type: int64}]
    """,
    "raw.parquet": pa.table({"id": pa.array([1, 2], pa.int32()), "amount": [3, 730114]}),
    "models/orders.sql": "select id, amount from {{ source('raw', 'orders') }}",
    "models/amounts.sql": "select id, amount * 2 as amount from {{ ref('orders') }}",
    "models/amounts.yml": AMOUNTS,
    "models/total.sql": "select sum(amount) as total from {{ ref('amounts') }}",
    "models/other.sql": "select 1 as x",
}
TWICE, THRICE = FILES["models/amounts.sql"], "select id, amount * 3 as amount from {{ ref('orders') }}"


class Watch:
    """A command that watches, and what it has said so far, on stdout and stderr together."""

    def __init__(self, toy: Toy, *args: str) -> None:
        self.toy = toy
        self._said: list[str] = []
        # A process started by a shell in the background ignores Ctrl-C; what is watched must hear it.
        begin = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        begin += "from ids_build.cli.main import main; main(sys.argv[1:])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", begin, "build", "--watch", *args],
            cwd=toy.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._said.extend(iter(self.process.stdout.readline, ""))

    def said(self, start: int = 0) -> str:
        return "".join(self._said[start:])

    def wait(self, words: str, start: int = 0) -> int:
        """Wait until something is said after the line `start`, and return after which line it was; fail when it is not."""
        end = time.monotonic() + SECONDS
        while True:
            for number, line in enumerate(self._said[start:], start + 1):
                if words in line:
                    return number
            assert time.monotonic() < end and self.process.poll() is None, f"'{words}' was not said:\n{self.said()}"
            time.sleep(0.02)

    def save(self, files: dict[str, Any], *words: str) -> str:
        """Save files, wait for words in their order, and return what was said from the save to the last of them."""
        start = place = len(self._said)
        self.toy.write(files)
        for word in words:
            place = self.wait(word, place)
        return "".join(self._said[start:place])

    def end(self) -> int:
        """Type Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code


@pytest.fixture
def watch(toy: Maker) -> Iterator[Callable[..., Watch]]:
    started: list[Watch] = []

    def start(*args: str, files: dict[str, Any] | None = None) -> Watch:
        started.append(Watch(toy({**FILES, **(files or {})}), *args))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


Start = Callable[..., Watch]


def test_a_save_is_tested_then_built_with_all_that_stands_on_it(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    told = one.save(
        {"models/amounts.sql": THRICE, "models/amounts.yml": AMOUNTS.replace("amount: 4", "amount: 6")},
        "touched: amounts",
        "1 of 1 unit tests passed",
        "2 of 2 tables built",
    )
    assert "models/amounts.sql" in told and "other" not in told and "main.orders" not in told
    assert one.toy.rows("total") == [{"total": (3 + 730114) * 3}]
    assert one.end() == 0
    assert one.said().endswith("stopped watching\n")


def test_nothing_is_built_while_a_unit_test_fails_and_what_was_touched_is_not_forgotten(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    told = one.save({"models/amounts.sql": THRICE}, "amount: expected 4, got 6", "0 of 1 unit tests passed")
    assert "nothing is built before they pass" in told
    told = one.save({"models/other.sql": "select 2 as x"}, "touched: other", "0 of 1 unit tests passed")
    assert one.toy.rows("other") == [{"x": 1}]
    told = one.save(
        {"models/amounts.yml": AMOUNTS.replace("amount: 4", "amount: 6")}, "1 of 1 unit tests passed", "3 of 3 tables built"
    )
    assert one.toy.rows("other") == [{"x": 2}]
    assert one.end() == 0


def test_a_comment_builds_nothing(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    one.save({"models/amounts.sql": f"-- twice\n{TWICE}"}, "no table means anything else")
    told = one.save({"models/other.sql": "select 2 as x"}, "touched: other", "1 of 1 tables built")
    assert told.count("tables built") == 1
    assert one.end() == 0
    assert one.toy.run("generations", "--output", "json").json[0]["generation"] == 2


def test_a_fault_is_told_and_the_watch_goes_on(watch: Start) -> None:
    one = watch(files={"models/amounts.sql": "select nothing from {{ ref('orders') }}"})
    one.wait("models/amounts.sql:1:8  no field named nothing")
    one.save({"models/amounts.sql": "select {{ ref('ordres') }}"}, "unknown model 'ordres'", "did you mean 'orders'?")
    one.save({"dbt_project.yml": "name: toy\nprofil: toy\n"}, "unknown key 'profil'")
    one.save({"dbt_project.yml": "name: toy\n"}, "unknown model 'ordres'")
    one.save({"models/amounts.sql": TWICE}, "4 of 4 tables built")
    assert one.end() == 0


def test_a_build_that_failed_is_done_again_with_the_next_save(watch: Start) -> None:
    one = watch(files={"models/other.sql": "select 1 / (id - 1) as x from {{ ref('orders') }}"})
    one.wait("1 error")
    told = one.save({"models/other.sql": "select 2 as x"}, "touched: other", "1 of 4 tables built, 3 reused")
    assert "division" not in told
    assert one.toy.rows("other") == [{"x": 2}]
    assert one.end() == 0


def test_files_come_go_and_get_another_name(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    one.save({"models/more/new.sql": "select x + 1 as x from {{ ref('other') }}"}, "touched: new", "1 of 1 tables built")
    start = one.wait("1 of 1 tables built")
    (one.toy.folder / "models/more/new.sql").rename(one.toy.folder / "models/more/newer.sql")
    start = one.wait("touched: newer; gone: new", start)
    start = one.wait("1 of 1 tables built", start)
    shutil.rmtree(one.toy.folder / "models/more")
    start = one.wait("gone: newer", start)
    one.save({"seeds/words.csv": "word\nred\n"}, "touched: words", "1 of 1 tables built")
    one.save({"seeds/words.csv": "word\nred\nblue\n"}, "touched: words", "1 of 1 tables built")
    assert one.toy.rows("seeds.words") == [{"word": "red"}, {"word": "blue"}]
    assert one.end() == 0


def test_a_folder_that_is_moved_away_and_back_is_seen(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    models, away = one.toy.folder / "models", one.toy.folder / "away"
    start = len(one.said().splitlines())
    models.rename(away)
    start = one.wait("gone: ", start)
    away.rename(models)
    one.wait("touched: ", start)
    one.save({"models/other.sql": "select 5 as x"}, "touched: other", "tables built")
    assert one.toy.rows("other") == [{"x": 5}]
    assert one.end() == 0


def test_saves_close_together_are_one(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    told = one.save(
        {f"models/m{number}.sql": f"select {number} as x" for number in range(8)}, "saved ", "touched: ", "8 of 8 tables built"
    )
    assert told.count("saved ") == 1 and "and 3 more" in told
    assert one.end() == 0


def test_a_newer_save_stops_a_build_after_its_step_and_what_was_built_is_kept(watch: Start) -> None:
    slow = "select max(a.value * b.value) as x, {n} as n from range(30000) as a cross join range(30000) as b"
    one = watch("--threads", "1", files={"models/a.sql": "select 1 as n", "models/b.sql": "select n from {{ ref('a') }}"})
    one.wait("6 of 6 tables built")
    start = one.wait("published")
    one.toy.write({"models/a.sql": slow.format(n=2)})
    start = one.wait("touched: a", start)
    time.sleep(0.5)
    one.toy.write({"models/other.sql": "select 3 as x"})
    start = one.wait("a newer save stopped the build", start)
    start = one.wait("touched: other", start)
    start = one.wait("2 of 3 tables built, 1 reused", start)
    assert one.toy.rows("b") == [{"n": 2}] and one.toy.rows("other") == [{"x": 3}]
    assert one.end() == 0


def test_ctrl_c_in_the_middle_of_a_build_leaves_the_tables_as_they_were(watch: Start) -> None:
    one = watch()
    start = one.wait("published")
    one.save({"models/other.sql": "select max(a.value * b.value) as x from range(300000) as a cross join range(300000) as b"})
    one.wait("touched: other", start)
    time.sleep(0.5)
    assert one.end() == 0
    assert one.toy.rows("other") == [{"x": 1}]
    assert not (one.toy.folder / "target" / "drafts").exists()


def test_the_selection_bounds_what_is_tested_and_built(watch: Start) -> None:
    one = watch("--select", "+amounts")
    one.wait("2 of 2 tables built")
    one.save({"models/other.sql": "select 2 as x"}, "no table means anything else")
    told = one.save({"models/orders.sql": "select id, amount + 1 as amount from {{ source('raw', 'orders') }}"}, "2 of 2 tables")
    assert "main.total" not in told
    assert one.end() == 0


def test_machines_are_told_in_json(watch: Start) -> None:
    one = watch("--log-format", "json", "--output", "json")
    one.wait('"command": "build"')
    one.save({"models/other.sql": "select nothing"}, '"error"')
    one.save(
        {"models/other.sql": "select 1 as x", "models/amounts.sql": TWICE + " where true"},
        '"command": "test"',
        '"command": "build"',
    )
    assert one.end() == 0
    told = [json.loads(line) for line in one.said().splitlines()]
    events = [line["event"] for line in told if "event" in line]
    assert {"watching", "saved", "error", "touched", "result", "published", "stopped"} <= set(events)
    assert [line["command"] for line in told if "command" in line] == ["build", "test", "build"]
    assert next(line for line in told if line.get("event") == "saved")["paths"] == ["models/other.sql"]


def test_no_value_of_a_row_is_told(watch: Start) -> None:
    one = watch()
    one.wait("4 of 4 tables built")
    one.save({"models/other.sql": "select cast(concat('x', amount) as int) as x from {{ ref('orders') }}"}, "1 error")
    assert one.end() == 0
    assert "730114" not in one.said()


def test_files_are_polled_where_nobody_tells_of_saves(watch: Start) -> None:
    one = watch("--poll")
    one.wait("4 of 4 tables built")
    one.save({"models/other.sql": "select 12345 as x"}, "touched: other", "1 of 1 tables built")
    assert one.end() == 0


def test_what_makes_no_sense_with_watch_is_refused(toy: Maker) -> None:
    project = toy(FILES)
    assert (project.run("build", "--poll").code, project.run("build", "--watch", "--explain").code) == (2, 2)
