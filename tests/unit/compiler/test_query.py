import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.compiler.query import Queries, cut_end, find_carriers, parse_query
from ids_build.errors import QueryError


def _reads(sql: str) -> list[str]:
    return sorted(f"{table.layer}.{table.name}".lstrip(".") for table in parse_query(sql).tables)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1 as x", []),
        ("select * from a.b", ["a.b"]),
        ("select * from b", ["b"]),
        ("select * from a.b as x join a.b as y on x.i = y.i", ["a.b"]),
        ("select * from a.b, a.c", ["a.b", "a.c"]),
        ("select * from a.b left anti join a.c on b.i = c.i", ["a.b", "a.c"]),
        ("select * from cat.a.b", ["a.b"]),
        ("(select * from a.b)", ["a.b"]),
    ],
)
def test_tables_in_from_and_join_are_read(sql: str, tables: list[str]) -> None:
    assert _reads(sql) == tables


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select * from (select * from a.b) as x", ["a.b"]),
        ("select * from a.b where exists (select 1 from a.c where c.i = b.i)", ["a.b", "a.c"]),
        ("select * from a.b where i in (select i from a.c)", ["a.b", "a.c"]),
        ("select (select max(i) from a.c) as m from a.b", ["a.b", "a.c"]),
        ("select * from a.b having count(*) > (select max(i) from a.c)", ["a.b", "a.c"]),
        ("select * from a.b join (select * from a.c where i in (select i from a.d)) as x on true", ["a.b", "a.c", "a.d"]),
        ("select * from a.b, lateral (select * from a.c where c.i = b.i) as x", ["a.b", "a.c"]),
        ("select case when exists (select 1 from a.c) then 1 end from a.b", ["a.b", "a.c"]),
        ("select * from a.b order by (select max(i) from a.c)", ["a.b", "a.c"]),
    ],
)
def test_tables_in_subqueries_are_read(sql: str, tables: list[str]) -> None:
    assert _reads(sql) == tables


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select * from a.b union all select * from a.c", ["a.b", "a.c"]),
        ("select * from a.b except select * from a.c intersect select * from a.d", ["a.b", "a.c", "a.d"]),
        ("with x as (select * from a.b union select * from a.c) select * from x", ["a.b", "a.c"]),
        ("(select * from a.b) union all (select * from a.c) order by 1", ["a.b", "a.c"]),
    ],
)
def test_every_branch_of_a_union_is_read(sql: str, tables: list[str]) -> None:
    assert _reads(sql) == tables


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("with x as (select * from a.b) select * from x", ["a.b"]),
        ("with bef as (select * from registry.bef) select * from bef", ["registry.bef"]),
        ("with bef as (select 1 as i) select * from registry.bef", ["registry.bef"]),
        ("with bef as (select 1 as i) select * from bef join registry.bef as r on r.i = bef.i", ["registry.bef"]),
        ("with x as (select * from a.b), y as (select * from x) select * from y join x on true", ["a.b"]),
        ("with x as (with y as (select * from a.b) select * from y) select * from x", ["a.b"]),
        ("select * from (with x as (select * from a.b) select * from x) as s join x on true", ["a.b", "x"]),
        ("with x as (select * from a.b) select * from a.c where i in (select i from x)", ["a.b", "a.c"]),
        ("with b as (select * from b) select * from b", ["b"]),
        ("with X as (select * from a.b) select * from x", ["a.b"]),
    ],
)
def test_a_common_table_expression_shadows_only_a_bare_name_in_its_scope(sql: str, tables: list[str]) -> None:
    assert _reads(sql) == tables


def test_a_recursive_expression_does_not_read_itself() -> None:
    sql = """
        with recursive up as (
            select id, boss from a.people where boss is null
            union all
            select p.id, p.boss from a.people as p join up on p.boss = up.id
        )
        select * from up join a.titles using (id)
    """
    assert _reads(sql) == ["a.people", "a.titles"]


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('select * from "a"."b"', ["a.b"]),
        ('select * from "A"."My Table"', ["A.My Table"]),
        ("select * from A.B", ["a.b"]),
        ('select * from A."B"', ["a.B"]),
        ('select * from "a.b"."c"', ["a.b.c"]),
        ('select * from "a"."x""y"', ['a.x"y']),
    ],
)
def test_a_name_folds_to_lower_case_unless_it_is_quoted(sql: str, tables: list[str]) -> None:
    assert _reads(sql) == tables


