"""A cohort: every source keeps the rows of some persons, and what is built from them is what the full build has of them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ids_build.compiler.compiler import compile_project, load_config
from ids_build.config import Options
from ids_build.graph import Graph
from ids_build.nodes import Model, Source

from .toy import REPOSITORY, Toy, run_in

Maker = Callable[..., Toy]

SOURCES = """
sources:
  - name: raw
    tables:
      - name: people
        meta: {external_location: "raw/people/*.parquet", person: PNR}
        columns:
          - {name: pnr, data_type: string, meta: {aliases: [cpr, id_no]}}
          - {name: age, data_type: int32}
      - name: contacts
        meta: {external_location: "raw/contacts/*.parquet", period: file_name, person: patient}
        columns:
          - {name: patient, data_type: string}
          - {name: recnum, data_type: string}
      - name: diagnoses
        meta: {external_location: "raw/diagnoses/*.parquet", person: {column: recnum, via: contacts}}
        columns:
          - {name: recnum, data_type: string}
          - {name: code, data_type: string}
      - name: hospitals
        meta: {external_location: "raw/hospitals.parquet"}
        columns:
          - {name: hospital, data_type: string}
"""
FILES: dict[str, Any] = {
    "models/sources.yml": SOURCES,
    "models/people.sql": "select pnr, age from {{ source('raw', 'people') }}",
    "models/contacts.sql": "select patient, recnum, period_start from {{ source('raw', 'contacts') }}",
    "models/diagnoses.sql": "select recnum, code from {{ source('raw', 'diagnoses') }}",
    "models/hospitals.sql": "select hospital from {{ source('raw', 'hospitals') }}",
    "models/ages.sql": "select pnr, age * 2 as doubled from {{ ref('people') }}",
    "raw/people/all.parquet": pa.table({"CPR": ["p1", " p2 ", "p3", None, ""], "Age": [1, 2, 3, 4, 5]}),
    "raw/contacts/2000.parquet": pa.table({"PATIENT": ["p1", "p2", "p3"], "RECNUM": pa.array([1, 2, 3], pa.int64())}),
    "raw/contacts/2001.parquet": pa.table({"recnum": ["4", "1"], "patient": ["p1", "p1"]}),
    "raw/diagnoses/2000.parquet": pa.table({"recnum": pa.array([1, 2, 3, None], pa.int64()), "code": ["a", "b", "c", "d"]}),
    "raw/diagnoses/2001.parquet": pa.table({"code": ["e", "f", "g"], "RECNUM": ["4", "9", " "]}),
    "raw/hospitals.parquet": pa.table({"hospital": ["h1", "h2"]}),
}


def _built(project: Toy, cohort: str, *more: str) -> dict[str, list[tuple[Any, ...]]]:
    """Build for a cohort of these lines and return the rows of every table."""
    project.write({"cohort.csv": cohort})
    ran = project.run("build", "--cohort", "cohort.csv", *more)
    assert ran.code == 0, ran.out + ran.err
    return {name: [tuple(row.values()) for row in project.rows(f"main.{name}")] for name in ("people", "contacts", "diagnoses")}


def test_every_source_keeps_the_rows_of_the_persons_whatever_its_key_is_called(toy: Maker) -> None:
    found = _built(toy(FILES), "pnr\np1\np3\np1\n")
    assert found["people"] == [("p1", 1), ("p3", 3)]
    assert [row[:2] for row in found["contacts"]] == [("p1", "1"), ("p1", "1"), ("p1", "4"), ("p3", "3")]
    # Contact 1 was delivered twice: its diagnosis still stands once.
    assert found["diagnoses"] == [("1", "a"), ("3", "c"), ("4", "e")]


def test_blanks_around_identifiers_do_not_matter_on_either_side(toy: Maker) -> None:
    found = _built(toy(FILES), "  p2\n")
    assert (found["people"], found["diagnoses"]) == ([(" p2 ", 2)], [("2", "b")])


def test_models_on_models_see_the_cohort_too(toy: Maker) -> None:
    project = toy(FILES)
    _built(project, "p3\n")
    assert project.rows("ages") == [{"pnr": "p3", "doubled": 6}]


def test_nobody_gives_tables_without_rows_and_with_every_column(toy: Maker) -> None:
    project = toy(FILES)
    assert project.run("build", "--target-path", "full").code == 0
    assert _built(project, "pnr\n") == {"people": [], "contacts": [], "diagnoses": []}
    for name in ("people", "contacts", "diagnoses", "ages"):
        assert project.table(name).schema.remove_metadata() == project.table(name, "full").schema.remove_metadata()


def test_the_run_says_how_many_persons_and_which_sources_are_read_whole(toy: Maker) -> None:
    project = toy(FILES)
    project.write({"cohort.csv": "cpr;sex\np1;1\n;2\np1;1\np3;2\n"})
    ran = project.run("build", "--cohort", "cohort.csv")
    assert "note: the cohort has 2 persons (1 blank and 1 repeated entries left out)\n" in ran.err
    noted = {result["name"]: result.get("notes") for result in project.results()}
    told = "'raw.hospitals' names no person column (meta: {person: ...}); it is read whole"
    assert {name: notes for name, notes in noted.items() if notes} == {"main.hospitals": [told]}
    assert project.rows("hospitals") == [{"hospital": "h1"}, {"hospital": "h2"}]


def test_a_model_that_compares_persons_is_told(toy: Maker) -> None:
    project = toy({**FILES, "models/people.yml": "models: [{name: people, meta: {person_local: false}}]\n"})
    _built(project, "p1\n")
    noted = {result["name"]: result.get("notes") for result in project.results()}
    assert noted["main.people"] == ["'main.people' compares persons; it sees those of the cohort only"]
    assert project.run("build", "--target-path", "full").code == 0
    assert not any(result.get("notes") for result in project.results("full"))


def test_no_identifier_is_told_anywhere(toy: Maker) -> None:
    project = toy(FILES)
    project.write({"cohort.csv": "pnr\np1\nSECRET99\n"})
    ran = project.run("build", "--cohort", "cohort.csv", "--output", "json")
    assert ran.code == 0
    told = [ran.out, ran.err, *(path.read_text() for path in project.written() if path.suffix == ".json")]
    assert len(told) >= 4
    assert not any("SECRET99" in text or '"p1"' in text for text in told)
    assert not any(b"SECRET99" in path.read_bytes() for path in project.written())


# -- tables of other persons ----------------------------------------------------------------------


def _refusal(project: Toy, *args: str) -> dict[str, Any]:
    ran = project.run("build", "--select", "ages", *args)
    assert ran.code == 1
    return next(result for result in project.results() if result["name"] == "main.ages")


def test_a_partial_build_refuses_tables_of_other_persons(toy: Maker) -> None:
    project = toy(FILES)
    _built(project, "p1\n")
    project.write({"other.csv": "p1\np2\n"})
    for args in ((), ("--cohort", "other.csv")):
        refusal = _refusal(project, *args)
        assert refusal["status"] == "error"
        assert refusal["message"] == "'main.people' was built for other persons than this run is for"
        assert refusal["hint"] == "build it too, with '--select +people+', or use another --target-path"
    assert project.rows("ages") == [{"pnr": "p1", "doubled": 2}]


def test_a_partial_build_refuses_tables_of_all_persons(toy: Maker) -> None:
    project = toy(FILES)
    assert project.run("build").code == 0
    project.write({"cohort.csv": "p1\n"})
    assert "other persons" in _refusal(project, "--cohort", "cohort.csv")["message"]


def test_the_same_persons_in_another_file_are_the_same_cohort(toy: Maker) -> None:
    project = toy(FILES)
    _built(project, "p1\np3\n")
    project.write({"again.txt": "pnr\np3\n\np1 \np3\n"})
    ran = project.run("build", "--select", "ages", "--cohort", "again.txt")
    assert ran.code == 0, ran.out + ran.err
    assert [row["pnr"] for row in project.rows("ages")] == ["p1", "p3"]


def test_the_footer_says_that_there_is_a_cohort_and_not_who(toy: Maker) -> None:
    project = toy(FILES)
    _built(project, "p1\n")
    noted = json.loads(pq.read_metadata(project.path("people")).metadata[b"ids_build"])
    assert set(noted) == {"order", "key", "cohort"}
    assert len(noted["cohort"]) == 16


# -- the commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["build", "run"])
def test_build_and_run_take_a_cohort(toy: Maker, command: str) -> None:
    project = toy({**FILES, "c.txt": "p1\n"})
    assert project.run(command, "--cohort", "c.txt").code == 0
    assert project.rows("people") == [{"pnr": "p1", "age": 1}]


def test_show_counts_the_rows_of_the_cohort_in_a_source(toy: Maker) -> None:
    project = toy({**FILES, "c.txt": "p1\n"})
    ran = project.run("show", "--select", "raw.diagnoses", "--cohort", "c.txt", "--output", "json")
    assert (ran.code, ran.json["count"]) == (0, 2)
    assert project.run("show", "--select", "raw.diagnoses", "--output", "json").json["count"] == 7


def test_tests_of_sources_see_the_rows_of_the_cohort(toy: Maker) -> None:
    tested = SOURCES.replace("- {name: age, data_type: int32}", "- {name: age, data_type: int32, data_tests: [unique]}")
    rows = pa.table({"pnr": ["p1", "p2", "p2"], "age": [1, 2, 2]})
    project = toy({**FILES, "models/sources.yml": tested, "raw/people/all.parquet": rows, "c.txt": "p1\n"})
    assert project.run("test", "--select", "source:raw.people").code == 1
    assert project.run("test", "--select", "source:raw.people", "--cohort", "c.txt").code == 0


def test_the_column_is_named_on_the_command_line(toy: Maker) -> None:
    project = toy({**FILES, "c.csv": "case,control\np1,p3\n"})
    ran = project.run("build", "--cohort", "c.csv")
    assert ran.code == 1
    assert "c.csv  no column is known to hold the persons\n  hint: name it with --cohort-column\n" in ran.err
    assert not (project.folder / "target" / "tables").exists()
    assert project.run("build", "--cohort", "c.csv", "--cohort-column", "CONTROL").code == 0
    assert project.rows("people") == [{"pnr": "p3", "age": 3}]


def test_a_column_may_be_called_like_an_alias_of_a_person_column(toy: Maker) -> None:
    project = toy({**FILES, "c.csv": "case;ID_NO\nx;p1\n"})
    assert project.run("build", "--cohort", "c.csv").code == 0
    assert project.rows("people") == [{"pnr": "p1", "age": 1}]


@pytest.mark.parametrize("content", [None, "a,b\nx,y\n", b"\0\0"])
def test_a_cohort_that_cannot_be_read_stops_before_anything_is_built(toy: Maker, content: str | bytes | None) -> None:
    project = toy({**FILES, **({"c.csv": content} if content is not None else {})})
    ran = project.run("build", "--cohort", "c.csv")
    assert (ran.code, "c.csv  " in ran.err, "hint: " in ran.err) == (1, True, True)
    assert not (project.folder / "target" / "tables").exists()


def test_a_source_without_a_contract_needs_its_person_column_in_the_files(toy: Maker) -> None:
    bare = 'sources: [{name: raw, tables: [{name: t, meta: {external_location: "raw/t.parquet", person: PNR}}]}]\n'
    files = {"models/s.yml": bare, "models/m.sql": "select * from {{ source('raw', 't') }}", "c.txt": "p1\n"}
    project = toy({**files, "raw/t.parquet": pa.table({"Pnr": ["p1", "p2"]})})
    assert project.run("build", "--cohort", "c.txt").code == 0
    assert project.table("m").column("pnr").to_pylist() == ["p1"]
    project = toy({**files, "raw/t.parquet": pa.table({"pnt": ["p1", "p2"]})}, folder="other")
    ran = project.run("build", "--cohort", "c.txt")
    assert ran.code == 1
    assert "source 'raw.t' has no column 'pnr' to hold the person" in ran.out
    assert "hint: did you mean 'pnt'?" in ran.out


# -- the shipped project --------------------------------------------------------------------------

# Models of the project that are neither person_local: false nor comparable, and why.
UNCOMPARED: dict[str, str] = {"consumer_price_index": "of years, from a seed: there is nobody in it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """The shipped project built for everybody and for a cohort."""

    graph: Graph
    full: Path
    part: Path
    cohort: pa.Array

    def table(self, folder: Path, model: Model) -> pa.Table:
        rows = pq.ParquetFile(folder / "tables" / model.relation.layer / f"{model.name}.parquet").read()
        # How a text is stored, and whether a column happens to hold no NULL, are no part of the table.
        texts = [field.with_type(pa.string()) if pa.types.is_string_view(field.type) else field for field in rows.schema]
        return rows.cast(pa.schema([field.with_nullable(True) for field in texts]))

    def sources_of(self, model: Model) -> Iterator[Source]:
        return (node for found in self.graph.ancestors(model.unique_id) if isinstance(node := self.graph.nodes[found], Source))

    def person_column(self, model: Model) -> str | None:
        """Return the column that says whose a row is: the first that bears the name of a source's person column."""
        persons = [source.rules.person for source in self.graph.sources()]
        names = {person.column for person in persons if person and not person.via}
        return next((column.name for column in model.columns if column.name in names), None)

    def kept(self, model: Model) -> tuple[str, pa.Array] | None:
        """Return the column by which a model can be compared, and the values that belong to the cohort."""
        column = self.person_column(model)
        if column:
            return column, self.cohort
        for source in self.sources_of(model):
            person = source.rules.person
            if person and person.via and person.column in [column.name for column in model.columns]:
                parent = next(m for m in self.graph.models() if person.via in m.references)
                named = self.person_column(parent)
                assert named
                rows = self.table(self.full, parent)
                return person.column, rows.filter(pc.is_in(rows.column(named), self.cohort)).column(person.column).unique()
        return None


