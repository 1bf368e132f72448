from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.errors import ConfigError, ExecutionError, Location
from ids_build.nodes import PersonKey, Rules, Source
from ids_build.relation import Relation
from ids_build.runner.cohort import make_cohort
from ids_build.runner.registers import Kept, describe, open_register, open_tables, schema_of, stream_table
from tests.support import make_settings, make_source, write_parquet

SHOP = make_source(
    "raw.Shop", {"pnr": "string", "recnum": "string", "amount": "int32"}, rules=Rules(person=PersonKey(column="pnr"))
)
VISITS = make_source(
    "raw.visits",
    {"recnum": "string", "page": "string"},
    rules=Rules(person=PersonKey(column="recnum", via=SHOP.relation)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay a shop of four orders and five visits."""
    write_parquet(tmp_path / "shop" / "2000.parquet", PNR=["p1", "p2"], RECNUM=pa.array([1, 2]), AMOUNT=[10, 20])
    write_parquet(tmp_path / "shop" / "more" / "2001.parquet", pnr=["p1", None], recnum=["3", "1"], amount=["30", "40"])
    write_parquet(tmp_path / "visits" / "all.parquet", page=list("abcde"), recnum=["1", "2", "3", None, "1"])
    return tmp_path


def _rows(source: Source, place: Path, kept: Kept | None = None, table: str | None = None) -> list[dict[str, Any]]:
    opened = open_register(source, place, kept, make_settings(place))
    name = source.name.lower()
    rows = stream_table(opened, table or (f"filtered_{name}" if kept else name), schema_of(source)).read_all().to_pylist()
    return sorted(rows, key=lambda row: str(sorted(row.items(), key=str)))


def _kept(*persons: str, **parts: Any) -> Kept:
    return Kept(cohort=make_cohort(persons), **parts)


def test_the_contract_is_the_schema_with_periods_where_they_are_wanted() -> None:
    assert schema_of(SHOP) == pa.schema([("pnr", pa.string()), ("recnum", pa.string()), ("amount", pa.int32())])
    assert schema_of(SHOP, periods=True).names == ["pnr", "recnum", "amount", "period_start", "period_end", "source_file"]
    assert schema_of(SHOP, metadata={"a": "b"}).metadata == {b"a": b"b"}


def test_a_source_without_types_has_no_schema() -> None:
    with pytest.raises(ConfigError, match="source 'raw.x' declares no types"):
        schema_of(make_source("raw.x", {"a": None}))


def test_what_is_told_of_a_register() -> None:
    source = replace(SHOP, description="Orders", key=("pnr", "recnum"))
    assert describe(source, "1.0") == {"description": "Orders", "primary_key": "pnr, recnum", "version": "1.0"}


def test_all_files_at_any_depth_are_one_table_of_the_contract(folder: Path) -> None:
    assert [row["amount"] for row in _rows(SHOP, folder / "shop")] == [10, 20, 30, 40]
    assert {row["recnum"] for row in _rows(SHOP, folder / "shop")} == {"1", "2", "3"}


def test_the_rows_of_the_persons_stand_beside_the_whole_table(folder: Path) -> None:
    assert [row["amount"] for row in _rows(SHOP, folder / "shop", _kept("p1"))] == [10, 30]
    assert len(_rows(SHOP, folder / "shop", _kept("p1"), table="shop")) == 4
    assert _rows(SHOP, folder / "shop", _kept()) == []


def test_a_register_that_knows_its_persons_through_another_is_restricted_through_it(folder: Path) -> None:
    kept = _kept("p1", column="recnum", parent=SHOP, parent_folder=folder / "shop")
    assert [row["page"] for row in _rows(VISITS, folder / "visits", kept)] == ["a", "c", "e"]


def test_a_folder_without_files_is_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("nothing here")
    opened = open_register(SHOP, tmp_path, _kept("p1"), make_settings(tmp_path))
    for table in ("shop", "filtered_shop"):
        assert stream_table(opened, table, schema_of(SHOP)).read_all().equals(schema_of(SHOP).empty_table())


def test_a_parent_without_files_knows_nobody(folder: Path) -> None:
    (folder / "empty").mkdir()
    kept = _kept("p1", column="recnum", parent=SHOP, parent_folder=folder / "empty")
    assert _rows(VISITS, folder / "visits", kept) == []


def test_a_missing_folder_and_a_file_are_told(folder: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder") as caught:
        _rows(SHOP, folder / "none")
    assert caught.value.at == Location(path=str(folder / "none"))
    with pytest.raises(ConfigError, match="this is a file; a register is a folder"):
        _rows(SHOP, folder / "shop" / "2000.parquet")


def test_a_folder_may_be_called_as_it_likes(tmp_path: Path) -> None:
    place = tmp_path / "it's [raw] *æ"
    write_parquet(place / "a.parquet", pnr=["p1"], recnum=["1"], amount=[1])
    assert len(_rows(SHOP, place)) == 1


def test_values_that_do_not_fit_are_told_by_file_column_and_count_without_a_value(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", pnr=["p1"], recnum=["1"], amount=["SECRET1"])
    with pytest.raises(ExecutionError) as caught:
        _rows(SHOP, tmp_path)
    assert caught.value.message == "1 value of column 'amount' cannot be read as int32"
    assert caught.value.at == Location(path=(tmp_path / "a.parquet").as_posix())
    assert "SECRET1" not in str(caught.value)


def test_two_registers_opened_at_once_do_not_know_of_each_other(folder: Path) -> None:
    one = open_register(SHOP, folder / "shop", _kept("p1"), make_settings(folder))
    other = open_register(SHOP, folder / "shop", _kept("p2"), make_settings(folder))
    found = [stream_table(opened, "filtered_shop", schema_of(SHOP)).read_all().num_rows for opened in (one, other)]
    assert found == [2, 1]


def test_tables_in_memory_are_opened_under_their_names(tmp_path: Path) -> None:
    context = open_tables({"shop": pa.table({"a": [1, 2]})}, make_settings(tmp_path))
    assert context.sql("select sum(a) as s from shop").collect()[0].column(0).to_pylist() == [3]


def test_a_relation_of_a_register_stays_its_own(folder: Path) -> None:
    opened = open_register(SHOP, folder / "shop", None, make_settings(folder))
    assert [delivery.source.relation for delivery in opened.deliveries] == [Relation(layer="public", name="shop")]
