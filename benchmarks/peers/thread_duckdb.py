"""One thread through the project by hand, in DuckDB: `python -m benchmarks.peers.thread_duckdb RAW SEEDS OUT [MEMORY]`.

Raw BEF, LPR2 and LMDB to their tables, to persons, contacts, diagnoses and prescriptions, to severe chronic disease. Every
table is parquet with zstd in the order of ours. Files of one schema are scanned together, each column cast once.
"""

import sys
from pathlib import Path

import duckdb

from benchmarks.peers.thread_contract import CONTRACT, DATE, ROW_GROUP, TEXT, find, full_order, raw_files

_CLEAN = """create macro plain(code) as upper(replace(trim(code), '.', ''));
create macro clean(code) as case
    when length(plain(code)) < 3 then null
    when length(plain(code)) >= 4 and substr(plain(code), 1, 1) = 'D' and substr(plain(code), 2, 1) between 'A' and 'Z'
    then substr(plain(code), 2)
    else plain(code) end;
create macro chapter_of(code) as substr(code, 1, case when substr(code, 1, 1) in ('D', 'H') then 2 else 1 end)"""

_PERSONS = """
with newest as (
    select pnr, last(koen order by period_end) as koen, last(foed_dag order by period_end) as birth_date,
        last(mor_id order by period_end) as mother_pnr, last(far_id order by period_end) as father_pnr,
        last(familie_id order by period_end) as family_id, last(ie_type order by period_end) as ie_type,
        last(opr_land order by period_end) as origin_country, min(period_end) as first_snapshot_date,
        max(period_end) as last_snapshot_date, count(*) as snapshots
    from bef group by pnr)
select pnr, sexes.sex, birth_date, mother_pnr, father_pnr, family_id, origins.origin, origin_country,
    first_snapshot_date, last_snapshot_date, snapshots
from newest
left join sexes on sexes.code = upper(newest.koen)
left join origins on origins.code = newest.ie_type"""

_LPR2_CONTACTS = """
select recnum, pnr, '2:' || recnum as contact_id, 2::smallint as lpr_version, c_adiag as primary_diagnosis_raw,
    d_inddto as admission_date, d_uddto as discharge_date, c_sgh as hospital_code, c_afd as department_code,
    c_pattype as admission_type, case c_indm when '1' then true when '2' then false end as is_acute,
    null::varchar as course_id, c_spec as main_specialty, false as is_replaced
from lpr_adm
where recnum is not null and pnr is not null
qualify row_number() over (partition by recnum order by period_end desc nulls last, source_file desc nulls last) = 1"""

_LPR2_DIAGNOSES = """
with reported as (
    select recnum, primary_diagnosis_raw as code, 'A' as diagnosis_type from lpr2_contacts
    union all select recnum, c_diag, upper(c_diagtype) from lpr_diag
    union all select recnum, c_tildiag, '+' from lpr_diag),
coded as (
    select recnum, reported.code as diagnosis_code_raw, clean(reported.code) as diagnosis_code, reported.diagnosis_type,
        coalesce(types.diagnosis_role, 'other') as diagnosis_role, coalesce(types.weight, 0.3) as weight
    from reported left join diagnosis_types as types on types.code = reported.diagnosis_type
    where recnum is not null),
found as (
    select recnum, diagnosis_role, diagnosis_code, min(diagnosis_code_raw) as diagnosis_code_raw,
        min(diagnosis_type) as diagnosis_type, max(weight)::double as weight
    from coded where diagnosis_code is not null
    group by recnum, diagnosis_role, diagnosis_code)
select found.*, pnr, contact_id, lpr_version, null::boolean as later_disproved, admission_date, discharge_date,
    hospital_code, department_code, admission_type
from found join lpr2_contacts using (recnum)"""

_CONTACTS = """
select pnr, contact_id, lpr_version, coalesce(clean(primary_diagnosis_raw), primary_diagnosis_raw) as primary_diagnosis,
    chapters.chapter as diagnosis_chapter, admission_date, discharge_date, hospital_code, department_code, main_specialty,
    admission_type, is_acute, course_id
from lpr2_contacts left join icd10_chapters as chapters on chapters.prefix = chapter_of(clean(primary_diagnosis_raw))
where not is_replaced"""

