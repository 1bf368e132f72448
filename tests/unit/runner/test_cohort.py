import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from ids_build.errors import ConfigError
from ids_build.nodes import PersonKey, Rules, Source
from ids_build.relation import Relation
from ids_build.runner.cohort import PERSONS, Cohort, bounds, make_cohort, read_cohort, restrict
from ids_build.runner.engine import Engine
from ids_build.runner.sources import open_source
from tests.support import make_source, write_parquet

KNOWN = ("pnr", "cpr", "pnr12")
BOM = b"\xef\xbb\xbf"


def _read(folder: Path, content: str | bytes, *, name: str = "cohort.csv", column: str | None = None) -> list[str]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_cohort(path, column, KNOWN).persons.to_pylist()


def _fault(folder: Path, content: str | bytes, *, name: str = "cohort.csv", column: str | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        _read(folder, content, name=name, column=column)
    assert caught.value.at is not None and caught.value.at.path == (folder / name).as_posix()
    assert caught.value.hint
    return caught.value


# -- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_column_is_found_by_the_name_of_a_person_column(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (("year", "CPR", "sex"), ("2000", "0101", "1"), ("2001", "0202", "2")))
    assert _read(tmp_path, text) == ["0101", "0202"]


@pytest.mark.parametrize("name", ["cohort.csv", "cohort.txt", "COHORT.TXT"])
def test_one_identifier_a_line_needs_no_header(tmp_path: Path, name: str) -> None:
    assert _read(tmp_path, "0202\n0101\n", name=name) == ["0101", "0202"]


@pytest.mark.parametrize("header", ["pnr", "PNR", "whoever", '"pnr"', "pnr12", " Pnr12 "])
def test_a_header_of_one_column_is_no_identifier(tmp_path: Path, header: str) -> None:
    assert _read(tmp_path, f"{header}\n0101\n") == ["0101"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", BOM])
def test_line_ends_and_byte_order_marks_of_every_system_are_read(tmp_path: Path, end: bytes, mark: bytes) -> None:
    assert _read(tmp_path, mark + end.join([b"pnr;note", b"0101;a", b"0202;b", b""])) == ["0101", "0202"]
    assert _read(tmp_path, mark + end.join([b"0101", b"0202", b""])) == ["0101", "0202"]


def test_leading_zeros_and_letters_stay(tmp_path: Path) -> None:
    assert _read(tmp_path, 'pnr\n007\n"00A7"\nab\n') == ["007", "00A7", "ab"]


def test_the_column_that_is_named_wins(tmp_path: Path) -> None:
    assert _read(tmp_path, "pnr,Control\n0101,0303\n0202,0404\n", column="control") == ["0303", "0404"]


def test_a_name_written_exactly_wins_over_another_case(tmp_path: Path) -> None:
    assert _read(tmp_path, "pnr,PNR\n0101,0303\n", column="PNR") == ["0303"]


def test_a_short_line_counts_as_blank(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("note,pnr\na,0101\nb\n")
    cohort = read_cohort(tmp_path / "c.csv", None, KNOWN)
    assert (cohort.persons.to_pylist(), cohort.blank) == (["0101"], 1)


@pytest.mark.parametrize("content", ["", "\n\n", "pnr\n", "pnr,sex\n", BOM.decode()])
def test_a_file_without_identifiers_is_a_cohort_of_nobody(tmp_path: Path, content: str) -> None:
    assert _read(tmp_path, content) == []


def test_blank_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    assert _read(tmp_path, "\n  \npnr;sex\n0101;1\n") == ["0101"]


def test_two_columns_that_could_hold_the_persons_are_told(tmp_path: Path) -> None:
    fault = _fault(tmp_path, "pnr,x,Cpr\n0101,1,0202\n")
    assert (fault.message, fault.hint) == ("'pnr' and 'Cpr' could both hold the persons", "name it with --cohort-column")
    assert _fault(tmp_path, "PNR,pnr\n0101,0202\n").message == "'PNR' and 'pnr' could both hold the persons"


def test_no_column_that_could_hold_the_persons_is_told(tmp_path: Path) -> None:
    fault = _fault(tmp_path, "who,sex\n0101,1\n")
    assert (fault.message, fault.hint) == ("no column is known to hold the persons", "name it with --cohort-column")


def test_a_named_column_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    fault = _fault(tmp_path, "patient,sex\n0101,1\n", column="patients")
    assert (fault.message, fault.hint) == ("there is no column 'patients'", "did you mean 'patient'?")


def test_an_identifier_is_never_the_hint(tmp_path: Path) -> None:
    fault = _fault(tmp_path, "patient1\npatient2\n", column="patient")
    assert "patient1" not in str(fault)


@pytest.mark.parametrize("content", ["pnr\n0101\n".encode("utf-16"), b"PAR1\0\0\0\x01PAR1"])
def test_a_file_that_is_no_utf_8_is_refused_and_not_read_as_nobody(tmp_path: Path, content: bytes) -> None:
    assert _fault(tmp_path, content).message == "this is no text that can be read"


def test_a_cell_beyond_all_measure_is_told(tmp_path: Path) -> None:
    assert _fault(tmp_path, "pnr\n" + "1" * 200_000).message == "this is no text that can be read"


@pytest.mark.parametrize("name", ["cohort.xlsx", "cohort.sas7bdat", "cohort"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    assert _fault(tmp_path, "pnr\n0101\n", name=name).message == "a cohort is a csv, txt or parquet file"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ConfigError, match="there is no such cohort file"):
            read_cohort(path, None, KNOWN)


# -- parquet --------------------------------------------------------------------------------------

KINDS: list[Callable[[list[str | None]], pa.Array]] = [
    lambda values: pa.array(values, pa.string()),
    lambda values: pa.array(values, pa.large_string()),
    lambda values: pa.array(values).dictionary_encode(),
]


@pytest.mark.parametrize("make", KINDS, ids=["string", "large_string", "dictionary"])
def test_parquet_texts_of_every_kind_are_read(tmp_path: Path, make: Callable[[list[str | None]], pa.Array]) -> None:
    path = write_parquet(tmp_path / "c.parquet", year=[1, 2, 3, 4], PNR=make(["0202", None, "0101", "0202"]))
    cohort = read_cohort(path, None, KNOWN)
    assert (cohort.persons.to_pylist(), cohort.blank, cohort.repeated) == (["0101", "0202"], 1, 1)


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.int8()], ids=str)
def test_identifiers_that_are_numbers_are_refused(tmp_path: Path, kind: pa.DataType) -> None:
    path = write_parquet(tmp_path / "c.parquet", pnr=pa.array([101, 7], kind))
    with pytest.raises(ConfigError, match="the identifiers in column 'pnr' are (int|float)") as caught:
        read_cohort(path, None, KNOWN)
    assert caught.value.hint == "write them as text: a number has lost its leading zeros"
    assert "101" not in str(caught.value)


def test_parquet_columns_are_chosen_as_in_a_text(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "c.parquet", case=["0101"], control=["0202"])
    assert read_cohort(path, "CONTROL", KNOWN).persons.to_pylist() == ["0202"]
    with pytest.raises(ConfigError, match="no column is known to hold the persons"):
        read_cohort(path, None, KNOWN)
    assert read_cohort(write_parquet(tmp_path / "d.parquet", who=["0101"]), None, KNOWN).persons.to_pylist() == ["0101"]


def test_a_parquet_file_that_is_not_whole_is_told(tmp_path: Path) -> None:
    (tmp_path / "c.parquet").write_text("pnr\n0101\n")
    with pytest.raises(ConfigError, match="this is no whole parquet file"):
        read_cohort(tmp_path / "c.parquet", None, KNOWN)


def test_a_parquet_file_without_rows_is_a_cohort_of_nobody(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "c.parquet", pnr=pa.array([], pa.string()))
    assert read_cohort(path, None, KNOWN).persons.to_pylist() == []


# -- what a cohort says of itself -----------------------------------------------------------------


def test_blanks_and_repetitions_are_left_out_and_counted() -> None:
    cohort = make_cohort(["0202", " 0101 ", "", None, "0101", "\t", "0202"])
    assert cohort.persons.to_pylist() == ["0101", "0202"]
    assert cohort.note == "the cohort has 2 persons (3 blank and 2 repeated entries left out)"


def test_the_note_is_short_where_nothing_was_left_out_and_names_nobody() -> None:
    assert make_cohort(["0101"]).note == "the cohort has 1 person"
    assert make_cohort(["0101", "0101"]).note == "the cohort has 1 person (1 repeated entry left out)"
    assert make_cohort([]).note == "the cohort has 0 persons"


def test_the_digest_is_of_the_persons_and_of_nothing_else() -> None:
    one = make_cohort(["0101", "0202"]).digest
    assert make_cohort(["0202", " 0101", "0101", None]).digest == one
    assert len({one, make_cohort(["0101"]).digest, make_cohort(["01010202"]).digest, make_cohort([]).digest}) == 4


# -- the restriction ------------------------------------------------------------------------------


def _source(kind: str | None = "string", via: str | None = None, column: str = "pnr") -> Source:
    parent = Relation(layer="raw", name=via) if via else None
    rules = Rules(person=PersonKey(column=column, via=parent))
    return make_source("raw.orders", {column: kind, "amount": "int32"} if kind else {}, rules=rules)


def _kept(source: Source, cohort: Cohort, rows: pa.Table, parent: pa.Table | None = None) -> list[object]:
    """Return the amounts of the rows that the cohort keeps."""
    engine = Engine(threads=2, memory_limit=64 * 1024**2)
    engine.add_rows(PERSONS, cohort.rows)
    engine.add_rows(source.relation, rows)
    if parent is not None:
        engine.add_rows(Relation(layer="raw", name="parent"), parent)
    query = f"select * from {source.relation.sql}"
    condition = bounds(source, cohort)
    whole = f"{query} where {condition}" if condition else query
    found = engine.fetch(restrict(source, whole, cohort))
    assert found.schema.names == rows.schema.names
    return sorted(found.column("amount").to_pylist())


def _orders(keys: list[object], kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"pnr": pa.array(keys, kind), "amount": pa.array(range(len(keys)), pa.int32())})


def test_the_rows_of_the_persons_are_kept_each_once() -> None:
    cohort = make_cohort(["0101", "0303", "0101"])
    assert _kept(_source(), cohort, _orders(["0101", "0202", "0101", "0303"])) == [0, 2, 3]


def test_null_and_blank_keys_belong_to_nobody() -> None:
    assert _kept(_source(), make_cohort(["", "0101"]), _orders([None, "", "   ", "0101"])) == [3]


def test_blanks_around_a_raw_identifier_do_not_matter() -> None:
    rows = _orders([" 0101", "0101  ", "  0909 ", "01 01", "0909"])
    assert _kept(_source(), make_cohort(["0101", "0909"]), rows) == [0, 1, 2, 4]


def test_case_matters() -> None:
    assert _kept(_source(), make_cohort(["a1"]), _orders(["A1", "a1"])) == [1]


def test_identifiers_with_quotes_are_text_and_no_sql() -> None:
    assert _kept(_source(), make_cohort(["it's", "' or 1=1 --"]), _orders(["it's", "x", "' or 1=1 --"])) == [0, 2]


def test_nobody_keeps_no_rows_and_all_columns() -> None:
    assert _kept(_source(), make_cohort([]), _orders(["0101", None])) == []


def test_a_column_that_is_no_text_is_compared_as_text() -> None:
    cohort = make_cohort(["7", "12"])
    assert _kept(_source("int64"), cohort, _orders([7, 12, 70, None], pa.int64())) == [0, 1]
    assert bounds(_source("int64"), cohort) is None
    assert _kept(_source(None), cohort, _orders([7, 12, 70, None], pa.int64())) == [0, 1]


def test_a_child_keeps_the_rows_whose_key_its_parent_has() -> None:
    parent = pa.table({"pnr": ["k1", " k1", "k2 ", None, ""]})
    rows = _orders(["k1", "k2", "k3", None, "", "k1 "])
    assert _kept(_source(via="parent"), make_cohort(["0101"]), rows, parent) == [0, 1, 5]


def test_a_childs_key_may_be_a_number_and_its_parents_a_text() -> None:
    parent = pa.table({"pnr": ["17", "23"]})
    assert _kept(_source("int64", via="parent"), make_cohort(["0101"]), _orders([17, 18, 23], pa.int64()), parent) == [0, 2]


def test_a_source_without_a_person_column_is_left_as_it_is() -> None:
    source = make_source("raw.orders", {"amount": "int32"})
    assert restrict(source, "select 1", make_cohort(["x"])) == "select 1"
    assert bounds(source, make_cohort(["x"])) is None
    assert bounds(_source(via="parent"), make_cohort(["x"])) is None


@pytest.mark.parametrize("key", ["0101", "0101 ", " 0909", "0909   ", "  0101  ", "0505"])
def test_the_bounds_pass_over_no_key_of_a_person(key: str) -> None:
    assert _kept(_source(), make_cohort(["0101", "0505", "0909"]), _orders([key])) == [0]


def test_the_bounds_say_what_cannot_be_a_person() -> None:
    cohort = make_cohort(["0303", "0404"])
    engine = Engine(threads=2, memory_limit=64 * 1024**2)
    engine.add_rows(_source().relation, _orders(["0101", "0303", "0350", "0404", "0505", None]))
    kept = engine.fetch(f"select amount from {_source().relation.sql} where {bounds(_source(), cohort)}")
    assert kept.column("amount").to_pylist() == [1, 2, 3]


# -- what is not even read ------------------------------------------------------------------------


def test_row_groups_that_hold_no_person_are_passed_over(tmp_path: Path) -> None:
    keys = [f"{number:06d}" for number in range(10_000)]
    for year in (2000, 2001):
        rows = pa.table({"pnr": keys, "amount": pa.array(range(10_000), pa.int32())})
        pyarrow.parquet.write_table(rows, tmp_path / f"{year}.parquet", row_group_size=1000)
    source = make_source(
        "raw.orders",
        {"pnr": "string", "amount": "int32"},
        location="*.parquet",
        period="file_name",
        rules=Rules(person=PersonKey(column="pnr")),
    )
    cohort = make_cohort(["004100", "004900"])
    engine = Engine(threads=2, memory_limit=64 * 1024**2)
    engine.add_rows(PERSONS, cohort.rows)
    open_source(source, engine, tmp_path, cohort)
    assert sorted(engine.fetch("select amount from raw.orders").column("amount").to_pylist()) == [4100, 4100, 4900, 4900]
    told = engine.context.sql("explain analyze select * from raw.orders").collect()[0].column(1)[0].as_py()
    # Of ten row groups in each of the two files one holds the keys from 004000 to 004999.
    assert re.findall(r"row_groups_pruned_statistics=(\d+) total \S+ (\d+) matched", told) == [("20", "2")]


def test_a_sort_above_a_cohort_keeps_columns_that_are_constant_in_one_file(tmp_path: Path) -> None:
    write_parquet(tmp_path / "2000.parquet", pnr=["b", "a", "c"], amount=[1, 2, 3])
    source = replace(_source(), location="*.parquet", period="file_name")
    cohort = make_cohort(["a", "b"])
    engine = Engine(threads=2, memory_limit=64 * 1024**2)
    engine.add_rows(PERSONS, cohort.rows)
    open_source(source, engine, tmp_path, cohort)
    order = ("pnr", "period_end", "source_file")
    assert engine.write("select * from raw.orders", tmp_path / "draft.parquet", order=order, note={}) == 2
    assert pyarrow.parquet.read_table(tmp_path / "draft.parquet").column("pnr").to_pylist() == ["a", "b"]
