"""The shipped project gives the same tables whatever the threads and however its raw files are written."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .toy import REPOSITORY, read_content, run_in

NO_TESTS = ("--exclude", "test_type:unit", "test_type:data")
Rewrite = Callable[[Path, Path, random.Random], int]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the build with one thread goes."""
    return tmp_path_factory.mktemp("one_thread")


@pytest.fixture(scope="module")
def once(registers: Path, target: Path) -> dict[str, bytes]:
    """The tables of a build with one thread."""
    return _build(registers, target, 1)


@pytest.mark.parametrize("threads", [2, 8])
def test_the_number_of_threads_changes_no_byte(registers: Path, once: dict[str, bytes], tmp_path: Path, threads: int) -> None:
    assert _differing(_build(registers, tmp_path, threads), once) == []


def _shuffle(path: Path, copy: Path, chance: random.Random) -> int:
    table = pq.read_table(path)
    order = list(range(table.num_rows))
    chance.shuffle(order)
    pq.write_table(table.take(order), copy)
    return order != sorted(order)


def _split(path: Path, copy: Path, chance: random.Random) -> int:
    """Write a file that tells a period as two parts."""
    table = pq.read_table(path)
    if not path.stem[-4:].isdigit() or table.num_rows < 2:
        shutil.copy(path, copy)
        return 0
    first = chance.randint(1, table.num_rows - 1)
    pq.write_table(table.slice(0, first), copy.with_stem(f"{path.stem}_part1"))
    pq.write_table(table.slice(first), copy.with_stem(f"{path.stem}_part2"))
    return 1


def _rename(path: Path, copy: Path, chance: random.Random) -> int:
    table = pq.read_table(path)
    names = [name.upper() for name in table.column_names]
    pq.write_table(table.rename_columns(names), copy)
    return names != table.column_names


def _blank(path: Path, copy: Path, chance: random.Random) -> int:
    """Write the empty text where a text is NULL."""
    table = pq.read_table(path)
    blanked = [column.fill_null("") if pa.types.is_string(column.type) else column for column in table.columns]
    pq.write_table(pa.table(blanked, names=table.column_names), copy)
    return any(new.null_count < old.null_count for new, old in zip(blanked, table.columns, strict=True))


def _double(path: Path, copy: Path, chance: random.Random) -> int:
    shutil.copy(path, copy)
    shutil.copy(path, copy.with_stem(f"{path.stem} - Kopi"))
    return 1


@pytest.mark.parametrize("rewrite", [_shuffle, _split, _rename, _blank, _double])
def test_the_way_raw_files_are_written_changes_no_byte(
    registers: Path, once: dict[str, bytes], tmp_path: Path, rewrite: Rewrite
) -> None:
    raw, chance, changed = tmp_path / "raw", random.Random(7), 0
    for path in sorted(registers.rglob("*.parquet")):
        copy = raw / path.relative_to(registers)
        copy.parent.mkdir(parents=True, exist_ok=True)
        changed += rewrite(path, copy, chance)
    assert changed > 50
    assert _differing(_build(raw, tmp_path / "target", 2), once) == []


@pytest.mark.usefixtures("once")
def test_what_is_asked_once_of_raw_files_is_what_stored_tables_give(registers: Path, target: Path, tmp_path: Path) -> None:
    settings = f"{{registers_dir: '{registers.as_posix()}', registers_materialized: view}}"
    asked = ("run", "-q", "-s", "+diabetes", "+charlson_quan", "--vars", settings, "--target-path", str(tmp_path))
    ran = run_in(REPOSITORY, *asked)
    assert ran.code == 0, ran.err + ran.out
    found = {path.relative_to(tmp_path / "tables"): path for path in (tmp_path / "tables").glob("*/*.parquet")}
    assert {name.parent.name for name in found} == {"transforms"}
    assert {"diabetes", "charlson_quan"} <= {name.stem for name in found}
    # Rows, not bytes: of a stored table it is known which columns are never NULL, and the footer says so.
    differing = [name for name, path in found.items() if _rows(path) != _rows(target / "tables" / name)]
    assert differing == []


def _rows(path: Path) -> dict[str, list[object]]:
    found: dict[str, list[object]] = pq.read_table(path).to_pydict()
    return found


def _build(raw: Path, target: Path, threads: int) -> dict[str, bytes]:
    ran = run_in(
        REPOSITORY,
        *("build", "--quiet", "--threads", str(threads), "--target-path", str(target), *NO_TESTS),
        *("--vars", f"{{registers_dir: '{raw.as_posix()}'}}"),
    )
    assert ran.code == 0, ran.err + ran.out
    tables = target / "tables"
    found = {path.relative_to(tables).as_posix(): read_content(path) for path in sorted(tables.rglob("*.parquet"))}
    assert sum(not name.startswith("seeds/") for name in found) > 10
    return found


def _differing(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    return [name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]