@pytest.mark.parametrize(
    "sql",
    [
        "select 'from a.b' as x",
        "select 1 as x -- from a.b",
        "select 1 as x /* join a.b */",
        "select * from generate_series(1, 3) as g(i)",
        "select * from unnest([1, 2]) as u(i)",
        "select * from (values (1), (2)) as v(i)",
        "select extract(year from current_date) as y",
        "select trim(both ' ' from 'x') as t",
    ],
)
def test_words_that_name_no_table_are_not_read(sql: str) -> None:
    assert _reads(sql) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select *\nfrom alpha.beta",
        "-- a comment\nselect * from alpha.beta",
        "-- æøå: a comment that is longer in bytes than in characters\nselect 'ÆØÅ' as x from alpha.beta",
        "with x as (select 1 as i)\nselect * from x\njoin alpha.beta using (i)",
        "select beta.i from alpha.beta",
    ],
)
def test_the_offset_of_a_table_counts_characters_up_to_its_name(sql: str) -> None:
    (table,) = parse_query(sql).tables
    assert table.offset == sql.index("alpha.beta") + len("alpha.")


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("select * from a.b", False),
        ("select * from a.b order by i", True),
        ("select * from (select * from a.b order by i) as x", False),
        ("select row_number() over (order by i) as n from a.b", False),
        ("with x as (select * from a.b order by i limit 3) select * from x", False),
        ("select * from a.b union all select * from a.c order by 1", True),
        ("with x as (select 1 as i) select * from x order by i", True),
    ],
)
def test_only_the_outermost_order_by_orders_the_rows(sql: str, ordered: bool) -> None:
    assert parse_query(sql).ordered is ordered


@pytest.mark.parametrize("sql", ["", "   \n", "-- only a comment\n", ";"])
def test_a_text_without_a_query_is_refused(sql: str) -> None:
    with pytest.raises(QueryError, match="holds no query"):
        parse_query(sql)


def test_two_statements_are_refused() -> None:
    with pytest.raises(QueryError, match="more than one statement"):
        parse_query("select 1; select 2")


def test_a_semicolon_at_the_end_is_no_second_statement() -> None:
    assert parse_query("select * from a.b;\n").understood


@pytest.mark.parametrize(
    "sql",
    [
        "insert into a.b select 1",
        "create table a.b as select 1 as i",
        "drop table a.b",
        "delete from a.b",
        "update a.b set i = 1",
        "set x = 1",
        "copy a.b to 'x.csv'",
        "truncate table a.b",
    ],
)
def test_a_statement_that_writes_is_refused(sql: str) -> None:
    with pytest.raises(QueryError, match="can only read"):
        parse_query(sql)


@pytest.mark.parametrize("sql", ["select * from", "selec * from a.b", "select (1", "select 'open"])
def test_sql_that_the_parser_cannot_read_is_left_to_the_engine(sql: str) -> None:
    query = parse_query(sql)
    assert (query.understood, query.tables) == (False, ())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=6))
def test_the_tables_read_are_those_named_however_often(names: list[tuple[str, str]]) -> None:
    sql = " union all ".join(f"select * from {layer}.{name}" for layer, name in names)
    assert _reads(sql) == sorted({f"{layer}.{name}" for layer, name in names})


@pytest.mark.parametrize(
    ("sql", "cut"),
    [
        ("select 1", "select 1"),
        ("select 1;", "select 1"),
        ("select 1 ;; -- done", "select 1 "),
        ("select ';' as x", "select ';' as x"),
        ("select 1; select 2;", "select 1; select 2"),
        ("select 'open;", "select 'open;"),
    ],
)
def test_the_semicolon_that_ends_a_statement_is_cut(sql: str, cut: str) -> None:
    assert cut_end(sql) == cut


def test_a_text_without_a_query_is_called_what_it_is() -> None:
    with pytest.raises(QueryError, match="a query can only read"):
        parse_query("drop table a.b", place="text", subject="a query")
    with pytest.raises(QueryError, match="the text holds more than one statement"):
        parse_query("select 1; select 2", place="text", subject="a query")


def _carriers(sql: str, *columns: str) -> list[int]:
    return sorted(find_carriers(sql, {"Who"}, columns))


