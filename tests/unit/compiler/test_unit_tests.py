import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.compiler.query import Queries
from ids_build.compiler.template import Templates
from ids_build.compiler.unit_tests import make_macro_test, parse_csv, parse_rows
from ids_build.compiler.yamls import parse_yaml
from ids_build.errors import CompileError, Location, PropertiesError
from ids_build.nodes import Rows, UnitTest
from tests.support import AT, as_relation

FIXTURES = {
    "tests/fixtures/orders.csv": "id,colour\n1,red\n",
    "tests/fixtures/made.sql": "select 1 as id",
    "tests/fixtures/staging/customers__old.csv": "id\n7\n",
}


def _rows(text: str) -> Rows:
    return parse_rows(parse_yaml(text, "a.yml"), FIXTURES)


# -- dict -----------------------------------------------------------------------------------------


def test_rows_of_mappings_become_cells_in_the_order_of_their_first_mention() -> None:
    found = _rows("rows:\n  - {id: 1, colour: red}\n  - {colour: blue, size: 3}\n")
    assert found.columns == ("id", "colour", "size")
    assert found.values == (("1", "red", None), (None, "blue", "3"))


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("0101010101", "0101010101"),
        ("'0042'", "0042"),
        ("1.50", "1.50"),
        ("2005-01-01", "2005-01-01"),
        ("true", "true"),
        ("yes", "yes"),
        ("1e3", "1e3"),
        ("null", None),
        ("~", None),
        ("Null", None),
        ("NULL", None),
        ("''", ""),
        ('""', ""),
        ("'null'", "null"),
        ("'~'", "~"),
        ("NaN", "NaN"),
        (".nan", ".nan"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
    ],
)
def test_a_scalar_is_kept_as_it_was_written(written: str, cell: str | None) -> None:
    assert _rows(f"rows:\n  - {{a: {written}}}\n").values == ((cell,),)


def test_a_key_without_a_value_is_null() -> None:
    assert _rows("rows:\n  - a:\n    b: 1\n").values == ((None, "1"),)


def test_a_list_is_no_cell() -> None:
    with pytest.raises(PropertiesError, match="'a' must be a text"):
        _rows("rows:\n  - {a: [1]}\n")


def test_no_rows_and_an_empty_list_of_rows_are_told_apart() -> None:
    assert (_rows("format: dict\n").given, _rows("rows: []\n").given) == (False, True)


# -- csv ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a,b\n1,2\n", (("1", "2"),)),
        ("a,b\n,2\n", ((None, "2"),)),
        ('a,b\n"",2\n', (("", "2"),)),
        ('a,b\n2,""\n', (("2", ""),)),
        ('a,b\n"",""\n', (("", ""),)),
        ("a,b\n,\n", ((None, None),)),
        ('a,b\n"x,y",2\n', (("x,y", "2"),)),
        ('a,b\n"say ""hi""",2\n', (('say "hi"', "2"),)),
        ('a,b\n"""",2\n', (('"', "2"),)),
        ('a,b\n"two\nlines",2\n', (("two\nlines", "2"),)),
        ('a,b\n",""",2\n', ((',"', "2"),)),
        ("a,b\n0042,0.10\n", (("0042", "0.10"),)),
        ("a,b\r\n1,\r\n", (("1", None),)),
        ("\na,b\n1,2\n\n", (("1", "2"),)),
        ("a , b\n1,2\n", (("1", "2"),)),
        ("a,b\nnull,NULL\n", (("null", "NULL"),)),
    ],
)
def test_a_blank_cell_is_null_and_a_quoted_blank_is_empty(text: str, values: tuple[tuple[str | None, ...], ...]) -> None:
    found = parse_csv(text, AT)
    assert (found.columns, found.values) == (("a", "b"), values)


