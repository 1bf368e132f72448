"""The shipped project gives the same bytes whatever the number of threads and the order of the raw rows."""

import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .toy import REPOSITORY, run_in

NO_TESTS = ("--exclude", "test_type:unit test_type:data")


@pytest.fixture(scope="module")
def once(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a build with one thread."""
    return _build(registers, tmp_path_factory.mktemp("one_thread"), 1)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_number_of_threads_changes_no_byte(registers: Path, once: dict[str, bytes], tmp_path: Path, threads: int) -> None:
    assert _differing(_build(registers, tmp_path, threads), once) == []


def test_the_order_of_the_raw_rows_changes_no_byte(registers: Path, once: dict[str, bytes], tmp_path: Path) -> None:
    shuffled, chance = tmp_path / "raw", random.Random(7)
    moved = 0
    for path in sorted(registers.rglob("*.parquet")):
        table = pq.read_table(path)
        order = list(range(table.num_rows))
        chance.shuffle(order)
        copy = shuffled / path.relative_to(registers)
        copy.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.take(order), copy)
        moved += order != sorted(order)
    assert moved > 100
    assert _differing(_build(shuffled, tmp_path / "target", 2), once) == []


def _build(raw: Path, target: Path, threads: int) -> dict[str, bytes]:
    ran = run_in(
        REPOSITORY,
        *("build", "--quiet", "--threads", str(threads), "--target-path", str(target), *NO_TESTS),
        *("--vars", f"{{registers_dir: '{raw}'}}"),
    )
    assert ran.code == 0, ran.err
    tables = target / "tables"
    found = {path.relative_to(tables).as_posix(): path.read_bytes() for path in sorted(tables.rglob("*.parquet"))}
    assert sum(not name.startswith("seeds/") for name in found) > 10
    return found


def _differing(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    return [name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]
