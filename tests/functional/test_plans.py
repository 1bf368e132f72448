"""The plans of the shipped models: rows stream in the order that parents declare, and nothing is sorted without need."""

import re
from pathlib import Path

import pytest

from .toy import REPOSITORY, run_in

# Why each model that sorts has to: every other model must not sort at all.
UNIONS = frozenset({"dodsaarsag", "procedures"})  # each of the two parts is sorted, then they are merged
TWICE = frozenset({"siblings", "scd_definition_codes"})  # to another key, and from there to a third
SORTS = {
    "bef": "raw files lie in no order",
    "akm": "raw files lie in no order",
    "lpr_adm": "raw files lie in no order",
    "lpr_diag": "raw files lie in no order",
    "lpr_bes": "raw files lie in no order",
    "lpr3_kontakter": "raw files lie in no order",
    "lpr3_diagnoser": "raw files lie in no order",
    "lpr_sksopr": "raw files lie in no order",
    "lpr_sksube": "raw files lie in no order",
    "lpr3_procedurer_andre": "raw files lie in no order",
    "lpr3_procedurer_kirurgi": "raw files lie in no order",
    "lpr_a_kontakt": "raw files lie in no order",
    "lpr_a_diagnose": "raw files lie in no order",
    "lmdb": "raw files lie in no order",
    "lab_forsker": "raw files lie in no order",
    "sysi": "raw files lie in no order",
    "sssy": "raw files lie in no order",
    "ind": "raw files lie in no order",
    "idan": "raw files lie in no order",
    "uddf": "raw files lie in no order",
    "mfr": "raw files lie in no order",
    "vnds": "raw files lie in no order",
    "dod": "raw files lie in no order",
    "dodsaarsag": "raw files lie in no order",
    "study_cohort": "raw files lie in no order",
    "families": "from the person key to the family key",
    "jobs": "numbered by falling wage",
    "education": "at this size the list of codes is the larger side of the join, and streams",
    "migrations": "directions read from codes are part of the key",
    "contacts": "from the contact key to the person key",
    "visits": "from the contact key to the person key",
    "diagnoses": "from the contact key to the person key",
    "lpr2_diagnoses": "a union of three lists, each in another order than its result",
    "lpr3_diagnoses": "a union of two lists, each in another order than its result",
    "lpr_a_diagnoses": "a union of two lists, each in another order than its result",
    "lpr2_procedures": "no key: ties are broken by every column",
    "lpr3_procedures": "no key: ties are broken by every column",
    "procedures": "from the contact key to the person key",
    "laboratory_results": "no key: ties are broken by numbers read from texts",
    "population": "from the keys of the parents back to the child",
    "population_attrition": "a few rows that were counted",
    "population_summary": "a few rows that were counted",
    "population_missing_data": "a few rows that were counted",
    "population_statistics": "a few rows that were counted",
    "child_birth_years": "a few rows that were counted",
    "parent_child_age_differences": "a few rows that were counted",
    "resident_spells": "births and moves are one list, by day",
    "family_status": "from the keys of the parents back to the person",
    "family_status_summary": "a few rows that were counted",
    "siblings": "from the person key to the mother, and back",
    "health_services": "a union of two registers, by a date read from a text",
    "scd_categories": "from the contact key to the category",
    "scd_summary": "from the person key to the category",
    "scd_definition_codes": "from the person key to the code",
    "diagnosis_occurrences": "from the contact key to the code",
}


@pytest.fixture(scope="module")
def plans(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The engine's plan of every model over the built tables of the shipped project, with every delivery of LPR."""
    settings = f"{{registers_dir: '{registers.as_posix()}', lpr_versions: ['2', 3f, 3a]}}"
    options = ("--vars", settings, "--target-path", str(tmp_path_factory.mktemp("target")))
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
    assert {name: count for name, count in found.items() if count} == {name: 1 + (name in UNIONS | TWICE) for name in SORTS}


def test_persons_and_employment_are_read_once_in_order(plans: dict[str, str]) -> None:
    assert "ordering_mode=Sorted" in plans["persons"]
    for name in ("persons", "employment", "prescriptions", "severe_chronic_disease", "scd_diagnoses", "scd_patients"):
        assert "SortExec" not in plans[name], name


def test_contact_tables_join_by_merging_where_both_sides_lie_in_the_order_of_the_contact(plans: dict[str, str]) -> None:
    for name in ("visits", "lpr2_procedures", "lpr3_procedures"):
        assert "SortMergeJoinExec" in plans[name], name
        assert "HashJoinExec" not in plans[name], name
