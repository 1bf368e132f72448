from pathlib import Path

import pytest

from ids_build.compiler.statements import Statements
from ids_build.errors import QueryError, TemplateError, UnknownNodeError
from ids_build.relation import Relation
from ids_build.tasks.ls import compile_graph
from tests.support import as_relation
from tests.support.shop import open_shop

GIVEN = Relation(layer="public", name="visits")


@pytest.fixture
def statements(tmp_path: Path) -> Statements:
    config = open_shop(tmp_path, {"macros/m.sql": "{% macro double(x) %}{{ x }} * 2{% endmacro %}"})
    return Statements(config, compile_graph(config), {"visits": GIVEN})


def _reads(statements: Statements, text: str) -> list[str]:
    return [str(relation) for relation in statements.read(text).model.references]


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("select 1", []),
        ("select * from marts.totals", ["marts.totals"]),
        ("select * from raw.orders", ["raw.orders"]),
        ("select * from totals, colours", ["marts.totals", "seeds.colours"]),
        ("select * from {{ ref('totals') }}", ["marts.totals"]),
        ("select * from {{ source('raw', 'orders') }};", ["raw.orders"]),
        ("with totals as (select 1 as x) select * from totals", []),
        ("select * from visits join public.visits as v on true", ["public.visits"]),
    ],
)
def test_tables_are_found_by_relation_by_bare_name_and_by_ref(statements: Statements, text: str, reads: list[str]) -> None:
    assert _reads(statements, text) == reads


def test_a_bare_name_means_a_model_before_a_source(statements: Statements) -> None:
    assert dict(statements.read("select * from orders").bare) == {"orders": as_relation("staging.orders")}


def test_macros_and_the_end_of_a_statement_are_seen_to(statements: Statements) -> None:
    assert statements.read("select {{ double('3') }} as x; -- done").model.sql == "select 3 * 2 as x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text holds no query"),
        ("-- nothing", "the text holds no query"),
        ("select 1; select 2", "the text holds more than one statement"),
        ("drop table marts.totals", "a query can only read"),
        ("create view a as select 1", "a query can only read"),
        ("insert into marts.totals values (1)", "a query can only read"),
        ("update marts.totals set amount = 1", "a query can only read"),
        ("delete from marts.totals", "a query can only read"),
        ("copy (select 1) to 'x.parquet'", "a query can only read"),
        ("set a = 1", "a query can only read"),
    ],
)
def test_nothing_but_one_query_is_taken(statements: Statements, text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        statements.read(text)
    assert (str(caught.value.at), caught.value.hint) == ("query:1", "write one SELECT")


def test_an_unknown_table_is_told_with_its_place_and_the_nearest(statements: Statements) -> None:
    with pytest.raises(UnknownNodeError, match="unknown table 'totls'") as caught:
        statements.read("select *\nfrom totls", "notes/a.sql")
    assert (str(caught.value.at), caught.value.hint) == ("notes/a.sql:2:6", "did you mean 'totals'?")


def test_a_fault_of_jinja_is_told_with_its_place(statements: Statements) -> None:
    with pytest.raises((TemplateError, UnknownNodeError)) as caught:
        statements.read("select 1\nfrom {{ ref('totls') }}")
    assert str(caught.value.at) == "query:2:14"


def test_a_text_that_only_the_engine_reads_names_its_tables_as_words(statements: Statements) -> None:
    assert set(_reads(statements, "select ~~~~ from from marts.totals, colours")) == {"marts.totals", "seeds.colours"}
