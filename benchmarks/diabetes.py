"""The diabetes classification at the size of a country: written registers, measured builds, and what they come to.

`python -m benchmarks.run --only diabetes [--sizes 250000,1000000,2000000]`. Registers have the volume of 1996 to 2024: for
each person 30 prescriptions, 25 diagnoses on 11 contacts, 5 settled services, 3 HbA1c and a line in BEF every year, in yearly
files, rows in no order. One in fourteen has diabetes; 1.5 % of prescriptions are glucose-lowering, 2.5 % of diagnoses
diabetes, 2 % ends of pregnancies, 5 % of services podiatry. Nobody is real; nothing but sizes and shares is meant.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import PYTHON, Figure, run, tell

YEARS = range(1996, 2025)
NATION = 5_900_000
PRESCRIPTIONS, DIAGNOSES, CONTACTS, SERVICES, HBA1C = 30, 25, 11, 5, 3  # a person, over all years
ONE_IN = 14  # has diabetes
FIRST_LPR3, FIRST_SSSY, FIRST_LAB = 2019, 2006, 2011
DIABETES = [f"DE1{number}{place}" for number in "0111114" for place in range(10)]
PREGNANCY = ["DO800", "DO829", "DO039", "DO049", "DZ379", "DZ371"]
OTHERS = [f"D{letter}{number:03}" for letter in "ABCFGHIJKLMNSTZ" for number in range(100, 190)]
GLUCOSE_LOWERING = ["A10BA02"] * 8 + ["A10AB05", "A10AE04", "A10AE56", "A10BB12", "A10BH01", "A10BJ02", "A10BK01", "A10BK03"]
ATC = [
    f"{group}{kind}{number:02}"
    for group in ("A02", "B01", "C07", "C09", "J01", "N02", "N06", "R03")
    for kind in ("AA", "BC")
    for number in range(1, 40)
]
TEXTS = ["medicinsk endokrinologi", "geriatri", "intern medicin", "kardiologi", "urologi", "ortopædisk kirurgi", "Nefrologi"]
Columns = dict[str, Any]
Numbers = np.ndarray[Any, np.dtype[Any]]


class Draw:
    """Chance, and the people it draws from."""

    def __init__(self, persons: int, seed: int = 1) -> None:
        self.persons = persons
        self.chance = np.random.default_rng(seed)
        self.pnr = pa.array(np.arange(persons) + 1_000_000_000).cast(pa.string())

    def people(self, count: int, diabetic: int = 0) -> Numbers:
        """Return persons by their number; the first `diabetic` of them have diabetes."""
        drawn = self.chance.integers(0, self.persons, count)
        drawn[:diabetic] = drawn[:diabetic] // ONE_IN * ONE_IN
        return drawn

    def days(self, year: int, count: int) -> pa.Array:
        """Return days of a year."""
        first = (np.datetime64(f"{year}-01-01") - np.datetime64("1970-01-01")).astype(np.int32)
        return pa.array(first + self.chance.integers(0, 365, count, dtype=np.int32)).cast(pa.date32())

    def words(self, vocabulary: Sequence[str], count: int) -> pa.Array:
        """Return words of a list, each as likely as another."""
        return pa.array(vocabulary).take(pa.array(self.chance.integers(0, len(vocabulary), count)))

    def numbers(self, low: float, high: float, count: int) -> pa.Array:
        """Return numbers with one decimal."""
        return pa.array(np.round(self.chance.uniform(low, high, count), 1))

    def write(self, path: Path, columns: Columns) -> None:
        """Write columns to a file with their rows in no order."""
        table = pa.table(columns)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.take(pa.array(self.chance.permutation(table.num_rows))), path)


def write_registers(folder: Path, persons: int) -> None:
    """Write every register that the classification reads, a file a year."""
    draw = Draw(persons)
    for year in YEARS:
        born = (np.arange(persons) * 7919) % 29_000  # days after 1930
        people = {
            "PNR": draw.pnr,
            "KOEN": pa.array((np.arange(persons) % 2 + 1).astype("U1")),
            "FOED_DAG": pa.array((born - 14_610).astype(np.int32)).cast(pa.date32()),
        }
        draw.write(folder / "bef" / f"{year}12.parquet", people)
        _write_prescriptions(folder, draw, year)
        _write_contacts(folder, draw, year)
        _write_services(folder, draw, year)
        if year >= FIRST_LAB:
            _write_results(folder, draw, year)


def _write_prescriptions(folder: Path, draw: Draw, year: int) -> None:
    count = PRESCRIPTIONS * draw.persons // len(YEARS)
    few = count * 15 // 1000
    columns = {
        "PNR": draw.pnr.take(pa.array(draw.people(count, few))),
        "EKSD": draw.days(year, count),
        "ATC": pa.concat_arrays([draw.words(GLUCOSE_LOWERING, few), draw.words(ATC, count - few)]),
        "VOLUME": draw.numbers(5, 100, count),
        "APK": pa.array(draw.chance.integers(1, 4, count).astype(np.float64)),
        "INDO": draw.words(["0000276", "0000092", *(f"{number:07}" for number in range(300, 360)), "", ""], count),
        "VNR": draw.words([f"{number:06}" for number in range(5000)], count),
    }
    draw.write(folder / "lmdb" / f"{year}12.parquet", columns)


def _write_contacts(folder: Path, draw: Draw, year: int) -> None:
    count, rows = CONTACTS * draw.persons // len(YEARS), DIAGNOSES * draw.persons // len(YEARS)
    ill, few, births = count * 15 // 100, rows * 25 // 1000, rows * 2 // 100
    place = draw.chance.integers(0, count, rows)
    place[:few] %= max(1, ill)  # diagnoses of diabetes belong to contacts of people who have it
    others = draw.words(OTHERS, rows - few - births)
    codes = pa.concat_arrays([draw.words(DIABETES, few), draw.words(PREGNANCY, births), others])
    kinds = draw.words(["A"] * 4 + ["B"] * 5 + ["+"], rows)
    people, days = draw.pnr.take(pa.array(draw.people(count, ill))), draw.days(year, count)
    keys = np.int64(year) * 10**8 + draw.chance.permutation(count)
    if year < FIRST_LPR3:
        key = pa.array(keys).cast(pa.string())
        specialties = draw.words([f"{number:02}" for number in range(1, 60)], count)
        contacts = {"PNR": people, "RECNUM": key, "D_INDDTO": days, "C_SPEC": specialties, "C_ADIAG": draw.words(OTHERS, count)}
        draw.write(folder / "lpr_adm" / f"{year}.parquet", contacts)
        found = {"RECNUM": key.take(pa.array(place)), "C_DIAG": codes, "C_DIAGTYPE": kinds}
        draw.write(folder / "lpr_diag" / f"{year}.parquet", found)
        return
    key = pa.array(keys + 10**17).cast(pa.string())
    contacts = {"CPR": people, "DW_EK_KONTAKT": key, "DATO_START": days, "HOVEDSPECIALE_ANS": draw.words(TEXTS, count)}
    draw.write(folder / "kontakter" / f"{year}.parquet", {**contacts, "AKTIONSDIAGNOSE": draw.words(OTHERS, count)})
    told = draw.words(["Nej"] * 49 + ["Ja"], rows)
    found = {"DW_EK_KONTAKT": key.take(pa.array(place)), "DIAGNOSEKODE": codes, "DIAGNOSETYPE": kinds, "SENERE_AFKRAEFTET": told}
    draw.write(folder / "diagnoser" / f"{year}.parquet", found)


def _write_services(folder: Path, draw: Draw, year: int) -> None:
    count = SERVICES * draw.persons // len(YEARS)
    few = count * 5 // 100
    weeks = [f"{year % 100:02}{week:02}" for week in range(1, 53)]
    specialties = [draw.words(["540101", "540102"], few), draw.words([f"80{number:04}" for number in range(400)], count - few)]
    columns = {
        "PNR": draw.pnr.take(pa.array(draw.people(count, few))),
        "SPECIALE": pa.concat_arrays(specialties),
        "HONUGE": draw.words(weeks, count),
        "BARNMAK": pa.array((draw.chance.random(count) < 0.05).astype(np.int32)),
        "YDLANT": pa.array(draw.chance.integers(1, 4, count, dtype=np.int32)),
        "BRUHON": draw.numbers(50, 500, count),
    }
    draw.write(folder / ("sssy" if year >= FIRST_SSSY else "sysi") / f"{year}.parquet", columns)


def _write_results(folder: Path, draw: Draw, year: int) -> None:
    count = HBA1C * draw.persons // len([year for year in YEARS if year >= FIRST_LAB])
    ill = count * 3 // 10
    columns = {
        "PATIENT_CPR": draw.pnr.take(pa.array(draw.people(count, ill))),
        "SAMPLINGDATE": draw.days(year, count),
        "ANALYSISCODE": draw.words(["NPU27300"], count),
        "VALUE": pa.concat_arrays([draw.numbers(38, 100, ill), draw.numbers(28, 47, count - ill)]),
    }
    draw.write(folder / "lab_dm_forsker" / f"{year}.parquet", columns)


# -- measurements -----------------------------------------------------------------------------------


def measure(work: Path, sizes: Sequence[int]) -> None:
    """Build from raw files, the diabetes models alone, and asked once of raw files, at each size; say what that comes to."""
    whole: dict[int, Figure] = {}
    alone: dict[int, Figure] = {}
    once: dict[int, Figure] = {}
    for persons in sizes:
        raw, target = work / f"diabetes_{persons}", work / "diabetes_target"
        if not raw.exists():
            written = run([PYTHON, "-m", "benchmarks.diabetes", str(raw), str(persons)])
            tell(f"registers of {persons:,} persons written", [written])
        shutil.rmtree(target, ignore_errors=True)
        options = ["--quiet", "--vars", f"{{registers_dir: {raw}}}", "--target-path", str(target)]
        build = [PYTHON, "-m", "ids_build", "build", *options, "--select"]
        whole[persons] = run([*build, "+diabetes"])
        tell(f"ids build +diabetes, {persons:,} persons", [whole[persons]])
        _tell_parts(target)
        alone[persons] = run([*build, "path:models/transforms/diabetes", "--full-refresh"])
        tell(f"diabetes models alone, {persons:,} persons", [alone[persons]])
        _tell_parts(target)
        shutil.rmtree(target, ignore_errors=True)
        settings = f"{{registers_dir: {raw}, registers_materialized: view}}"
        options = ["--quiet", "--vars", settings, "--target-path", str(target)]
        once[persons] = run([PYTHON, "-m", "ids_build", "run", *options, "--select", "+diabetes"])
        tell(f"ids run +diabetes asked once, {persons:,} persons", [once[persons]])
        _tell_parts(target)
        shutil.rmtree(target, ignore_errors=True)
    for name, figures in (("from raw files", whole), ("diabetes models alone", alone), ("asked once", once)):
        extrapolate(name, figures)


def _tell_parts(target: Path) -> None:
    """Print the seconds of each layer and of all tests, and the slowest tables."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    tables = [result for result in results if result["resource_type"] == "model"]
    layers: dict[str, float] = {}
    for result in results:
        layer = result["name"].split(".")[0] if result["resource_type"] == "model" else "tests and seeds"
        layers[layer] = layers.get(layer, 0) + (result["execution_time"] or 0)
    slowest = sorted(tables, key=lambda result: -(result["execution_time"] or 0))[:6]
    print("  " + ", ".join(f"{layer} {seconds:.1f} s" for layer, seconds in layers.items()))
    print("  " + ", ".join(f"{result['name']} {result['execution_time'] or 0:.1f} s" for result in slowest), flush=True)


def extrapolate(name: str, figures: dict[int, Figure]) -> None:
    """Print what the figures come to for the nation: along a line and along a power; in proportion where there is one size."""
    sizes = sorted(figures)
    for what, unit in (("wall", "s"), ("cpu", "s"), ("peak", "GB")):
        found = [getattr(figures[size], what) for size in sizes]
        if len(sizes) == 1:
            told = f"{found[0] * NATION / sizes[0]:.1f} {unit} in proportion"
        else:
            slope, start = np.polyfit(sizes, found, 1)
            power, level = np.polyfit(np.log(sizes), np.log(found), 1)
            told = f"{start + slope * NATION:.1f} {unit} by a line, "
            told += f"{np.exp(level) * NATION**power:.1f} {unit} by the power {power:.2f}"
        print(f"{name}, {NATION:,} persons, {what}: {told}", flush=True)


if __name__ == "__main__":
    place, size = Path(sys.argv[1]), int(sys.argv[2])
    shutil.rmtree(aside := place.with_name(f"{place.name}_unfinished"), ignore_errors=True)
    write_registers(aside, size)
    aside.rename(place)