@pytest.mark.parametrize(
    ("sql", "columns", "places"),
    [
        ("select who, age from p", ["who", "age"], [0]),
        ("select WHO, age from p", ["who", "age"], [0]),
        ('select "Who" as x from p', ["x"], [0]),
        ("select p.who as x from p", ["x"], [0]),
        ("select who x from p", ["x"], [0]),
        ("select * from p", ["who", "age"], [0]),
        ("select age, p.*, 1 as one from p", ["age", "who", "age", "one"], [1]),
        ("select p.*, upper(who) from p", ["who", "age", "upper(p.who)"], [0, 2]),
        ("select * from p join q using (who)", ["who", "age", "size"], [0]),
    ],
)
def test_an_identifier_is_found_under_its_own_name_and_an_alias(sql: str, columns: list[str], places: list[int]) -> None:
    assert _carriers(sql, *columns) == places


@pytest.mark.parametrize(
    "expression",
    [
        "upper(who)",
        "age || substr(p.who, 1, 6)",
        "cast(who as bigint)",
        "who::text",
        "case when who = '1' then age end",
        "min(who)",
        "min(who) over ()",
        "array_agg(who)",
        "(select max(who) from p)",
        "coalesce(null, who)",
        "named_struct('a', who)",
        "who = '1'",
    ],
)
def test_what_is_made_from_an_identifier_carries_it(expression: str) -> None:
    assert _carriers(f"select age, {expression} as made from p", "age", "made") == [1]
    assert _carriers(f"select age, {expression} from p", "age", "made") == [1]
    assert _carriers(
        f"with a as (select {expression} as b from p), c as (select b as d from a) select 1 as e, d from c", "e", "d"
    ) == [1]
    assert _carriers(f"select * from (select {expression} as b from p) as t", "b") == [0]


@pytest.mark.parametrize(
    "expression",
    [
        "age",
        "count(who)",
        "count(distinct who)",
        "count(*) filter (where who > '1')",
        "count(*) over (partition by who)",
        "row_number() over (partition by who order by age)",
        "who is null",
        "not (who is null)",
        "exists (select 1 from p where who = '1')",
        "(select max(age) from p where who = '1')",
        "age in (select age from q where who = '1')",
    ],
)
def test_counts_and_what_only_filters_carry_nothing(expression: str) -> None:
    assert _carriers(f"select {expression} as made from p where who <> '2'", "made") == []


@pytest.mark.parametrize(
    ("sql", "columns", "places"),
    [
        ("with a(x, y) as (select age, who from p) select x, y from a", ["x", "y"], [1]),
        ("select t.x from (select who from p) as t(x)", ["x"], [0]),
        ("select t.x from (select age from p) as t(x)", ["x"], []),
        ("select t.x from (select * from p) as t(x, y)", ["x"], [0]),
        ("select a, b from p as q(a, b)", ["a", "b"], [0, 1]),
        ("select x.a from (values ('1')) as x(a)", ["a"], []),
    ],
)
def test_a_column_list_hands_an_identifier_on_by_place(sql: str, columns: list[str], places: list[int]) -> None:
    assert _carriers(sql, *columns) == places


@pytest.mark.parametrize(
    ("sql", "columns", "places"),
    [
        ("select age as a, 1 as b from q union all select who, 2 from p", ["a", "b"], [0]),
        ("select 1, 2 union all select who, 2 from p", ["Int64(1)", "Int64(2)"], [0]),
        ("select 1 + 1 union all select who from p", ["Int64(1) + Int64(1)"], [0]),
        ("select 1 as n union all select 2 as n union all select who from p", ["n"], [0]),
        ("select * from q union all select * from p", ["age"], [0]),
        ("select x from (select 1 + 1 union all select who from p) as t(x)", ["x"], [0]),
        ("with a as (select 1 as n union all select who from p) select n from a", ["n"], [0]),
        ("with a as (select * from p union all select * from q) select count(*) as n from a", ["n"], []),
    ],
)
def test_a_union_hands_an_identifier_on_by_place(sql: str, columns: list[str], places: list[int]) -> None:
    assert _carriers(sql, *columns) == places


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("with a as (select named_struct('age', who) as s from p) select s.age as x from a", ["x"]),
        ("with a as (select upper(who) from p) select * from a", ["upper(p.who)"]),
        ('with a as (select upper(who) from p) select "upper(p.who)" as x from a', ["x"]),
        ("select who ~~~~~ from from p", ["x"]),
        ("select 1 as a", ["a", "and one that was not expected"]),
    ],
)
def test_what_cannot_be_followed_is_hidden(sql: str, columns: list[str]) -> None:
    assert _carriers(sql, *columns) == list(range(len(columns)))


