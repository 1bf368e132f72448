from collections.abc import Mapping
from pathlib import Path

import pytest

from ids_build.compiler.compiler import compile_project, load_config
from ids_build.config import Options
from ids_build.errors import CompileError, ConfigError, CycleError, IdsBuildError, Location, UnknownNodeError
from ids_build.graph import Graph
from ids_build.nodes import Model, Seed
from tests.support import SHOP, as_relation, tiny_config, tiny_project


def _compile(folder: Path, files: Mapping[str, str]) -> Graph:
    return compile_project(tiny_config(tiny_project(folder, files)))


def _shop(folder: Path, **changes: str) -> Graph:
    return _compile(folder, {**SHOP, **{path.replace("__", "/"): text for path, text in changes.items()}})


def _fault(folder: Path, files: Mapping[str, str]) -> IdsBuildError:
    with pytest.raises(IdsBuildError) as caught:
        _compile(folder, files)
    return caught.value


def _model(graph: Graph, name: str) -> Model:
    node = graph.table(as_relation(name))
    assert isinstance(node, Model)
    return node


# -- settings -------------------------------------------------------------------------------------


def test_settings_come_from_the_folder(tmp_path: Path) -> None:
    tiny_project(tmp_path, {"dbt_project.yml": "name: shop\nprofile: p\nvars: {shop: {year: 2005}}\n"})
    (tmp_path / "profiles.yml").write_text("p: {target: d, outputs: {d: {type: datafusion, threads: 3}}}\n")
    config = tiny_config(tmp_path, vars="{day: 1}")
    assert (config.name, config.threads, dict(config.vars)) == ("shop", 3, {"year": 2005, "day": 1})


def test_a_variable_may_ask_the_environment(tmp_path: Path) -> None:
    tiny_project(tmp_path, {"dbt_project.yml": "name: shop\nvars: {folder: \"{{ env_var('PLACE', 'x') }}/raw\"}\n"})
    assert tiny_config(tmp_path, environment={"PLACE": "/data"}).vars["folder"] == "/data/raw"


def test_broken_vars_are_told_as_an_option(tmp_path: Path) -> None:
    tiny_project(tmp_path, {})
    with pytest.raises(ConfigError) as caught:
        tiny_config(tmp_path, vars="{a: [}")
    assert str(caught.value.at).startswith("--vars")


def test_a_broken_project_file_is_told_with_its_line(tmp_path: Path) -> None:
    tiny_project(tmp_path, {"dbt_project.yml": "name: shop\nvars: [\n"})
    with pytest.raises(ConfigError) as caught:
        load_config(Options(project_dir=tmp_path))
    assert caught.value.at is not None and caught.value.at.path == "dbt_project.yml"


# -- the graph ------------------------------------------------------------------------------------


def test_every_file_becomes_a_node_tied_to_what_it_reads(tmp_path: Path) -> None:
    graph = _shop(tmp_path)
    assert {unique_id for unique_id in graph.nodes if unique_id.split(".")[0] not in ("test", "unit_test")} == {
        "source.shop.raw.orders",
        "model.shop.orders",
        "model.shop.totals",
        "seed.shop.colours",
    }
    assert graph.parents["model.shop.totals"] == ("model.shop.orders",)
    assert graph.parents["model.shop.orders"] == ("source.shop.raw.orders",)


def test_a_model_carries_what_was_said_of_it(tmp_path: Path) -> None:
    orders = _model(_shop(tmp_path), "staging.orders")
    assert (orders.path, orders.materialized, orders.grain, orders.order) == (
        "models/staging/orders.sql",
        "table",
        ("id",),
        ("id",),
    )
    assert [column.name for column in orders.columns] == ["id", "customer"]
    assert orders.sql == 'select id, customer, amount from "raw"."orders"\n'


def test_a_model_that_orders_its_rows_is_known(tmp_path: Path) -> None:
    graph = _shop(tmp_path)
    assert (_model(graph, "marts.totals").ordered_by_query, _model(graph, "staging.orders").ordered_by_query) == (True, False)


