import io
import json
from pathlib import Path

import click
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from ids_build.cli.main import group
from ids_build.cli.sql import parse_registries
from tests.support import SHOP, write_parquet
from tests.support.shop import open_shop, say

MARKED = SHOP["models/staging/orders.yml"].replace(
    "- name: customer\n", "- name: customer\n                meta: {identifier: true}\n"
)
PROFILE = "shop: {target: d, outputs: {d: {type: datafusion, show_values: true}}}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    open_shop(tmp_path, {"models/staging/orders.yml": MARKED})
    assert say(tmp_path, "build").exit_code == 0
    return tmp_path


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ((), []),
        (("akm:data/a",), [("akm", "data/a")]),
        (("akm:data/a,bef:data/b", " c : d "), [("akm", "data/a"), ("bef", "data/b"), ("c", "d")]),
        (("akm:C:\\data\\akm,bef:D:/bef",), [("akm", "C:\\data\\akm"), ("bef", "D:/bef")]),
        (("raw.akm:x y/æø",), [("raw.akm", "x y/æø")]),
    ],
)
def test_registries_are_split_at_commas_and_at_the_first_colon(items: tuple[str, ...], found: list[tuple[str, str]]) -> None:
    assert parse_registries(items) == [(name, Path(path)) for name, path in found]


@pytest.mark.parametrize("item", ["akm", "akm:", ":data", "", "akm:a,bef", "a b:c", "1a:c"])
def test_an_item_of_another_form_is_refused_with_the_form(item: str) -> None:
    with pytest.raises(click.UsageError, match="is no name:path\n  hint: write for instance -r orders:data/orders"):
        parse_registries((item,))


def test_csv_is_what_a_pipe_gets(shop: Path) -> None:
    said = say(shop, "sql", "-q", "select id, amount from orders order by id")
    assert (said.exit_code, said.stdout) == (0, '"id","amount"\n1,2.5\n2,1\n3,4\n')


def test_json_is_one_list_of_objects(shop: Path) -> None:
    said = say(shop, "sql", "-q", "select id, note from (values (1, null), (2, 'æ')) as t(id, note)", "--output", "json")
    assert json.loads(said.stdout) == [{"id": 1, "note": None}, {"id": 2, "note": "æ"}]
    assert json.loads(say(shop, "sql", "-q", "select 1 as x where false", "--output", "json").stdout) == []


def test_parquet_goes_to_stdout_complete(shop: Path) -> None:
    said = say(shop, "sql", "-q", "select customer from orders where id = 1", "--output", "parquet")
    assert pyarrow.parquet.read_table(io.BytesIO(said.stdout_bytes)).to_pydict() == {"customer": ["0042"]}


def test_a_table_shows_a_hundred_rows_and_says_that_there_are_more(shop: Path) -> None:
    said = say(shop, "sql", "-q", "select value as v from range(150)", "--output", "table")
    assert len(said.stdout.splitlines()) == 101
    assert "100 rows; more with --limit, all with -o" in said.stderr
    said = say(shop, "sql", "-q", "select value as v from range(150)", "--output", "table", "--limit", "120")
    assert len(said.stdout.splitlines()) == 121
    assert said.stderr == "120 rows\n"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize(
    "query",
    [
        "select customer from orders",
        "select upper(customer) as x from orders",
        "with a as (select customer as b from orders) select max(b) as c from a",
        "select id::text as n from orders union all select customer from orders",
    ],
)
def test_identifiers_are_hidden_under_any_name(shop: Path, query: str, form: str) -> None:
    said = say(shop, "sql", "-q", query, "--output", form)
    assert said.exit_code == 0
    assert "(hidden)" in said.stdout and "0042" not in said.output
    (shop / "profiles.yml").write_text(PROFILE)
    assert "0042" in say(shop, "sql", "-q", query, "--output", form).stdout


def test_a_file_is_written_complete(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "ud å.parquet"
    said = say(shop, "sql", "-q", "select customer from orders where id = 1", "-o", str(out))
    assert (said.exit_code, said.stdout) == (0, "")
    assert f"written: {out}" in said.stderr
    assert pyarrow.parquet.read_table(out).to_pydict() == {"customer": ["0042"]}


def test_a_query_may_stand_in_a_file(shop: Path) -> None:
    (shop / "ask.sql").write_text("select sum(amount) as total\nfrom {{ ref('totals') }};\n")
    assert say(shop, "sql", "--file", str(shop / "ask.sql")).stdout == '"total"\n7.5\n'
    (shop / "ask.sql").write_text("select 1\nfrom nowhere")
    said = say(shop, "sql", "--file", str(shop / "ask.sql"))
    assert said.exit_code == 1
    assert f"{(shop / 'ask.sql').as_posix()}:2:6  unknown table 'nowhere'" in str(said.exception)


def test_a_query_may_come_through_a_pipe(shop: Path) -> None:
    said = CliRunner().invoke(group, ["sql", "--project-dir", str(shop)], input="select 1 as x;\n")
    assert (said.exit_code, said.stdout) == (0, '"x"\n1\n')


def test_registries_are_read(shop: Path) -> None:
    write_parquet(shop / "extra" / "a.parquet", ID=[1])
    said = say(shop, "sql", "-r", f"Extra:{shop / 'extra'}", "-q", "select * from extra join orders using (id)", "--limit", "1")
    assert said.stdout == '"id","customer","amount"\n1,"(hidden)",2.5\n'


def test_what_a_source_lacks_is_noted_unless_quiet(shop: Path) -> None:
    path = write_parquet(shop / "few.parquet", id=[1])
    words = ("sql", "-r", f"orders:{path}", "-q", "select count(amount) as n from raw.orders")
    said = say(shop, *words)
    assert (said.stdout, said.stderr.count("note: 'raw.orders' has no column 'amount'")) == ('"n"\n0\n', 1)
    assert say(shop, *words, "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-q", "select 1", "--file", "{ask}"), "both -q and --file are given"),
        (("-q", "select 1", "-o", "x.xlsx"), "'x.xlsx' is neither .parquet nor .csv"),
        (("-q", "select 1", "-r", "akm"), "'akm' is no name:path"),
        ((), "there is no query"),
        (("-q", "select 1", "--output", "xml"), "xml"),
        (("-q", "select 1", "--limit", "-1"), "-1"),
    ],
)
def test_wrong_usage_leaves_with_two(shop: Path, words: tuple[str, ...], message: str) -> None:
    (shop / "ask.sql").write_text("select 1")
    said = say(shop, "sql", *(word.format(ask=shop / "ask.sql") for word in words))
    assert said.exit_code == 2
    assert message in said.stderr
