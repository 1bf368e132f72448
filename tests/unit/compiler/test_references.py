import pytest

from ids_build.compiler.query import parse_query
from ids_build.compiler.references import find_references, parse_reference
from ids_build.compiler.template import Names
from ids_build.errors import Location, UnknownNodeError
from ids_build.nodes import Span
from ids_build.relation import Relation
from tests.support import AT, as_relation, make_model

ORDERS, LINES, RAW = (as_relation(name) for name in ("staging.orders", "staging.lines", "raw.orders"))
TABLES = (ORDERS, LINES, RAW)
NAMES = Names(refs={"orders": ORDERS, "lines": LINES}, sources={("raw", "orders"): RAW})


def _find(sql: str, *asked: Relation) -> tuple[tuple[Relation, ...], list[str]]:
    warnings: list[str] = []
    model = make_model("marts.totals", sql=sql, spans=(Span(offset=0, line=1, column=1, literal=True),))
    return find_references(model, asked, parse_query(sql), TABLES, warnings), warnings


def test_the_parsed_query_is_believed() -> None:
    assert _find("select * from staging.orders") == ((ORDERS,), [])


def test_a_name_that_is_not_read_makes_no_edge_and_is_told() -> None:
    found, (warning,) = _find("select * from staging.orders", ORDERS, LINES)
    assert found == (ORDERS,)
    assert "'staging.lines' is named but not read" in warning


def test_a_name_in_a_depends_on_comment_makes_an_edge() -> None:
    found = _find("-- depends_on: {{ ref('lines') }}\nselect * from staging.orders", ORDERS, LINES)
    assert found == ((ORDERS, LINES), [])


def test_where_the_parser_is_lost_the_templates_names_are_believed() -> None:
    assert _find("select * from", LINES) == ((LINES,), [])


@pytest.mark.parametrize(
    ("sql", "name", "column", "hint"),
    [
        ("select * from staging.ordrs", "staging.ordrs", 23, "did you mean 'staging.orders'?"),
        ("select * from lines", "lines", 15, "write staging.lines"),
        ("select * from linse", "linse", 15, "did you mean 'lines'?"),
        ("select * from zzz.zzz", "zzz.zzz", 19, "name it with ref() or source()"),
    ],
)
def test_a_table_that_is_nobodys_is_told_at_its_place(sql: str, name: str, column: int, hint: str) -> None:
    with pytest.raises(UnknownNodeError) as caught:
        _find(sql)
    assert (caught.value.message, caught.value.hint) == (f"unknown table '{name}'", hint)
    assert caught.value.at == Location(path="models/marts/totals.sql", line=1, column=column)


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("ref('orders')", ORDERS),
        ('ref("orders")', ORDERS),
        ("ref('shop', 'orders')", ORDERS),
        ("ref( 'lines' )", LINES),
        ("source('raw', 'orders')", RAW),
        ('source("raw","orders")', RAW),
        ("{{ ref('lines') }}", LINES),
        ("{{ source('raw', 'orders') }}", RAW),
        ("orders", ORDERS),
    ],
)
def test_a_yaml_text_names_a_relation(text: str, relation: Relation) -> None:
    assert parse_reference(text, NAMES, AT) == relation


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("ref('ordrs')", "ordrs", "did you mean 'orders'?"),
        ("source('raw', 'ordrs')", "ordrs", "did you mean 'orders'?"),
        ("source('rawr', 'orders')", "orders", None),
        ("zzz", "zzz", "write ref('model') or source('group', 'table')"),
    ],
)
def test_a_yaml_text_that_names_nothing_is_told(text: str, name: str, hint: str | None) -> None:
    with pytest.raises(UnknownNodeError, match=f"unknown table '{name}'") as caught:
        parse_reference(text, NAMES, AT)
    assert caught.value.at == AT
    assert hint is None or caught.value.hint == hint
