"""The patient register in any combination of its deliveries: LPR2, LPR_F, LPR_A."""

import itertools
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .toy import REPOSITORY, run_in

VERSIONS = ("2", "3f", "3a")
PREFIXES = {"2": "2:", "3f": "3:", "3a": "3a:"}
SUBSETS = [subset for many in (1, 2, 3) for subset in itertools.combinations(VERSIONS, many)]


def _build(registers: Path, target: Path, versions: tuple[str, ...]) -> Path:
    settings = json.dumps({"registers_dir": registers.as_posix(), "lpr_versions": list(versions)})
    chosen = "resource_type:seed +severe_chronic_disease +procedures +visits +charlson_quan +procedure_occurrences +hospital_use"
    ran = run_in(REPOSITORY, "build", "--quiet", "--select", chosen, "--vars", settings, "--target-path", str(target))
    assert ran.code == 0, ran.err + ran.out
    return target / "tables" / "staging"


@pytest.mark.parametrize("versions", SUBSETS, ids="+".join)
def test_any_deliveries_build_and_pass_their_tests(versions: tuple[str, ...], registers: Path, tmp_path: Path) -> None:
    staging = _build(registers, tmp_path, versions)
    contacts = pq.read_table(staging / "contacts.parquet")
    found = {contact.split(":")[0] + ":" for contact in contacts["contact_id"].to_pylist()}
    wanted = {PREFIXES[version] for version in versions}
    assert found <= wanted
    assert found >= wanted - {"3:"} if "3a" in versions else found == wanted
    diagnoses = pq.read_table(staging / "diagnoses.parquet")
    assert set(diagnoses["contact_id"].to_pylist()) <= set(contacts["contact_id"].to_pylist())
    assert (staging / "procedures.parquet").exists() == (versions != ("3a",))
    assert (staging / "visits.parquet").exists() == ("2" in versions)
    uses = pq.read_table(staging.parent / "transforms" / "hospital_use.parquet")
    assert uses.num_rows == pq.read_table(staging / "cohort.parquet").num_rows
    assert uses["n_procedures"].null_count == (uses.num_rows if versions == ("3a",) else 0)


def test_lpr_f_tells_no_day_that_lpr_a_covers_but_keeps_its_procedures(registers: Path, tmp_path: Path) -> None:
    staging = _build(registers, tmp_path, ("3f", "3a"))
    rows = pq.read_table(staging / "contacts.parquet", columns=["contact_id", "admission_date"]).to_pylist()
    covered = [row["admission_date"] for row in rows if row["contact_id"].startswith("3a:")]
    others = [row["admission_date"] for row in rows if not row["contact_id"].startswith("3a:")]
    assert covered
    assert [day for day in others if day is None or min(covered) <= day <= max(covered)] == []
    procedures = pq.read_table(staging / "procedures.parquet")
    assert procedures.num_rows > 0
    assert procedures["pnr"].null_count == 0
    assert procedures["contact_id"].null_count > 0


@pytest.mark.parametrize(
    ("versions", "told"),
    [(["3"], "names an unknown version, known are 2, 3f, 3a"), ([], "is empty, name at least one of 2, 3f, 3a")],
)
def test_a_version_that_nobody_knows_is_refused(versions: list[str], told: str, tmp_path: Path) -> None:
    ran = run_in(REPOSITORY, "compile", "--vars", json.dumps({"lpr_versions": versions}), "--target-path", str(tmp_path))
    assert ran.code == 1
    assert told in ran.err + ran.out
