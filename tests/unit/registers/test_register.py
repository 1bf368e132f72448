import asyncio
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.errors import ConfigError
from ids_build.registers import PnrFilter, Register
from tests.support import tiny_project, write_parquet

SOURCES = """
    sources:
      - name: raw
        tables:
          - name: shop
            description: Orders
            meta: {external_location: "x/shop/*.parquet", key: [pnr, day], period: file_name, person: pnr, aliases: [orders]}
            columns:
              - {name: pnr, data_type: string, meta: {aliases: [cpr]}}
              - {name: recnum, data_type: string}
              - {name: amount, data_type: int32}
              - {name: day, data_type: date}
          - name: visits
            meta: {external_location: "x/pages/*.parquet", person: {column: recnum, via: shop}}
            columns: [{name: recnum, data_type: string}, {name: page, data_type: string}]
          - name: units
            meta: {external_location: "x/units/*.parquet"}
            columns: [{name: unit, data_type: string}]
    """


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Lay a project and its registers."""
    folder = tiny_project(tmp_path, {"dbt_project.yml": "name: shop\nversion: '1.5'\n", "models/s.yml": SOURCES})
    day = pa.array([0, 1], pa.date32())
    write_parquet(folder / "raw" / "shop" / "2000.parquet", CPR=["p1", "p2"], RECNUM=["1", "2"], AMOUNT=[10, 20], DAY=day)
    write_parquet(folder / "raw" / "shop" / "2001.parquet", pnr=["p1", None], recnum=["3", "9"], amount=[30, 40], day=day)
    write_parquet(folder / "raw" / "pages" / "all.parquet", recnum=["1", "2", "3", None], page=["a", "b", "c", "d"])
    write_parquet(folder / "raw" / "units" / "all.parquet", unit=["u"])
    return folder


def _open(project: Path, name: str) -> Register:
    return Register.from_name(name, project_dir=project)


def _amounts(table: pa.Table) -> list[Any]:
    return sorted(table.column("amount").to_pylist())


def test_a_register_knows_its_names(project: Path) -> None:
    register = _open(project, "Orders")
    assert (register.name, register.table_name) == ("SHOP", "shop")
    assert Register.from_path(project / "raw" / "pages", project_dir=project).name == "VISITS"
    assert list(Register.all(project_dir=project)) == ["SHOP", "UNITS", "VISITS"]


def test_the_schema_is_the_contract(project: Path) -> None:
    register = _open(project, "shop")
    names = ["pnr", "recnum", "amount", "day"]
    assert register.schema() == pa.schema(list(zip(names, [pa.string(), pa.string(), pa.int32(), pa.date32()], strict=True)))
    assert register.column_names() == names
    told = register.schema_with_metadata()
    assert told.metadata == {b"description": b"Orders", b"primary_key": b"pnr, day", b"version": b"1.5"}
    assert told.remove_metadata() == register.schema()


def test_all_rows_are_loaded_under_the_contract(project: Path) -> None:
    register = _open(project, "shop")
    rows = register.load(project / "raw" / "shop")
    assert (rows.schema, _amounts(rows)) == (register.schema(), [10, 20, 30, 40])
    assert register.load(str(project / "raw" / "shop")).num_rows == 4


def test_periods_come_when_they_are_asked_for(project: Path) -> None:
    register = _open(project, "shop")
    rows = register.load(project / "raw" / "shop", periods=True)
    assert rows.schema == register.schema(periods=True)
    files = {(row["amount"], row["source_file"], str(row["period_end"])) for row in rows.to_pylist()}
    assert (30, "2001.parquet", "2001-12-31") in files and (10, "2000.parquet", "2000-12-31") in files


@pytest.mark.parametrize(("persons", "amounts"), [(["p1"], [10, 30]), (["p1", "p2", "p1"], [10, 20, 30]), ([], []), (["x"], [])])
def test_a_direct_filter_keeps_the_rows_of_its_persons(project: Path, persons: list[str], amounts: list[int]) -> None:
    rows = _open(project, "shop").load(project / "raw" / "shop", PnrFilter.direct(persons))
    assert (_amounts(rows), rows.schema) == (amounts, _open(project, "shop").schema())


def test_a_relation_filter_keeps_the_rows_whose_key_the_persons_have(project: Path) -> None:
    register, pages = _open(project, "visits"), project / "raw" / "pages"
    kept = PnrFilter.relation(["p1"], "RECNUM", via=project / "raw" / "shop")
    assert register.load(pages, kept).column("page").to_pylist() == ["a", "c"]
    assert register.load(pages, PnrFilter.relation([], "recnum", via=project / "raw" / "shop")).num_rows == 0


def test_the_register_of_the_persons_is_found_beside(project: Path) -> None:
    register, pages = _open(project, "visits"), project / "raw" / "pages"
    for kept in (PnrFilter.relation(["p2"], "recnum"), PnrFilter.direct(["p2"])):
        assert register.load(pages, kept).column("page").to_pylist() == ["b"]


def test_a_register_of_the_persons_that_is_not_beside_is_told(project: Path) -> None:
    write_parquet(project / "alone" / "pages" / "all.parquet", recnum=["1"], page=["a"])
    with pytest.raises(ConfigError, match="'visits' knows its persons through 'shop', and there is no such folder") as caught:
        _open(project, "visits").load(project / "alone" / "pages", PnrFilter.direct(["p1"]))
    assert caught.value.at is not None and caught.value.at.path == str(project / "alone" / "shop")
    assert caught.value.hint == "use PnrFilter.relation(pnrs, column, via=folder)"


def test_a_relation_filter_on_a_register_that_names_its_persons_is_refused(project: Path) -> None:
    with pytest.raises(ConfigError, match="register 'shop' names its persons itself"):
        _open(project, "shop").load(project / "raw" / "shop", PnrFilter.relation(["p1"], "recnum"))


def test_any_filter_on_a_register_without_persons_is_refused(project: Path) -> None:
    for kept in (PnrFilter.direct(["p1"]), PnrFilter.relation(["p1"], "unit")):
        with pytest.raises(ConfigError, match="register 'units' declares no relation to persons"):
            _open(project, "units").load(project / "raw" / "units", kept)


@pytest.mark.parametrize(("column", "name"), [("nothing", "visits"), ("page", "shop")])
def test_a_relation_by_a_column_that_one_of_the_two_lacks_is_refused(project: Path, column: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"register '{name}' has no column '{column}'"):
        _open(project, "visits").load(project / "raw" / "pages", PnrFilter.relation(["p1"], column))


def test_a_stream_gives_the_same_rows(project: Path) -> None:
    register = _open(project, "shop")
    with register.stream(project / "raw" / "shop", PnrFilter.direct(["p1"])) as reader:
        assert reader.schema == register.schema()
        assert sorted(n for batch in reader for n in batch.column("amount").to_pylist()) == [10, 30]


def test_loading_works_inside_a_running_loop(project: Path) -> None:
    register = _open(project, "shop")

    async def load() -> list[pa.Table]:
        sync = register.load(project / "raw" / "shop")
        both = (register.load_async(project / "raw" / "shop", PnrFilter.direct([who])) for who in ("p1", "p2"))
        return [sync, *await asyncio.gather(*both)]

    assert [table.num_rows for table in asyncio.run(load())] == [4, 2, 1]


def test_threads_load_beside_each_other(project: Path) -> None:
    register = _open(project, "shop")
    found: dict[str, list[int]] = {"p1": [], "p2": []}

    def load(who: str) -> None:
        for _ in range(5):
            found[who].append(register.load(project / "raw" / "shop", PnrFilter.direct([who])).num_rows)

    threads = [threading.Thread(target=load, args=(who,)) for who in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {"p1": [2] * 5, "p2": [1] * 5}


def _count(context: Any, sql: str) -> int:
    return int(context.sql(sql).collect()[0].column(0)[0].as_py())


def test_a_context_holds_the_table_whole_and_the_kept_rows_beside_it(project: Path) -> None:
    context = _open(project, "SHOP").create_context(project / "raw" / "shop", PnrFilter.direct(["p1"]))
    assert _count(context, "select count(*) from shop") == 4
    assert _count(context, "select sum(amount) from filtered_shop") == 40
    assert _count(context, "select count(*) from shop where amount > 15") == 3


def test_a_context_without_a_filter_has_no_kept_rows(project: Path) -> None:
    context = _open(project, "shop").create_context(project / "raw" / "shop")
    assert _count(context, "select count(*) from shop") == 4
    with pytest.raises(Exception, match="filtered_shop"):
        context.sql("select * from filtered_shop")


def test_a_project_that_declares_a_location_by_the_environment_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DIR", "somewhere")
    text = SOURCES.replace("x/shop/*.parquet", "{{ env_var('SHOP_DIR') }}/sales/*.parquet")
    tiny_project(project, {"models/s.yml": text})
    assert Register.from_path("/data/sales", project_dir=project).name == "SHOP"


def test_variables_may_be_given(project: Path) -> None:
    tiny_project(project, {"models/s.yml": SOURCES.replace("x/shop/*.parquet", "{{ var('dir') }}/*.parquet")})
    assert Register.from_path("/data/sales", project_dir=project, variables={"dir": "raw/sales"}).name == "SHOP"