def test_the_layer_is_the_schema_or_the_first_folder(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "name: shop\nmodels: {shop: {staging: {+schema: clean}}}\n",
        "models/staging/a.sql": "select 1 as x",
        "models/marts/deep/b.sql": "select 1 as x",
        "models/c.sql": "{{ config(schema='own') }}select 1 as x",
        "models/d.sql": "select 1 as x",
    }
    found = {str(relation) for relation in _compile(tmp_path, files).tables}
    assert found == {"clean.a", "marts.b", "own.c", "main.d"}


def test_config_in_the_template_wins(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "name: shop\nmodels: {+materialized: view, shop: {+tags: [outer]}}\n",
        "models/staging/a.sql": "{{ config(materialized='table', cluster_by=['x']) }}select 1 as x",
        "models/staging/b.sql": "select 1 as x",
    }
    graph = _compile(tmp_path, files)
    assert (_model(graph, "staging.a").materialized, _model(graph, "staging.b").materialized) == ("table", "view")
    assert (_model(graph, "staging.a").order, _model(graph, "staging.b").tags) == (("x",), ("outer",))


@pytest.mark.parametrize(
    ("word", "kind"), [("table", "table"), ("incremental", "table"), ("view", "view"), ("ephemeral", "ephemeral")]
)
def test_dbts_materializations_are_understood(tmp_path: Path, word: str, kind: str) -> None:
    graph = _compile(tmp_path, {"models/staging/a.sql": f"{{{{ config(materialized='{word}') }}}}select 1 as x"})
    assert _model(graph, "staging.a").materialized == kind


def test_a_seed_carries_its_text_and_types(tmp_path: Path) -> None:
    graph = _shop(tmp_path, **{"seeds__colours.yml": "seeds: [{name: colours, config: {column_types: {code: VARCHAR}}}]\n"})
    seed = graph.table(as_relation("seeds.colours"))
    assert isinstance(seed, Seed)
    assert (seed.text, {column.name: column.data_type for column in seed.columns}) == (
        SHOP["seeds/colours.csv"],
        {"code": "varchar"},
    )


def test_a_sources_location_is_filled_in(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "name: shop\nvars: {folder: data}\n",
        "models/raw.yml": """
            sources:
              - name: raw
                meta: {external_location: "{{ var('folder') }}/{name}/*.parquet"}
                tables:
                  - {name: orders, meta: {key: id, period: file_name}}
                  - {name: lines, meta: {external_location: other.parquet}}
            """,
    }
    graph = _compile(tmp_path, files)
    orders, lines = sorted(graph.sources(), key=lambda source: source.name, reverse=True)
    assert (orders.location, orders.key, orders.period) == ("data/orders/*.parquet", ("id",), "file_name")
    assert lines.location == "other.parquet"


def test_rights_of_layers_are_read_from_the_project_file(tmp_path: Path) -> None:
    text = "name: shop\nmodels: {shop: {a: {+schema: clean, +meta: {reads: [source]}}, b: {+meta: {reads: []}}, c: {}}}\n"
    graph = _compile(tmp_path, {"dbt_project.yml": text})
    assert graph.rights == {"clean": ("source",), "b": ()}


def test_a_reference_by_plain_name_is_an_edge_too(tmp_path: Path) -> None:
    graph = _shop(tmp_path, **{"models__marts__totals.sql": "select * from staging.orders"})
    assert graph.parents["model.shop.totals"] == ("model.shop.orders",)


def test_a_common_table_expression_of_a_sources_name_makes_no_edge_of_its_own(tmp_path: Path) -> None:
    sql = "with orders as (select * from {{ ref('orders') }}) select * from orders"
    assert _shop(tmp_path, **{"models__marts__totals.sql": sql}).parents["model.shop.totals"] == ("model.shop.orders",)


def test_compiling_twice_gives_equal_graphs(tmp_path: Path) -> None:
    config = tiny_config(tiny_project(tmp_path))
    assert compile_project(config) == compile_project(config)


# -- disabled -------------------------------------------------------------------------------------


