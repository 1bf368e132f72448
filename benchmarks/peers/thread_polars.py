"""The same thread by hand in Polars, streaming: `python -m benchmarks.peers.thread_polars RAW SEEDS OUT`.

Tables, order and compression as in thread_duckdb.py; each table is sunk to parquet by the streaming engine and scanned again.
"""

import sys
from pathlib import Path

import polars as pl

from benchmarks.peers.thread_contract import CONTRACT, DATE, ROW_GROUP, TEXT, find, full_order, raw_files

_KINDS = {"text": pl.String, "date": pl.Date, "double": pl.Float64, "smallint": pl.Int16, "integer": pl.Int32}
_KEY = ["recnum", "diagnosis_role", "diagnosis_code"]
_COUNTS = pl.col("diagnosis_role").is_in(["primary", "secondary"])


def plain_text(name: str) -> pl.Expr:
    """Return a text column without blanks at its ends; blank is missing."""
    text = pl.col(name).str.strip_chars(" ")
    return pl.when(text != "").then(text)


def clean(code: pl.Expr) -> pl.Expr:
    """Return a diagnosis code in its one spelling."""
    plain = code.str.strip_chars(" ").str.replace_all(".", "", literal=True).str.to_uppercase()
    second = plain.str.slice(1, 1)
    is_marked = (plain.str.len_chars() >= 4) & plain.str.starts_with("D") & second.is_between(pl.lit("A"), pl.lit("Z"))
    return pl.when(plain.str.len_chars() >= 3).then(pl.when(is_marked).then(plain.str.slice(1)).otherwise(plain))


def chapter_of(code: pl.Expr) -> pl.Expr:
    """Return the part of a code that tells its chapter."""
    return pl.when(code.str.slice(0, 1).is_in(["D", "H"])).then(code.str.slice(0, 2)).otherwise(code.str.slice(0, 1))


def grade(number: str, second: int, third: int) -> pl.Expr:
    """Return 1, 2 or 3 for those who are ill."""
    given = pl.col(number)
    return pl.when("is_scd").then(pl.when(given < second).then(1).when(given < third).then(2).otherwise(3)).cast(pl.Int16)


