from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ids_build.errors import ConfigError, ExecutionError, Location
from ids_build.nodes import Column, Source
from ids_build.runner.engine import Engine
from ids_build.runner.sources import Delivery, count_lost, declared_schema, open_source
from tests.support import AT, make_source, write_parquet

MIB = 1024**2
TYPES = {"id": "string", "size": "int32"}


def _source(columns: Mapping[str, str | None] | tuple[Column, ...] = TYPES, **parts: Any) -> Source:
    return make_source("raw.orders", tuple(columns) if isinstance(columns, tuple) else columns, **parts)


def _open(source: Source, folder: Path) -> tuple[Delivery, Engine]:
    engine = Engine(threads=2, memory_limit=64 * MIB)
    return open_source(source, engine, folder), engine


def _read(source: Source, folder: Path, columns: str = "id, size", order: str = "id, size") -> list[dict[str, Any]]:
    _, engine = _open(source, folder)
    found = engine.fetch(f"select {columns} from {source.relation.sql} order by {order}").to_pylist()
    return list(found)


# -- what a source reads --------------------------------------------------------------------------


def test_values_come_out_in_the_types_of_the_contract(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["0042", "7"], size=pa.array([1.0, None]))
    assert _read(_source(), tmp_path) == [{"id": "0042", "size": 1}, {"id": "7", "size": None}]