def test_a_disabled_model_is_no_node(tmp_path: Path) -> None:
    graph = _shop(tmp_path, **{"models__marts__totals.sql": "{{ config(enabled=false) }}select 1 as x"})
    assert "model.shop.totals" not in graph.nodes


def test_reading_a_disabled_model_is_told(tmp_path: Path) -> None:
    fault = _fault(tmp_path, {**SHOP, "models/staging/orders.sql": "{{ config(enabled=false) }}select 1 as id"})
    assert isinstance(fault, UnknownNodeError)
    assert "model 'orders' is disabled" in fault.message


def test_tests_of_a_disabled_model_are_disabled_too(tmp_path: Path) -> None:
    files = {path: text for path, text in SHOP.items() if "totals" not in path}
    graph = _compile(tmp_path, {**files, "models/staging/orders.sql": "{{ config(enabled=false) }}select 1 as id"})
    assert (graph.data_tests(), graph.unit_tests()) == ((), ())


# -- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message", "at"),
    [
        ({"models/a.sql": "select * from {{ ref('b') }}"}, "unknown model 'b'", "models/a.sql:1:23"),
        ({"models/a.sql": "select *\nfrom nobody"}, "unknown table 'nobody'", "models/a.sql:2:6"),
        ({"models/a.sql": ""}, "the file holds no query", "models/a.sql:1"),
        ({"models/a.sql": "select 1; select 2"}, "the file holds more than one statement", "models/a.sql:1"),
        ({"models/a.sql": "drop table x"}, "a model can only read", "models/a.sql:1"),
        ({"models/a.sql": "{{ config(materialized='tabel') }}select 1"}, "unknown materialization 'tabel'", "models/a.sql"),
        ({"models/x/a.sql": "select 1", "models/y/a.sql": "select 1"}, "two models are named 'a'", "models/y/a.sql"),
        ({"models/a.sql": "select 1", "seeds/a.csv": "x\n1\n"}, "a model and a seed are named 'a'", "seeds/a.csv"),
        (
            {"models/a.yml": "models: [{name: b}]\n", "models/a.sql": "select 1"},
            "describes unknown model 'b'",
            "models/a.yml:1:17",
        ),
        ({"seeds/a.yml": "seeds: [{name: b}]\n"}, "describes unknown seed 'b'", "seeds/a.yml:1:16"),
        (
            {"models/a.yml": "sources: [{name: r, tables: [{name: t}, {name: t}]}]\n"},
            "'r.t' is declared twice",
            "models/a.yml:1:48",
        ),
    ],
)
def test_a_fault_is_told_at_its_place(tmp_path: Path, files: Mapping[str, str], message: str, at: str) -> None:
    fault = _fault(tmp_path, files)
    assert (fault.message, str(fault.at)) == (message, at)
    assert isinstance(fault, CompileError)


def test_faults_of_several_files_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        _compile(tmp_path, {"models/a.sql": "select * from {{ ref('x') }}", "models/b.sql": "{{ nothing }}"})
    told = [error for error in caught.value.exceptions if isinstance(error, IdsBuildError)]
    assert [str(error.at).partition(":")[0] for error in told] == ["models/a.sql", "models/b.sql"]


def test_a_circle_is_told(tmp_path: Path) -> None:
    files = {"models/a.sql": "select * from {{ ref('b') }}", "models/b.sql": "select * from {{ ref('a') }}"}
    assert isinstance(_fault(tmp_path, files), CycleError)


def test_a_name_that_is_asked_for_and_not_read_is_a_warning(tmp_path: Path) -> None:
    graph = _shop(tmp_path, **{"models__marts__totals.sql": "-- {{ ref('orders') }}\nselect 1 as x"})
    assert graph.parents["model.shop.totals"] == ()
    assert graph.warnings == ("models/marts/totals.sql  'staging.orders' is named but not read; no edge is made",)


def test_the_place_of_a_model_survives_to_the_node(tmp_path: Path) -> None:
    totals = _model(_shop(tmp_path), "marts.totals")
    assert totals.locate(totals.sql.index("group")) == Location(path="models/marts/totals.sql", line=3, column=1)
