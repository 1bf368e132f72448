"""What is kept between compiles: never seen in a result, whatever was edited, damaged or shared."""

import json
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ids_build.compiler.cache import Cache
from ids_build.config import Config, Options
from ids_build.errors import IdsBuildError
from ids_build.tasks.check import check_cache, find_differences
from ids_build.tasks.compile import Checked, check_project
from ids_build.tasks.ls import load_config

from .toy import Toy, run_script

FILES = {
    "dbt_project.yml": "name: toy\nprofile: toy\nvars: {least: 1, word: \"{{ env_var('WORD', 'x') }}\"}\n",
    "macros/twice.sql": "{% macro twice(x) %}({{ x }} * 2){% endmacro %}\n",
    "macros/twice.yml": """
        macros:
          - {name: twice, arguments: [{name: x}]}
        unit_tests:
          - {name: doubles, macro: twice, sql: "select {{ twice('1') }} as x", expect: {rows: [{x: 2}]}}
        """,
    "models/raw.yml": """
        sources:
          - name: raw
            meta: {external_location: "raw/{name}.parquet", since: 2020-01-01}
            tables:
              - name: orders
                columns:
                  - {name: id, data_type: int32}
                  - {name: code, data_type: string}
                  - {name: amount, data_type: float64}
        """,
    "models/staging/orders.sql": "select id, code, amount from {{ source('raw', 'orders') }} where id >= {{ var('least') }}\n",
    "models/staging/orders.yml": """
        models:
          - name: orders
            description: One row per order.
            config: {meta: {grain: [id]}, tags: [daily]}
            columns:
              - {name: id, data_type: int32}
              - {name: code, data_tests: [not_null]}
        unit_tests:
          - name: keeps_orders
            model: orders
            overrides: {vars: {least: 2}}
            given:
              - {input: "source('raw', 'orders')", rows: [{id: 1}, {id: 2}]}
            expect: {rows: [{id: 2}]}
        """,
    "models/marts/named.sql": """
        {{ config(tags=('a', 'b'), schema='shown') }}
        select orders.id, colours.word, {{ twice('amount') }} as amount, '{{ env_var("SIDE", "left") }}' as side
        from {{ ref('orders') }} as orders join {{ ref('colours') }} as colours on colours.code = orders.code
        """,
    "models/marts/counted.sql": "select word, count(*) as n from {{ ref('named') }} group by word\n",
    "seeds/colours.csv": "code,word\n01,red\n02,blue\n",
    "tests/none_is_negative.sql": "select * from {{ ref('named') }} where amount < 0\n",
    "tests/fixtures/two.csv": "id\n1\n2\n",
}


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path / "toy", FILES)


def settings(toy: Toy, **said: Any) -> Config:
    return load_config(Options(project_dir=toy.folder, profiles_dirs=(toy.folder,), cores=2, **said))


def compiled(config: Config) -> Checked | str:
    """Return what a compile gives, or what it complains of."""
    try:
        checked = check_project(config)
        dict(checked.schemas)
        return checked
    except IdsBuildError as error:
        return f"{type(error).__name__} {error}"
    except ExceptionGroup as errors:
        return " / ".join(f"{type(error).__name__} {error}" for error in errors.exceptions)


def columns(checked: Checked) -> dict[str, object]:
    return {checked.graph.tables[relation]: schema for relation, schema in checked.schemas.items()}


def assert_same(config: Config) -> Checked | str:
    """Compile with and without what is kept, and expect the same."""
    warm, cold = compiled(config), compiled(replace(config, use_cache=False))
    if isinstance(cold, str) or isinstance(warm, str):
        assert warm == cold
    else:
        assert list(find_differences(cold.graph, columns(cold), warm.graph, columns(warm))) == []
    return warm


def entries(toy: Toy, kind: str = "", target: str = "target") -> list[Path]:
    return sorted((toy.folder / target / "cache").glob(f"{kind}*.json"))


def sql_of(checked: Checked | str, name: str) -> str:
    assert isinstance(checked, Checked), checked
    return next(model.sql for model in checked.graph.models() if model.name == name)


# -- warm is cold ---------------------------------------------------------------------------------


def test_a_second_compile_says_what_the_first_said(toy: Toy) -> None:
    first, second = assert_same(settings(toy)), assert_same(settings(toy))
    assert isinstance(first, Checked) and isinstance(second, Checked)
    assert repr(first.graph) == repr(second.graph)
    kinds = ["columns", "documents", "graph", "queries", "renderings", "types"]
    assert [path.name.partition("-")[0] for path in entries(toy)] == kinds


