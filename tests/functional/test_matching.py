"""The matching of the shipped project in SQL gives what plain loops over persons and pairs give."""

import datetime
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest
from datafusion import SessionConfig, SessionContext

from .toy import REPOSITORY, run_in

Row = dict[str, Any]
DAY = datetime.date(2000, 6, 15)
FIELDS = {
    "date": pa.date32(),
    "pnr": pa.string(),
    "values": pa.string(),
    "sex": pa.string(),
    "key": pa.string(),
    "members": pa.int16(),
    "no": pa.int32(),
    "controls": pa.int64(),
    "eligible": pa.bool_(),
    "from": pa.date32(),
    "to": pa.date32(),
}


def _sql(model: str, **variables: Any) -> str:
    """Return the SQL of a model as it would run."""
    ran = run_in(REPOSITORY, "compile", "--select", model, "--vars", json.dumps(variables))
    assert ran.code == 0, ran.err
    return ran.out.partition("\n")[2]


def _ask(sql: str, threads: int, **tables: list[Row]) -> list[Row]:
    """Return the rows of a query over tables of the layer transforms."""
    context = SessionContext(SessionConfig().with_target_partitions(threads))
    context.sql("create schema transforms").collect()
    for name, rows in tables.items():
        schema = pa.schema([(column, FIELDS[column.rpartition("_")[2]]) for column in rows[0]])
        context.register_record_batches("given", [pa.Table.from_pylist(rows, schema).to_batches()])
        context.sql(f"create table transforms.{name} as select * from given").collect()
        context.deregister_table("given")
    return context.sql(sql).to_arrow_table().to_pylist()


# -- who could be a control -----------------------------------------------------------------------

SETTINGS: tuple[Row, ...] = (
    {"matching_birth_window": 30, "matching_parent_window": 365, "matching_same_sex": True, "matching_family_window": ""},
    {"matching_birth_window": 7, "matching_parent_window": "", "matching_same_sex": False, "matching_family_window": 1},
    {"matching_birth_window": 0, "matching_parent_window": 200, "matching_same_sex": True, "matching_family_window": 2},
)


def _some_day(chance: random.Random, spread: int) -> datetime.date:
    return DAY + datetime.timedelta(days=chance.randint(-spread, spread))


def _some_person(chance: random.Random, pnr: str) -> Row:
    parent = datetime.date(1970, 1, 1)
    return {
        "pnr": pnr,
        "sex": chance.choice(["male", "female", None]),
        "birth_date": _some_day(chance, chance.choice([0, 0, 8, 40])),
        **{
            f"{who}_birth_date": chance.choice([None, parent, parent + datetime.timedelta(days=chance.randint(0, 400))])
            for who in ("mother", "father")
        },
        "exact_values": chance.choice(["", "", "a", None]),
        "family_members": chance.choice([None, 1, 2, 4]),
    }


def _fits(case: Row, control: Row, settings: Row) -> bool:
    """Say whether a person could be a control, in the words of the definition."""

    def apart(column: str) -> int:
        return abs((case[column] - control[column]).days)

    def parents_fit(column: str) -> bool:
        if case[column] is None or control[column] is None:
            return case[column] is control[column]
        return apart(column) <= settings["matching_parent_window"]

    conditions = [
        case["pnr"] != control["pnr"],
        control["risk_from"] <= case["index_date"] <= control["risk_to"],
        apart("birth_date") <= settings["matching_birth_window"],
        case["exact_values"] is not None and case["exact_values"] == control["exact_values"],
    ]
    if settings["matching_same_sex"]:
        conditions.append(case["sex"] is not None and case["sex"] == control["sex"])
    if settings["matching_parent_window"] != "":
        conditions += [parents_fit("mother_birth_date"), parents_fit("father_birth_date")]
    if settings["matching_family_window"] != "" and case["family_members"] is not None:
        known = control["family_members"] is not None
        conditions.append(known and abs(case["family_members"] - control["family_members"]) <= settings["matching_family_window"])
    return all(conditions)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_eligible_pairs_are_those_that_fit_one_by_one(settings: Row) -> None:
    sql, found = _sql("eligible_pairs", **settings), 0
    for seed in range(15):
        chance = random.Random(seed)
        cases = [
            {**_some_person(chance, f"p{n}"), "index_date": _some_day(chance, 400), "is_eligible": chance.random() < 0.9}
            for n in range(12)
        ]
        spells = [
            {**_some_person(chance, f"p{n}"), "risk_from": _some_day(chance, 500), "risk_to": _some_day(chance, 800)}
            for n in range(60)
        ]
        expected = {
            (case["pnr"], control["pnr"])
            for case in cases
            for control in spells
            if case["is_eligible"] and _fits(case, control, settings)
        }
        told = _ask(sql, chance.choice([1, 2, 4]), study_cases=cases, risk_spells=spells)
        assert sorted((row["case_pnr"], row["control_pnr"]) for row in told) == sorted(expected)
        found += len(expected)
    assert found > 10


# -- who is drawn ---------------------------------------------------------------------------------


