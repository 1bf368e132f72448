import pytest

from ids_build.compiler.canonical import compare_queries
from ids_build.differences import Change
from ids_build.relation import Relation

COLUMNS = {
    Relation(layer="raw", name="people"): ("id", "age", "town", "born"),
    Relation(layer="raw", name="deaths"): ("id", "died"),
    Relation(layer="seeds", name="towns"): ("code", "word"),
}
QUERY = """
with adults as (select id, born, town from raw.people as p where p.town > 'a' and age >= 18),
numbered as (select adults.*, row_number() over (partition by town order by born) as n from adults)
select numbered.id, n, upper(towns.word) as word
from numbered
left join seeds.towns on towns.code = numbered.town
where exists (select 1 from raw.deaths d where d.id = numbered.id) and starts_with(word, 'x')
"""
# The same, said by somebody else.
OTHERWISE = """
-- a comment
WITH nobody AS (SELECT 1 AS x),
  grown AS (SELECT Q.ID, "born" /* when */, q.Town FROM "raw"."people" q WHERE (AGE >= 18) AND (town > 'a')),
  counted AS (select id, born, town, row_number() over (partition by grown.town order by grown.born) n from grown)
SELECT c.id AS id, c.n, UPPER(t.word) word
FROM (select * from counted) c LEFT OUTER JOIN seeds.towns AS t ON (c.town = t.code)
WHERE STARTS_WITH(t.word, 'x') AND EXISTS (SELECT 1 FROM raw.deaths WHERE deaths.id = c.id);
"""


def _compare(before: str, after: str) -> list[tuple[str, str, str, str]]:
    found = compare_queries((before, COLUMNS), (after, COLUMNS))
    return [(change.kind, change.subject, change.before, change.after) for change in found]