EDITS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("models/staging/orders.sql", lambda text: f"-- seen\n{text}"),
    ("models/staging/orders.sql", lambda text: text.replace("id, code", "id, upper(code) as code")),
    ("models/staging/orders.sql", lambda text: text.replace("amount from", "cast(amount as bigint) as amount from")),
    ("models/staging/orders.sql", lambda text: text.replace("source('raw', 'orders')", "source('raw', 'order')")),
    ("models/staging/orders.yml", lambda text: text.replace("One row per", "A row per")),
    ("models/staging/orders.yml", lambda text: text.replace("[not_null]", "[not_null, unique]")),
    ("models/staging/orders.yml", lambda text: text.replace("grain: [id]", "grain: [id, code]")),
    ("models/staging/orders.yml", lambda text: text.replace("{least: 2}", "{least: 3}")),
    ("models/staging/orders.yml", lambda text: text.replace("grain: [id]", "grain: [idd]")),
    ("models/raw.yml", lambda text: text.replace("data_type: float64", "data_type: int64")),
    ("models/raw.yml", lambda text: text.replace("since: 2020-01-01", "since: 2020-01-02")),
    ("models/marts/named.sql", lambda text: text.replace("as side", "as sides")),
    ("models/marts/named.sql", lambda text: text.replace("('a', 'b')", "['a', 'b']")),
    ("models/marts/counted.sql", lambda text: text.replace("count(*)", "count(word)")),
    ("models/marts/counted.sql", lambda text: text.replace("select word", "select words")),
    ("models/marts/extra.sql", lambda _: "select 1 as one\n"),
    ("models/marts/extra.sql", lambda _: "{{ config(enabled=false) }} select 1 as one\n"),
    ("models/extra.yml", lambda _: "models: [{name: counted, description: counted}]\n"),
    ("macros/twice.sql", lambda text: text.replace("* 2", "* 3")),
    ("macros/twice.sql", lambda text: text.replace("twice(x)", "twice(x, y=1)")),
    ("macros/twice.yml", lambda text: text.replace("{x: 2}", "{x: 3}")),
    ("seeds/colours.csv", lambda text: text + "03,green\n"),
    ("seeds/colours.csv", lambda text: text.replace("code,word", "word,code")),
    ("seeds/colours.csv", lambda text: text.replace("red", "1").replace("blue", "2")),
    ("seeds/more.csv", lambda _: "a\n1\n"),
    ("tests/none_is_negative.sql", lambda text: text.replace("< 0", "< 1")),
    ("tests/fixtures/two.csv", lambda text: text + "3\n"),
    ("dbt_project.yml", lambda text: text.replace("least: 1", "least: 5")),
    ("dbt_project.yml", lambda text: text + "models: {toy: {marts: {+meta: {reads: [staging, seed, shown]}}}}\n"),
    ("dbt_project.yml", lambda text: text + "models: {toy: {marts: {+materialized: view}}}\n"),
)


@pytest.mark.parametrize("number", range(len(EDITS)))
def test_an_edit_of_one_file_is_seen_and_its_undoing_too(toy: Toy, number: int) -> None:
    before = assert_same(settings(toy))
    name, edit = EDITS[number]
    path = toy.folder / name
    text = path.read_text(encoding="utf-8") if path.exists() else None
    edited = edit(text or "")
    assert edited != text
    toy.write({name: edited})
    assert_same(settings(toy))
    path.write_text(text, encoding="utf-8") if text is not None else path.unlink()
    after = assert_same(settings(toy))
    assert isinstance(before, Checked) and isinstance(after, Checked)
    assert repr(before.graph) == repr(after.graph)


