import json
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ids_build.errors import ExecutionError, StorageError
from ids_build.relation import Relation
from ids_build.runner.complaints import PlanError
from ids_build.runner.engine import Engine
from tests.support import write_parquet

T = Relation(layer="staging", name="t")
ROWS = pa.table({"id": [2, 1, None], "word": ["b", "a", "c"]})


@pytest.fixture
def engine() -> Engine:
    found = Engine(threads=2, memory_limit=128 * 1024**2)
    found.add_rows(T, ROWS)
    return found


# -- tables ---------------------------------------------------------------------------------------


def test_rows_are_read_back(engine: Engine) -> None:
    assert engine.fetch("select * from staging.t order by word").to_pylist() == [
        {"id": 1, "word": "a"}, {"id": 2, "word": "b"}, {"id": None, "word": "c"},
    ]  # fmt: skip


def test_a_table_registered_again_replaces_the_former(engine: Engine) -> None:
    engine.add_rows(T, pa.table({"other": [1]}))
    assert engine.schema("select * from staging.t").names == ["other"]


def test_an_empty_table_has_its_columns(engine: Engine) -> None:
    engine.add_empty(T, pa.schema([("id", pa.int32())]))
    assert engine.fetch("select * from staging.t").shape == (0, 1)


def test_a_table_of_no_rows_can_be_read(engine: Engine) -> None:
    engine.add_rows(T, ROWS.slice(0, 0))
    assert engine.fetch("select count(*) as n from staging.t").to_pylist() == [{"n": 0}]


def test_a_view_reads_what_it_was_made_of(engine: Engine) -> None:
    view = Relation(layer="marts", name="v")
    engine.add_view(view, "select count(*) as n from staging.t")
    assert engine.fetch("select n from marts.v").to_pylist() == [{"n": 3}]


def test_a_dropped_table_is_gone(engine: Engine) -> None:
    engine.drop(T)
    with pytest.raises(PlanError):
        engine.fetch("select * from staging.t")


def test_dropping_what_was_never_there_is_no_fault(engine: Engine) -> None:
    engine.drop(Relation(layer="nowhere", name="x"))
    engine.drop(Relation(layer="staging", name="x"))


@pytest.mark.parametrize("relation", [Relation(layer="Odd Layer", name='x"y'), Relation(layer="a.b", name="select")])
def test_any_name_can_be_registered(engine: Engine, relation: Relation) -> None:
    engine.add_rows(relation, ROWS)
    assert engine.fetch(f"select count(*) as n from {relation.sql}").to_pylist() == [{"n": 3}]


def test_two_engines_share_nothing() -> None:
    with pytest.raises(PlanError):
        Engine(threads=1, memory_limit=128 * 1024**2).fetch("select * from staging.t")


def test_a_broken_file_of_ours_is_a_storage_error(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"half a file")
    with pytest.raises(StorageError, match="cannot be read from 't.parquet'"):
        engine.add_file(T, tmp_path / "t.parquet")


def test_raw_files_of_one_schema_are_one_table(engine: Engine, tmp_path: Path) -> None:
    paths = [write_parquet(tmp_path / f"{number}.parquet", ID=[number]) for number in range(3)]
    engine.add_raw_files(T, paths, pyarrow.parquet.read_schema(paths[0]))
    assert engine.fetch('select "ID" from staging.t order by 1').column(0).to_pylist() == [0, 1, 2]


# -- what a query may do --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "create table staging.u as select 1 as x",
        "create view staging.u as select 1 as x",
        "create external table u stored as parquet location '{folder}'",
        "drop table staging.t",
        "insert into staging.t values (1, 'x')",
        "copy staging.t to '{folder}/x.parquet'",
        "copy (select 1) to '{folder}/x.csv'",
        "set datafusion.execution.batch_size = 1",
    ],
)
def test_a_query_can_only_read(engine: Engine, tmp_path: Path, sql: str) -> None:
    for run in (engine.fetch, engine.schema, lambda text: engine.add_view(Relation(layer="a", name="b"), text)):
        with pytest.raises(PlanError):
            run(sql.replace("{folder}", tmp_path.as_posix()))
    assert list(tmp_path.iterdir()) == []
    assert engine.fetch("select * from staging.t").num_rows == 3


