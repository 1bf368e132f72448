from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.errors import ConfigError, ExecutionError, Location
from ids_build.nodes import Rules, Source
from ids_build.relation import Relation
from ids_build.runner.deliveries import check_delivery, check_shrunk
from ids_build.runner.periods import find_period
from ids_build.runner.sources import Delivery, Group, RawFile
from tests.support import AT, make_source

SCHEMA = pa.schema([("pnr", pa.string())])


def _file(name: str, rows: int = 10) -> RawFile:
    stem = name.removesuffix(".parquet")
    return RawFile(path=Path("/raw") / name, shown=f"raw/{name}", period=find_period(stem), rows=rows, schema=SCHEMA)


def _delivery(name: str, *files: RawFile | str, left_out: tuple[RawFile, ...] = (), **rules: Any) -> Delivery:
    found = tuple(_file(file) if isinstance(file, str) else file for file in files)
    source: Source = make_source(f"raw.{name}", rules=Rules(**rules))
    group = Group(relation=Relation(layer="ids_build_raw", name=name), files=found, casts=())
    return Delivery(source=source, groups=(group,), notes=(), left_out=left_out)


def _config_fault(delivery: Delivery, *others: Delivery) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        check_delivery(delivery, others)
    return caught.value


# -- the days a source is good for ----------------------------------------------------------------


def test_a_source_without_days_takes_every_file() -> None:
    check_delivery(_delivery("a", "1977.parquet", "2050.parquet", "all.parquet"), [])


@pytest.mark.parametrize("name", ["2018.parquet", "2019.parquet", "201902.parquet", "20190228.parquet", "all.parquet"])
def test_a_file_that_shares_a_day_with_the_source_is_taken(name: str) -> None:
    check_delivery(_delivery("a", name, first=date(2018, 12, 31), last=date(2019, 2, 28)), [])


def test_a_file_after_the_last_day_is_refused() -> None:
    fault = _config_fault(_delivery("a", "2018.parquet", "201903.parquet", last=date(2019, 2, 28)))
    assert fault.message == "'raw.a' ends on 2019-02-28; this file lies outside"
    assert fault.at == Location(path="raw/201903.parquet")
    assert fault.hint == "take the file out of the folder, and read those days in the register that has them"


def test_a_file_before_the_first_day_is_refused() -> None:
    fault = _config_fault(_delivery("a", "2018.parquet", "2019.parquet", first=date(2019, 1, 1)))
    assert (fault.message, fault.at) == (
        "'raw.a' begins on 2019-01-01; this file lies outside",
        Location(path="raw/2018.parquet"),
    )


# -- two sources for one day ----------------------------------------------------------------------


def test_two_sources_of_one_subject_must_not_cover_one_day() -> None:
    old = _delivery("old", "2018.parquet", "2019.parquet", subject="contacts")
    fault = _config_fault(_delivery("new", "201903.parquet", subject="contacts"), old)
    assert fault.message == "'raw.new' and 'raw.old' both tell contacts from 2019-03-01 to 2019-03-31"
    assert fault.at == AT
    assert fault.hint == "take one away, or say which wins with 'meta: {replaces: old}'"


def test_sources_that_follow_each_other_are_fine() -> None:
    old = _delivery("old", "2018.parquet", subject="contacts")
    check_delivery(_delivery("new", "2019.parquet", subject="contacts"), [old])


def test_a_period_counts_within_the_days_its_source_is_good_for() -> None:
    old = _delivery("old", "2019.parquet", subject="contacts", last=date(2019, 2, 28))
    check_delivery(_delivery("new", "2019.parquet", subject="contacts", first=date(2019, 3, 1)), [old])


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({}, "on all days"),
        ({"first": date(2019, 3, 1)}, "from 2019-03-01 on"),
        ({"last": date(2019, 3, 1)}, "until 2019-03-01"),
        ({"first": date(2019, 3, 1), "last": date(2019, 3, 2)}, "from 2019-03-01 to 2019-03-02"),
    ],
)
def test_a_file_without_a_period_covers_all_days_of_its_source(rules: dict[str, date], told: str) -> None:
    old = _delivery("old", "all.parquet", subject="contacts")
    assert _config_fault(_delivery("new", "all.parquet", subject="contacts", **rules), old).message.endswith(told)


@pytest.mark.parametrize("subjects", [(None, None), ("contacts", None), (None, "contacts"), ("contacts", "diagnoses")])
def test_sources_of_other_subjects_may_cover_one_day(subjects: tuple[str | None, str | None]) -> None:
    check_delivery(_delivery("b", "2019.parquet", subject=subjects[0]), [_delivery("a", "2019.parquet", subject=subjects[1])])


def test_a_source_may_replace_another_whichever_is_opened_first() -> None:
    old = _delivery("old", "2019.parquet", subject="contacts")
    new = _delivery("new", "2019.parquet", subject="contacts", replaces=("old",))
    check_delivery(new, [old])
    check_delivery(old, [new])


def test_a_third_source_is_not_excused_by_a_rule_between_two() -> None:
    new = _delivery("new", "2019.parquet", subject="contacts", replaces=("old",))
    third = _delivery("third", "2019.parquet", subject="contacts")
    assert "'raw.third' and 'raw.new'" in _config_fault(third, new).message


# -- a delivery that shrank -----------------------------------------------------------------------


def _shrunk(delivery: Delivery, before: dict[str, int]) -> ExecutionError:
    with pytest.raises(ExecutionError) as caught:
        check_shrunk(delivery, before)
    assert caught.value.hint == "ask for the delivery again; if it is right, run once with --full-refresh"
    return caught.value


def test_a_delivery_may_grow_and_stay() -> None:
    check_shrunk(_delivery("a", _file("2018.parquet", 10), _file("2019.parquet", 5)), {"raw/2018.parquet": 10})
    check_shrunk(_delivery("a", _file("2018.parquet", 11)), {"raw/2018.parquet": 10})
    check_shrunk(_delivery("a", _file("2018.parquet", 0)), {})


def test_a_file_that_is_gone_is_told_by_its_name() -> None:
    fault = _shrunk(_delivery("a", _file("2018.parquet", 9000)), {"raw/2018.parquet": 9000, "raw/2019.parquet": 12345})
    assert fault.message == "the delivery of 'raw.a' shrank: 'raw/2019.parquet' is gone, the last run read 12,345 rows"
    assert fault.at == AT


def test_a_file_with_fewer_rows_is_told_with_both_numbers() -> None:
    fault = _shrunk(_delivery("a", _file("2018.parquet", 1234)), {"raw/2018.parquet": 12345})
    assert fault.message == ("the delivery of 'raw.a' shrank: 'raw/2018.parquet' has 1,234 rows, the last run read 12,345 rows")
    assert fault.at == Location(path="raw/2018.parquet")


def test_a_file_that_a_preferred_one_now_stands_in_for_is_not_gone() -> None:
    better = _delivery("a", _file("x2018.parquet", 10), left_out=(_file("2018.parquet", 10),))
    check_shrunk(better, {"raw/2018.parquet": 10})
    assert (
        "has 9 rows"
        in _shrunk(
            _delivery("a", _file("x2018.parquet", 10), left_out=(_file("2018.parquet", 9),)), {"raw/2018.parquet": 10}
        ).message
    )
