"""Macros are described, checked and tested like models; a project's own generic tests run beside the built-in ones."""

from collections.abc import Callable

import pytest

from .toy import Toy

Maker = Callable[..., Toy]
FILES = {
    "macros/half.sql": "{% macro half(x) -%} {{ x }} / 2 {%- endmacro %}\n",
    "macros/half.yml": """
        macros:
          - name: half
            description: Half of a number.
            arguments: [{name: x, type: number, description: The number.}]
        unit_tests:
          - name: halves
            macro: half
            sql: "select {{ half('n') }} as h from {{ ref('rows') }}"
            given:
              - {input: ref('rows'), columns: {n: float64}, rows: [{n: 4}, {n: 5}, {n: null}]}
            expect: {rows: [{h: 2}, {h: 2.5}, {h: null}]}
        """,
    "models/a.sql": "select {{ half('4') }} as h",
}


@pytest.fixture
def halves(toy: Maker) -> Toy:
    return toy(FILES)


def _break(project: Toy) -> Toy:
    return project.write({"macros/half.sql": FILES["macros/half.sql"].replace("/ 2", "/ 4")})


@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        (("build",), {"half::halves": "pass", "main.a": "success"}),
        (("run",), {"main.a": "success"}),
        (("test",), {"half::halves": "pass"}),
        (("test", "--select", "half"), {"half::halves": "pass"}),
        (("build", "--select", "a"), {"main.a": "success"}),
        (("build", "--exclude", "half"), {"main.a": "success"}),
        (("test", "--select", "test_type:unit"), {"half::halves": "pass"}),
    ],
)
def test_commands_that_test_run_the_tests_of_macros_first(halves: Toy, words: tuple[str, ...], statuses: dict[str, str]) -> None:
    ran = halves.run(*words, "--quiet")
    assert ran.code == 0, ran.err
    assert list(halves.statuses().items()) == list(statuses.items())


def test_a_failed_test_of_a_macro_is_told_with_its_rows_and_fails_the_run(halves: Toy) -> None:
    ran = _break(halves).run("build", "--quiet")
    assert ran.code == 1
    assert "half::halves" in ran.err and "expected 3 rows, got 3: 2 missing, 2 too many" in ran.err
    assert "macros/half.yml:6:11" in ran.err
    assert halves.statuses() == {"half::halves": "fail", "main.a": "success"}


def test_with_fail_fast_nothing_is_built_after_a_failed_macro(halves: Toy) -> None:
    ran = _break(halves).run("build", "--quiet", "--fail-fast", "--threads", "1")
    assert ran.code == 1
    assert halves.statuses() == {"half::halves": "fail", "main.a": "skipped"}
    assert not halves.path("a").exists()


def test_tests_of_macros_are_listed(halves: Toy) -> None:
    assert halves.run("ls", "--resource-type", "unit_test").out == "unit_test:halves\n"
    assert halves.run("ls", "--select", "half", "--output", "path").out == "macros/half.yml\n"


def test_a_query_that_cannot_be_planned_is_told_at_the_test(halves: Toy) -> None:
    text = FILES["macros/half.yml"].replace("half('n')", "half('m')")
    ran = halves.write({"macros/half.yml": text}).run("test", "--quiet")
    assert ran.code == 1
    assert "macros/half.yml:6:11" in ran.err and "no field named m" in ran.err


GENERIC = """
    {% test above(model, column_name, low=0) %}
    select * from {{ model }} where {{ column_name }} <= {{ low }}
    {% endtest %}
    """
CHECKED = """
    models:
      - name: a
        columns:
          - name: x
            data_tests:
              - above
              - above: {name: above_one, arguments: {low: 1}}
              - above: {name: above_two_of_late, arguments: {low: 2}, config: {where: year > 2001}}
    """
ROWS = "select * from (values (1, 2001), (3, 2002)) as t (x, year)"


@pytest.mark.parametrize("path", ["macros/above.sql", "tests/generic/above.sql"])
def test_a_generic_test_of_the_project_counts_failing_rows(toy: Maker, path: str) -> None:
    project = toy({path: GENERIC, "models/a.sql": ROWS, "models/a.yml": CHECKED})
    assert project.run("build", "--quiet").code == 1
    assert project.statuses("test") == {"above_a_x": "pass", "above_one": "fail", "above_two_of_late": "pass"}
    assert [result["failures"] for result in project.results() if result["name"] == "above_one"] == [1]


def test_a_key_that_matches_nothing_and_a_constant_year_are_told(toy: Maker) -> None:
    yml = """
        models:
          - name: b
            columns:
              - name: k
                data_tests:
                  - join_rate: {arguments: {to: ref('a'), field: k, at_least: 0.5}}
              - name: year
                data_tests:
                  - not_constant: {arguments: {by: period_end}}
        """
    read = "-- depends_on: {{ ref('a') }}\n"
    rows = "select * from (values ({}, 2005, date '2005-12-31'), ('y', {}, date '2006-12-31')) as t (k, year, period_end)"
    project = toy({"models/a.sql": "select 'x' as k", "models/b.sql": read + rows.format("'x'", 2006), "models/b.yml": yml})
    assert project.run("build", "--quiet").code == 0
    project.write({"models/b.sql": read + rows.format("'z'", 2005)})
    assert project.run("build", "--quiet").code == 1
    assert project.statuses("test") == {"join_rate_b_k": "fail", "not_constant_b_year": "fail"}