@pytest.mark.parametrize(
    "sql", ["select 1", "select max(id) over () from staging.t", "with x as (select 1 as i) select * from x"]
)
def test_a_query_that_reads_is_planned(engine: Engine, sql: str) -> None:
    assert len(engine.schema(sql).names) == 1


# -- planning -------------------------------------------------------------------------------------


def test_the_schema_of_a_query_needs_no_rows(engine: Engine) -> None:
    schema = engine.schema("select cast(id as double) / 0 as share, word from staging.t")
    assert [(field.name, field.type) for field in schema] == [("share", pa.float64()), ("word", pa.string())]


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("select idd from staging.t", "idd"),
        ("select * from staging.u", "u"),
        ("select nofunction(id) from staging.t", "nofunction"),
        ("select id + from staging.t", "syntax error"),
        ("select sum(word) from staging.t", "sum"),
        ("select word from staging.t group by id", "word"),
    ],
)
def test_a_query_that_cannot_be_planned_is_told_in_lower_case_without_a_full_stop(engine: Engine, sql: str, word: str) -> None:
    with pytest.raises(PlanError) as caught:
        engine.schema(sql)
    told = caught.value.message
    assert word in told
    assert told[0].islower() and not told.endswith(".")
    assert "DataFusion" not in told


def test_a_fault_of_planning_has_no_cause_behind_it(engine: Engine) -> None:
    with pytest.raises(PlanError) as caught:
        engine.schema("select idd from staging.t")
    assert caught.value.__cause__ is None


# -- running --------------------------------------------------------------------------------------

