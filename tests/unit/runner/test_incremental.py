import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from ids_build.nodes import Increment, Model
from ids_build.relation import Relation
from ids_build.runner.batches import Batch
from ids_build.runner.engine import Engine
from ids_build.runner.generations import Generations
from ids_build.runner.incremental import Bench, Choice, Former, choose_parts, make_parts
from ids_build.runner.state import Part
from tests.support import make_model

RAW = Relation(layer="raw", name="t")
MERGE = Increment(strategy="merge", sql="", key=("k",))
Rows = Sequence[tuple[str, int]]


def _model(increment: Increment, sql: str = 'select k, v from "raw"."t"', later: str = "") -> Model:
    return make_model("main.m", ["raw.t"], sql, increment=replace(increment, sql=later or sql))


def _choose(model: Model, now: dict[str, str], before: dict[str, str], lost: Iterable[str] = ()) -> Choice:
    """Return what is chosen when batches of these versions lie there, and parts were made of those."""
    then = choose_parts(model, _batches(before), Former())
    parts = {
        label: Part(key=key, content="", size=0, mtime=0, rows=0, lost=int(label in lost)) for label, key in then.keys.items()
    }
    return choose_parts(model, _batches(now), Former(folder=Path(), parts=parts))


def _batches(versions: dict[str, str]) -> list[Batch]:
    return [Batch(label=label, facts={"version": version}) for label, version in sorted(versions.items())]


APPEND = _model(Increment(strategy="append", sql=""))


def test_parts_made_from_the_same_stay() -> None:
    found = _choose(APPEND, {"1": "a", "2": "a"}, {"1": "a", "2": "a"})
    assert (found.kept, found.made, found.describe("m")) == (("1", "2"), (), "'m': 0 of 2 parts made")


def test_new_late_changed_and_gone_batches_are_told_apart() -> None:
    found = _choose(APPEND, {"1": "a", "2": "b", "3": "a", "5": "a"}, {"0": "a", "2": "a", "3": "a"})
    assert (found.kept, found.made) == (("3",), ("1", "2", "5"))
    assert found.describe("m") == "'m': 3 of 4 parts made (5 new; 1 late; 2 changed; 0 gone)"
    assert found.describe("m", ["query"]) == "'m': all 4 parts made (changed: query)"


def test_a_first_build_needs_no_words() -> None:
    assert choose_parts(APPEND, _batches({"1": "a"}), Former()).describe("m") is None


@pytest.mark.parametrize(
    ("now", "lost", "made"),
    [
        ({"1": "a", "2": "a", "3": "a", "4": "a"}, ["1", "2"], ("4",)),  # a later one takes rows away, and gives none back
        ({"1": "a", "2": "b", "3": "a"}, ["1"], ("1", "2")),  # what gave way to the former 2 comes back
        ({"1": "a", "2": "b", "3": "a"}, [], ("2",)),
        ({"1": "a", "2": "a"}, ["1"], ("1",)),  # 3 is gone
        ({"1": "a", "2": "b", "3": "a"}, ["2", "3"], ("2",)),  # 3 stands after the one that changed
    ],
)
def test_a_part_that_gave_way_to_what_changed_is_made_again(now: dict[str, str], lost: list[str], made: tuple[str, ...]) -> None:
    assert _choose(_model(MERGE), now, {"1": "a", "2": "a", "3": "a"}, lost).made == made


def test_what_reads_its_own_table_is_made_again_from_the_first_batch_that_moved_on() -> None:
    model = _model(Increment(strategy="append", sql="", this=True), later="select 1")
    before = {"1": "a", "3": "a", "5": "a"}
    assert _choose(model, {**before, "6": "a"}, before).made == ("6",)
    assert _choose(model, {**before, "2": "a"}, before).made == ("2", "3", "5")
    assert _choose(model, {**before, "3": "b"}, before, lost=["1"]).made == ("1", "3", "5")


def test_a_new_first_batch_takes_the_query_of_a_full_build_from_the_former_first() -> None:
    model = _model(Increment(strategy="append", sql=""), later="select 1")
    assert _choose(model, {"1": "a", "2": "a", "3": "a"}, {"2": "a", "3": "a"}).made == ("1", "2")


