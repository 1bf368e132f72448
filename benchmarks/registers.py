"""The old eager way against registers on the engine: `python -m benchmarks.registers CASE old|new FOLDER`, one process a figure.

The old way is what the loaders before did: read every file whole with pyarrow, then filter, join and count. Both ways
print the number of rows or groups that they found, so that `benchmarks.run` can hold the answers against each other, and
the seconds of the call alone, without the start of the process.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measure import ROOT
from ids_build.api import Project
from ids_build.registers import EagerLoader, PnrFilter, Register

CONTACTS, DIAGNOSES, POSITIONS, PERSONS, YEARS = 10_000_000, 30_000_000, 12_000_000, 1_000_000, range(2000, 2020)
CASES = ("akm_1000", "diag_10000", "adm_diag", "steps")


def write_registers(folder: Path) -> None:
    """Write 12 million AKM, 10 million LPR_ADM and 30 million LPR_DIAG rows in twenty yearly files each, in no order.

    All files of a register have the same columns and types, for the old way can read no others.
    """
    chance = np.random.default_rng(1)
    contacts, diagnoses = CONTACTS // len(YEARS), DIAGNOSES // len(YEARS)
    codes = np.array([f"D{letter}{number:03}" for letter in "ABCEFGIJKLMNSTZ" for number in range(100)])
    for place, year in enumerate(YEARS):
        keys = place * contacts + np.arange(contacts)
        start = np.datetime64(f"{year}-01-01") + chance.integers(0, 365, contacts)
        adm = {
            "PNR": np.char.zfill(chance.integers(0, PERSONS, contacts).astype("U10"), 10),
            "RECNUM": keys.astype("U10"),
            "D_INDDTO": start.astype("datetime64[D]"),
            "C_SPEC": chance.integers(10, 50, contacts).astype("U2"),
            "C_PATTYPE": chance.integers(0, 3, contacts).astype("U1"),
            "C_ADIAG": codes[chance.integers(0, len(codes), contacts)],
        }
        diag = {
            "RECNUM": (place * contacts + chance.integers(0, contacts, diagnoses)).astype("U10"),
            "C_DIAG": codes[chance.integers(0, len(codes), diagnoses)],
            "C_DIAGTYPE": np.array(["A", "B"])[chance.integers(0, 2, diagnoses)],
        }
        people = chance.permutation(PERSONS)[: POSITIONS // len(YEARS)]
        akm = {
            "PNR": np.char.zfill(people.astype("U10"), 10),
            "SOCIO": chance.integers(100, 420, len(people), dtype=np.int32),
            "SOCIO13": chance.integers(100, 420, len(people), dtype=np.int32),
            "CPRTJEK": chance.integers(0, 3, len(people)).astype("U1"),
            "CPRTYPE": chance.integers(0, 5, len(people)).astype("U1"),
            "VERSION": np.full(len(people), f"V{year}"),
            "SENR": chance.integers(0, 100_000, len(people)).astype("U8"),
        }
        for name, columns in (("akm", akm), ("lpr_adm", adm), ("lpr_diag", diag)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(columns), folder / name / f"{year}.parquet")


def persons(count: int) -> list[str]:
    """Return the first identifiers of the written registers."""
    return [f"{number:010}" for number in range(count)]


def akm_1000(way: str, folder: Path) -> int:
    """Load AKM for 1,000 persons."""
    if way == "old":
        return int(EagerLoader("AKM").load(folder / "akm", set(persons(1000))).num_rows)
    return int(_register("akm").load(folder / "akm", PnrFilter.direct(persons(1000))).num_rows)


def diag_10000(way: str, folder: Path) -> int:
    """Find the diagnoses of 10,000 persons among 30 million, through the contacts."""
    if way == "old":
        adm = EagerLoader("LPR_ADM").load(folder / "lpr_adm", set(persons(10_000)))
        diag = EagerLoader("LPR_DIAG", None).load(folder / "lpr_diag")
        return int(diag.filter(pc.is_in(diag.column("RECNUM"), adm.column("RECNUM").combine_chunks())).num_rows)
    kept = PnrFilter.relation(persons(10_000), "recnum", via=folder / "lpr_adm")
    return int(_register("lpr_diag").load(folder / "lpr_diag", kept).num_rows)


def adm_diag(way: str, folder: Path) -> int:
    """Join 10 million contacts with 30 million diagnoses and count the pairs per department."""
    if way == "old":
        adm = EagerLoader("LPR_ADM").load(folder / "lpr_adm")
        diag = EagerLoader("LPR_DIAG", None).load(folder / "lpr_diag")
        joined = diag.join(adm, "RECNUM", join_type="inner")
        return int(joined.group_by("C_SPEC").aggregate([("C_DIAG", "count")]).num_rows)
    return _ask(folder, "select c_spec, count(c_diag) as n from lpr_adm join lpr_diag using (recnum) group by c_spec")


def steps(way: str, folder: Path) -> int:
    """Answer a question of several steps: in-patients of five years, their main lung diagnoses, the first date of each person."""
    if way == "old":
        adm = EagerLoader("LPR_ADM").load(folder / "lpr_adm")
        years = pc.year(adm.column("D_INDDTO"))
        five = pc.and_(pc.greater_equal(years, 2010), pc.less(years, 2015))
        adm = adm.filter(pc.and_(five, pc.equal(adm.column("C_PATTYPE"), "0")))
        diag = EagerLoader("LPR_DIAG", None).load(folder / "lpr_diag")
        lung = pc.and_(pc.starts_with(diag.column("C_DIAG"), "DJ"), pc.equal(diag.column("C_DIAGTYPE"), "A"))
        joined = diag.filter(lung).join(adm, "RECNUM", join_type="inner")
        return int(joined.group_by("PNR").aggregate([("D_INDDTO", "min")]).num_rows)
    return _ask(
        folder,
        "select pnr, min(d_inddto) as first_date from lpr_adm join lpr_diag using (recnum)"
        " where c_pattype = '0' and d_inddto >= date '2010-01-01' and d_inddto < date '2015-01-01'"
        " and c_diagtype = 'A' and starts_with(c_diag, 'DJ') group by pnr",
    )


def _ask(folder: Path, query: str) -> int:
    registries = {name: folder / name for name in ("lpr_adm", "lpr_diag")}
    return int(Project(ROOT).sql(query, registries).num_rows)


def _register(name: str) -> Register:
    return Register.from_name(name, project_dir=ROOT)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write_registers(Path(sys.argv[2]))
    else:
        case, way, place = sys.argv[1:]
        began = time.perf_counter()
        found = {"akm_1000": akm_1000, "diag_10000": diag_10000, "adm_diag": adm_diag, "steps": steps}[case](way, Path(place))
        print(found, time.perf_counter() - began)
