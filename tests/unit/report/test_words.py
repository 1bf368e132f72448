from typing import Any

import pytest

from ids_build.errors import Location
from ids_build.report.words import (
    describe_answers,
    describe_counts,
    describe_fault,
    describe_outlook,
    describe_proof,
    describe_size,
    describe_touched,
    list_names,
)
from ids_build.results import Outlook, Proof, Published, Result, RunResults


def _result(status: str, resource: str = "model", **parts: Any) -> Result:
    return Result(unique_id="x", name="staging.orders", resource=resource, status=status, **parts)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (_result("error", message="no room"), "'staging.orders' error: no room"),
        (_result("fail", "test", message="2 failing rows"), "test 'staging.orders' failed: 2 failing rows"),
        (_result("warn", "test", message="x"), "test 'staging.orders' warning: x"),
        (_result("fail", "unit_test", message="x"), "unit test 'staging.orders' failed: x"),
        (_result("error"), "'staging.orders' error: no reason given"),
        (
            _result("error", message="x", hint="do y", at=Location(path="a.sql", line=2)),
            "a.sql:2  'staging.orders' error: x\n  hint: do y",
        ),
    ],
)
def test_a_fault_has_the_form_of_our_errors(result: Result, text: str) -> None:
    assert describe_fault(result) == text


@pytest.mark.parametrize(
    ("results", "text"),
    [
        ((), "nothing to do in 1.2 s"),
        ((_result("success"),), "1 of 1 tables built in 1.2 s"),
        ((_result("success"), _result("error")), "1 of 2 tables built, 1 error in 1.2 s"),
        ((_result("pass", "test"), _result("warn", "test")), "2 of 2 tests passed, 1 warning in 1.2 s"),
        (
            (_result("warn", "test"), _result("warn", "test"), _result("error"), _result("error")),
            "0 of 2 tables built, 2 of 2 tests passed, 2 warnings, 2 errors in 1.2 s",
        ),
        (
            (_result("success", "seed"), _result("fail", "test"), _result("skipped")),
            "1 of 2 tables built, 0 of 1 tests passed, 1 failed test, 1 skipped in 1.2 s",
        ),
    ],
)
def test_the_last_line_counts(results: tuple[Result, ...], text: str) -> None:
    assert describe_counts(RunResults(command="build", results=results, seconds=1.23)) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, ""), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (999_900_000, "999.9 MB"),
        (2_500_000_000, "2.50 GB"), (4_000_000_000_000, "4000.00 GB"),
    ],
)  # fmt: skip
def test_a_size_is_short(size: int | None, text: str) -> None:
    assert describe_size(size) == text


def test_what_is_reused_is_counted_apart_and_the_generation_named() -> None:
    results = (_result("success"), _result("reused"), _result("pass", "test"), _result("reused", "test"))
    run = RunResults(command="build", results=results, seconds=1.2, published=Published(generation=4, tables=2))
    told = "1 of 2 tables built, 1 reused, 2 of 2 tests passed, 1 of them reused, generation 4 published in 1.2 s"
    assert describe_counts(run) == told


def test_an_outlook_counts_tables_alone() -> None:
    looks = [Outlook(unique_id="x", name="x", resource=kind, status="run") for kind in ("model", "seed", "test")]
    assert describe_outlook(looks) == "of 2 tables 2 run, 0 may run, 0 reused; nothing was built"


def test_a_list_names_the_first_and_counts_the_others() -> None:
    assert (list_names("abcde"), list_names("abcdefg")) == ("a, b, c, d, e", "a, b, c, d, e and 2 more")


def test_an_edit_is_told_by_what_it_touched_and_what_is_gone() -> None:
    assert describe_touched(("a", "b"), ("c",)) == "touched: a, b; gone: c"
    assert describe_touched((), ()) == "no table means anything else"


def test_answers_of_unit_tests_are_counted() -> None:
    passed, failed = _result("pass", "unit_test"), _result("fail", "unit_test")
    told = [describe_answers(RunResults(command="test", results=found, seconds=0.456)) for found in ((passed,), (passed, failed))]
    assert told == [
        "1 of 1 unit tests passed in 0.46 s",
        "1 of 2 unit tests passed in 0.46 s; nothing is built before they pass",
    ]


def test_a_proof_is_told_in_words() -> None:
    same = Proof(data="raw data of 2 persons", batches=3, orders=1, rows=1)
    assert (
        describe_proof(same)
        == "same     raw data of 2 persons: 3 batches, 1 order, 1 row; increments make what a full build makes"
    )
    other = Proof(data="unit test 't'", batches=2, orders=5, rows=2, told=("1 row that no batch made",), hint="merge")
    assert (
        describe_proof(other) == "differs  unit test 't': 2 batches, 5 orders, 2 rows\n  1 row that no batch made\n  hint: merge"
    )
    assert describe_proof(Proof(data="raw data", skipped="no files")) == "skipped  raw data: no files"
