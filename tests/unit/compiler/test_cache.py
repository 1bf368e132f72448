import json
import os
from pathlib import Path

import pytest

from ids_build.compiler.cache import Cache, describe_engine, make_digest


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "cache")
    cache.write("graph", "abc", {"a": [1, 2.5, None, "\u00e5", True]})
    assert cache.read("graph", "abc") == {"a": [1, 2.5, None, "\u00e5", True]}


@pytest.mark.parametrize(("kind", "key"), [("graph", "abd"), ("types", "abc")])
def test_another_kind_or_key_is_a_miss(kind: str, key: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.write("graph", "abc", 1)
    os.replace(tmp_path / "graph-abc.json", tmp_path / f"{kind}-{key}.json")
    assert cache.read("graph", "abc") is None
    assert cache.read(kind, key) is None


def test_a_changed_byte_is_a_miss(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.write("graph", "abc", [1, 2, 3])
    path = tmp_path / "graph-abc.json"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cache.read("graph", "abc") is None


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    cache = Cache(None)
    cache.write("graph", "abc", 1)
    assert cache.read("graph", "abc") is None
    assert not cache.used


@pytest.mark.parametrize("value", [{1, 2}, object(), {"a": b"bytes"}])
def test_what_json_cannot_hold_is_not_written(value: object, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.write("graph", "abc", value)
    assert _files(tmp_path / "cache") == []


def test_a_folder_that_is_none_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file")
    cache.write("graph", "abc", 1)
    assert cache.read("graph", "abc") is None


def test_the_newest_entries_of_each_kind_stay(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(12):
        cache.write("graph", f"{number:02}", number)
        os.utime(tmp_path / f"graph-{number:02}.json", (number, number))
    cache.write("types", "00", 0)
    assert _files(tmp_path) == [*(f"graph-{number:02}.json" for number in range(4, 12)), "types-00.json"]


def test_what_a_killed_writer_left_goes_after_an_hour(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for name, age in (("graph-a.json.1.draft", 7200), ("graph-b.json.2.draft", 60)):
        (tmp_path / name).write_text("half")
        now = tmp_path.stat().st_mtime
        os.utime(tmp_path / name, (now - age, now - age))
    cache.write("graph", "abc", 1)
    assert _files(tmp_path) == ["graph-abc.json", "graph-b.json.2.draft"]


def test_an_entry_is_json_and_nothing_else(tmp_path: Path) -> None:
    Cache(tmp_path).write("graph", "abc", {"a": 1})
    assert json.loads((tmp_path / "graph-abc.json").read_bytes().split(b"\n", 1)[1]) == {"a": 1}


def test_a_digest_knows_where_texts_end() -> None:
    assert len({make_digest(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["c", "ab"])}) == 4
    assert make_digest(["\ud800"])  # half a pair, as a file name may hold


def test_the_engine_is_described_by_its_bytes_and_libraries() -> None:
    told = describe_engine()
    assert told == describe_engine()
    assert all(f"{name}-" in told for name in ("datafusion", "sqlglot", "pyarrow"))
