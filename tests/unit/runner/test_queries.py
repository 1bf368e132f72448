import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from ids_build.config import Config
from ids_build.errors import ConfigError, ExecutionError, StorageError
from ids_build.runner.queries import Answer
from ids_build.tasks.sql import open_session
from tests.support import write_parquet
from tests.support.shop import open_shop, run_shop


@pytest.fixture
def built(tmp_path: Path) -> Config:
    config = open_shop(tmp_path / "shop")
    run_shop(config)
    return config


def _ask(config: Config, text: str, **options: Any) -> Answer:
    answer: Answer = open_session(config).ask(text, **options)
    return answer


def test_an_answer_tells_its_columns_before_it_is_run(built: Config) -> None:
    assert _ask(built, "select id, amount, current_date() as today from orders").columns == (
        ("id", "int32"),
        ("amount", "float64"),
        ("today", "date"),
    )


def test_texts_are_plain_texts_however_the_engine_keeps_them(built: Config, tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "d.parquet", word=pa.array(["a", "b"]).dictionary_encode(), big=pa.array(["c", "d"], pa.large_string())
    )
    answer = open_session(built, [("d", path)]).ask("select word, big, upper(word) as up from d")
    assert {str(field.type) for field in answer.schema} == {"string"}
    assert answer.table().to_pydict() == {"word": ["a", "b"], "big": ["c", "d"], "up": ["A", "B"]}


def test_an_empty_answer_writes_a_file_with_the_query_s_columns(built: Config, tmp_path: Path) -> None:
    answer = _ask(built, "select id, amount from orders where id > 99")
    answer.write(tmp_path / "none.parquet")
    written = pyarrow.parquet.read_table(tmp_path / "none.parquet")
    assert (written.num_rows, written.schema.names, written.schema.field("id").type) == (0, ["id", "amount"], pa.int32())
    answer.write(tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text() == '"id","amount"\n'


def test_csv_tells_null_from_an_empty_text_and_keeps_zeros(built: Config, tmp_path: Path) -> None:
    text = "select * from (values (1, '0042', ''), (2, 'a \"b\"', null)) as t(n, code, note) order by n"
    _ask(built, text).write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == '"n","code","note"\n1,"0042",""\n2,"a ""b""",\n'


def test_csv_refuses_a_list(built: Config) -> None:
    with pytest.raises(ConfigError, match="CSV cannot hold column 'ids'"):
        list(_ask(built, "select array_agg(id) as ids from orders").csv())


def test_two_columns_of_one_name_are_refused_in_a_file(built: Config, tmp_path: Path) -> None:
    answer = _ask(built, "select a.id, b.id from orders as a join orders as b on a.id = b.id")
    with pytest.raises(ConfigError, match="the query gives two columns named 'id'"):
        answer.write(tmp_path / "x.parquet")
    assert sorted(answer.rows()) == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_limit_holds_in_a_file(built: Config, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "Ø & å" / f"out 1.{suffix}"
    path.parent.mkdir()
    _ask(built, "select id from orders order by id desc -- last first", limit=2).write(path)
    if suffix == "csv":
        assert path.read_text() == '"id"\n3\n2\n'
    else:
        assert pyarrow.parquet.read_table(path)["id"].to_pylist() == [3, 2]
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_file_that_is_read_is_not_written(built: Config, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "x.parquet", id=[1])
    answer = open_session(built, [("x", path)]).ask("select * from x")
    with pytest.raises(ConfigError, match="is a file that queries read"):
        answer.write(path)
    with pytest.raises(ConfigError, match="is a file that queries read"):
        answer.write(built.target_path / "tables" / "staging" / "orders.parquet")
    assert pyarrow.parquet.read_table(path)["id"].to_pylist() == [1]


def test_a_failing_query_leaves_the_former_file(built: Config, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    _ask(built, "select 1 as x").write(path)
    with pytest.raises(ExecutionError):
        _ask(built, "select 1 / (id - 2) as x from orders").write(path)
    assert pyarrow.parquet.read_table(path)["x"].to_pylist() == [1]
    assert [found.name for found in tmp_path.glob("out*")] == ["out.parquet"]


def test_a_folder_that_is_not_there_is_told(built: Config, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        _ask(built, "select 1 as x").write(tmp_path / "nowhere" / "out.csv")


def test_parquet_goes_to_a_stream(built: Config) -> None:
    sink = io.BytesIO()
    _ask(built, "select id from orders order by id").parquet(sink)
    assert pyarrow.parquet.read_table(io.BytesIO(sink.getvalue()))["id"].to_pylist() == [1, 2, 3]


def test_rows_come_batch_by_batch(built: Config) -> None:
    reader = _ask(built, "select value from range(1000000)").stream()
    first = reader.read_next_batch()
    assert 0 < first.num_rows < 1_000_000
    assert first.num_rows + sum(batch.num_rows for batch in reader) == 1_000_000


def test_an_error_in_a_stream_is_ours(built: Config) -> None:
    reader = _ask(built, "select 1 / (id - 2) as x from orders").stream()
    with pytest.raises(ExecutionError, match="division by zero"):
        _use_up(reader)


def _use_up(batches: Iterator[Any]) -> None:
    for _ in batches:
        pass