CELLS = st.one_of(st.none(), st.text(alphabet='ab",\n æ', max_size=5))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_cells_written_by_the_csv_rules_are_read_as_they_were(values: list[tuple[str | None, str | None]]) -> None:
    def write(cell: str | None) -> str:
        return "" if cell is None else '"' + cell.replace('"', '""') + '"'

    text = "".join(",".join(map(write, row)) + "\n" for row in [("a", "b"), *values])
    assert list(parse_csv(text, AT).values) == values


def test_plain_cells_are_read_as_pythons_csv_reads_them() -> None:
    text = 'a,b\n1,"x ""y"" z"\n2,"p,q"\n'
    assert [list(row) for row in parse_csv(text, AT).values] == list(csv.reader(io.StringIO(text)))[1:]


def test_a_ragged_row_is_refused() -> None:
    with pytest.raises(PropertiesError, match="a row has 3 cells where the header has 2"):
        parse_csv("a,b\n1,2,3\n", AT)


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(PropertiesError, match="'a'"):
        parse_csv("a,a\n1,2\n", AT)


def test_an_empty_csv_gives_no_rows_on_purpose() -> None:
    assert parse_csv("", AT) == Rows(at=AT, given=True)


# -- formats and fixtures -------------------------------------------------------------------------


def test_csv_may_stand_inline() -> None:
    assert _rows("format: csv\nrows: |\n  a,b\n  1,\n").values == (("1", None),)


def test_sql_may_stand_inline() -> None:
    found = _rows("format: sql\nrows: select 1 as id\n")
    assert (found.sql, found.given) == ("select 1 as id", True)


@pytest.mark.parametrize(
    "text",
    [
        "format: csv\nfixture: orders\n",
        "format: csv\nfixture: orders.csv\n",
        "fixture: orders\n",
    ],
)
def test_a_fixture_is_found_by_its_stem_or_file_name(text: str) -> None:
    found = _rows(text)
    assert (found.columns, found.values, found.at) == (
        ("id", "colour"),
        (("1", "red"),),
        Location(path="tests/fixtures/orders.csv"),
    )


def test_a_fixture_may_be_a_query() -> None:
    assert _rows("format: sql\nfixture: made\n").sql == "select 1 as id"


def test_an_unknown_fixture_proposes_the_nearest() -> None:
    with pytest.raises(PropertiesError, match="unknown fixture 'ordrs'") as caught:
        _rows("format: csv\nfixture: ordrs\n")
    assert (caught.value.hint, caught.value.at) == ("did you mean 'orders'?", Location(path="a.yml", line=2, column=10))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(PropertiesError, match="unknown format 'xml'"):
        _rows("format: xml\nrows: []\n")


# -- macros ---------------------------------------------------------------------------------------

MACROS = {
    "macros/m.sql": "{% macro half(x) %}({{ x }} / {{ var('by', 2) }}){% endmacro %}"
    "{% macro no(x) %}{{ exceptions.raise_compiler_error('Never ' ~ x) }}{% endmacro %}"
}
MACRO = """\
name: halves
macro: half
description: half of each
sql: "select {{ half('n') }} as h from {{ ref('rows') }}"
given:
  - input: ref('rows')
    columns: {n: int32, word: string}
    rows: [{n: 4}]
expect: {rows: [{h: 2}]}
config: {tags: nightly}
"""
REFUSAL = "name: refuses\nmacro: no\nsql: select {{ no('1') }}\nexpect: {error: never 1}\n"


def _macro(text: str) -> UnitTest | None:
    return make_macro_test(parse_yaml(text, "macros/m.yml"), "shop", Templates(MACROS, {}, {}), FIXTURES, Queries())


def test_the_test_of_a_macro_brings_its_query_and_its_typed_inputs() -> None:
    test = _macro(MACRO)
    assert test is not None
    assert (test.model, test.macro, test.subject, test.tags) == (None, "half", "half", ("nightly",))
    assert (test.unique_id, test.description) == ("unit_test.shop.half.halves", "half of each")
    assert test.sql == 'select (n / 2) as h from "given"."rows"'
    ((relation, rows),) = test.given
    assert (relation, test.references) == (as_relation("given.rows"), (as_relation("given.rows"),))
    assert (rows.values, rows.types) == ((("4",),), {"n": "int32", "word": "string"})
    assert test.expect.values == (("2",),)