@pytest.fixture(scope="module")
def both(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Build the shipped project for everybody and for 300 persons, one in so many of all that any table names."""
    folder = tmp_path_factory.mktemp("both")
    variables = json.dumps({"registers_dir": str(registers)})
    graph = compile_project(load_config(Options(project_dir=REPOSITORY, vars=variables)))
    both = Both(graph=graph, full=folder / "full", part=folder / "part", cohort=pa.array([], pa.string()))
    for command in ("seed", "run"):
        ran = run_in(REPOSITORY, command, "--vars", variables, "--target-path", str(both.full), "--quiet")
        assert ran.code == 0, ran.out + ran.err
    seen: set[str] = set()
    for model in graph.models():
        column = both.person_column(model)
        if model.materialized == "table" and column:
            seen |= set(both.table(both.full, model).column(column).unique().to_pylist()) - {None}
    persons = sorted(seen)[:: len(seen) // 300][:300]
    (folder / "cohort.txt").write_text("\n".join(persons))
    args = ("--vars", variables, "--target-path", str(both.part), "--cohort", str(folder / "cohort.txt"), "--quiet")
    ran = run_in(REPOSITORY, "build", *args)
    assert ran.code == 0, ran.out + ran.err
    return Both(graph=graph, full=both.full, part=both.part, cohort=pa.array(persons))


def test_the_build_for_a_cohort_is_the_full_build_filtered_afterwards(both: Both) -> None:
    assert len(both.cohort) == 300
    differing, compared, rows = [], set(), 0
    for model in both.graph.models():
        kept = both.kept(model)
        if model.materialized != "table" or model.meta.get("person_local") is False or kept is None:
            continue
        column, values = kept
        whole = both.table(both.full, model)
        expected = whole.filter(pc.is_in(whole.column(column), values))
        found = both.table(both.part, model)
        keys = [(name, "ascending") for name in found.column_names]
        if not found.sort_by(keys).equals(expected.sort_by(keys)):
            differing.append(f"{model.relation}: {found.num_rows} rows, expected {expected.num_rows}")
        compared.add(model.name)
        rows += expected.num_rows
    assert differing == []
    assert len(compared) > 20 and rows > 10_000


def test_every_model_is_compared_or_says_why_not(both: Both) -> None:
    tables = [model for model in both.graph.models() if model.materialized == "table"]
    silent = [m.name for m in tables if m.meta.get("person_local") is not False and both.kept(m) is None]
    assert sorted(silent) == sorted(UNCOMPARED)
