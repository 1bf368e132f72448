from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from ids_build.nodes import Increment, Model
from ids_build.relation import Relation
from ids_build.runner.batches import describe_labels, find_inputs, label_of
from ids_build.runner.periods import Period
from ids_build.runner.raw_files import RawFile
from tests.support import as_relation, make_graph, make_model, make_source

PLAIN, YEARLY, OTHER = (
    make_source("raw.plain"),
    make_source("raw.yearly", period="file_name"),
    make_source("raw.other", period="file_name"),
)


def _model(name: str, *reads: str, inputs: tuple[Relation, ...] = ()) -> Model:
    return make_model(name, reads, increment=Increment(strategy="append", sql="", inputs=inputs))


@pytest.mark.parametrize(
    ("reads", "named", "found"),
    [
        (["raw.plain"], [], ["raw.plain"]),
        (["raw.plain", "raw.yearly"], [], ["raw.yearly"]),
        (["raw.other", "raw.yearly"], [], ["raw.other", "raw.yearly"]),
        (["raw.other", "raw.yearly"], ["raw.yearly"], ["raw.yearly"]),
        (["raw.plain", "raw.yearly"], ["raw.plain"], ["raw.plain"]),
        (["raw.plain", "main.parent"], [], ["main.parent"]),
        (["main.table"], [], []),
    ],
)
def test_batches_come_from_periods_and_incremental_parents_else_from_files(
    reads: list[str], named: list[str], found: list[str]
) -> None:
    model = _model("main.m", *reads, inputs=tuple(map(as_relation, named)))
    graph = make_graph(PLAIN, YEARLY, OTHER, _model("main.parent", "raw.yearly"), make_model("main.table"), model)
    assert [str(relation) for relation in find_inputs(model, graph)] == found


def test_a_table_has_no_batches() -> None:
    model = make_model("main.m", ["raw.yearly"])
    assert find_inputs(model, make_graph(YEARLY, model)) == ()


@pytest.mark.parametrize(
    ("stem", "period", "label"),
    [
        ("visits_2005", Period(start=date(2005, 1, 1), end=date(2005, 12, 31)), "2005"),
        ("visits2005a", Period(start=date(2005, 1, 1), end=date(2005, 12, 31)), "2005"),
        ("2005Q4", Period(start=date(2005, 10, 1), end=date(2005, 12, 31)), "2005Q4"),
        ("200502", Period(start=date(2005, 2, 1), end=date(2005, 2, 28)), "2005-02"),
        ("20050201", Period(start=date(2005, 2, 1), end=date(2005, 2, 1)), "2005-02-01"),
        ("old [copy]", None, "old _copy_"),
    ],
)
def test_a_file_belongs_to_the_batch_of_its_period_else_to_that_of_its_name(stem: str, period: Period | None, label: str) -> None:
    file = RawFile(path=Path(f"{stem}.parquet"), shown="", period=period, rows=0, schema=pa.schema([]))
    assert label_of(file) == label


def test_many_labels_are_shortened() -> None:
    assert describe_labels(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert describe_labels(["a", "b"], most=2) == "a, b"