class Thread:
    """Where raw files and seeds lie, and where tables go."""

    def __init__(self, raw: Path, seeds: Path, out: Path) -> None:
        self._raw, self._seeds, self._out = raw, seeds, out

    def run(self) -> None:
        """Write every table in turn."""
        for register in CONTRACT:
            self._write(f"registry/{register}", self._read_raw(register), full_order(register))
        self._write("staging/persons", self._persons(), ["pnr"])
        self._write("staging/lpr2_contacts", self._lpr2_contacts(), ["recnum"])
        self._write("staging/lpr2_diagnoses", self._lpr2_diagnoses(), _KEY)
        self._write("staging/contacts", self._contacts(), ["pnr", "contact_id"])
        key = ["pnr", "contact_id", "diagnosis_role", "diagnosis_code"]
        self._write("staging/diagnoses", self._diagnoses(), key)
        prescriptions = self._prescriptions()
        self._write("staging/prescriptions", prescriptions, prescriptions.collect_schema().names())
        self._write("transforms/scd_diagnoses", self._scd_diagnoses(), ["pnr", "definition", *key[1:]])
        self._write("transforms/scd_categories", self._scd_categories(), ["pnr", "definition", "category"])
        self._write("transforms/scd_patients", self._scd_patients(), ["pnr", "definition"])

    def _write(self, name: str, table: pl.LazyFrame, order: list[str]) -> None:
        path = self._out / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        sink = table.sort(order, nulls_last=False)
        sink.sink_parquet(path, compression="zstd", compression_level=3, row_group_size=ROW_GROUP, engine="streaming")

    def _read(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self._out / f"{name}.parquet")

    def _seed(self, name: str) -> pl.LazyFrame:
        kinds = {"code": pl.String, "prefix": pl.String, "severity": pl.Int16, "chapter_number": pl.Int16}
        return pl.read_csv(next(self._seeds.rglob(f"{name}.csv")), schema_overrides=kinds).lazy()

    # -- raw files ------------------------------------------------------------------------------

    def _read_raw(self, register: str) -> pl.LazyFrame:
        parts = []
        for path, first, last in raw_files(self._raw, register):
            file = pl.scan_parquet(path)
            columns = dict(file.collect_schema())
            casts = [self._cast(name, kind, columns) for name, kind in CONTRACT[register].items()]
            facts = [
                pl.lit(first).alias("period_start"),
                pl.lit(last).alias("period_end"),
                pl.lit(path.name).alias("source_file"),
            ]
            parts.append(file.select(*casts, *facts))
        return pl.concat(parts)

    @staticmethod
    def _cast(name: str, kind: str, columns: dict[str, pl.DataType]) -> pl.Expr:
        column, wanted = find(name, list(columns)), _KINDS[kind]
        if column is None:
            return pl.lit(None, wanted).alias(name)
        given, value = columns[column], pl.col(column)
        if given == pl.String:
            value = plain_text(column)
        if kind == TEXT and given != pl.String:
            value = value.cast(pl.String)
        if kind == DATE and (given == pl.String or given.is_integer()):
            text = value.cast(pl.String).str.replace_all("[-/.]", "")
            is_danish = value.cast(pl.String).str.slice(2, 1).is_in(["-", "/", "."])
            reordered = pl.concat_str(text.str.slice(4, 4), text.str.slice(2, 2), text.str.slice(0, 2))
            value = pl.when(is_danish).then(reordered).otherwise(text).str.to_date("%Y%m%d")
        if given.is_float():
            value = value.fill_nan(None)
        return value.cast(wanted).alias(name)

    # -- staging --------------------------------------------------------------------------------

    def _persons(self) -> pl.LazyFrame:
        # BEF lies in the order of person and snapshot, and a group keeps the order of its rows
        last = {
            "koen": "koen", "birth_date": "foed_dag", "mother_pnr": "mor_id", "father_pnr": "far_id", "family_id": "familie_id",
            "ie_type": "ie_type", "origin_country": "opr_land",
        }  # fmt: skip
        newest = (
            self._read("registry/bef")
            .group_by("pnr")
            .agg(
                *(pl.col(column).last().alias(name) for name, column in last.items()),
                pl.col("period_end").min().alias("first_snapshot_date"),
                pl.col("period_end").max().alias("last_snapshot_date"),
                pl.len().cast(pl.Int64).alias("snapshots"),
            )
        )
        sexes, origins = self._seed("sexes").select("code", "sex"), self._seed("origins").select("code", "origin")
        named = newest.with_columns(pl.col("koen").str.to_uppercase()).join(sexes, left_on="koen", right_on="code", how="left")
        return named.join(origins, left_on="ie_type", right_on="code", how="left").drop("koen", "ie_type")

    def _lpr2_contacts(self) -> pl.LazyFrame:
        # LPR_ADM lies in the order of contact and period: the last row of a contact is its newest
        rows = self._read("registry/lpr_adm").filter(pl.col("recnum").is_not_null() & pl.col("pnr").is_not_null())
        newest = rows.group_by("recnum").agg(pl.all().last())
        acute = pl.when(pl.col("c_indm") == "1").then(True).when(pl.col("c_indm") == "2").then(False)
        return newest.select(
            "recnum",
            "pnr",
            pl.concat_str(pl.lit("2:"), "recnum").alias("contact_id"),
            pl.lit(2, pl.Int16).alias("lpr_version"),
            pl.col("c_adiag").alias("primary_diagnosis_raw"),
            pl.col("d_inddto").alias("admission_date"),
            pl.col("d_uddto").alias("discharge_date"),
            pl.col("c_sgh").alias("hospital_code"),
            pl.col("c_afd").alias("department_code"),
            pl.col("c_pattype").alias("admission_type"),
            acute.alias("is_acute"),
            pl.lit(None, pl.String).alias("course_id"),
            pl.col("c_spec").alias("main_specialty"),
            pl.lit(False).alias("is_replaced"),
        )

    def _lpr2_diagnoses(self) -> pl.LazyFrame:
        contacts, rows = self._read("staging/lpr2_contacts"), self._read("registry/lpr_diag")
        kind = pl.col("c_diagtype").str.to_uppercase()
        reported = pl.concat(
            [
                contacts.select("recnum", code="primary_diagnosis_raw", diagnosis_type=pl.lit("A")),
                rows.select("recnum", code="c_diag", diagnosis_type=kind),
                rows.select("recnum", code="c_tildiag", diagnosis_type=pl.lit("+")),
            ]
        )
        types = self._seed("diagnosis_types").select("code", "diagnosis_role", pl.col("weight").cast(pl.Float64))
        coded = reported.filter(pl.col("recnum").is_not_null()).with_columns(diagnosis_code=clean(pl.col("code")))
        coded = coded.filter(pl.col("diagnosis_code").is_not_null())
        coded = coded.join(types, left_on="diagnosis_type", right_on="code", how="left")
        filled = coded.with_columns(pl.col("diagnosis_role").fill_null("other"), pl.col("weight").fill_null(0.3))
        found = filled.group_by(_KEY).agg(
            pl.col("code").min().alias("diagnosis_code_raw"), pl.col("diagnosis_type").min(), pl.col("weight").max()
        )
        places = ["admission_date", "discharge_date", "hospital_code", "department_code", "admission_type"]
        told = contacts.select("recnum", "pnr", "contact_id", "lpr_version", *places)
        joined = found.join(told, on="recnum").with_columns(later_disproved=pl.lit(None, pl.Boolean))
        return joined.select(
            *_KEY,
            "diagnosis_code_raw",
            "diagnosis_type",
            "weight",
            "pnr",
            "contact_id",
            "lpr_version",
            "later_disproved",
            *places,
        )

    def _contacts(self) -> pl.LazyFrame:
        chapters = self._seed("icd10_chapters").select("prefix", diagnosis_chapter="chapter")
        rows = self._read("staging/lpr2_contacts").filter(~pl.col("is_replaced"))
        coded = rows.with_columns(cleaned=clean(pl.col("primary_diagnosis_raw")))
        coded = coded.with_columns(place=chapter_of(pl.col("cleaned")))
        return coded.join(chapters, left_on="place", right_on="prefix", how="left").select(
            "pnr", "contact_id", "lpr_version",
            pl.coalesce("cleaned", "primary_diagnosis_raw").alias("primary_diagnosis"),
            "diagnosis_chapter", "admission_date", "discharge_date", "hospital_code", "department_code", "main_specialty",
            "admission_type", "is_acute", "course_id",
        )  # fmt: skip

    def _diagnoses(self) -> pl.LazyFrame:
        chapters = self._seed("icd10_chapters").select("prefix", icd_chapter_number="chapter_number", icd_chapter="chapter")
        code = pl.col("diagnosis_code")
        is_old = code.str.slice(0, 1).is_between(pl.lit("0"), pl.lit("9"))
        rows = self._read("staging/lpr2_diagnoses").with_columns(place=chapter_of(code))
        return rows.join(chapters, left_on="place", right_on="prefix", how="left").select(
            "pnr", "contact_id", "diagnosis_role", "diagnosis_code", "lpr_version", "diagnosis_code_raw",
            code.str.slice(0, 3).alias("icd_prefix3"),
            pl.when(is_old).then(8).otherwise(10).cast(pl.Int16).alias("icd_version"),
            "icd_chapter_number", "icd_chapter", "diagnosis_type",
            (pl.col("diagnosis_role") == "primary").alias("is_primary"),
            (pl.col("diagnosis_role") == "supplementary").alias("is_supplementary"),
            "weight", "later_disproved", "admission_date", "discharge_date", "hospital_code", "department_code", "admission_type",
        )  # fmt: skip

    def _prescriptions(self) -> pl.LazyFrame:
        rows = self._read("registry/lmdb").filter(pl.col("pnr").is_not_null() & pl.col("eksd").is_not_null())
        return rows.select(
            "pnr", dispensing_date="eksd", atc_code="atc", item_number="vnr", indication_code="indo", n_packages="apk",
            ddd_per_package="volume",
        )  # fmt: skip

    # -- severe chronic disease -----------------------------------------------------------------

    def _scd_diagnoses(self) -> pl.LazyFrame:
        codes = self._seed("scd_codes").select("definition", "prefix", "category", "severity", "is_congenital")
        keys = ["pnr", "contact_id", "diagnosis_role", "diagnosis_code"]
        counted = self._read("staging/diagnoses").filter(_COUNTS & (pl.col("later_disproved").fill_null(False).not_()))
        counted = counted.select(*keys, diagnosis_date="admission_date")
        parts = []
        for length in (3, 4):
            listed = codes.filter(pl.col("prefix").str.len_chars() == length)
            part = counted.with_columns(prefix=pl.col("diagnosis_code").str.slice(0, length)).join(listed, on="prefix")
            parts.append(part)
        short, long = parts
        only_short = short.join(long, on=["definition", *keys], how="anti")
        columns = ["pnr", "definition", *keys[1:], "prefix", "category", "severity", "is_congenital", "diagnosis_date"]
        return pl.concat([only_short.select(columns), long.select(columns)])

    def _scd_categories(self) -> pl.LazyFrame:
        groups = self._read("transforms/scd_diagnoses").group_by("pnr", "definition", "category")
        return groups.agg(
            pl.col("diagnosis_date").min().alias("first_scd_date"),
            pl.len().cast(pl.Int64).alias("n_scd_diagnoses"),
            pl.col("severity").max(),
        )

    def _scd_patients(self) -> pl.LazyFrame:
        contacted = self._read("staging/contacts").select("pnr").unique()
        is_kept = _COUNTS & pl.col("later_disproved").fill_null(False).not_()
        counted = self._read("staging/diagnoses").filter(is_kept).group_by("pnr").agg(n_diagnoses=pl.len().cast(pl.Int64))
        diseased = (
            self._read("transforms/scd_categories")
            .group_by("pnr", "definition")
            .agg(
                pl.col("first_scd_date").min(),
                pl.col("n_scd_diagnoses").sum(),
                pl.len().cast(pl.Int64).alias("n_categories"),
                pl.col("severity").max().alias("code_severity"),
                is_scd=pl.lit(True),
            )
        )
        definitions = self._seed("scd_codes").select("definition").unique()
        born = self._read("staging/persons").select("pnr", "birth_date")
        joined = contacted.join(definitions, how="cross").join(diseased, on=["pnr", "definition"], how="left")
        joined = joined.join(born, on="pnr", how="left").join(counted, on="pnr", how="left")
        days = (pl.col("first_scd_date") - pl.col("birth_date")).dt.total_days()
        judged = joined.with_columns(
            pl.col("is_scd").fill_null(False),
            pl.col("n_diagnoses", "n_scd_diagnoses", "n_categories").fill_null(0),
            first_scd_age=(days / 365).cast(pl.Int32),
        )
        age = pl.col("first_scd_age")
        graded = judged.with_columns(
            hospitalisation_severity=grade("n_diagnoses", 2, 5),
            category_severity=grade("n_categories", 2, 3),
            age_severity=pl.when(age < 2).then(3).when(age < 10).then(2).when(age >= 10).then(1).cast(pl.Int16),
        )
        severities = ["code_severity", "hospitalisation_severity", "category_severity", "age_severity"]
        return graded.select(
            "pnr", "definition", "is_scd", "first_scd_date", "first_scd_age", "n_diagnoses", "n_scd_diagnoses", "n_categories",
            *severities, pl.max_horizontal(severities).alias("severity"),
        )  # fmt: skip


if __name__ == "__main__":
    Thread(*(Path(word) for word in sys.argv[1:4])).run()
