import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ids_build.runner.footers import Footers, Header, digest_content, digest_parts, find_parts
from tests.support import write_parquet


def _read(path: Path) -> Header:
    footer = pq.read_metadata(path)
    return Header(rows=footer.num_rows, schema=footer.schema.to_arrow_schema())


def _never(path: Path) -> Header:
    raise AssertionError("opened")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "2000.parquet"
    write_parquet(path, id=["a", "b"])
    return path


def test_a_file_that_did_not_change_is_not_opened_again(raw: Path) -> None:
    first = Footers()
    facts = first.read(raw, _read)
    assert Footers(first.known).read(raw, _never) == facts
    assert (facts.header.rows, facts.header.schema.names) == (2, ["id"])


def test_a_touched_file_has_another_token(raw: Path) -> None:
    first = Footers()
    facts = first.read(raw, _read)
    os.utime(raw, ns=(1, 1))
    assert Footers(first.known).read(raw, _read).token != facts.token


def test_a_touched_file_with_the_same_bytes_keeps_its_token_when_bytes_were_read_twice(raw: Path) -> None:
    first = Footers(verify=True)
    facts = first.read(raw, _read)
    os.utime(raw, ns=(1, 1))
    assert Footers(first.known, verify=True).read(raw, _read).token == facts.token


def test_other_bytes_behind_the_same_stamp_are_seen_when_bytes_are_read(raw: Path) -> None:
    first = Footers(verify=True)
    facts = first.read(raw, _read)
    stat, content = raw.stat(), raw.read_bytes()
    raw.write_bytes(content.replace(b"a", b"c", 1))
    os.utime(raw, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert Footers(first.known).read(raw, _read).token == facts.token
    assert Footers(first.known, verify=True).read(raw, _read).token != facts.token


def test_a_text_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\n1\n")
    header = Header(rows=1, schema=pa.schema([("id", pa.string())]), delimiter=",")
    first = Footers()
    facts = first.read(path, lambda _: header)
    os.utime(path, ns=(1, 1))
    assert Footers(first.known).read(path, lambda _: header).token == facts.token


@pytest.mark.parametrize("damaged", [3, {}, {"stamp": [1, 2]}, {"schema": "!", "rows": "x"}])
def test_what_is_remembered_wrongly_is_read_again(raw: Path, damaged: object) -> None:
    facts = Footers({str(raw): damaged}).read(raw, _read)
    assert facts == Footers().read(raw, _read)
    stat = raw.stat()
    wrong = {"stamp": [stat.st_size, stat.st_mtime_ns], "schema": "!", "rows": 1, "delimiter": None, "token": "t"}
    assert Footers({str(raw): wrong}).read(raw, _read) == facts


def test_the_digest_of_all_bytes_is_remembered(raw: Path) -> None:
    footers = Footers()
    footers.read(raw, _read)
    digest = footers.bytes_of(raw)
    assert footers.known[str(raw)]["bytes"] == digest == Footers().bytes_of(raw)


def test_the_content_is_the_same_whatever_the_note_says(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2]})
    digests = []
    for number, rows in enumerate((table, table.replace_schema_metadata({"note": "other"}), pa.table({"id": [1, 3]}))):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(rows, path)
        digests.append(digest_content(path))
    assert digests[0] == digests[1] != digests[2]


def test_names_and_types_are_content(tmp_path: Path) -> None:
    digests = set()
    for number, rows in enumerate((pa.table({"id": [1]}), pa.table({"key": [1]}), pa.table({"id": pa.array([], pa.int64())}))):
        pq.write_table(rows, tmp_path / f"{number}.parquet")
        digests.add(digest_content(tmp_path / f"{number}.parquet"))
    assert len(digests) == 3


def test_the_parts_of_a_table_are_in_the_order_of_their_batches(tmp_path: Path) -> None:
    for label in ("2001-12", "2001", "2000"):
        write_parquet(tmp_path / "t.parquet" / f"{label}.parquet", x=[label])
    parts = find_parts(tmp_path / "t.parquet")
    assert [part.stem for part in parts] == ["2000", "2001", "2001-12"]
    assert digest_content(tmp_path / "t.parquet") == digest_parts([digest_content(part) for part in parts])
    assert find_parts(parts[0]) == [parts[0]]
