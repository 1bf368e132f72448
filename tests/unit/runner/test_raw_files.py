import shutil
from pathlib import Path
from typing import Any

import pytest

from ids_build.errors import ConfigError, ExecutionError
from ids_build.nodes import Source
from ids_build.runner.engine import Engine
from ids_build.runner.raw_files import choose_files, find_files
from ids_build.runner.sources import open_source
from tests.support import make_source, write_parquet


def _source(**parts: Any) -> Source:
    return make_source("raw.orders", {"id": "string", "size": "int32"}, **parts)


def _read(source: Source, folder: Path, columns: str = "id, size") -> list[tuple[Any, ...]]:
    engine = Engine(threads=2, memory_limit=64 * 1024**2)
    open_source(source, engine, folder)
    rows = engine.fetch(f"select {columns} from {source.relation.sql} order by 1").to_pylist()
    return [tuple(row.values()) for row in rows]


def _write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("raw/*.parquet", ["raw/a.parquet", "raw/b.parquet"]),
        ("raw/a.parquet", ["raw/a.parquet"]),
        ("raw/**/*.parquet", ["raw/a.parquet", "raw/b.parquet", "raw/deep/c.parquet"]),
        ("*/deep/*", ["raw/deep/c.parquet"]),
    ],
)
def test_a_location_is_a_path_or_a_pattern(tmp_path: Path, location: str, found: list[str]) -> None:
    for name in ("b", "a", "deep/c"):
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=["a"])
    (tmp_path / "raw" / "d.parquet").mkdir()
    files = find_files(_source(location=location), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == found


def test_a_location_may_be_absolute(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "raw" / "a.parquet", id=["a"])
    assert find_files(_source(location=str(tmp_path / "raw" / "*.parquet")), Path("/elsewhere")) == [path]


@pytest.mark.parametrize(
    ("location", "message"),
    [(None, "has no location"), ("none/*.parquet", "there is no folder 'none'"), ("raw/*.csv", "no file matches 'raw/\\*.csv'")],
)
def test_a_source_without_files_says_why(tmp_path: Path, location: str | None, message: str) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(ConfigError, match=message):
        find_files(_source(location=location), tmp_path)


# -- copies and parts -----------------------------------------------------------------------------


def test_a_file_that_lies_there_twice_is_read_once_and_told(tmp_path: Path) -> None:
    one = write_parquet(tmp_path / "raw" / "2005.parquet", id=["a"], size=[1])
    shutil.copy(one, tmp_path / "raw" / "2005 - Kopi.parquet")
    chosen = choose_files(_source(period="file_name"), tmp_path)
    assert [file.path.name for file in chosen.files] == ["2005.parquet"]
    assert [file.path.name for file in chosen.left_out] == ["2005 - Kopi.parquet"]
    assert chosen.notes == ("'raw.orders': '2005 - Kopi.parquet' holds the same bytes as '2005.parquet' and is not read",)


def test_a_copy_is_left_out_where_files_tell_no_period(tmp_path: Path) -> None:
    one = write_parquet(tmp_path / "raw" / "b.parquet", id=["a"], size=[1])
    shutil.copy(one, tmp_path / "raw" / "a.parquet")
    assert [file.path.name for file in choose_files(_source(), tmp_path).files] == ["a.parquet"]


def test_the_preferred_of_two_copies_is_read(tmp_path: Path) -> None:
    one = write_parquet(tmp_path / "raw" / "2005.parquet", id=["a"], size=[1])
    shutil.copy(one, tmp_path / "raw" / "orders2005.parquet")
    chosen = choose_files(_source(period="file_name", prefer="orders*.parquet"), tmp_path)
    assert [file.path.name for file in chosen.files] == ["orders2005.parquet"]


def test_the_same_bytes_under_two_periods_are_read_and_told(tmp_path: Path) -> None:
    one = write_parquet(tmp_path / "raw" / "2004.parquet", id=["a"], size=[1])
    shutil.copy(one, tmp_path / "raw" / "2005.parquet")
    chosen = choose_files(_source(period="file_name"), tmp_path)
    assert len(chosen.files) == 2
    assert chosen.notes == ("'raw.orders': '2005.parquet' holds the same bytes as '2004.parquet' of another period",)


@pytest.mark.parametrize(
    "names", [("2005_part1", "2005_part2"), ("2005_del1", "2005_del2"), ("2005_1", "2005_2"), ("2005a", "2005b")]
)
def test_parts_of_a_file_are_read_as_one_under_the_name_of_the_whole(tmp_path: Path, names: tuple[str, str]) -> None:
    for number, name in enumerate(names):
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[f"p{number}"], size=[number])
    source = _source(period="file_name")
    assert _read(source, tmp_path, "id, size, source_file") == [("p0", 0, "2005.parquet"), ("p1", 1, "2005.parquet")]


@pytest.mark.parametrize("names", [("2005", "2005_part1"), ("2005_part1", "old2005_part2"), ("2005_part1", "2005Q1_part2")])
def test_a_part_beside_the_whole_or_another_file_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[name], size=[1])
    with pytest.raises(ConfigError, match="cover the same period"):
        choose_files(_source(period="file_name"), tmp_path)


def test_a_preferred_file_stands_for_all_parts(tmp_path: Path) -> None:
    for name in ("2005_part1", "2005_part2", "x2005"):
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[name], size=[1])
    assert _read(_source(period="file_name", prefer="x*.parquet"), tmp_path) == [("x2005", 1)]


# -- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_text_file_is_read_with_the_casts_of_the_contract(tmp_path: Path, delimiter: str) -> None:
    text = "ID,Size\n0042,7\nb,\n".replace(",", delimiter)
    _write_text(tmp_path / "raw" / "a.csv", text, "utf-8-sig")
    assert _read(_source(location="raw/a.*"), tmp_path) == [("0042", 7), ("b", None)]


def test_quoted_cells_of_a_text_file_may_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    _write_text(tmp_path / "raw" / "a.csv", 'id,size\n"a,\n""b""",1\n')
    assert _read(_source(location="raw/*.csv"), tmp_path) == [('a,\n"b"', 1)]


def test_a_text_file_and_a_parquet_file_of_one_name_are_refused(tmp_path: Path) -> None:
    _write_text(tmp_path / "raw" / "a.csv", "id,size\na,1\n")
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"], size=[1])
    with pytest.raises(ConfigError, match=r"'a.csv' and 'a.parquet' are both there"):
        choose_files(_source(location="raw/a.*"), tmp_path)


def test_a_pattern_of_any_form_reads_no_other_files(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.parquet.crc"):
        _write_text(tmp_path / "raw" / name, "x")
    _write_text(tmp_path / "raw" / "a.csv", "id,size\na,1\n")
    assert [path.name for path in find_files(_source(location="raw/a.*"), tmp_path)] == ["a.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "the file is empty"), ("id,size\nSECRET1\n", "the row has 1 cells where the header has 2")],
)
def test_a_text_file_that_is_no_table_is_refused_without_a_value(tmp_path: Path, text: str, message: str) -> None:
    _write_text(tmp_path / "raw" / "a.csv", text)
    with pytest.raises(ExecutionError, match=message) as caught:
        choose_files(_source(location="raw/a.csv"), tmp_path)
    assert "SECRET1" not in str(caught.value)


def test_a_text_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    _write_text(tmp_path / "raw" / "a.csv", "id,size\næ,1\n", "latin-1")
    with pytest.raises(ExecutionError, match="this is no text in UTF-8"):
        choose_files(_source(location="raw/a.csv"), tmp_path)
