import json
from pathlib import Path

import pytest

from ids_build.errors import Location, StorageError
from ids_build.report.artifacts import (
    describe_outlooks,
    describe_result,
    describe_run,
    write_compiled,
    write_report,
    write_run_results,
)
from ids_build.results import Outlook, Result, RunResults
from tests.support import make_graph, make_model, make_settings

RESULT = Result(
    unique_id="model.shop.orders", name="staging.orders", resource="model", status="success", seconds=1.23456, rows=3, size=99,
    at=Location(path="a.sql", line=2), notes=("a note",),
)  # fmt: skip
RUN = RunResults(command="build", results=(RESULT,), seconds=2.34567, args={"select": ["x"]})


def test_a_result_is_told_in_dbts_words_and_leaves_out_what_is_unknown() -> None:
    assert describe_result(RESULT) == {
        "unique_id": "model.shop.orders", "name": "staging.orders", "resource_type": "model", "status": "success",
        "execution_time": 1.2346, "rows": 3, "bytes": 99, "at": "a.sql:2", "notes": ["a note"],
    }  # fmt: skip


def test_no_failing_row_is_told_as_zero() -> None:
    result = Result(unique_id="x", name="x", resource="test", status="pass", failures=0)
    assert describe_result(result)["failures"] == 0


def test_a_run_is_told_with_its_results() -> None:
    told = describe_run(RUN)
    assert (told["command"], told["ok"], told["elapsed_time"], told["args"]) == ("build", True, 2.346, {"select": ["x"]})
    assert len(told["results"]) == 1


def test_results_are_written_as_json(tmp_path: Path) -> None:
    path = write_run_results(RUN, make_settings(tmp_path))
    assert path == tmp_path / "target" / "run_results.json"
    assert json.loads(path.read_text(encoding="utf-8"))["results"][0]["name"] == "staging.orders"


def test_nothing_is_left_beside_the_results(tmp_path: Path) -> None:
    write_run_results(RUN, make_settings(tmp_path))
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["run_results.json"]


def test_rendered_sql_is_written_under_the_models_path(tmp_path: Path) -> None:
    write_compiled(make_graph(make_model("staging.orders", sql="select 'æ' as x")), make_settings(tmp_path))
    path = tmp_path / "target" / "compiled" / "shop" / "models" / "staging" / "orders.sql"
    assert path.read_text(encoding="utf-8") == "select 'æ' as x"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("a file")
    with pytest.raises(StorageError, match="cannot write"):
        write_run_results(RUN, make_settings(tmp_path))


def test_a_report_is_written_in_order_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("former")
    assert write_report({"b.csv": "ø\n", "a.csv": "new"}, tmp_path) == (tmp_path / "b.csv", tmp_path / "a.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == "ø\n" and (tmp_path / "a.csv").read_text() == "new"


def test_an_outlook_is_told_with_its_reasons() -> None:
    look = Outlook(unique_id="model.shop.a", name="main.a", resource="model", status="run", reasons=("query",))
    told = {"unique_id": "model.shop.a", "name": "main.a", "resource_type": "model", "status": "run", "reasons": ["query"]}
    assert describe_outlooks([look]) == [told]


def test_compiled_sql_that_stands_there_is_left(tmp_path: Path) -> None:
    config, graph = make_settings(tmp_path), make_graph(make_model("staging.a"), make_model("staging.b"))
    write_compiled(graph, config)
    paths = sorted((tmp_path / "target" / "compiled").rglob("*.sql"))
    before = [path.stat().st_mtime_ns for path in paths]
    paths[1].write_text("edited by hand")
    write_compiled(graph, config)
    assert paths[0].stat().st_mtime_ns == before[0]
    assert paths[1].read_text() == graph.models()[1].sql