def _some_pairs(chance: random.Random) -> list[tuple[str, str]]:
    cases, controls, share = chance.randint(1, 9), chance.randint(1, 20), chance.choice([0.2, 0.6, 1.0])
    pairs = [(f"c{a}", f"k{b}") for a in range(cases) for b in range(controls) if chance.random() < share]
    return pairs or [("c0", "k0")]


def _key(seed: int, case: str, control: str) -> str:
    return hashlib.md5(f"{seed}:{case}:{control}".encode(), usedforsecurity=False).hexdigest()


def _candidates(pairs: Iterable[tuple[str, str]], most: int, seed: int) -> list[Row]:
    """Return the pairs of the lowest keys of each case."""
    found: Counter[str] = Counter()
    rows: list[Row] = []
    for key, case, control in sorted((_key(seed, case, control), case, control) for case, control in pairs):
        if found[case] < most:
            found[case] += 1
            rows.append({"case_pnr": case, "control_pnr": control, "pair_key": key, "candidate_no": found[case]})
    return rows


def test_candidates_are_the_lowest_keys_of_each_case() -> None:
    sql = _sql("matching_candidates", matching_seed=3, matching_candidates=4, matching_ratio=2)
    for seed in range(15):
        chance = random.Random(seed)
        pairs = _some_pairs(chance)
        pools = [{"case_pnr": case, "eligible_controls": n} for case, n in Counter(case for case, _ in pairs).items()]
        given = [
            {
                "case_pnr": case,
                "control_pnr": control,
                "index_date": DAY,
                "birth_no": 1,
                "mother_birth_no": 1,
                "father_birth_no": 1,
            }
            for case, control in chance.sample(pairs, len(pairs))
        ]
        told = _ask(sql.replace("_difference", "_no"), chance.choice([1, 2, 4]), matching_pools=pools, eligible_pairs=given)
        columns = ("case_pnr", "control_pnr", "pair_key", "candidate_no")
        expected = sorted(tuple(row[column] for column in columns) for row in _candidates(pairs, 4, 3))
        assert sorted(tuple(row[column] for column in columns) for row in told) == expected


def _draw(candidates: Iterable[Row], ratio: int) -> list[tuple[str, int, str]]:
    """Choose pairs one after another by rising key: the plain loop."""
    taken: set[str] = set()
    filled: Counter[str] = Counter()
    chosen = []
    for row in sorted(candidates, key=lambda row: (row["pair_key"], row["case_pnr"], row["control_pnr"])):
        case, control = row["case_pnr"], row["control_pnr"]
        if control not in taken and filled[case] < ratio:
            taken.add(control)
            filled[case] += 1
            chosen.append((case, filled[case], control))
    return sorted(chosen)


@pytest.mark.parametrize("ratio", [1, 2, 4])
def test_pairs_are_those_of_a_loop_by_rising_key(ratio: int) -> None:
    sql = _sql("matched_pairs", matching_ratio=ratio, matching_replacement=False)
    for seed in range(40):
        chance = random.Random(seed)
        candidates = _candidates(_some_pairs(chance), chance.choice([4, 50]), seed)
        told = _ask(
            sql.replace("_difference", "_no"),
            chance.choice([1, 2, 4]),
            matching_candidates=[
                {**row, "index_date": DAY, "birth_no": 1, "mother_birth_no": 1, "father_birth_no": 1}
                for row in chance.sample(candidates, len(candidates))
            ],
        )
        found = [(row["case_pnr"], row["control_no"], row["control_pnr"]) for row in told]
        assert sorted(found) == _draw(candidates, ratio), seed
        numbers = {case: number for number, case in enumerate(sorted({case for case, _, _ in found}), 1)}
        assert all(row["match_id"] == numbers[row["case_pnr"]] for row in told)


def test_a_longer_queue_than_there_are_rounds_at_once_is_worked_off() -> None:
    """Each case wants the control that the case before it prefers, so that one pair is decided a round."""
    rows = []
    for n in range(60):
        for rank, control in enumerate((n, n + 1), 1):
            key = f"{2 * n + rank:08d}"
            rows.append({"case_pnr": f"c{n:02d}", "control_pnr": f"k{control:02d}", "pair_key": key, "candidate_no": rank})
    sql = _sql("matched_pairs", matching_ratio=1, matching_replacement=False).replace("_difference", "_no")
    extra = {"index_date": DAY, "birth_no": 1, "mother_birth_no": 1, "father_birth_no": 1}
    told = _ask(sql, 2, matching_candidates=[{**row, **extra} for row in rows])
    assert sorted((row["case_pnr"], 1, row["control_pnr"]) for row in told) == _draw(rows, 1)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "variables", "told"),
    [
        ("matching_states", {"matching_exact": ["kommune"]}, "'kommune' in matching_exact is no column to match on"),
        ("matching_candidates", {"matching_candidates": 3}, "matching_candidates is less than matching_ratio"),
        ("report_cumulative_incidence", {"study_outcome": "cure"}, "study_outcome 'cure' is unknown, use death or contact"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_an_error_of_the_compiler(model: str, variables: Row, told: str) -> None:
    ran = run_in(REPOSITORY, "compile", "--quiet", "--vars", json.dumps(variables))
    assert ran.code == 1
    assert told in ran.err
    assert f"{model}.sql" in ran.err