_DIAGNOSES = """
select pnr, contact_id, diagnosis_role, diagnosis_code, lpr_version, diagnosis_code_raw,
    substr(diagnosis_code, 1, 3) as icd_prefix3,
    (case when substr(diagnosis_code, 1, 1) between '0' and '9' then 8 else 10 end)::smallint as icd_version,
    chapters.chapter_number as icd_chapter_number, chapters.chapter as icd_chapter, diagnosis_type,
    diagnosis_role = 'primary' as is_primary, diagnosis_role = 'supplementary' as is_supplementary, weight, later_disproved,
    admission_date, discharge_date, hospital_code, department_code, admission_type
from lpr2_diagnoses left join icd10_chapters as chapters on chapters.prefix = chapter_of(diagnosis_code)"""

_PRESCRIPTIONS = """
select pnr, eksd as dispensing_date, atc as atc_code, vnr as item_number, indo as indication_code, apk as n_packages,
    volume as ddd_per_package
from lmdb where pnr is not null and eksd is not null"""

_SCD_DIAGNOSES = """
with counted as (
    select pnr, contact_id, diagnosis_role, diagnosis_code, admission_date as diagnosis_date
    from diagnoses where diagnosis_role in ('primary', 'secondary') and later_disproved is not true),
matched as (
    select counted.*, codes.* exclude (code_length), codes.code_length,
    from counted join codes on codes.prefix = substr(counted.diagnosis_code, 1, 3) and codes.code_length = 3
    union all
    select counted.*, codes.* exclude (code_length), codes.code_length,
    from counted join codes on codes.prefix = substr(counted.diagnosis_code, 1, 4) and codes.code_length = 4)
select pnr, definition, contact_id, diagnosis_role, diagnosis_code, prefix, category, severity, is_congenital, diagnosis_date
from matched
qualify row_number() over (
    partition by pnr, definition, contact_id, diagnosis_role, diagnosis_code order by code_length desc) = 1"""

_SCD_CATEGORIES = """
select pnr, definition, category, min(diagnosis_date) as first_scd_date, count(*) as n_scd_diagnoses, max(severity) as severity
from scd_diagnoses group by pnr, definition, category"""

_SCD_PATIENTS = """
with contacted as (select distinct pnr from contacts),
counted as (
    select pnr, count(*) as n_diagnoses from diagnoses
    where diagnosis_role in ('primary', 'secondary') and later_disproved is not true group by pnr),
diseased as (
    select pnr, definition, min(first_scd_date) as first_scd_date, sum(n_scd_diagnoses)::bigint as n_scd_diagnoses,
        count(*) as n_categories, max(severity) as code_severity
    from scd_categories group by pnr, definition),
judged as (
    select contacted.pnr, definition, diseased.pnr is not null as is_scd, first_scd_date,
        ((first_scd_date - birth_date) // 365)::integer as first_scd_age, coalesce(n_diagnoses, 0) as n_diagnoses,
        coalesce(n_scd_diagnoses, 0) as n_scd_diagnoses, coalesce(n_categories, 0) as n_categories, code_severity
    from contacted cross join (select distinct definition from codes) as definitions
    left join diseased using (pnr, definition)
    left join persons on persons.pnr = contacted.pnr
    left join counted on counted.pnr = contacted.pnr),
graded as (
    select *,
        (case when is_scd then case when n_diagnoses < 2 then 1 when n_diagnoses < 5 then 2 else 3 end end)::smallint
            as hospitalisation_severity,
        (case when is_scd then case when n_categories < 2 then 1 when n_categories < 3 then 2 else 3 end end)::smallint
            as category_severity,
        (case when first_scd_age is null then null when first_scd_age < 2 then 3 when first_scd_age < 10 then 2 else 1
            end)::smallint as age_severity
    from judged)
select *, greatest(code_severity, hospitalisation_severity, category_severity, age_severity) as severity from graded"""

_DIAGNOSIS_KEY = ["diagnosis_role", "diagnosis_code"]
_STEPS = [
    ("staging.persons", _PERSONS, ["pnr"]),
    ("staging.lpr2_contacts", _LPR2_CONTACTS, ["recnum"]),
    ("staging.lpr2_diagnoses", _LPR2_DIAGNOSES, ["recnum", *_DIAGNOSIS_KEY]),
    ("staging.contacts", _CONTACTS, ["pnr", "contact_id"]),
    ("staging.diagnoses", _DIAGNOSES, ["pnr", "contact_id", *_DIAGNOSIS_KEY]),
    (
        "staging.prescriptions",
        _PRESCRIPTIONS,
        ["pnr", "dispensing_date", "atc_code", "item_number", "indication_code", "n_packages", "ddd_per_package"],
    ),
    ("transforms.scd_diagnoses", _SCD_DIAGNOSES, ["pnr", "definition", "contact_id", *_DIAGNOSIS_KEY]),
    ("transforms.scd_categories", _SCD_CATEGORIES, ["pnr", "definition", "category"]),
    ("transforms.scd_patients", _SCD_PATIENTS, ["pnr", "definition"]),
]