def test_nothing_is_hidden_where_there_are_no_identifiers() -> None:
    assert find_carriers("select who ~~~~~ from from p", (), ["x"]) == frozenset()


# -- meaning --------------------------------------------------------------------------------------

TEXT = "with kept as (select o.id, x from a.orders as o where o.d > 3) select kept.id from kept"


def _meaning(sql: str) -> str:
    return parse_query(sql).meaning


@pytest.mark.parametrize(
    "sql",
    [
        TEXT.replace("select", "SELECT").replace("kept", "KEPT"),
        TEXT.replace(" from", "\n\tfrom") + ";",
        "/* why */ " + TEXT + " -- so",
        TEXT.replace("kept", "orders_that_count"),
        TEXT.replace("o.", "p.").replace("as o", "as p"),
        TEXT.replace("o.", "orders.").replace("as o", "as orders"),
    ],
    ids=["case", "blanks", "comments", "cte", "alias", "alias like its table"],
)
def test_spelling_changes_no_meaning(sql: str) -> None:
    assert _meaning(sql) == _meaning(TEXT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TEXT, TEXT.replace("3", "4")),
        (TEXT, TEXT.replace("o.id, x", "o.id, y")),
        (TEXT, TEXT.replace("a.orders", "b.orders")),
        ("select id from a.b", 'select "ID" from a.b'),
        ("select 'x' as id from a.b", "select 'X' as id from a.b"),
        ("select to_char(d, 'YYYY') from a.b", "select to_char(d, '%Y') from a.b"),
        ("select cast(x as int) from a.b", "select try_cast(x as int) from a.b"),
        ("with x as (select x as z from a.b) select z from x", "with y as (select y as z from a.b) select z from y"),
        ("select sum(sum.x) from a.b as sum", "select s(s.x) from a.b as s"),
        ("select a.x from a.b as a, c.d as e", "select e.x from a.b as a, c.d as e"),
        ("select x from a.b as t(x, y)", "select y from a.b as t(x, y)"),
    ],
)
def test_what_says_something_else_means_something_else(one: str, other: str) -> None:
    assert _meaning(one) != _meaning(other)


def test_a_text_that_the_parser_cannot_read_is_its_tokens() -> None:
    strange = "select a.* from t.a as a left semi ) join"
    assert not parse_query(strange).understood
    assert _meaning(strange) == _meaning("SELECT  a.* from t.a as A left semi ) join -- x")
    assert _meaning(strange) != _meaning(strange.replace("semi", "anti"))
    assert parse_query("select 'open").meaning


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select random() as x, now() as y", ("now", "random")),
        ("select current_date, CURRENT_TIMESTAMP from a.b", ("current_date", "current_timestamp")),
        ("select uuid () as x", ("uuid",)),
        ("select random, 'now()' as now, \"today\" from a.b -- uuid()", ()),
    ],
)
def test_functions_that_say_something_else_every_time_are_found(sql: str, found: tuple[str, ...]) -> None:
    assert parse_query(sql).volatile == found


# -- what is handed on ----------------------------------------------------------------------------


@pytest.mark.parametrize("sql", ["select * from raw.a order by 1", "select 1", "select * from x, y.z", "this is no sql at all ("])
def test_what_is_handed_on_says_what_the_parser_said(sql: str) -> None:
    first = Queries()
    assert first.parse(sql) == parse_query(sql) == Queries(first.found).parse(sql)


def test_what_was_handed_on_is_believed_for_its_own_text() -> None:
    first = Queries()
    first.parse("select * from raw.a")
    known = {key: json.loads(json.dumps(told).replace('"a"', '"b"')) for key, told in first.found.items()}
    assert [table.name for table in Queries(known).parse("select * from raw.a").tables] == ["b"]
    assert [table.name for table in Queries(known).parse("select * from raw.c").tables] == ["c"]


@pytest.mark.parametrize("told", [5, "x", [1], [[["a"]], True, True], {"a": 1}, [[["a", "b", "c"]], 1, 1]])
def test_what_cannot_have_been_handed_on_is_parsed(told: object) -> None:
    first = Queries()
    query = first.parse("select * from raw.a")
    again = Queries(dict.fromkeys(first.found, told))
    assert again.parse("select * from raw.a") == query
    assert again.found == first.found


def test_a_refused_text_is_not_handed_on() -> None:
    queries = Queries()
    with pytest.raises(QueryError):
        queries.parse("")
    assert queries.found == {}