def test_names_are_matched_whatever_their_case(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", ID=["a"], Size=[1])
    assert _read(_source(), tmp_path) == [{"id": "a", "size": 1}]


def test_an_alias_reads_as_the_column(tmp_path: Path) -> None:
    columns = (Column(name="id", data_type="string", aliases=("Number",)), Column(name="size", data_type="int32"))
    write_parquet(tmp_path / "raw" / "a.parquet", NUMBER=["a"], size=[1])
    assert _read(_source(columns), tmp_path) == [{"id": "a", "size": 1}]


def test_columns_that_nobody_declared_are_left_out(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"], size=[1], secret=["x"])
    assert set(_read(_source(), tmp_path, "*")[0]) == {"id", "size", "period_start", "period_end", "source_file"}


def test_a_missing_column_reads_as_null_and_is_noted(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"])
    delivery, engine = _open(_source(), tmp_path)
    assert engine.fetch('select size from "raw"."orders"').to_pylist() == [{"size": None}]
    assert delivery.notes == ("'raw.orders' has no column 'size'; it reads as NULL",)


def test_a_column_missing_in_some_files_is_noted_with_their_names(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"])
    write_parquet(tmp_path / "raw" / "b.parquet", id=["b"], size=[1])
    delivery, _ = _open(_source(), tmp_path)
    assert delivery.notes == ("'raw.orders' has no column 'size' in a.parquet; it reads as NULL there",)


def test_files_of_different_types_are_read_together(tmp_path: Path) -> None:
    for number, kind in enumerate((pa.int8(), pa.int64(), pa.float64(), pa.string(), pa.large_string())):
        write_parquet(tmp_path / "raw" / f"{number}.parquet", id=[str(number)], size=pa.array([number], pa.int8()).cast(kind))
    assert _read(_source(), tmp_path) == [{"id": str(number), "size": number} for number in range(5)]


@pytest.mark.parametrize("files", [1, 2])
@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_a_column_has_the_declared_type_however_it_was_stored(tmp_path: Path, kind: pa.DataType, files: int) -> None:
    for number in range(files):
        write_parquet(tmp_path / "raw" / f"{number}.parquet", id=pa.array(["a", "a", None]).cast(kind), size=[1, 2, 3])
    _, engine = _open(_source(), tmp_path)
    assert engine.schema('select id from "raw"."orders"').field("id").type == pa.string()


def test_a_source_without_types_reads_what_the_files_hold(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", ID=["a"], Size=[1.5])
    assert _read(_source({}), tmp_path) == [{"id": "a", "size": 1.5}]


NAMES = [
    "plain",
    "a b",
    "æøå",
    "50%",
    "a%20b",
    "it's",
    "a#b",
    "a+b",
    "a=b",
    "a,b",
    "a&b",
    "a;b",
    "(a)",
    "a~b",
    "[ab]",
    "{ab}",
    "a?b",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("files", [1, 2])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str, files: int) -> None:
    folder = tmp_path / name
    for number in range(files):
        write_parquet(folder / "raw" / f"{number}.parquet", id=[str(number)], size=[number])
    assert _read(_source(), folder) == [{"id": str(number), "size": number} for number in range(files)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    write_parquet(tmp_path / "raw" / f"{name}.parquet", id=["a"], size=[1])
    write_parquet(tmp_path / "raw" / "other.parquet", id=["b"], size=[2])
    found = _read(_source(), tmp_path, "id, source_file", "id")
    assert found == [{"id": "a", "source_file": f"{name}.parquet"}, {"id": "b", "source_file": "other.parquet"}]


# -- invariants -----------------------------------------------------------------------------------

# Rows differ: two files that hold the same bytes are one file that lies there twice.
ROWS = st.lists(
    st.tuples(st.text("ab0", min_size=1, max_size=3), st.one_of(st.none(), st.integers(0, 9))),
    min_size=1,
    max_size=8,
    unique=True,
)
SPELLINGS = st.tuples(st.sampled_from(["id", "ID", "Id"]), st.sampled_from(["size", "SIZE", "sIzE"]), st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, data=st.data())
def test_row_order_file_split_and_case_of_names_do_not_change_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int | None]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("split")
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        part = shuffled[start:end]
        first, second, swapped = data.draw(SPELLINGS)
        columns = [
            (first, pa.array([row[0] for row in part], pa.string())),
            (second, pa.array([row[1] for row in part], pa.int64())),
        ]
        write_parquet(folder / "raw" / f"{number}.parquet", **dict(reversed(columns) if swapped else columns))
    found = [(row["id"], row["size"]) for row in _read(_source(), folder)]
    assert sorted(found, key=repr) == sorted(rows, key=repr)


# -- periods --------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [("2005",), ("2005", "2006Q1")])
def test_every_row_knows_its_file_and_what_the_file_covers(tmp_path: Path, files: tuple[str, ...]) -> None:
    bounds = {"2005": ("2005-01-01", "2005-12-31"), "2006Q1": ("2006-01-01", "2006-03-31")}
    for name in files:
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[name], size=[1])
    found = _read(_source(period="file_name"), tmp_path, "*")
    told = [(row["id"], str(row["period_start"]), str(row["period_end"]), row["source_file"]) for row in found]
    assert told == [(name, *bounds[name], f"{name}.parquet") for name in files]


def test_a_period_column_that_the_contract_declares_is_the_deliverys_own(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "2005.parquet", period_start=["mine"])
    source = _source({"period_start": "string"}, period="file_name")
    assert _read(source, tmp_path, "period_start", "1") == [{"period_start": "mine"}]


def test_a_file_name_without_a_period_is_refused(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "old.parquet", id=["a"], size=[1])
    with pytest.raises(ConfigError, match="holds no period") as caught:
        _open(_source(period="file_name"), tmp_path)
    assert caught.value.at == Location(path="raw/old.parquet")


def test_two_files_of_one_period_are_refused(tmp_path: Path) -> None:
    for name in ("2005", "200512"):
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[name], size=[1])
    with pytest.raises(ConfigError, match="cover the same period"):
        _open(_source(period="file_name"), tmp_path)


@pytest.mark.parametrize(
    ("names", "prefer", "read"),
    [
        (("x2005", "y2005"), "y*.parquet", ["y2005"]),
        (("x2005", "y2005"), "X*.parquet", ["x2005"]),
        (("2005", "2005Q1", "2005Q2"), "*Q*.parquet", ["2005Q1", "2005Q2"]),
        (("2005", "2005Q1", "2005Q2"), "2005.parquet", ["2005"]),
        (("2004", "2005", "final2005"), "final*", ["2004", "final2005"]),
    ],
)
def test_where_files_cover_one_period_the_preferred_is_read(
    tmp_path: Path, names: tuple[str, ...], prefer: str, read: list[str]
) -> None:
    for name in names:
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[name], size=[1])
    found = _read(_source(period="file_name", prefer=prefer), tmp_path, "id", "id")
    assert [row["id"] for row in found] == sorted(read)


def test_files_without_periods_are_all_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_parquet(tmp_path / "raw" / f"{name}.parquet", id=[name], size=[1])
    assert len(_read(_source(), tmp_path)) == 2


# -- what is refused ------------------------------------------------------------------------------


def test_a_missing_key_column_is_refused(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", idd=["a"], size=[1])
    with pytest.raises(ExecutionError, match="key column 'id' is missing") as caught:
        _open(_source(key=("id",)), tmp_path)
    assert (caught.value.at, caught.value.hint) == (Location(path="raw/a.parquet"), "did you mean 'idd'?")


def test_two_columns_that_read_as_one_are_refused(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", ID=["a"], id=["b"], size=[1])
    with pytest.raises(ExecutionError, match="both read as column 'id'"):
        _open(_source(), tmp_path)


def test_a_type_that_cannot_be_cast_is_refused_with_both_types(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"], size=pa.array([0], pa.date32()))
    with pytest.raises(ExecutionError, match="column 'size' is date, the contract says int32"):
        _open(_source(), tmp_path)


def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.parquet").write_bytes(b"not parquet")
    with pytest.raises(ExecutionError, match="no whole parquet file") as caught:
        _open(_source(), tmp_path)
    assert caught.value.at == Location(path="raw/a.parquet")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "raw" / "a.parquet", id=["a"] * 1000, size=[1] * 1000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ExecutionError, match="no whole parquet file"):
        _open(_source(), tmp_path)


def test_an_unknown_type_proposes_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown data_type 'strng' of column 'id'") as caught:
        declared_schema(_source({"id": "strng"}))
    assert (caught.value.hint, caught.value.at) == ("did you mean 'string'?", AT)


# -- finding files --------------------------------------------------------------------------------


# -- contract and losses --------------------------------------------------------------------------


def test_the_contract_ends_in_the_period_columns() -> None:
    schema = declared_schema(_source())
    assert schema is not None
    assert schema.names == ["id", "size", "period_start", "period_end", "source_file"]
    assert schema.field("size").type == pa.int32()


def test_a_source_without_types_has_no_contract() -> None:
    assert declared_schema(_source({"id": None})) is None


def test_the_contract_is_what_the_view_gives(tmp_path: Path) -> None:
    source = _source({"id": "string", "size": "int32", "day": "date", "share": "float64"}, period="file_name")
    write_parquet(tmp_path / "raw" / "2005.parquet", id=["a"], size=["1"], day=["2000-01-01"], share=[1])
    write_parquet(tmp_path / "raw" / "2006.parquet", id=[1], size=[1.0])
    _, engine = _open(source, tmp_path)
    found = engine.schema(f"select * from {source.relation.sql}")
    declared = declared_schema(source)
    assert declared is not None
    assert [(field.name, field.type) for field in found] == [(field.name, field.type) for field in declared]


def test_lost_values_are_counted_by_file_and_column(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a", "b", "c"], size=["1", "x", "2.5"])
    write_parquet(tmp_path / "raw" / "b.parquet", id=["a", "b"], size=["3", ""])
    delivery, engine = _open(_source(), tmp_path)
    assert count_lost(delivery, engine) == [("raw/a.parquet", "size", "int32", 2)]


@pytest.mark.parametrize(
    "values",
    [["1", "", " ", None], pa.array([1.0, float("nan"), None]), pa.array([1, None], pa.int64())],
    ids=["text", "nan", "wide"],
)
def test_missing_values_are_not_counted_as_lost(tmp_path: Path, values: Any) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"] * len(values), size=values)
    delivery, engine = _open(_source(), tmp_path)
    assert engine.fetch('select count(size) as n from "raw"."orders"').to_pylist() == [{"n": 1}]
    assert count_lost(delivery, engine) == []


def test_a_lost_value_stops_the_query_without_being_told(tmp_path: Path) -> None:
    write_parquet(tmp_path / "raw" / "a.parquet", id=["a"], size=["SECRET1234"])
    with pytest.raises(ExecutionError) as caught:
        _read(_source(), tmp_path)
    assert "SECRET1234" not in str(caught.value)
    assert caught.value.__cause__ is None
