from pathlib import Path

import pytest

from ids_build.compiler.compiler import compile_project
from ids_build.errors import CompileError
from ids_build.graph import Graph
from ids_build.nodes import Increment, Model
from tests.support import as_relation, tiny_config, tiny_project

SOURCES = "sources: [{name: raw, tables: [{name: visits, meta: {external_location: 'raw/*.parquet'}}]}]\n"
READS = " select pnr from {{ source('raw', 'visits') }}"


def _compile(folder: Path, sql: str, **more: str) -> Graph:
    files = {"models/raw.yml": SOURCES, "models/m.sql": sql, **{f"models/{name}.sql": text for name, text in more.items()}}
    return compile_project(tiny_config(tiny_project(folder, files)))


def _model(graph: Graph) -> Model:
    node = graph.table(as_relation("main.m"))
    assert isinstance(node, Model)
    return node


def _increment(folder: Path, settings: str, sql: str = READS) -> Increment:
    found = _model(_compile(folder, f"{{{{ config(materialized='incremental'{settings}) }}}}{sql}")).increment
    assert found is not None
    return found


def _fault(folder: Path, settings: str, sql: str = READS, **more: str) -> str:
    with pytest.raises(CompileError) as caught:
        _compile(folder, f"{{{{ config(materialized='incremental'{settings}) }}}}{sql}", **more)
    return f"{caught.value.message}; {caught.value.hint}"


@pytest.mark.parametrize(
    ("settings", "strategy", "key"),
    [
        ("", "append", ()),
        (", unique_key='pnr'", "merge", ("pnr",)),
        (", unique_key=['pnr', 'day']", "merge", ("pnr", "day")),
        (", partition_by='year'", "insert_overwrite", ("year",)),
        (", partition_by={'field': 'year', 'data_type': 'int64'}", "insert_overwrite", ("year",)),
        (", incremental_strategy='insert_overwrite'", "insert_overwrite", ()),
        (", incremental_strategy='delete+insert', unique_key='pnr'", "merge", ("pnr",)),
        (", incremental_strategy='append', unique_key='pnr'", "append", ()),
        (", incremental_strategy='merge', meta={'grain': ['pnr']}", "merge", ("pnr",)),
    ],
)
def test_settings_are_those_of_dbt(tmp_path: Path, settings: str, strategy: str, key: tuple[str, ...]) -> None:
    found = _increment(tmp_path, settings)
    assert (found.strategy, found.key) == (strategy, key)


def test_an_increment_has_a_query_of_its_own_and_may_read_its_table(tmp_path: Path) -> None:
    sql = READS + "{% if is_incremental() %} where pnr not in (select pnr from {{ this }}){% endif %}"
    found = _increment(tmp_path, "", sql)
    assert (found.sql.strip(), found.this) == (
        'select pnr from "raw"."visits" where pnr not in (select pnr from "main"."m")',
        True,
    )
    model = _model(_compile(tmp_path, "{{ config(materialized='incremental') }}" + sql))
    assert (model.sql.strip(), model.references) == ('select pnr from "raw"."visits"', (as_relation("raw.visits"),))


def test_what_only_an_increment_reads_is_a_parent_too(tmp_path: Path) -> None:
    sql = READS + "{% if is_incremental() %} where pnr in (select pnr from {{ ref('other') }}){% endif %}"
    graph = _compile(tmp_path, "{{ config(materialized='incremental') }}" + sql, other="select 'a' as pnr")
    assert _model(graph).references == (as_relation("raw.visits"), as_relation("main.other"))


def test_a_table_has_no_increment(tmp_path: Path) -> None:
    assert _model(_compile(tmp_path, READS)).increment is None


@pytest.mark.parametrize(
    ("settings", "sql", "told"),
    [
        (", incremental_strategy='merg', unique_key='a'", READS, "unknown incremental_strategy 'merg'; did you mean 'merge'?"),
        (", incremental_strategy='merge'", READS, "a merge needs a key; say 'unique_key', or declare the grain"),
        (
            "",
            READS + " where pnr not in (select pnr from {{ this }})",
            "'m' reads its own table in a full build, when there is none;"
            " put what reads {{ this }} between {% if is_incremental() %} and {% endif %}",
        ),
        (", batch_inputs='visit'", READS, "'m' does not read 'visit' of its batch_inputs; did you mean 'visits'?"),
    ],
)
def test_faults_are_told_with_what_can_be_done(tmp_path: Path, settings: str, sql: str, told: str) -> None:
    assert _fault(tmp_path, settings, sql) == told


def test_an_input_that_comes_in_no_batches_is_refused(tmp_path: Path) -> None:
    sql = " select pnr from {{ ref('other') }}"
    told = _fault(tmp_path, ", batch_inputs='other'", sql, other="select 'a' as pnr")
    assert told == "'main.other' does not come in batches; name sources and incremental models"


def test_a_model_without_batches_is_warned_of(tmp_path: Path) -> None:
    graph = _compile(tmp_path, "{{ config(materialized='incremental') }} select 1 as x")
    assert graph.warnings == (
        "models/m.sql  'm' is incremental and reads nothing that comes in batches; it is built as one table",
    )


def test_what_is_there_after_an_increment_is_expected_of_incremental_models_alone(tmp_path: Path) -> None:
    unit = "unit_tests: [{name: t, model: m, given: [], expect_after: {rows: []}}]\n"
    tiny_project(tmp_path, {"models/raw.yml": SOURCES, "models/m.sql": READS, "models/unit.yml": unit})
    with pytest.raises(CompileError, match="'m' is no incremental model"):
        compile_project(tiny_config(tmp_path))