def test_the_test_of_a_macro_may_override_variables() -> None:
    test = _macro(MACRO + "overrides: {vars: {by: 4}}\n")
    assert test is not None and "(n / 4)" in test.sql


def test_the_test_of_a_macro_may_read_nothing() -> None:
    test = _macro("name: a\nmacro: half\nsql: select {{ half(1) }} as h\nexpect: {rows: [{h: 0}]}\n")
    assert test is not None and (test.references, test.given) == ((), ())


def test_a_refusal_is_kept_where_an_error_is_expected() -> None:
    test = _macro(REFUSAL)
    assert test is not None
    assert (test.refused, test.expect.error, test.sql) == ("never 1", "never 1", "")


def test_a_macro_that_does_not_refuse_is_told_apart() -> None:
    test = _macro(REFUSAL.replace("macro: no", "macro: half").replace("no('1')", "half(1)"))
    assert test is not None and test.refused is None


def test_a_disabled_test_of_a_macro_is_none() -> None:
    assert _macro(MACRO.replace("{tags: nightly}", "{enabled: false}")) is None


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("macro: half", "macro: halff", "unknown macro 'halff'", "did you mean 'half'?"),
        ("macro: half", "macro: half\nmodel: orders", "the unit test names a model and a macro", "keep one of the two"),
        ("macro: half", "macro: no", "the query does not call macro 'no'", "write '{{ no(...) }}' in it"),
        ("name: halves\n", "", "the unit test has no 'name'", "add 'name: ...'"),
        ("expect: {rows: [{h: 2}]}\n", "", "the unit test has no 'expect'", "add 'expect: ...'"),
        ("    columns: {n: int32, word: string}\n", "", "the entry has no 'columns'", "add 'columns: {name: data_type}'"),
        ("ref('rows')\n", "source('a', 'rows')\n", "'source('a', 'rows')' is no input of a macro's test", "write ref('a_name')"),
        ("from {{ ref('rows') }}", "from {{ ref('row') }}", "unknown model 'row'", "the test gives rows"),
        (
            "from {{ ref('rows') }}",
            "from {{ ref('rows') }}, staging.orders",
            "unknown table 'staging.orders'",
            "the test gives rows",
        ),
        (" from {{ ref('rows') }}", "", "the query does not read 'rows'", "read it, or give it no longer"),
        ("half('n')", "half('n', 1)", "Jinja fails", "check the arguments of this call"),
        ("{rows: [{h: 2}]}", "{rows: [], error: x}", "the test expects rows and an error", "keep one of the two"),
        ("{rows: [{h: 2}]}", "{rosw: []}", "unknown key 'rosw' in expect", "did you mean 'rows'?"),
        ("    rows: [{n", "    rosw: [{n", "unknown key 'rosw' in an input", "did you mean 'rows'?"),
        ("config:", "overrides: {macros: {a: 1}}\nconfig:", "unknown key 'macros' in overrides", "did you mean 'vars'?"),
    ],
)
def test_a_fault_in_the_test_of_a_macro_is_told_at_its_place(old: str, new: str, message: str, hint: str) -> None:
    assert old in MACRO
    with pytest.raises(CompileError) as caught:
        _macro(MACRO.replace(old, new))
    assert caught.value.message.startswith(message)
    assert caught.value.hint == hint
    assert caught.value.at is not None and caught.value.at.path == "macros/m.yml" and caught.value.at.line is not None


def test_a_refusal_that_nobody_expects_is_an_error_at_its_place() -> None:
    with pytest.raises(CompileError, match="never 1") as caught:
        _macro(REFUSAL.replace("{error: never 1}", "{rows: []}"))
    assert caught.value.at == Location(path="macros/m.yml", line=3, column=6)
    assert caught.value.hint == "expect it with 'expect: {error: ...}'"
