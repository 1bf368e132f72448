"""The cases of the Open Source Diabetes Classifier, through raw files, the command line and the table that is built."""

import csv
import datetime
import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .osdc import classify, draw_registers
from .toy import REPOSITORY, run_in

CASES = REPOSITORY / "tests" / "fixtures" / "osdc"
# Where a register of the cases is delivered; the periods of the file names lie within the days of each register.
DELIVERED = {
    "bef": "bef/202412.parquet",
    "lmdb": "lmdb/202412.parquet",
    "lpr_adm": "lpr_adm/2018.parquet",
    "lpr_diag": "lpr_diag/2018.parquet",
    "lpr3f_kontakter": "kontakter/kontakter.parquet",
    "lpr3f_diagnoser": "diagnoser/diagnoser.parquet",
    "lpr3a_kontakt": "lpr_a_kontakt/lpr_a_kontakt.parquet",
    "lpr3a_diagnose": "lpr_a_diagnose/lpr_a_diagnose.parquet",
    "sysi": "sysi/2005.parquet",
    "sssy": "sssy/2024.parquet",
    "lab_forsker": "lab_dm_forsker/lab_dm_forsker.parquet",
}
TYPES = {
    **dict.fromkeys(("koen", "barnmak"), pa.int32()),
    **dict.fromkeys(("volume", "apk", "value"), pa.float64()),
    **dict.fromkeys(
        ("foed_dato", "samplingdate", "eksd", "d_inddto", "dato_start", "kont_starttidspunkt", "stable_inclusion_date"),
        pa.date32(),
    ),
    "raw_inclusion_date": pa.date32(),
    **dict.fromkeys(("has_t1d", "has_t2d"), pa.bool_()),
}
READERS: dict[pa.DataType, Callable[[str], Any]] = {
    pa.int32(): int,
    pa.float64(): float,
    pa.date32(): datetime.date.fromisoformat,
    pa.bool_(): lambda text: {"true": True, "false": False}[text],
}
COLUMNS = ["pnr", "stable_inclusion_date", "raw_inclusion_date", "has_t1d", "has_t2d"]
Rows = list[dict[str, Any]]


def _read(name: str, folders: Iterable[str]) -> Rows:
    """Return the rows of a register, of the cases ('.'), the non-cases ('non_cases'), or both. An empty text stays one."""
    rows: Rows = []
    for folder in folders:
        with (CASES / folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                rows.append({key: _value(TYPES.get(key, pa.string()), text) for key, text in row.items()})
    return rows


def _value(kind: pa.DataType, text: str) -> Any:
    reader = READERS.get(kind)
    if reader is None:
        return text
    return reader(text) if text else None


def _write(rows: Rows, path: Path, *, upper: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([(name, TYPES.get(name, pa.string())) for name in rows[0]])
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table.rename_columns([name.upper() for name in table.column_names]) if upper else table, path)


def _build(raw: Path, target: Path) -> Rows:
    """Build the classification from raw files, with every test of the tables it stands on, and return its rows."""
    settings = json.dumps({"registers_dir": raw.as_posix(), "lpr_versions": ["2", "3f", "3a"]})
    ran = run_in(REPOSITORY, "build", "--quiet", "--select", "+diabetes", "--vars", settings, "--target-path", str(target))
    assert ran.code == 0, ran.err + ran.out
    table = pq.read_table(target / "tables" / "transforms" / "diabetes.parquet")
    assert table.column_names == COLUMNS
    return list(table.to_pylist())


FOLDERS = [(".",), ("non_cases",), (".", "non_cases")]


@pytest.mark.parametrize("folders", FOLDERS, ids=["cases", "non_cases", "together"])
def test_cases_are_classified_and_non_cases_are_not(folders: tuple[str, ...], tmp_path: Path) -> None:
    for name, place in DELIVERED.items():
        _write(_read(name, folders), tmp_path / "raw" / place)
    expected = _read("expected_classified", ["."]) if "." in folders else []
    assert _build(tmp_path / "raw", tmp_path / "target") == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_neither_the_order_of_rows_nor_a_split_of_files_nor_the_case_of_names_matters(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    periods = {"lpr_adm/2018": "lpr_adm/2017", "bef/202412": "bef/202312", "lmdb/202412": "lmdb/202312", "sssy/2024": "sssy/2023"}
    for name, place in DELIVERED.items():
        rows = _read(name, (".", "non_cases"))
        chance.shuffle(rows)
        path = tmp_path / "raw" / place
        earlier = periods.get(place.removesuffix(".parquet"))
        half = len(rows) // 2 if earlier else 0
        _write(rows[half:], path, upper=seed % 2 == 1)
        if earlier:
            _write(rows[:half], tmp_path / "raw" / f"{earlier}.parquet")
    assert _build(tmp_path / "raw", tmp_path / "target") == _read("expected_classified", ["."])


def test_every_non_case_has_a_reason_and_every_case_is_a_person_of_the_registers() -> None:
    known = {row["pnr"] for row in _read("bef", (".", "non_cases"))}
    reasons = {row["pnr"] for row in _read("reasons", ["non_cases"])}
    assert reasons <= known
    assert {row["pnr"] for row in _read("expected_classified", ["."])} <= known - reasons


@pytest.mark.parametrize("seed", [1, 2])
def test_people_drawn_at_random_are_classified_as_the_rules_say_in_plain_python(seed: int, tmp_path: Path) -> None:
    raw = draw_registers(seed, 400)
    for name, place in DELIVERED.items():
        _write(raw[name], tmp_path / "raw" / place)
    expected = classify(raw)
    assert {True, False} == {row["has_t1d"] for row in expected}
    assert 100 < len(expected) < 380
    assert _build(tmp_path / "raw", tmp_path / "target") == expected
