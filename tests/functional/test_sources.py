"""Raw deliveries: what the files of a source may look like, and what is said when they cannot be read."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pytest

from .toy import Toy

Maker = Callable[..., Toy]
SOURCE = """
sources:
  - name: raw
    tables:
      - name: people
        meta: {{external_location: "{location}"{more}}}
        columns:
          - {{name: pnr, data_type: string{pnr}}}
          - {{name: kom, data_type: int32}}
          - {{name: note, data_type: string}}
"""


def _toy(
    toy: Maker, files: Mapping[str, pa.Table | bytes], *, more: str = "", pnr: str = "", location: str = "raw/*.parquet"
) -> Toy:
    """Return a project of one model that shows the source as the engine reads it."""
    return toy(
        {
            "models/sources.yml": SOURCE.format(location=location, more=more, pnr=pnr),
            "models/people.sql": "{{ config(cluster_by=['pnr', 'source_file']) }} select * from {{ source('raw', 'people') }}",
            **files,
        }
    )


def _people(**columns: Any) -> pa.Table:
    return pa.table(columns)


def _built(project: Toy) -> list[tuple[Any, ...]]:
    ran = project.run("build")
    assert ran.code == 0, ran.out + ran.err
    return [(row["pnr"], row["kom"], row["note"]) for row in project.rows("people")]


@pytest.mark.parametrize("names", [("pnr", "kom", "note"), ("PNR", "KOM", "NOTE"), ("Pnr", "kOm", "nOTE")])
def test_names_are_read_in_any_case(toy: Maker, names: tuple[str, str, str]) -> None:
    delivery = _people(**dict(zip(names, (["p1"], [101], ["x"]), strict=True)))
    assert _built(_toy(toy, {"raw/2000.parquet": delivery})) == [("p1", 101, "x")]


def test_columns_are_read_in_any_order_and_file_by_file(toy: Maker) -> None:
    files = {
        "raw/2000.parquet": _people(PNR=["p1"], KOM=[101], NOTE=["x"]),
        "raw/2001.parquet": _people(note=["y"], pnr=["p2"], kom=[102]),
        "raw/2002.parquet": _people(Kom=[103], Note=["z"], Pnr=["p3"]),
    }
    assert _built(_toy(toy, files)) == [("p1", 101, "x"), ("p2", 102, "y"), ("p3", 103, "z")]


@pytest.mark.parametrize(
    "kom",
    [
        pa.array([101, None], pa.int16()),
        pa.array([101, None], pa.int32()),
        pa.array([101, None], pa.int64()),
        pa.array([101.0, None], pa.float64()),
        pa.array([101.0, float("nan")], pa.float64()),
        pa.array(["101", None], pa.string()),
        pa.array([" 101 ", "  "], pa.string()),
        pa.array(["101", None], pa.large_string()),
        pa.array(["101", None]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type)[:12],
)
def test_a_whole_number_may_be_stored_in_any_way(toy: Maker, kom: pa.Array) -> None:
    project = _toy(toy, {"raw/2000.parquet": _people(pnr=["p1", "p2"], kom=kom, note=["x", "y"])})
    assert _built(project) == [("p1", 101, "x"), ("p2", None, "y")]
    assert project.table("people").schema.field("kom").type == pa.int32()


@pytest.mark.parametrize("pnr", [pa.array([7], pa.int32()), pa.array([7], pa.int64()), pa.array([7.0])], ids=str)
def test_a_number_where_a_text_is_due_reads_as_its_digits(toy: Maker, pnr: pa.Array) -> None:
    assert _built(_toy(toy, {"raw/2000.parquet": _people(pnr=pnr, kom=[1], note=["x"])})) == [("7", 1, "x")]


def test_types_may_change_from_year_to_year(toy: Maker) -> None:
    files = {
        "raw/2000.parquet": _people(pnr=["p1"], kom=pa.array([1], pa.int16()), note=["x"]),
        "raw/2001.parquet": _people(pnr=["p2"], kom=["2"], note=["x"]),
        "raw/2002.parquet": _people(pnr=["p3"], kom=[3.0], note=pa.array([7], pa.int32())),
    }
    assert _built(_toy(toy, files)) == [("p1", 1, "x"), ("p2", 2, "x"), ("p3", 3, "7")]


def test_a_column_that_vanishes_reads_as_null_and_the_report_says_so(toy: Maker) -> None:
    files = {
        "raw/2000.parquet": _people(pnr=["p1"], kom=[1], note=["x"]),
        "raw/2001.parquet": _people(pnr=["p2"], kom=[2]),
    }
    project = _toy(toy, files)
    ran = project.run("build")
    assert [row["note"] for row in project.rows("people")] == ["x", None]
    assert "note: 'raw.people' has no column 'note' in 2001.parquet; it reads as NULL there" in ran.out
    assert project.results()[-1]["notes"] == ["'raw.people' has no column 'note' in 2001.parquet; it reads as NULL there"]


def test_a_column_that_no_file_has_reads_as_null_of_its_type(toy: Maker) -> None:
    project = _toy(toy, {"raw/2000.parquet": _people(pnr=["p1"], note=["x"])})
    ran = project.run("build")
    assert project.table("people").schema.field("kom").type == pa.int32()
    assert project.rows("people")[0]["kom"] is None
    assert "note: 'raw.people' has no column 'kom'; it reads as NULL\n" in ran.out


def test_columns_beyond_the_contract_are_left_out(toy: Maker) -> None:
    project = _toy(toy, {"raw/2000.parquet": _people(pnr=["p1"], kom=[1], note=["x"], EXTRA=[b"??"])})
    project.run("build")
    assert project.table("people").column_names == ["pnr", "kom", "note", "period_start", "period_end", "source_file"]


def test_a_column_may_bear_an_alias(toy: Maker) -> None:
    files = {
        "raw/2000.parquet": _people(CPR=["p1"], kom=[1], note=["x"]),
        "raw/2001.parquet": _people(pnr=["p2"], kom=[2], note=["y"]),
        "raw/2002.parquet": _people(recnum=["p3"], kom=[3], note=["z"]),
    }
    project = _toy(toy, files, pnr=", meta: {aliases: [cpr, RECNUM]}")
    assert _built(project) == [("p1", 1, "x"), ("p2", 2, "y"), ("p3", 3, "z")]


def test_a_key_that_is_missing_in_one_year_is_an_error_that_names_file_and_column(toy: Maker) -> None:
    files = {
        "raw/2000.parquet": _people(pnr=["p1"], kom=[1], note=["x"]),
        "raw/2001.parquet": _people(pnt=["p2"], kom=[2], note=["y"]),
    }
    project = _toy(toy, files, more=", key: [pnr]")
    ran = project.run("build")
    assert ran.code == 1
    assert "raw/2001.parquet" in ran.out and "'pnr'" in ran.out
    assert "2000.parquet" not in ran.out
    assert "did you mean 'pnt'?" in ran.out
    assert not project.path("people").exists()


@pytest.mark.parametrize("other", ["people_2001.parquet", "200103.parquet", "2001Q2.parquet", "20010517.parquet"])
def test_two_files_that_cover_one_period_are_an_error(toy: Maker, other: str) -> None:
    year = _people(pnr=["p1"], kom=[1], note=["x"])
    again = _people(pnr=["p2"], kom=[1], note=["x"])
    project = _toy(toy, {"raw/2001.parquet": year, f"raw/{other}": again, "raw/2002.parquet": year}, more=", period: file_name")
    ran = project.run("build")
    assert ran.code == 1
    assert "'2001.parquet'" in ran.out and f"'{other}'" in ran.out and "cover the same period" in ran.out
    assert not project.path("people").exists()


def test_the_preferred_file_wins_over_the_other_of_its_period(toy: Maker) -> None:
    files = {
        "raw/2001.parquet": _people(pnr=["old"], kom=[1], note=["x"]),
        "raw/2001_v2.parquet": _people(pnr=["nobody"], kom=[1], note=["x"]),
        "raw/new_2001.parquet": _people(pnr=["new"], kom=[2], note=["x"]),
        "raw/2002.parquet": _people(pnr=["only"], kom=[3], note=["x"]),
    }
    del files["raw/2001_v2.parquet"]
    project = _toy(toy, files, more=", period: file_name, prefer: 'NEW_*.parquet'")
    assert _built(project) == [("new", 2, "x"), ("only", 3, "x")]


def test_a_file_name_gives_its_rows_their_period(toy: Maker) -> None:
    row = _people(pnr=["p"], kom=[1], note=["x"])
    names = ("2001.parquet", "200202.parquet", "2003Q4.parquet", "20040229.parquet", "lpr_2005-06.parquet")
    project = _toy(toy, {f"raw/{name}": row for name in names}, more=", period: file_name")
    assert project.run("build").code == 0
    day = datetime.date
    assert {row["source_file"]: (row["period_start"], row["period_end"]) for row in project.rows("people")} == {
        "2001.parquet": (day(2001, 1, 1), day(2001, 12, 31)),
        "200202.parquet": (day(2002, 2, 1), day(2002, 2, 28)),
        "2003Q4.parquet": (day(2003, 10, 1), day(2003, 12, 31)),
        "20040229.parquet": (day(2004, 2, 29), day(2004, 2, 29)),
        "lpr_2005-06.parquet": (day(2005, 6, 1), day(2005, 6, 30)),
    }


def test_a_file_name_without_a_period_is_an_error_where_one_is_due(toy: Maker) -> None:
    project = _toy(toy, {"raw/people.parquet": _people(pnr=["p"], kom=[1], note=["x"])}, more=", period: file_name")
    ran = project.run("build")
    assert ran.code == 1
    assert "raw/people.parquet  model 'main.people' error" in ran.out or "raw/people.parquet  'main.people' error" in ran.out
    assert "the file name holds no period" in ran.out


@pytest.mark.parametrize(
    ("kom", "count"),
    [
        (pa.array([1.0, 2.5, 3.25]), "2 values"),
        (pa.array(["1", "4711x", None]), "1 value"),
        (pa.array(["1", "0103", "7"]), "1 value"),
        (pa.array([1, 2**40, 2**41]), "2 values"),
    ],
    ids=["fraction", "word", "leading zero", "too large"],
)
def test_a_value_that_would_lose_something_is_an_error_that_does_not_show_it(toy: Maker, kom: pa.Array, count: str) -> None:
    good = _people(pnr=["p1"], kom=[1], note=["x"])
    bad = _people(pnr=["p1", "p2", "p3"], kom=kom, note=["x", "y", "z"])
    project = _toy(toy, {"raw/2000.parquet": good, "raw/2001.parquet": bad})
    ran = project.run("build")
    assert ran.code == 1
    told = "1 value of" if count == "1 value" else "2 values of"
    assert f"raw/2001.parquet  'main.people' error: {told} column 'kom' cannot be read as int32" in ran.out
    for value in ("2.5", "3.25", "4711x", "0103", str(2**40)):
        assert value not in ran.out + ran.err
    assert not project.path("people").exists()


def test_a_column_of_a_type_that_has_nothing_to_do_with_the_contract_is_an_error(toy: Maker) -> None:
    project = _toy(toy, {"raw/2000.parquet": _people(pnr=["p1"], kom=pa.array([[1]]), note=["x"])})
    ran = project.run("build")
    assert ran.code == 1
    assert "raw/2000.parquet" in ran.out and "column 'kom'" in ran.out and "the contract says int32" in ran.out


@pytest.mark.parametrize(
    "folder",
    ["plain", "two words", "Ærø og Læsø", "år [2001]", "it's", 'a "quoted" one', "50% & #1", "a+b=c", "x{y}?", "semi;colon"],
)
def test_paths_may_hold_any_letters(toy: Maker, folder: str) -> None:
    row = _people(pnr=["p"], kom=[1], note=["x"])
    project = _toy(
        toy,
        {f"{folder}/2000.parquet": row, f"{folder}/2001.parquet": row},
        more=", period: file_name",
        location="{{ var('dir') }}/*.parquet",
    )
    quoted = folder.replace("'", "''")
    ran = project.run("build", "--vars", f"{{dir: '{quoted}'}}")
    assert ran.code == 0, ran.out + ran.err
    assert [row["source_file"] for row in project.rows("people")] == ["2000.parquet", "2001.parquet"]
    assert [row["period_end"].year for row in project.rows("people")] == [2000, 2001]


@pytest.mark.parametrize("folder", ["two words", "Ærø", "år [2001]", "it's", 'a "quoted" one', "50% #1?"])
def test_the_project_s_own_folder_may_hold_any_letters(toy: Maker, folder: str) -> None:
    project = toy({"models/a.sql": "select 1 as x", "models/b.sql": "select x from {{ ref('a') }}"}, folder=folder)
    ran = project.run("build")
    assert ran.code == 0, ran.out + ran.err
    assert project.rows("b") == [{"x": 1}]


def test_file_names_may_hold_any_letters(toy: Maker) -> None:
    row = _people(pnr=["p"], kom=[1], note=["x"])
    names = ("år 2001.parquet", "it's 2002.parquet", "a [b] 2003.parquet", "50% 2004.parquet")
    project = _toy(toy, {f"raw/{name}": row for name in names}, more=", period: file_name")
    ran = project.run("build")
    assert ran.code == 0, ran.out + ran.err
    assert {row["source_file"]: row["period_end"].year for row in project.rows("people")} == {
        name: 2001 + number for number, name in enumerate(names)
    }


def test_the_delivery_is_left_as_it_was(toy: Maker) -> None:
    project = _toy(toy, {"raw/2000.parquet": _people(pnr=["p1"], kom=[1], note=["x"])})
    before = (project.folder / "raw/2000.parquet").read_bytes()
    assert _built(project) == [("p1", 1, "x")]
    assert [path.name for path in (project.folder / "raw").iterdir()] == ["2000.parquet"]
    assert (project.folder / "raw/2000.parquet").read_bytes() == before
