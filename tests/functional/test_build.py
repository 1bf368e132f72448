"""`ids build` and its sisters: order, failures, selection, settings, what is said and what is written."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .toy import Toy

Maker = Callable[..., Toy]
CHAIN = {
    "models/a.sql": "select 1 as x",
    "models/b.sql": "{{ config(tags=['middle', 'nightly']) }} select x from {{ ref('a') }}",
    "models/deep/c.sql": "{{ config(tags='nightly') }} select x from {{ ref('b') }}",
    "models/alone.sql": "select 2 as x",
}
WORDS = {"seeds/words.csv": "word\n12\nthirteen\n"}
FAILS_RUNNING = {**WORDS, "models/b_breaks.sql": "select cast(word as int) as number from {{ ref('words') }}"}
VARYING = {
    "models/a.sql": "select {{ var('x', 1) }} as x",
    "models/b.sql": "select x + 100 as y from {{ ref('a') }}",
    "models/a.yml": """
        models:
          - name: a
            columns: [{name: x, data_tests: [{accepted_values: {arguments: {values: [1]}}}]}]
    """,
}


# -- order and failures ---------------------------------------------------------------------------


def test_models_are_built_parents_first_whatever_their_names(toy: Maker) -> None:
    project = toy(
        {
            "models/a_last.sql": "select * from {{ ref('m_middle') }}",
            "models/m_middle.sql": "select word as w from {{ ref('z_first') }}",
            "models/z_first.sql": "select word from {{ ref('words') }}",
            **WORDS,
        }
    )
    assert project.run("build").code == 0
    assert list(project.statuses()) == ["seeds.words", "main.z_first", "main.m_middle", "main.a_last"]
    assert project.rows("a_last") == [{"w": "12"}, {"w": "thirteen"}]


def test_a_failing_model_skips_what_depends_on_it_while_the_rest_goes_on(toy: Maker) -> None:
    project = toy(
        {
            **FAILS_RUNNING,
            "models/c_child.sql": "select * from {{ ref('b_breaks') }}",
            "models/d_grandchild.sql": "select * from {{ ref('c_child') }}",
            "models/e_alone.sql": "select word from {{ ref('words') }}",
        }
    )
    ran = project.run("build", "--publish", "passing")
    assert ran.code == 1
    assert project.statuses("model") == {
        "main.b_breaks": "error",
        "main.c_child": "skipped",
        "main.d_grandchild": "skipped",
        "main.e_alone": "success",
    }
    assert [project.path(name).exists() for name in ("b_breaks", "c_child", "d_grandchild", "e_alone")] == [
        False,
        False,
        False,
        True,
    ]
    assert "'main.b_breaks' error: a value cannot be cast to Int32" in ran.out
    assert "2 of 5 tables built, 1 error, 2 skipped" in ran.out


def test_a_skipped_model_says_which_parent_failed(toy: Maker) -> None:
    project = toy({**FAILS_RUNNING, "models/c.sql": "select * from {{ ref('b_breaks') }}"})
    project.run("build")
    assert project.results()[-1]["message"] == "'b_breaks' failed"


def test_a_failing_data_test_keeps_the_former_table_and_skips_children(toy: Maker) -> None:
    project = toy(VARYING)
    assert project.run("build").code == 0
    former = {name: project.path(name).read_bytes() for name in ("a", "b")}
    ran = project.run("build", "--vars", "{x: 2}")
    assert ran.code == 1
    assert {name: project.path(name).read_bytes() for name in ("a", "b")} == former
    assert project.statuses() == {"accepted_values_a_x": "fail", "main.a": "error", "main.b": "skipped"}
    assert "a data test of it failed; the former table stays" in ran.out


def test_after_the_fault_is_mended_the_table_is_replaced(toy: Maker) -> None:
    project = toy(VARYING)
    project.run("build")
    project.run("build", "--vars", "{x: 2}")
    project.write({"models/a.yml": VARYING["models/a.yml"].replace("[1]", "[1, 2]")})
    assert project.run("build", "--vars", "{x: 2}").code == 0
    assert (project.rows("a"), project.rows("b")) == ([{"x": 2}], [{"y": 102}])


def test_a_failing_unit_test_keeps_its_model_from_being_built(toy: Maker) -> None:
    project = toy(
        {
            **CHAIN,
            "models/b.yml": """
                unit_tests:
                  - name: doubles
                    model: b
                    given: [{input: ref('a'), rows: [{x: 4}]}]
                    expect: {rows: [{x: 8}]}
            """,
        }
    )
    ran = project.run("build")
    assert ran.code == 1
    assert project.statuses() == {
        "main.a": "success",
        "main.alone": "success",
        "b::doubles": "fail",
        "main.b": "skipped",
        "deep.c": "skipped",
    }
    assert not project.path("b").exists()
    assert "x=8" in ran.out and "x=4" in ran.out


def test_a_failing_test_of_severity_warn_lets_the_table_through(toy: Maker) -> None:
    project = toy({**VARYING, "models/a.yml": VARYING["models/a.yml"].replace("}}}]", "}, config: {severity: warn}}}]")})
    ran = project.run("build", "--vars", "{x: 2}")
    assert ran.code == 0
    assert project.statuses("test") == {"accepted_values_a_x": "warn"}
    assert project.rows("b") == [{"y": 102}]
    assert "test 'accepted_values_a_x' warning: 1 failing row" in ran.out


def test_fail_fast_stops_after_the_first_failure(toy: Maker) -> None:
    project = toy({**FAILS_RUNNING, "models/e_alone.sql": "select word from {{ ref('words') }}"})
    ran = project.run("build", "--fail-fast", "--threads", "1")
    assert ran.code == 1
    assert project.statuses("model") == {"main.b_breaks": "error", "main.e_alone": "skipped"}
    assert project.results()[-1]["message"] == "the run stopped at the first failure"


# -- exit codes -----------------------------------------------------------------------------------


def test_exit_code_is_0_when_all_is_fine(toy: Maker) -> None:
    assert toy(CHAIN).run("build").code == 0


def test_exit_code_is_1_when_a_node_failed(toy: Maker) -> None:
    assert toy(FAILS_RUNNING).run("build").code == 1


def test_exit_code_is_1_when_the_project_is_faulty(toy: Maker) -> None:
    assert toy({"models/a.sql": "select * from {{ ref('nothing') }}"}).run("build").code == 1


@pytest.mark.parametrize("words", [("build", "--nonsense"), ("bild",), ("build", "--threads", "none"), ("build", "--select")])
def test_exit_code_is_2_for_a_wrong_command_line(toy: Maker, words: tuple[str, ...]) -> None:
    ran = toy(CHAIN).run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_an_unknown_command_names_the_nearest_one(toy: Maker) -> None:
    assert "did you mean 'build'?" in toy(CHAIN).run("bild").err


# -- selection ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "built"),
    [
        (("--select", "b"), "b"),
        (("-s", "main.b"), "b"),
        (("--models", "b"), "b"),
        (("b",), "b"),
        (("--select", "b", "alone"), "alone b"),
        (("--select", "b alone"), "alone b"),
        (("--select", "b", "--select", "alone"), "alone b"),
        (("--select", "+b"), "a b"),
        (("--select", "b+"), "b c"),
        (("--select", "1+c"), "b c"),
        (("--select", "a+1"), "a b"),
        (("--select", "@b"), "a b c"),
        (("--select", "tag:nightly"), "b c"),
        (("--select", "tag:nightly,tag:middle"), "b"),
        (("--select", "path:models/deep"), "c"),
        (("--select", "models/deep"), "c"),
        (("--select", "models/deep/c.sql"), "c"),
        (("--select", "file:c.sql"), "c"),
        (("--select", "al*"), "alone"),
        (("--select", "config.materialized:table"), "a alone b c"),
        (("--select", "resource_type:model"), "a alone b c"),
        (("--exclude", "b"), "a alone c"),
        (("--exclude", "b+"), "a alone"),
        (("--select", "+c", "--exclude", "a"), "b c"),
        (("--select", "tag:nightly", "--exclude", "tag:middle"), "c"),
    ],
)
def test_select_and_exclude_choose(toy: Maker, words: tuple[str, ...], built: str) -> None:
    project = toy(CHAIN)
    ran = project.run("build", "--exclude", "resource_type:model")
    assert ran.code == 0
    ran = project.run("ls", "--resource-type", "model", "--output", "name", *words)
    assert " ".join(sorted(ran.out.split())) == built, ran.err


def test_only_what_was_selected_is_built(toy: Maker) -> None:
    project = toy(CHAIN)
    assert project.run("build", "--select", "+b").code == 0
    assert list(project.statuses()) == ["main.a", "main.b"]
    assert not project.path("alone").exists()


def test_a_selected_model_reads_the_tables_of_the_former_build(toy: Maker) -> None:
    project = toy(VARYING)
    project.run("build")
    assert project.run("build", "--select", "b", "--vars", "{x: 50}").code == 0
    assert project.rows("b") == [{"y": 101}]


def test_a_selected_model_whose_parent_was_never_built_says_how_to_build_it(toy: Maker) -> None:
    ran = toy(CHAIN).run("build", "--select", "b")
    assert ran.code == 1
    assert "'main.b' error: 'main.a' has not been built\n  hint: run 'ids build --select a' first" in ran.out


def test_a_selection_of_nothing_is_a_warning_with_the_nearest_name(toy: Maker) -> None:
    project = toy({"models/customers.sql": "select 1 as x"})
    ran = project.run("build", "--select", "custmers")
    assert ran.code == 0
    assert ran.err.splitlines()[0] == "warning: 'custmers' selects nothing; did you mean 'customers'?"
    assert not project.path("customers").exists()
    assert "nothing to do" in ran.out


def test_run_builds_models_without_tests_and_seed_loads_seeds_only(toy: Maker) -> None:
    project = toy({**VARYING, **WORDS})
    assert project.run("seed").code == 0
    assert project.statuses() == {"seeds.words": "success"}
    assert project.run("run", "--vars", "{x: 2}").code == 0
    assert project.statuses() == {"main.a": "success", "main.b": "success"}


def test_test_questions_the_tables_that_are_built(toy: Maker) -> None:
    project = toy(VARYING)
    project.run("run", "--vars", "{x: 2}")
    ran = project.run("test")
    assert ran.code == 1
    assert project.statuses() == {"accepted_values_a_x": "fail"}
    assert project.rows("a") == [{"x": 2}]


# -- options and settings -------------------------------------------------------------------------


def test_options_may_stand_before_the_command(toy: Maker) -> None:
    project = toy(FAILS_RUNNING)
    assert toy(CHAIN, folder="other").run("--quiet", "build").out == ""
    ran = project.run("--fail-fast", "--target-path", "elsewhere", "--log-format", "json", "build", "--output", "json")
    assert ran.code == 1
    assert ran.json["command"] == "build"
    assert (project.folder / "elsewhere" / "run_results.json").is_file()


def test_vars_on_the_command_line_win_over_the_project_file(toy: Maker) -> None:
    project = toy(
        {"dbt_project.yml": "name: toy\nvars: {x: 5, y: 6}\n", "models/a.sql": "select {{ var('x') }} as x, {{ var('y') }} as y"}
    )
    project.run("build")
    assert project.rows("a") == [{"x": 5, "y": 6}]
    project.run("build", "--vars", '{"x": 7}')
    assert project.rows("a") == [{"x": 7, "y": 6}]
    project.run("build", "--vars", "x: 8")
    assert project.rows("a") == [{"x": 8, "y": 6}]


def test_a_target_path_takes_all_that_is_written(toy: Maker, tmp_path: Path) -> None:
    project = toy(CHAIN)
    assert project.run("build", "--target-path", str(tmp_path / "out")).code == 0
    assert pq.read_table(tmp_path / "out" / "tables" / "main" / "alone.parquet").to_pylist() == [{"x": 2}]
    assert not (project.folder / "target").exists()


def test_the_environment_may_name_the_target_path(toy: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    project = toy(CHAIN)
    monkeypatch.setenv("DBT_TARGET_PATH", "from_environment")
    assert project.run("build").code == 0
    assert project.path("a", target="from_environment").is_file()


PROFILES = """
toy:
  target: dev
  outputs:
    dev: {type: datafusion, path: dev_tables, threads: 3, memory_limit: 1GB}
    prod: {type: datafusion, path: prod_tables, threads: 5, memory_limit: 3 GB}