SECRETS = {
    "cast to a date": ("select cast(word as date) as d from staging.s", "a value cannot be cast"),
    "cast to a number": ("select cast(word as bigint) as n from staging.s", "a value cannot be cast"),
    "division by zero": ("select 1 / (n - n) as x from staging.s", "division by zero"),
    "overflow": ("select arrow_cast(n * 1000000, 'Int8') as x from staging.s", ""),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_fault_while_running_never_quotes_data(engine: Engine, tmp_path: Path, case: str) -> None:
    sql, message = SECRETS[case]
    engine.add_rows(Relation(layer="staging", name="s"), pa.table({"word": ["SECRET1234"], "n": [987654321]}))
    for run in (engine.fetch, lambda text: engine.write(text, tmp_path / "x.parquet", order=(), note={})):
        with pytest.raises(ExecutionError) as caught:
            run(sql)
        told = f"{caught.value}{caught.value.__cause__}"
        assert message in told
        assert "SECRET1234" not in told and "987654321" not in told


# -- writing --------------------------------------------------------------------------------------


def test_a_table_is_written_in_its_order_with_nulls_first(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    assert engine.write("select * from staging.t", path, order=("id",), note={}) == 3
    assert pyarrow.parquet.read_table(path).column("id").to_pylist() == [None, 1, 2]


@pytest.mark.parametrize(
    ("query", "order", "rows"),
    [
        (
            "select person, row_number() over (partition by person order by day desc) as no, visit from staging.visits",
            ["person", "no"],
            [("a", 1, 2), ("a", 2, 1), ("a", 3, 3), ("b", 1, 1), ("b", 2, 2)],
        ),
        (
            "select person, unnest(days) as day from (select person, array_agg(day) as days from staging.visits group by person)",
            ["person", "day"],
            [("a", 4), ("a", 5), ("a", 6), ("b", 7), ("b", 8)],
        ),
        (
            "select person, unnest(range(n, 0, -1)) as no from"
            " (select person, cast(count(*) as bigint) as n from staging.visits group by person)",
            ["person", "no"],
            [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)],
        ),
    ],
    ids=["the number of a row beside the key of its file", "a list beside its key", "a range beside its key"],
)
def test_what_the_engine_wrongly_takes_for_sorted_is_sorted(
    engine: Engine, tmp_path: Path, query: str, order: list[str], rows: list[tuple[object, ...]]
) -> None:
    visits = Relation(layer="staging", name="visits")
    engine.add_rows(visits, pa.table({"person": list("aaabb"), "visit": [1, 2, 3, 1, 2], "day": [5, 6, 4, 8, 7]}))
    engine.write("select * from staging.visits", tmp_path / "visits.parquet", order=["person", "visit"], note={})
    engine.add_file(visits, tmp_path / "visits.parquet", ["person", "visit"])
    assert engine.write(query, tmp_path / "t.parquet", order=order, note={"key": "k"}) == 5
    assert [tuple(row.values()) for row in pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pylist()] == rows
    assert engine.read_note(tmp_path / "t.parquet") == {"key": "k"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.parquet", "visits.parquet"]


GROUPED = "select word, cast(count(*) as bigint) as n from staging.t group by word"
LISTED = f"select word, unnest(range(0, n)) as no from ({GROUPED})"


@pytest.mark.parametrize(
    "sql",
    [
        f"select distinct word from ({LISTED})",
        f"select word from ({LISTED}) group by word, no",
        f"select word, count(*) from ({LISTED}) group by word",  # right, but to the engine the same as the one above
        f"select word, no from ({LISTED}) order by word, no desc limit 1",
        f"select word from ({LISTED}) except select 'a'",
        f"select distinct word from (select *, row_number() over (order by word) as r from ({LISTED}) where no > 1)",
        f"select id from staging.t where word in (select word from ({LISTED}) group by word, no having count(*) > 1)",
        "select distinct word from staging.listed",
    ],
)
def test_a_key_that_unnest_repeats_is_not_taken_for_unique(engine: Engine, sql: str) -> None:
    engine.add_view(Relation(layer="staging", name="listed"), LISTED)
    with pytest.raises(PlanError, match="'unnest' beside the key of a 'group by'"):
        engine.schema(sql)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (f"select no, count(*) from ({LISTED}) group by no", [(0, 3)]),
        (f"select distinct word from ({LISTED} union all select 'a', 7)", [("a",), ("b",), ("c",)]),
        ("select n, i from (select n, unnest([1,1]) as i from (select count(*) n from staging.t group by word)) group by n, i",
         [(1, 1)]),
        (f"select distinct word from ({GROUPED})", [("a",), ("b",), ("c",)]),
        (f"{GROUPED}, id", [("a", 1), ("b", 1), ("c", 1)]),
        ("select distinct n, unnest([1, 1]) as no from (select count(*) as n from staging.t)", [(3, 1)]),
        ("select word, no from (select distinct word, unnest([2, 2]) as no from staging.t) group by word, no",
         [("a", 2), ("b", 2), ("c", 2)]),
    ],
)  # fmt: skip
def test_other_keys_and_lists_are_planned_as_ever(engine: Engine, sql: str, rows: list[tuple[object, ...]]) -> None:
    assert sorted(tuple(row.values()) for row in engine.fetch(sql).to_pylist()) == rows