def test_comments_case_formatting_and_names_change_nothing() -> None:
    assert _compare(QUERY, OTHERWISE) == []
    assert _compare(OTHERWISE, QUERY) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("select id from raw.people where age in (1, 2)", "select id from raw.people x where x.age in (2, 1)"),
        ("select id from raw.people where age = 2 or town = 'a'", "select id from raw.people where 'a' = town or 2 = age"),
        ("select cast(age as int) as x from raw.people", "select age::integer as x from raw.people"),
        ("select * from raw.deaths", "select id, died from raw.deaths"),
        ("select p.id from raw.people p join raw.deaths using (id)",
         "select a.id from raw.people a join raw.deaths b on a.id = b.id"),
        ("select town, count(*) n from raw.people group by 1", "select town, count(*) n from raw.people group by town"),
        ("with a as (select id from raw.people) select * from a", "select id from raw.people"),
        ("select p.id from raw.people p inner join raw.deaths d on p.id = d.id",
         "select p.id from raw.people p join raw.deaths d on d.id = p.id"),
        (
            "with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select * from r",
            "with recursive q as (select 1 as n union all select n + 1 from q where n < 3) select * from q",
        ),
    ],
)  # fmt: skip
def test_another_spelling_of_the_same_is_no_change(before: str, after: str) -> None:
    assert _compare(before, after) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("age >= 18", "age >= 20", ("filter changed", "where", "raw.people.age >= 18", "raw.people.age >= 20")),
        (" and age >= 18", "", ("filter changed", "where", "raw.people.age >= 18", "")),
        ("left join", "inner join", ("join changed", "seeds.towns", "left join on raw.people.town = seeds.towns.code",
                                     "join on raw.people.town = seeds.towns.code")),
        ("upper(", "lower(", ("column computed differently", "word", "upper(seeds.towns.word)", "lower(seeds.towns.word)")),
        ("select 1 from raw.deaths d where d.id = numbered.id", "select 1 from raw.deaths d where d.died = numbered.id",
         ("filter changed", "where", "EXISTS(SELECT 1 AS \"1\" FROM raw.deaths WHERE raw.deaths.id = raw.people.id)",
          "EXISTS(SELECT 1 AS \"1\" FROM raw.deaths WHERE raw.deaths.died = raw.people.id)")),
    ],
)  # fmt: skip
def test_one_part_that_changed_is_told_alone(old: str, new: str, told: tuple[str, str, str, str]) -> None:
    assert _compare(QUERY, QUERY.replace(old, new)) == [told]
    assert _compare(OTHERWISE, QUERY.replace(old, new)) == [told]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("select town from raw.people", "select town from raw.people group by town",
         [("grouping changed", "group by", "", "raw.people.town")]),
        ("select town, count(*) n from raw.people group by town having count(*) > 1",
         "select town, count(*) n from raw.people group by town having count(*) > 2",
         [("filter changed", "having", "count(*) > 1", "count(*) > 2")]),
        ("select id from raw.people qualify row_number() over (order by age) = 1",
         "select id from raw.people qualify row_number() over (order by age) = 2",
         [("filter changed", "qualify", "row_number() OVER (ORDER BY raw.people.age) = 1",
           "row_number() OVER (ORDER BY raw.people.age) = 2")]),
        ("select id from raw.people", "select distinct id from raw.people", [("rows kept changed", "distinct", "", "DISTINCT")]),
        ("select id from raw.people order by id limit 3", "select id from raw.people order by id limit 4",
         [("rows kept changed", "limit", "LIMIT 3", "LIMIT 4")]),
        ("select id from raw.people order by id", "select id from raw.people order by age",
         [("rows kept changed", "order by", "ORDER BY id", "ORDER BY raw.people.age")]),
        ("select id from raw.people union all select id from raw.deaths",
         "select id from raw.people union select id from raw.deaths",
         [("rows kept changed", "set operation", "union all", "union")]),
        ("select id from raw.people union all select id from raw.deaths", "select id from raw.people",
         [("rows kept changed", "set operation", "union all", ""), ("tables read changed", "raw.deaths", "read", "")]),
        ("select age as x from raw.people", "with doubled as (select age * 2 as x from raw.people) select * from doubled",
         [("column computed differently", "x", "raw.people.age", "raw.people.age * 2")]),
        ("with a as (select id, age + 1 as next from raw.people) select id from a where next > 3",
         "with a as (select id, age + 2 as next from raw.people) select id from a where next > 3",
         [("step computed differently", "next", "raw.people.age + 1", "raw.people.age + 2")]),
        ("select cast(town as int) as x from raw.people", "select try_cast(town as int) as x from raw.people",
         [("column computed differently", "x", "CAST(raw.people.town AS INT)", "TRY_CAST(raw.people.town AS INT)")]),
        ("select 'A' as x from raw.people", "select 'a' as x from raw.people",
         [("column computed differently", "x", "'A'", "'a'")]),
    ],
)  # fmt: skip
def test_every_part_of_a_query_is_looked_at(before: str, after: str, told: list[tuple[str, str, str, str]]) -> None:
    assert _compare(before, after) == told


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("select age * (town + 1) as x from raw.people", "select age * town + 1 as x from raw.people"),
        ("select a.id from raw.people a join raw.people b on a.id = b.id where a.age > 1",
         "select a.id from raw.people a join raw.people b on a.id = b.id where b.age > 1"),
        ("select * from (values (1, 'a')) as t(x, y)", "select * from (values (1, 'b')) as t(x, y)"),
        ("select count(age) as x from raw.people", "select count(distinct age) as x from raw.people"),
        ("select \"Age\" as x from raw.people", "select age as x from raw.people"),
        ("select upper(town) as town from raw.people where town = 'X'",
         "select upper(town) as town from raw.people where upper(town) = 'X'"),
        ("select nvl(age, 1) as x from raw.people", "select coalesce(age, 1) as x from raw.people"),
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_never_called_the_same(before: str, after: str) -> None:
    assert _compare(before, after)


def test_a_query_that_the_parser_cannot_read_is_compared_as_text() -> None:
    assert _compare("select odd(( from", "select  odd((\nfrom") == []
    assert _compare("select odd(( from", "select odd((") == [("query changed", "the parser cannot read it", "", "")]


def test_a_column_that_came_is_no_change_of_a_part() -> None:
    found = _compare("select id from raw.people", "select id, age + 1 as older from raw.people where age > 3")
    assert found == [("filter changed", "where", "", "raw.people.age > 3")]


def test_a_long_condition_is_cut() -> None:
    many = ", ".join(map(str, range(200)))
    (change,) = compare_queries(
        ("select id from raw.people", COLUMNS), (f"select id from raw.people where age in ({many})", COLUMNS)
    )
    assert isinstance(change, Change) and len(change.after) == 240 and change.after.endswith("...")
