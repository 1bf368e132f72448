from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from ids_build.config import Config
from ids_build.results import Result
from ids_build.runner.complaints import ExhaustedError
from ids_build.runner.engine import Engine
from tests.support import tiny_config, tiny_project, write_parquet
from tests.support.shop import run_shop

FIRST = date(2010, 1, 1)
YML = """
    sources:
      - name: raw
        tables:
          - name: visits
            meta: {external_location: raw/visits.parquet, known_on: day}
            columns:
              - {name: id, data_type: int32}
              - {name: day, data_type: date}
    models:
      - name: firsts
        meta: {grain: [id], as_of: day%s}
        data_tests:
          - no_look_ahead: {arguments: {days: %d}}
    """


def _project(folder: Path, sql: str, days: list[int], *, meta: str = "", tried: int = 3) -> Config:
    """Return a project with a visit `n` days after the first for each of `days`, numbered from 0, and a model over them."""
    tiny_project(folder, {"models/visits.yml": YML % (meta, tried), "models/firsts.sql": sql})
    moments = pa.array([FIRST + timedelta(days=n) for n in days], pa.date32())
    write_parquet(folder / "raw" / "visits.parquet", id=pa.array(range(len(days)), pa.int32()), day=moments)
    return tiny_config(folder)


def _prove(config: Config) -> Result:
    assert run_shop(config)["main.firsts"].status == "success"
    return run_shop(config, "test", "firsts")["no_look_ahead_firsts"]


VISITS = "select id, day, %s from {{ source('raw', 'visits') }}"
NUMBERED = VISITS % "count(*) over () as n"


def test_a_table_made_of_its_own_rows_alone_passes(tmp_path: Path) -> None:
    found = _prove(_project(tmp_path, VISITS % "id + 1 as next_id", [0, 1, 2]))
    assert (found.status, found.message, found.failures, found.notes) == ("pass", None, 0, ())


@pytest.mark.parametrize(
    ("days", "tried", "told"),
    [
        # One day: the one with the most rows, of equals the newest. Two rows lie on it or before it.
        ([0, 1, 2, 2, 3, 3, 4], 1, "6 of 6 rows"),
        ([0, 2, 2, 3], 1, "3 of 3 rows"),
        # Two halves: the second row and the fourth, which knows all.
        ([0, 1, 2, 3], 2, "2 of 4 rows"),
        # One day that fills both halves is tried once.
        ([0, 0, 0, 0, 0, 9], 2, "5 of 6 rows"),
        # More days than there are: each is tried, each row at its own.
        ([0, 1, 2, 3], 9, "3 of 4 rows"),
    ],
)
def test_each_row_is_compared_once_at_the_next_day_that_is_tried(tmp_path: Path, days: list[int], tried: int, told: str) -> None:
    found = _prove(_project(tmp_path, NUMBERED, days, tried=tried))
    assert found.message is not None and found.message.startswith(f"{told} change when nothing after 'day' is known: 'n' in ")


def test_rows_without_a_day_are_not_compared(tmp_path: Path) -> None:
    config = _project(tmp_path, "select id, cast(null as date) as day from {{ source('raw', 'visits') }}", [0, 1])
    found = _prove(config)
    assert (found.status, found.notes) == ("pass", ("'main.firsts' has no row with 'day': nothing was compared",))


@pytest.mark.parametrize(("step", "status"), [("1e-14", "pass"), ("1e-3", "fail")])
def test_floats_that_differ_in_their_last_digits_are_one(tmp_path: Path, step: str, status: str) -> None:
    assert _prove(_project(tmp_path, VISITS % f"1.0 + {step} * count(*) over () as share", [0, 1, 2])).status == status


def test_a_missing_float_is_another_answer(tmp_path: Path) -> None:
    late = "case when max(day) over () > date '2010-01-02' then 1.5 end as share"
    assert _prove(_project(tmp_path, VISITS % late, [0, 1, 2])).status == "fail"


def test_rows_that_go_and_rows_that_come_are_told(tmp_path: Path) -> None:
    # Of the two rows of the first day the table has 1, knowing of the third; on that day it would have had 0.
    counted = "select *, count(*) over () as n from {{ source('raw', 'visits') }}"
    sql = f"select id, day from ({counted}) where id = 2 or (id = 1 and n = 3) or (id = 0 and n = 2)"
    found = _prove(_project(tmp_path, sql, [0, 0, 1]))
    assert found.message == "2 of 3 rows change when nothing after 'day' is known: 1 gone, 1 new"
    assert found.hint == "read nothing later than 'day', or declare it: 'meta: {looks_ahead: [day]}'"


def test_many_columns_and_rows_are_counted_with_commas(tmp_path: Path) -> None:
    found = _prove(_project(tmp_path, NUMBERED, [0] * 1200 + [1], tried=1))
    assert found.message == "1,200 of 1,200 rows change when nothing after 'day' is known: 'n' in 1,200"
    assert found.failures == 1200


def test_what_is_declared_is_told_with_all_its_columns(tmp_path: Path) -> None:
    sql = VISITS % "count(*) over () as n, max(id) over () as m, max(day) over () as last_day"
    found = _prove(_project(tmp_path, sql, [0, 1, 2], meta=", looks_ahead: [n, m, last_day]", tried=9))
    assert found.status == "warn"
    assert found.message == "'n', 'm' and 'last_day' use what is known only after 'day', as declared: 2 rows change"


def test_a_query_that_no_longer_fits_its_inputs_is_an_error_not_a_crash(tmp_path: Path) -> None:
    config = _project(tmp_path, NUMBERED, [0, 1])
    run_shop(config)
    (tmp_path / "raw" / "visits.parquet").write_bytes(b"no parquet")
    found = run_shop(config, "test", "firsts")["no_look_ahead_firsts"]
    assert found.status == "error" and found.hint


def test_a_proof_without_room_in_its_share_of_the_memory_is_done_with_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _project(tmp_path, VISITS % "1 as n", [0, 10, 20])
    assert run_shop(config)["main.firsts"].status == "success"
    asked: list[bool] = []
    fetch = Engine.fetch

    def refuse(self: Engine, sql: str) -> pa.Table:
        asked.append(self.shares)
        if self.shares:
            raise ExhaustedError
        return fetch(self, sql)

    monkeypatch.setattr(Engine, "fetch", refuse)
    assert run_shop(config, "test", "no_look_ahead_firsts")["no_look_ahead_firsts"].status == "pass"
    assert asked[:2] == [True, False]
