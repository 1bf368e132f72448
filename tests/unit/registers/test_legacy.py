import asyncio
from collections.abc import Set
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.errors import ConfigError, ExecutionError
from ids_build.registers import (
    EagerLoader,
    OldRegisterLoaderAdapter,
    PnrFilter,
    Register,
    RegisterLoaderAdapter,
    registry_from_name,
)
from tests.support import tiny_project, write_parquet

SOURCES = """
    sources:
      - name: raw
        tables:
          - name: shop
            meta: {external_location: "x/shop/*.parquet", person: pnr}
            columns: [{name: pnr, data_type: string}, {name: amount, data_type: int32}]
    """


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Lay a project and its register."""
    folder = tiny_project(tmp_path, {"models/s.yml": SOURCES})
    write_parquet(folder / "raw" / "2000.parquet", pnr=["p1", "p2"], Amount=[10, 20])
    write_parquet(folder / "raw" / "deep" / "2001.parquet", PNR=["p1", None], amount=[30, 40], extra=["x", "y"])
    return folder


def _amounts(table: pa.Table, column: str = "amount") -> list[Any]:
    return sorted(table.column(column).to_pylist())


# -- the eager loader -----------------------------------------------------------------------------


def test_the_eager_loader_gives_every_row_as_delivered_under_upper_case_names(project: Path) -> None:
    loader = EagerLoader("shop", "PNR")
    rows = loader.load(project / "raw")
    assert (loader.get_register_name(), rows.column_names, _amounts(rows, "AMOUNT")) == (
        "shop",
        ["PNR", "AMOUNT", "EXTRA"],
        [10, 20, 30, 40],
    )


@pytest.mark.parametrize(("persons", "amounts"), [(None, [10, 20, 30, 40]), ({"p1"}, [10, 30]), (set(), []), ({"x"}, [])])
@pytest.mark.parametrize("person", ["PNR", "pnr"])
def test_the_eager_loader_keeps_the_rows_of_the_persons(
    project: Path, persons: Set[str] | None, amounts: list[int], person: str
) -> None:
    assert _amounts(EagerLoader("shop", person).load(project / "raw", persons), "AMOUNT") == amounts


def test_the_eager_loader_knows_the_usual_person_column(project: Path) -> None:
    assert _amounts(EagerLoader("shop").load(project / "raw", {"p2"}), "AMOUNT") == [20]


def test_the_eager_loader_of_a_register_without_persons_looks_at_none(project: Path) -> None:
    assert EagerLoader("shop", None).load(project / "raw", {"p1"}).num_rows == 4


def test_the_eager_loader_of_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert EagerLoader("shop", "PNR").load(tmp_path).num_rows == 0


def test_the_eager_loader_tells_what_it_cannot_read(project: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder"):
        EagerLoader("shop", "PNR").load(project / "none")
    with pytest.raises(ExecutionError, match="the files of 'shop' differ in their columns, or have no 'CPR' of texts"):
        EagerLoader("shop", "CPR").load(project / "raw", {"p1"})
    write_parquet(project / "raw" / "2002.parquet", pnr=["p1"], amount=["SECRET1"])
    with pytest.raises(ExecutionError, match="the files of 'shop' differ") as caught:
        EagerLoader("shop", "PNR").load(project / "raw")
    assert "SECRET1" not in str(caught.value)
    (project / "raw" / "2002.parquet").write_text("no parquet")
    with pytest.raises(ExecutionError, match="this is no whole parquet file"):
        EagerLoader("shop", "PNR").load(project / "raw")


# -- a register behind the old call ---------------------------------------------------------------


@pytest.mark.parametrize(("persons", "amounts"), [(None, [10, 20, 30, 40]), ({"p1"}, [10, 30]), (set(), []), ({" p2"}, [20])])
def test_old_code_calls_a_register_with_a_set(project: Path, persons: Set[str] | None, amounts: list[int]) -> None:
    register = Register.from_name("shop", project_dir=project)
    for loader in (RegisterLoaderAdapter(register), registry_from_name("SHOP", project_dir=project)):
        assert loader.get_register_name() == "SHOP"
        rows = loader.load(project / "raw", persons)
        assert (_amounts(rows), rows.schema) == (amounts, register.schema())


def test_the_old_call_for_an_unknown_register_is_told(project: Path) -> None:
    with pytest.raises(ConfigError, match="unknown register 'shopp'"):
        registry_from_name("shopp", project_dir=project)


# -- an old loader behind the new call ------------------------------------------------------------


def _function(path: Path, persons: Set[str] | None) -> pa.Table:
    rows = pa.table({"pnr": ["p1", "p2", "p1"], "amount": [1, 2, 3]})
    return rows if persons is None else rows.filter([who in persons for who in rows.column("pnr").to_pylist()])


def _adapted(project: Path, loader: Any = _function) -> OldRegisterLoaderAdapter:
    return OldRegisterLoaderAdapter("Shop", loader, project_dir=project)


def test_a_function_is_called_as_a_register(project: Path) -> None:
    adapted = _adapted(project)
    assert (adapted.name, adapted.table_name) == ("SHOP", "shop")
    assert _amounts(adapted.load("anywhere")) == [1, 2, 3]
    assert _amounts(adapted.load("anywhere", PnrFilter.direct(["p1"]))) == [1, 3]
    assert _amounts(adapted.load("anywhere", PnrFilter.direct([]))) == []


def test_a_loader_is_called_as_a_register(project: Path) -> None:
    adapted = _adapted(project, EagerLoader("shop", "PNR"))
    assert _amounts(adapted.load(project / "raw", PnrFilter.direct(["p1"])), "AMOUNT") == [10, 30]


def test_an_old_loader_streams_and_loads_beside_a_loop(project: Path) -> None:
    adapted = _adapted(project)
    assert _amounts(adapted.stream("anywhere", PnrFilter.direct(["p2"])).read_all()) == [2]
    assert _amounts(asyncio.run(adapted.load_async("anywhere", PnrFilter.direct(["p2"])))) == [2]


def test_a_relation_filter_is_refused_by_an_old_loader_and_never_dropped(project: Path) -> None:
    adapted, kept = _adapted(project), PnrFilter.relation(["p1"], "recnum")
    message = "the old loader of 'SHOP' knows no relation filter"
    for call in (adapted.load, adapted.stream, adapted.create_context):
        with pytest.raises(ConfigError, match=message) as caught:
            call("anywhere", kept)
        assert caught.value.hint == "use PnrFilter.direct, or Register.from_name"
    with pytest.raises(ConfigError, match=message):
        asyncio.run(adapted.load_async("anywhere", kept))


def test_the_context_of_an_old_loader_holds_the_table_whole_and_the_kept_rows_beside_it(project: Path) -> None:
    context = _adapted(project).create_context("anywhere", PnrFilter.direct(["p1"]))
    for table, total in (("shop", 6), ("filtered_shop", 4)):
        assert context.sql(f"select sum(amount) as s from {table}").collect()[0].column(0).to_pylist() == [total]


def test_a_register_goes_both_ways_and_stays_the_same(project: Path) -> None:
    register = Register.from_name("shop", project_dir=project)
    there = _adapted(project, RegisterLoaderAdapter(register))
    kept = PnrFilter.direct(["p1"])
    assert there.load(project / "raw", kept).sort_by("amount") == register.load(project / "raw", kept).sort_by("amount")