@pytest.mark.parametrize("seed", range(3))
def test_any_edits_one_after_the_other_are_seen(toy: Toy, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        name, edit = chance.choice(EDITS)
        path = toy.folder / name
        if path.exists() and chance.random() < 0.2:
            toy.write({name: FILES[name]}) if name in FILES else path.unlink()
        elif path.exists() and chance.random() < 0.1 and name != "dbt_project.yml":
            path.unlink()
        else:
            whole = name == "dbt_project.yml" or not path.exists()
            toy.write({name: edit(FILES.get(name, "") if whole else path.read_text(encoding="utf-8"))})
        assert_same(settings(toy))


def test_a_file_that_moves_takes_its_places_along(toy: Toy) -> None:
    assert_same(settings(toy))
    (toy.folder / "models" / "marts" / "counted.sql").rename(toy.folder / "models" / "staging" / "counted.sql")
    checked = assert_same(settings(toy))
    assert isinstance(checked, Checked)
    assert str(checked.graph.model("model.toy.counted").relation) == "staging.counted"


def test_a_project_that_moved_with_its_target_is_known(toy: Toy, tmp_path: Path) -> None:
    assert toy.run("ls").code == 0
    other = Toy(tmp_path / "elsewhere", FILES)
    shutil.copytree(toy.folder / "target", other.folder / "target")
    before = [(path.name, path.stat().st_mtime_ns) for path in entries(other)]
    assert_same(settings(other))
    assert [(p.name, p.stat().st_mtime_ns) for p in entries(other, "graph")] == [pair for pair in before if "graph" in pair[0]]


# -- what is said outside of files ----------------------------------------------------------------


def test_variables_are_seen(toy: Toy) -> None:
    assert "id >= 1" in sql_of(assert_same(settings(toy)), "orders")
    assert "id >= 7" in sql_of(assert_same(settings(toy, vars="{least: 7}")), "orders")
    assert "id >= 1" in sql_of(assert_same(settings(toy)), "orders")
    assert "id >= 1" in sql_of(assert_same(settings(toy, vars="{least: '1'}")), "orders")


@pytest.mark.parametrize("said", [["1", "1.0", "true", "'1'"], ["{b: 1, a: 2}", "{a: 2, b: 1}"]])
def test_values_that_are_equal_and_not_the_same_are_told_apart(toy: Toy, said: list[str]) -> None:
    toy.write({"models/marts/extra.sql": "select 1 as told -- {{ var('least') }}\n", "models/staging/orders.yml": ""})
    toy.write({"models/staging/orders.sql": "select id, code, amount from {{ source('raw', 'orders') }}\n"})
    toy.write({"tests/none_is_negative.sql": "{# {{ var('least') }} #} select 1 as x where false\n"})
    toy.write({"models/marts/named.sql": "select 1 as word\n"})
    told = {sql_of(assert_same(settings(toy, vars=f"{{least: {value}}}")), "extra") for value in said}
    assert len(told) == len({*said} - {"'1'"})


def test_the_environment_is_seen_as_far_as_it_is_asked_for(toy: Toy) -> None:
    assert "'left'" in sql_of(assert_same(settings(toy)), "named")
    assert "'right'" in sql_of(assert_same(settings(toy, environment={"SIDE": "right"})), "named")
    written = [path.stat().st_mtime_ns for path in entries(toy, "graph")]
    assert "'right'" in sql_of(assert_same(settings(toy, environment={"SIDE": "right", "OTHER": "1"})), "named")
    assert [path.stat().st_mtime_ns for path in entries(toy, "graph")] == written
    assert "'left'" in sql_of(assert_same(settings(toy)), "named")


def test_no_value_of_the_environment_is_told_beyond_the_sql(toy: Toy) -> None:
    toy.write({"models/marts/named.sql": "select id, length('{{ env_var('SECRET') | length }}') as n from {{ ref('orders') }}\n"})
    toy.write({"models/marts/counted.sql": "select 1 as n\n"})
    toy.write({"tests/none_is_negative.sql": "select * from {{ ref('named') }} where n < 0\n"})
    assert isinstance(assert_same(settings(toy, environment={"SECRET": "hush-hush"})), Checked)
    assert not any(b"hush-hush" in path.read_bytes() for path in entries(toy))


def test_a_template_that_draws_a_random_number_is_never_kept(toy: Toy) -> None:
    toy.write({"models/marts/extra.sql": "select {{ range(1000000) | random }} as n\n"})
    told = {sql_of(compiled(settings(toy)), "extra") for _ in range(4)}
    assert len(told) > 1
    assert entries(toy, "graph") == []


def test_what_raw_files_say_of_undeclared_columns_is_asked_each_time(toy: Toy) -> None:
    toy.write({"models/more.yml": "sources: [{name: bare, tables: [{name: t, meta: {external_location: 'raw/t.parquet'}}]}]\n"})
    assert isinstance(assert_same(settings(toy)), Checked)
    assert entries(toy, "graph") and not entries(toy, "types")


# -- damage, rights, company ----------------------------------------------------------------------


def _damages() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    yield "empty", lambda data: b""
    yield "cut", lambda data: data[: len(data) // 2]
    yield "a bit", lambda data: data[:-10] + bytes([data[-10] ^ 1]) + data[-9:]
    yield "no head", lambda data: data.partition(b"\n")[2]
    yield "foreign", lambda data: b'{"nodes": []}'
    yield "not text", lambda data: bytes(range(256)) * 10
    yield "deep", lambda data: b"[" * 100_000


@pytest.mark.parametrize("damage", [damage for _, damage in _damages()], ids=[name for name, _ in _damages()])
def test_a_damaged_entry_is_a_miss(toy: Toy, damage: Callable[[bytes], bytes]) -> None:
    assert_same(settings(toy))
    for path in entries(toy):
        path.write_bytes(damage(path.read_bytes()))
    assert_same(settings(toy))
    assert check_cache(settings(toy)) > 0


def test_an_entry_under_the_name_of_another_is_a_miss(toy: Toy) -> None:
    assert_same(settings(toy))
    kept = entries(toy, "graph")[0].read_bytes()
    toy.write({"models/marts/counted.sql": "select 1 as n\n"})
    assert_same(settings(toy))
    for path in entries(toy, "graph"):
        path.write_bytes(kept)
    assert "select 1 as n" in sql_of(assert_same(settings(toy)), "counted")


def test_a_folder_that_cannot_be_written_costs_time_alone(toy: Toy) -> None:
    toy.write({"target/cache": "a file where the folder should be\n"})
    assert isinstance(assert_same(settings(toy)), Checked)
    assert toy.run("ls").code == 0


def test_two_projects_share_one_target(toy: Toy, tmp_path: Path) -> None:
    other = Toy(tmp_path / "other", {**FILES, "models/marts/counted.sql": "select 2 as n\n"})
    for _ in range(3):
        assert "count(*)" in sql_of(assert_same(settings(toy, target_path=tmp_path / "shared")), "counted")
        assert "select 2" in sql_of(assert_same(settings(other, target_path=tmp_path / "shared")), "counted")


def test_runs_side_by_side_do_not_meet_half_an_entry(toy: Toy) -> None:
    cold = compiled(replace(settings(toy), use_cache=False))
    assert isinstance(cold, Checked)
    found: list[Checked | str] = []
    threads = [threading.Thread(target=lambda: found.append(compiled(settings(toy)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [isinstance(one, Checked) and one.graph == cold.graph for one in found] == [True] * 6
    assert not list((toy.folder / "target" / "cache").glob("*.draft"))


def test_the_folder_stays_small(toy: Toy) -> None:
    for number in range(12):
        assert isinstance(compiled(settings(toy, vars=f"{{least: {number}}}")), Checked)
    assert len(entries(toy, "graph")) == len(entries(toy, "types")) == 8
    assert len(entries(toy, "queries")) == 1


# -- the command line -----------------------------------------------------------------------------


def test_no_cache_keeps_and_reads_nothing(toy: Toy) -> None:
    assert toy.run("compile", "--no-cache").code == 0
    assert not (toy.folder / "target" / "cache").exists()


def test_check_cache_tells_the_first_difference(toy: Toy) -> None:
    assert toy.run("compile", "--check-cache").code == 0
    path = entries(toy, "graph")[0]
    forge(path, lambda told: told.replace("count(*)", "count(1)"))
    ran = toy.run("compile", "--check-cache")
    assert ran.code == 1
    assert "what is kept says something else than the files: sql of 'model.toy.counted'" in ran.err


def forge(path: Path, change: Callable[[str], str]) -> None:
    """Change an entry as somebody would who knows how entries are sealed."""
    kind, _, key = path.stem.partition("-")
    told = json.loads(change(path.read_bytes().partition(b"\n")[2].decode()))
    Cache(path.parent).write(kind, key, told)


def test_a_build_on_what_is_kept_builds_the_same(toy: Toy) -> None:
    toy.write({"models/marts/named.sql": "select code, word from {{ ref('colours') }}\n"})
    toy.write({"tests/none_is_negative.sql": "select * from {{ ref('named') }} where word = ''\n"})
    first = toy.run("build", "--select", "named+ colours")
    rows = toy.rows("marts.counted")
    second = toy.run("build", "--select", "named+ colours")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert toy.rows("marts.counted") == rows


LOADED = """
import sys
from ids_build.cli.main import main
try:
    main({words})
except SystemExit as left:
    assert not left.code
print(sorted(name for name in ("sqlglot", "jinja2", "datafusion", "pyarrow", "numpy", "rich") if name in sys.modules))
"""


@pytest.mark.parametrize("words", [["ls"], ["compile", "-q"], ["ls", "-s", "orders+", "--output", "json"]], ids=" ".join)
def test_an_unchanged_project_loads_neither_parser_nor_engine(toy: Toy, words: list[str]) -> None:
    toy.write({"dbt_project.yml": "name: toy\nvars: {least: 1}\n"})
    assert toy.run("compile").code == 0
    ran = run_script(LOADED.format(words=words), toy.folder)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "[]"
