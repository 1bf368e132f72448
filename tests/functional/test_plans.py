"""The plans of the shipped models: rows stream in the order that parents declare, and nothing is sorted without need."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .toy import REPOSITORY, run_in

# How many sorts, where it is not one: each part of a union before they are merged; to another key and back; by first
# day to find what overlaps, and the spells found in the order of the result;
# by person to count the codes of one, and by code; by amount, and the few groups once more; a few years;
# the families of a snapshot, and the snapshots.
SORTED = {
    "dodsaarsag": 2,
    "procedures": 2,
    "hospital_diagnosis_rows": 3,
    "siblings": 2,
    "admission_spells": 2,
    "hospital_use": 2,
    "child_records": 2,
    "family_snapshots": 2,
    "persons_on_date": 2,
    "chosen_families": 2,
    "chosen_attrition": 2,
    "scd_definition_codes": 2,
    "income_quintile_limits": 2,
    "consumer_price_index": 2,
    # rounds by control and by case
    "matched_pairs": 6,
    # each part of a union before they are merged
    "balance_persons": 3,
    "report_attrition": 2,
    "report_balance": 2,
    # by variable to add its categories up; by day backwards, and the few years
    "balance_categorical": 2,
    "report_cumulative_incidence": 2,
}
# Why each model that sorts has to: every other model must not sort at all.
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
    "covariates_education": "an outer join with a condition beside its keys goes by hash",
    "mean_income_before_index": "an outer join with a condition beside its keys goes by hash",
    "families": "from the person key to the family key",
    "jobs": "numbered by falling wage",
    "education": "at this size the list of codes is the larger side of the join, and streams",
    "migrations": "directions read from codes are part of the key",
    "covariates_demographics": "the persons asked about, after a join with lists of codes",
    "covariates_household": "the persons asked about, after a join with lists of codes",
    "covariates_occupation": "the persons asked about, after a join with lists of codes",
    "consumer_price_index": "a few years",
    "income_by_age": "from the last day of the year to the year",
    "income_quintile_limits": "ranked by amount",
    "income_trajectory": "the persons asked about, after a join with the price index",
    "income_change": "the persons asked about, after a join with the price index",
    "family_income": "from the keys of the parents back to the child",
    "observed_years": "from the days of many registers to the year",
    "register_years": "a few years",
    "person_years": "the years between those that a register tells of",
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
    "charlson_conditions": "from the contact key to the condition",
    "nmi_codes": "codes of persons, in the order of the code",
    "nmi_events": "from the contact key, and the day of a dispensing, to the predictor",
    "admission_spells": "from the contact key to the first day",
    "visit_days": "from the contact key to the day",
    "procedure_occurrences": "from the contact key to the code",
    "diagnosis_occurrences": "from the contact key to the code",
    "hospital_use": "from the contact key to the first day",
    "risk_spells": "first days that come from two registers are part of the key",
    "eligible_pairs": "a view asked for all its rows, found by birth days",
    "matching_pools": "from birth days to the case",
    "matching_candidates": "from birth days to the case, by key",
    "matched_pairs": "from the case to the key and to the control, in rounds",
    "matching_quality": "a few rows that were counted",
    "comparison_persons": "persons in a random order, and back",
    "balance_persons": "three lists side by side",
    "balance_numeric": "a few rows that were counted",
    "balance_categorical": "a few rows that were counted",
    "balance_summary": "a few rows that were counted",
    "study_index_dates": "three lists side by side, each point once",
    "study_parents": "from the child to the parent",
    "parent_covariates": "at this size hash joins",
    "study_covariates": "from the keys of the parents back to the child",
    "study_persons": "two lists side by side, from the case to the person",
    "report_age_pyramid": "a few rows that were counted",
    "report_attrition": "a few rows that were counted",
    "report_balance": "a few rows that were counted",
    "report_cumulative_incidence": "a few rows that were counted",
    "study_design": "a few rows that were counted",
    "mother_children": "from the person key to the mother",
    "child_records": "from the mother to the child, and the spells of the children found",
    "family_snapshots": "a view asked for all its rows: a few snapshots, and back to the family",
    "persons_on_date": "from the keys of the parents back to the person, and of the families of a day",
    "chosen_families": "from the person key to the family, twice: the snapshot is a view",
    "chosen_parents": "from the child to the parent",
    "chosen_attrition": "a few rows that were counted",
    "chosen_statistics": "a few rows that were counted",
    "hospital_diagnosis_rows": "a view asked for all its rows, from the contact key to the person key",
    "health_service_rows": "a view asked for all its rows, by a date read from a text",
    "diabetes_diagnosis_rows": "the few rows that count, from the contact key to the person key",
    "diabetes_podiatry": "the few rows that count, by a date read from a text",
    "diabetes_events_kept": "two lists side by side, each row once",
}


Options = tuple[str, ...]


@pytest.fixture(scope="module")
def built(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> Options:
    """The options of a run that built every table, with every delivery of LPR and windows in which cases find controls."""
    settings = {
        "registers_dir": registers.as_posix(),
        "lpr_versions": ["2", "3f", "3a"],
        "matching_birth_window": 200,
        "matching_parent_window": "",
    }
    options = ("--vars", json.dumps(settings), "--target-path", str(tmp_path_factory.mktemp("target")))
    for command in ("seed", "run"):
        ran = run_in(REPOSITORY, command, "--quiet", *options)
        assert ran.code == 0, ran.err
    return options


@pytest.fixture(scope="module")
def plans(built: Options) -> dict[str, str]:
    """The engine's plan of every model over the built tables of the shipped project."""
    told = run_in(REPOSITORY, "compile", "--explain", "--select", "resource_type:model", *built)
    assert told.code == 0, told.err
    parts = re.split(r"^-- (\w+)$", told.out, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_table_lies_in_the_order_that_its_footer_tells(built: Options) -> None:
    """The engine may take rows for sorted that are not: unnested lists beside a key, numbers of rows within a group."""
    tables = sorted((Path(built[-1]) / "tables").rglob("*.parquet"))
    assert len(tables) > 50
    assert [path.stem for path in tables if not _is_sorted(path)] == []


def _is_sorted(path: Path) -> bool:
    with pq.ParquetFile(path) as file:
        order = json.loads(file.metadata.metadata[b"ids_build"])["order"]
        rows = file.read(columns=order).to_pylist()

    def place(value: Any) -> Any:
        return (value is not None, value.encode() if isinstance(value, str) else value)

    keys = [tuple(place(row[column]) for column in order) for row in rows]
    return all(first <= second for first, second in zip(keys, keys[1:], strict=False))


def test_every_shipped_model_has_a_plan(plans: dict[str, str]) -> None:
    names = {path.stem for path in (REPOSITORY / "models").rglob("*.sql")}
    assert set(plans) == names


def test_a_model_sorts_only_where_its_parents_lie_in_another_order(plans: dict[str, str]) -> None:
    found = {name: plan.count("SortExec") for name, plan in plans.items()}
    assert {name: count for name, count in found.items() if count} == {name: SORTED.get(name, 1) for name in SORTS}


def test_persons_and_employment_are_read_once_in_order(plans: dict[str, str]) -> None:
    assert "ordering_mode=Sorted" in plans["persons"]
    for name in ("persons", "employment", "prescriptions", "severe_chronic_disease", "scd_diagnoses", "scd_patients"):
        assert "SortExec" not in plans[name], name


def test_codes_of_diabetes_are_chosen_where_diagnoses_are_read(plans: dict[str, str]) -> None:
    plan = plans["diabetes_diagnosis_rows"]
    below = re.findall(r"SortMergeJoinExec.*?FilterExec: ([^\n]*)", plan, flags=re.DOTALL)
    assert len(below) == 3
    assert all("scalar_subquery" in condition for condition in below)
    assert "HashJoinExec" not in plan
    assert "HashJoinExec" not in plans["diabetes_purchases"]


def test_contact_tables_join_by_merging_where_both_sides_lie_in_the_order_of_the_contact(plans: dict[str, str]) -> None:
    for name in ("visits", "lpr2_procedures", "lpr3_procedures"):
        assert "SortMergeJoinExec" in plans[name], name
        assert "HashJoinExec" not in plans[name], name