"""


@pytest.mark.parametrize(
    ("words", "where"), [((), "dev_tables"), (("--target", "prod"), "prod_tables"), (("-t", "dev"), "dev_tables")]
)
def test_the_profile_s_target_says_where_tables_go(toy: Maker, words: tuple[str, ...], where: str) -> None:
    project = toy({**CHAIN, "profiles.yml": PROFILES})
    assert project.run("build", *words).code == 0
    assert project.rows("alone", target=where) == [{"x": 2}]


def test_threads_and_memory_limit_come_from_the_profile_unless_an_option_speaks(toy: Maker) -> None:
    project = toy({**CHAIN, "profiles.yml": PROFILES})
    told = project.run("debug", "--target", "prod").out
    assert "threads: 5\n" in told and "memory limit: 3.0 GiB" in told
    assert "threads: 2\n" in project.run("debug", "--threads", "2").out


def test_profiles_may_lie_in_another_folder(toy: Maker, tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "profiles.yml").write_text(PROFILES)
    project = toy(CHAIN)
    assert project.run("build", "--profiles-dir", str(tmp_path / "settings")).code == 0
    assert project.path("a", target="dev_tables").is_file()


def test_a_dbt_profile_of_another_engine_is_no_hindrance(toy: Maker) -> None:
    profile = "toy: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 4}}}\n"
    project = toy({**CHAIN, "profiles.yml": profile})
    assert project.run("build").code == 0
    assert project.rows("alone") == [{"x": 2}]


@pytest.mark.parametrize(
    ("profile", "words", "told"),
    [
        (PROFILES, ("--target", "pord"), "profile 'toy' has no target 'pord'\n  hint: did you mean 'prod'?"),
        (PROFILES.replace("memory_limit", "memory_limt"), (), "unknown key 'memory_limt' in target 'dev'\n  hint: did you mean"),
        (PROFILES.replace("1GB", "1XB"), (), "'1XB' is no usable memory limit"),
        (PROFILES.replace("threads: 3", "threads: many"), (), "'many' is no number of threads"),
        (None, ("--target", "prod"), "unknown target 'prod'"),
        ("toy: [", (), "not valid YAML"),
    ],
)
def test_a_wrong_profile_is_told_and_nothing_is_built(toy: Maker, profile: str | None, words: tuple[str, ...], told: str) -> None:
    project = toy({**CHAIN, **({"profiles.yml": profile} if profile else {})})
    ran = project.run("build", *words)
    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err
    assert not list(project.folder.rglob("*.parquet"))


# -- what is said ---------------------------------------------------------------------------------


def test_json_output_is_one_document_on_stdout_while_the_log_stays_on_stderr(toy: Maker) -> None:
    project = toy(VARYING)
    ran = project.run("build", "--output", "json")
    told = ran.json
    assert told["ok"] is True and told["command"] == "build"
    assert [(result["name"], result["status"], result.get("rows")) for result in told["results"]] == [
        ("accepted_values_a_x", "pass", None),
        ("main.a", "success", 1),
        ("main.b", "success", 1),
    ]
    assert "1/3" in ran.err and "main.b" in ran.err


def test_json_log_is_one_object_a_line_on_stderr(toy: Maker) -> None:
    ran = toy(VARYING).run("build", "--log-format", "json")
    events = [json.loads(line) for line in ran.err.splitlines()]
    assert [(event["event"], event["name"]) for event in events if event.get("resource_type") == "model"] == [
        ("started", "main.a"),
        ("result", "main.a"),
        ("started", "main.b"),
        ("result", "main.b"),
    ]


def test_json_log_stays_json_when_there_are_warnings(toy: Maker) -> None:
    ran = toy(CHAIN).run("build", "--log-format", "json", "--select", "alon")
    assert [json.loads(line)["event"] for line in ran.err.splitlines()] == ["warning"]


def test_quiet_says_nothing_when_all_is_fine(toy: Maker) -> None:
    ran = toy(CHAIN).run("build", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_quiet_still_tells_what_failed(toy: Maker) -> None:
    ran = toy(VARYING).run("build", "--quiet", "--vars", "{x: 2}")
    assert (ran.code, ran.out) == (1, "")
    assert "test 'accepted_values_a_x' failed: 1 failing row" in ran.err


def test_away_from_a_terminal_the_log_is_plain_lines(toy: Maker) -> None:
    ran = toy(CHAIN).run("build", "--threads", "1")
    assert "\x1b" not in ran.err + ran.out and "\r" not in ran.err + ran.out
    assert [line.split()[:4] for line in ran.err.splitlines()] == [
        ["1/4", "success", "model", "main.a"],
        ["2/4", "success", "model", "main.alone"],
        ["3/4", "success", "model", "main.b"],
        ["4/4", "success", "model", "deep.c"],
    ]


# -- what is written ------------------------------------------------------------------------------


def test_a_query_without_rows_makes_a_table_of_zero_rows_with_all_columns(toy: Maker) -> None:
    sql = "select cast(1 as smallint) as a, 'x' as b, date '2020-01-01' as c, cast(1 as decimal(9, 2)) as d, 1.5 as e where false"
    project = toy({"models/nothing.sql": sql})
    assert project.run("build").code == 0
    table = project.table("nothing")
    assert table.num_rows == 0
    assert {field.name: str(field.type).replace("string_view", "string") for field in table.schema} == {
        "a": "int16",
        "b": "string",
        "c": "date32[day]",
        "d": "decimal128(9, 2)",
        "e": "double",
    }


def test_a_model_on_an_empty_table_is_an_empty_table(toy: Maker) -> None:
    project = toy(
        {
            "models/nothing.sql": "select 1 as a where false",
            "models/sums.sql": "select a, count(*) as n from {{ ref('nothing') }} group by a",
        }
    )
    assert project.run("build").code == 0
    assert (project.table("sums").num_rows, project.table("sums").column_names) == (0, ["a", "n"])


ROWS = "select * from (values (2, 'b', 1.0), (1, 'c', 2.0), (1, 'a', 3.0)) as rows(k, t, v)"


def test_a_grain_sorts_the_table_and_stands_in_its_footer(toy: Maker) -> None:
    project = toy({"models/t.sql": ROWS, "models/t.yml": "models: [{name: t, config: {meta: {grain: [k, t]}}}]\n"})
    assert project.run("build").code == 0
    assert project.table("t").to_pydict() == {"k": [1, 1, 2], "t": ["a", "c", "b"], "v": [3.0, 2.0, 1.0]}
    footer = pq.ParquetFile(project.path("t")).metadata
    assert json.loads(footer.metadata[b"ids_build"])["order"] == ["k", "t"]
    assert [(key.column_index, key.descending, key.nulls_first) for key in footer.row_group(0).sorting_columns] == [
        (0, False, True),
        (1, False, True),
    ]
    assert footer.row_group(0).column(0).compression == "ZSTD"


def test_cluster_by_sorts_and_breaks_ties_by_the_other_columns(toy: Maker) -> None:
    project = toy({"models/t.sql": "{{ config(cluster_by=['k']) }} " + ROWS})
    assert project.run("build").code == 0
    assert project.table("t").to_pydict() == {"k": [1, 1, 2], "t": ["a", "c", "b"], "v": [3.0, 2.0, 1.0]}
    assert json.loads(pq.ParquetFile(project.path("t")).metadata.metadata[b"ids_build"])["order"] == ["k"]


def test_a_query_that_orders_its_rows_keeps_its_order(toy: Maker) -> None:
    project = toy({"models/t.sql": ROWS + " order by v desc"})
    assert project.run("build").code == 0
    assert project.table("t").column("v").to_pylist() == [3.0, 2.0, 1.0]


def test_a_grain_that_repeats_fails_and_names_the_test(toy: Maker) -> None:
    project = toy({"models/t.sql": ROWS, "models/t.yml": "models: [{name: t, config: {meta: {grain: k}}}]\n"})
    ran = project.run("build")
    assert ran.code == 1
    assert "test 'grain_t' failed: 1 failing row" in ran.out
    assert not project.path("t").exists()


def test_no_drafts_lie_about_after_a_run(toy: Maker) -> None:
    project = toy({**VARYING, **FAILS_RUNNING})
    project.run("build")
    assert not (project.folder / "target" / "drafts").exists()
    project.run("build", "--vars", "{x: 2}")
    assert not (project.folder / "target" / "drafts").exists()


def test_building_again_and_again_gives_the_same_bytes(toy: Maker) -> None:
    project = toy({"models/t.sql": ROWS, "models/t.yml": "models: [{name: t, config: {meta: {grain: [k, t]}}}]\n", **WORDS})
    project.run("build")
    first = {path: path.read_bytes() for path in project.written() if path.suffix == ".parquet"}
    assert len(first) == 2
    for _ in range(5):
        project.run("build", "--quiet")
        assert {path: path.read_bytes() for path in first} == first


def test_types_survive_the_way_to_disk_and_back(toy: Maker) -> None:
    delivery = pa.table({"a": pa.array([None, "Ærø"]), "b": pa.array([2**40, None]), "c": pa.array([False, True])})
    project = toy(
        {
            "raw/r.parquet": delivery,
            "models/s.yml": "sources: [{name: raw, tables: [{name: r, meta: {external_location: raw/r.parquet}}]}]\n",
            "models/t.sql": "select a, b, c from {{ source('raw', 'r') }}",
            "models/u.sql": "select * from {{ ref('t') }}",
        }
    )
    assert project.run("build").code == 0
    assert project.rows("u") == [{"a": None, "b": 2**40, "c": False}, {"a": "Ærø", "b": None, "c": True}]