def test_a_query_without_rows_makes_a_table_with_all_columns(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    assert engine.write("select * from staging.t where false", path, order=("id",), note={}) == 0
    assert pyarrow.parquet.read_table(path).schema.names == ["id", "word"]


def test_notes_stand_in_the_footer(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    engine.write("select 1 as x", path, order=(), note={"told": "it's, so"})
    assert json.loads(pyarrow.parquet.read_metadata(path).metadata[b"ids_build"]) == {"told": "it's, so"}
    assert engine.read_note(path) == {"told": "it's, so"}


def test_a_foreign_file_has_no_note(engine: Engine, tmp_path: Path) -> None:
    assert engine.read_note(write_parquet(tmp_path / "t.parquet", x=[1])) == {}


def test_a_query_streams_its_rows_in_batches(engine: Engine) -> None:
    batches = list(engine.stream("select value as x from generate_series(1, 20000)"))
    assert len(batches) > 1
    assert sum(batch.column("x").to_pylist().count(7) for batch in batches) == 1


def test_a_stream_that_cannot_be_planned_or_writes_is_refused(engine: Engine, tmp_path: Path) -> None:
    for sql in ("select nothing from staging.t", f"copy staging.t to '{tmp_path}/x.parquet'"):
        with pytest.raises(PlanError):
            next(engine.stream(sql))


def test_a_fault_while_a_stream_runs_never_quotes_data(engine: Engine) -> None:
    with pytest.raises(ExecutionError) as caught:
        list(engine.stream("select cast(word as int) from (values ('SECRET1')) as t(word)"))
    assert "SECRET1" not in str(caught.value)


def test_what_was_written_is_registered_with_its_order(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a b'æ.parquet"
    engine.write("select * from staging.t where id is not null", path, order=("id",), note={})
    engine.add_file(T, path, ("id",))
    assert engine.fetch("select id from staging.t").column(0).to_pylist() == [1, 2]
    assert "SortExec" not in engine.explain("select * from staging.t order by id")


def test_a_query_that_cannot_be_planned_is_not_written(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        engine.write("select idd from staging.t", tmp_path / "t.parquet", order=(), note={})
    assert list(tmp_path.iterdir()) == []


def test_an_engine_can_write_again_after_a_failure(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ExecutionError):
        engine.write("select cast(word as int) as x from staging.t", tmp_path / "t.parquet", order=(), note={})
    assert engine.write("select * from staging.t", tmp_path / "t.parquet", order=(), note={}) == 3


def test_the_spill_folder_is_made(tmp_path: Path) -> None:
    Engine(threads=1, memory_limit=128 * 1024**2, spill_dir=tmp_path / "spill" / "here")
    assert (tmp_path / "spill" / "here").is_dir()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(-5, 5)), st.text("abæ", max_size=2)), max_size=20), st.randoms())
def test_bytes_do_not_depend_on_threads_or_on_the_order_of_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int | None, str]], random: Random
) -> None:
    folder = tmp_path_factory.mktemp("written")
    schema = pa.schema([("id", pa.int64()), ("word", pa.string())])
    written = []
    for threads in (1, 4):
        random.shuffle(rows)
        engine = Engine(threads=threads, memory_limit=128 * 1024**2)
        engine.add_rows(T, pa.Table.from_pylist([{"id": number, "word": word} for number, word in rows], schema=schema))
        engine.write("select * from staging.t", folder / f"{threads}.parquet", order=("id", "word"), note={})
        written.append((folder / f"{threads}.parquet").read_bytes())
    assert written[0] == written[1]


def test_an_outer_join_with_a_condition_on_a_date_of_the_grain_keeps_rows_without_a_partner(
    engine: Engine, tmp_path: Path
) -> None:
    keys = [f"{number:05}" for number in range(3000)]
    days = pa.array([10] * 3000, pa.int32()).cast(pa.date32())
    points = write_parquet(tmp_path / "points.parquet", k=keys, day=days)
    spells = write_parquet(tmp_path / "spells.parquet", k=keys[::2], first=days[:1500], last=days[:1500])
    engine.add_file(Relation(layer="main", name="points"), points, ["k", "day"])
    engine.add_file(Relation(layer="main", name="spells"), spells, ["k", "first"])
    joined = "select p.k, p.day, s.first from main.points as p left join main.spells as s"
    sql = f"{joined} on s.k = p.k and p.day between s.first and s.last"
    assert engine.write(sql, tmp_path / "out.parquet", order=["k", "day"], note={}) == 3000
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet")["first"].null_count == 1500