class _Table:
    """Rows by batch, laid ready as the table raw.t."""

    def __init__(self, batches: dict[str, Rows], engine: Engine) -> None:
        self.batches, self.engine = batches, engine

    def all(self) -> list[Batch]:
        return [Batch(label=label, facts={"rows": [*map(list, rows)]}) for label, rows in sorted(self.batches.items())]

    def lay_whole(self) -> None:
        pass

    def lay(self, label: str) -> None:
        rows = self.batches[label]
        columns = {"k": pa.array([k for k, _ in rows], pa.string()), "v": pa.array([v for _, v in rows], pa.int64())}
        self.engine.add_rows(RAW, pa.table(columns))


def _make(model: Model, batches: dict[str, Rows], folder: Path, former: Former | None = None) -> Former:
    engine = Engine(threads=2, memory_limit=64 * 1024**2)
    folder.mkdir()
    schemas = {model.relation: pa.schema([("k", pa.string()), ("v", pa.int64())])}
    bench = Bench(engine=engine, folder=folder, order=("k", "v"), schemas=schemas)
    parts, _ = make_parts(model, _Table(batches, engine), former or Former(), bench, Generations(folder).share)
    return Former(folder=folder, parts=parts)


def _read(former: Former) -> dict[str, list[tuple[Any, ...]]]:
    assert former.folder is not None
    tables = {path.stem: pyarrow.parquet.read_table(path) for path in sorted(former.folder.glob("*.parquet"))}
    return {label: [tuple(row.values()) for row in table.to_pylist()] for label, table in tables.items()}


def test_a_row_gives_way_to_a_later_batch_whichever_came_first(tmp_path: Path) -> None:
    late: dict[str, Rows] = {"1": [("a", 1), ("b", 1)], "2": [("b", 2)]}
    wanted = {"1": [("a", 1)], "2": [("b", 2)]}
    for number, first in enumerate(late):
        former = _make(_model(MERGE), {first: late[first]}, tmp_path / f"first{number}")
        found = _make(_model(MERGE), late, tmp_path / f"both{number}", former)
        assert (_read(found), found.parts["1"].lost, found.parts["2"].lost) == (wanted, 1, 0)


def test_a_key_of_several_columns_counts_as_a_whole_and_null_is_a_key(tmp_path: Path) -> None:
    model = _model(replace(MERGE, key=("k", "v")))
    rows: Any = {"1": [("a", 1), ("a", 2), (None, 1)], "2": [("a", 2), (None, 1)]}
    assert _read(_make(model, rows, tmp_path / "t")) == {"1": [("a", 1)], "2": [(None, 1), ("a", 2)]}


def test_a_part_that_stays_is_the_same_file_and_one_that_gives_way_is_not(tmp_path: Path) -> None:
    batches: dict[str, Rows] = {"1": [("a", 1)], "2": [("b", 1), ("c", 1)]}
    first = _make(_model(MERGE), batches, tmp_path / "1")
    then = _make(_model(MERGE), {**batches, "3": [("b", 2)]}, tmp_path / "2", first)
    same = [(tmp_path / "1" / f"{label}.parquet").samefile(tmp_path / "2" / f"{label}.parquet") for label in "12"]
    assert same == [True, False]
    assert _read(first)["2"] == [("b", 1), ("c", 1)]
    assert _read(then) == {"1": [("a", 1)], "2": [("c", 1)], "3": [("b", 2)]}


@pytest.mark.parametrize("seed", range(20))
def test_a_merge_in_any_order_holds_of_each_key_the_rows_of_its_last_batch(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    batches: dict[str, Rows] = {}
    former = Former()
    for step in range(8):
        label = str(chance.randint(1, 5))
        if label in batches and chance.random() < 0.3 and len(batches) > 1:
            del batches[label]
        else:
            batches[label] = [(chance.choice("abcd"), chance.randint(1, 3)) for _ in range(chance.randint(0, 4))]
        former = _make(_model(MERGE), dict(batches), tmp_path / str(step), former)
    last = {key: label for label in sorted(batches) for key, _ in batches[label]}
    wanted = {label: sorted(row for row in rows if last[row[0]] == label) for label, rows in batches.items()}
    assert _read(former) == wanted
