"""The plans of the shipped models: rows stream in the order that parents declare, and nothing is sorted without need."""

import re
from pathlib import Path

import pytest

from .toy import REPOSITORY, run_in

# Why each model that sorts has to: every other model must not sort at all.
SORTS = {
    "bef": "raw files lie in no order",
    "akm": "raw files lie in no order",
    "lpr_adm": "raw files lie in no order",
    "lpr_diag": "raw files lie in no order",
    "lpr_bes": "raw files lie in no order",
    "lpr3_kontakter": "raw files lie in no order",
    "lpr3_diagnoser": "raw files lie in no order",
    "contacts": "from the contact key to the person key",
    "visits": "from the contact key to the person key",
    "diagnoses": "from the contact key to the person key",
    "lpr2_diagnoses": "a union of three lists, each in another order than its result",
    "lpr3_diagnoses": "a union of two lists, each in another order than its result",
}


@pytest.fixture(scope="module")
def plans(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The engine's plan of every model over the built tables of the shipped project."""
    options = ("--vars", f"{{registers_dir: '{registers.as_posix()}'}}", "--target-path", str(tmp_path_factory.mktemp("target")))
    for command in ("seed", "run"):
        ran = run_in(REPOSITORY, command, "--quiet", *options)
        assert ran.code == 0, ran.err
    told = run_in(REPOSITORY, "compile", "--explain", "--select", "resource_type:model", *options)
    assert told.code == 0, told.err
    parts = re.split(r"^-- (\w+)$", told.out, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_shipped_model_has_a_plan(plans: dict[str, str]) -> None:
    names = {path.stem for path in (REPOSITORY / "models").rglob("*.sql")}
    assert set(plans) == names


def test_a_model_sorts_only_where_its_parents_lie_in_another_order(plans: dict[str, str]) -> None:
    found = {name: plan.count("SortExec") for name, plan in plans.items()}
    assert {name: count for name, count in found.items() if count} == dict.fromkeys(SORTS, 1)


def test_persons_and_employment_are_read_once_in_order(plans: dict[str, str]) -> None:
    assert "ordering_mode=Sorted" in plans["persons"]
    for name in ("persons", "employment", "severe_chronic_disease"):
        assert "SortExec" not in plans[name], name


def test_contact_tables_join_by_merging_where_both_sides_lie_in_the_order_of_the_contact(plans: dict[str, str]) -> None:
    assert "SortMergeJoinExec" in plans["visits"]
    assert "HashJoinExec" not in plans["visits"]