class Thread:
    """A DuckDB connection, and where tables go."""

    def __init__(self, raw: Path, seeds: Path, out: Path, memory: str) -> None:
        self._raw, self._seeds, self._out = raw, seeds, out
        self._duckdb = duckdb.connect()
        if memory:
            self._duckdb.execute(f"set memory_limit = '{memory}'")
        self._duckdb.execute(_CLEAN)

    def run(self) -> None:
        """Write every table in turn."""
        for name in ("sexes", "origins", "diagnosis_types", "icd10_chapters", "scd_codes"):
            path = next(self._seeds.rglob(f"{name}.csv"))
            types = "types = {code: 'varchar', prefix: 'varchar', severity: 'smallint', chapter_number: 'smallint'}"
            self._duckdb.execute(f"create table {name} as from read_csv('{path}', header = true, {_known(path, types)})")
        self._duckdb.execute(
            "create table codes as select definition, prefix, category, severity, is_congenital, length(prefix) as code_length"
            " from scd_codes where length(prefix) in (3, 4)"
        )
        for register in CONTRACT:
            self.write(f"registry.{register}", self._raw_query(register), full_order(register))
        for name, query, order in _STEPS:
            self.write(name, query, order)

    def write(self, name: str, query: str, order: list[str]) -> None:
        """Write one table in its order and lay it ready as a view."""
        layer, table = name.split(".")
        path = self._out / layer / f"{table}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        keys = ", ".join(f"{key} nulls first" for key in order)
        options = f"format parquet, compression zstd, compression_level 3, row_group_size {ROW_GROUP}"
        self._duckdb.execute(f"copy (select * from ({query}) order by {keys}) to '{path}' ({options})")
        self._duckdb.execute(f"create view {table} as from read_parquet('{path}')")

    def _raw_query(self, register: str) -> str:
        """Return the union of a register's files: those of one schema scanned together."""
        groups: dict[str, list[tuple[Path, str, str]]] = {}
        for path, first, last in raw_files(self._raw, register):
            rows = self._duckdb.execute(f"describe select * from read_parquet('{path}')").fetchall()
            columns = {row[0]: row[1] for row in rows}
            casts = [self._cast(name, kind, columns) for name, kind in CONTRACT[register].items()]
            groups.setdefault(", ".join(casts), []).append((path, str(first), str(last)))
        parts = []
        for casts_of_group, files in groups.items():
            paths = ", ".join(f"'{path}'" for path, _, _ in files)
            facts = ", ".join(f"('{path}', date '{first}', date '{last}', '{path.name}')" for path, first, last in files)
            parts.append(
                f"select {casts_of_group}, period_start, period_end, source_file"
                f" from read_parquet([{paths}], filename = true)"
                f" join (values {facts}) as files (path, period_start, period_end, source_file) on path = filename"
            )
        return " union all ".join(parts)

    @staticmethod
    def _cast(name: str, kind: str, columns: dict[str, str]) -> str:
        column = find(name, list(columns))
        if column is None:
            return f"null::{kind} as {name}"
        raw, given = f'"{column}"', columns[column]
        text = f"nullif(trim({raw}), '')"
        if kind == TEXT:
            return f"{text if given == 'VARCHAR' else f'cast({raw} as varchar)'} as {name}"
        if kind == DATE and given in ("VARCHAR", "INTEGER"):
            day = text if given == "VARCHAR" else f"cast({raw} as varchar)"
            formats = "['%Y-%m-%d', '%d-%m-%Y', '%d/%m/%Y', '%d.%m.%Y', '%Y%m%d']"
            return f"cast(strptime({day}, {formats}) as date) as {name}"
        if given == "DOUBLE":
            raw = f"case when not isnan({raw}) then {raw} end"
        return f"cast({text if given == 'VARCHAR' else raw} as {kind}) as {name}"


def _known(path: Path, types: str) -> str:
    """Return the types of those columns that the file has."""
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    told = types.removeprefix("types = {").removesuffix("}").split(", ")
    return "types = {" + ", ".join(word for word in told if word.split(":")[0] in header) + "}"


if __name__ == "__main__":
    given = sys.argv[1:]
    Thread(Path(given[0]), Path(given[1]), Path(given[2]), given[3] if len(given) > 3 else "").run()
