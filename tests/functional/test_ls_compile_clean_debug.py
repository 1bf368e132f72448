"""The commands that look and tidy: ls, compile, clean, debug; and help, which loads no engine."""

import json
from pathlib import Path

import pytest

from .toy import Toy, run_in, run_script


def test_ls_lists_every_node_in_graph_order(shop: Toy) -> None:
    ran = shop.run("ls")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert [line for line in lines if line.startswith(("seed:", "source:"))] == [
        "seed:seeds.raw_customers",
        "seed:seeds.raw_orders",
        "seed:seeds.raw_payments",
        "source:web.clicks",
    ]
    models = [line for line in lines if ":" not in line]
    assert models.index("staging.stg_orders") < models.index("marts.orders") < models.index("marts.customers")
    assert sum(line.startswith("unit_test:") for line in lines) == 4
    assert sum(line.startswith("test:") for line in lines) == 16
    assert shop.run("list").out == ran.out


def test_ls_takes_selections_kinds_and_forms(shop: Toy) -> None:
    assert shop.run("ls", "-s", "+orders", "--resource-type", "model", "--output", "path").out.split() == [
        "models/staging/stg_orders.sql",
        "models/staging/stg_payments.sql",
        "models/marts/orders.sql",
    ]
    assert shop.run("ls", "--select", "tag:finance", "--resource-type", "model").out == "marts.orders\n"
    told = [json.loads(line) for line in shop.run("ls", "-s", "source:web", "--output", "json").out.splitlines()]
    assert told[0] == {
        "name": "clicks",
        "resource_type": "source",
        "unique_id": "source.shop.web.clicks",
        "original_file_path": "models/staging/schema.yml",
        "tags": [],
        "relation": "web.clicks",
    }


def test_ls_warns_of_a_selection_of_nothing(shop: Toy) -> None:
    ran = shop.run("ls", "--select", "custmers")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "warning: 'custmers' selects nothing; did you mean 'customers'?\n"


def test_compile_writes_rendered_sql_and_builds_nothing(shop: Toy) -> None:
    ran = shop.run("compile")
    assert (ran.code, ran.out, ran.err) == (0, "", "7 models compiled and type-checked\n")
    sql = (shop.folder / "target/compiled/shop/models/staging/stg_orders.sql").read_text()
    assert "where order_date >= date '2024-01-01'" in sql
    assert '"seeds"."raw_orders"' in sql
    assert not list((shop.folder / "target").rglob("*.parquet"))


def test_compile_with_a_selection_prints_the_sql(shop: Toy) -> None:
    ran = shop.run("compile", "--select", "stg_payments", "--vars", "{first_day: '2020-01-01'}")
    assert ran.out.startswith("-- models/staging/stg_payments.sql\n")
    assert "round(cents / 100.0, 2) as amount" in ran.out
    assert "stg_orders" not in ran.out


def test_compile_explains_how_a_model_will_run(shop: Toy) -> None:
    shop.run("build", "--quiet")
    ran = shop.run("compile", "--select", "customers", "--explain")
    assert ran.code == 0
    assert (
        ran.out.startswith("-- customers\n")
        and "AggregateExec" in ran.out
        and "ParquetExec" in ran.out.replace("DataSourceExec", "ParquetExec")
    )


def test_clean_removes_the_target_and_nothing_else(shop: Toy) -> None:
    shop.run("build", "--quiet")
    before = {path for path in shop.folder.iterdir() if path.name != "target"}
    ran = shop.run("clean")
    assert (ran.code, ran.err) == (0, f"removed {shop.folder / 'target'}\n")
    assert set(shop.folder.iterdir()) == before


@pytest.mark.parametrize("folder", ["models", ".", "..", "../elsewhere", "seeds", "/"])
def test_clean_refuses_folders_that_hold_no_results(shop: Toy, folder: str) -> None:
    path = shop.folder / "dbt_project.yml"
    path.write_text(path.read_text().replace('clean-targets: ["target", "dbt_packages"]', f'clean-targets: ["{folder}"]'))
    ran = shop.run("clean")
    assert ran.code == 1
    assert f"clean-targets names '{folder}', which is no folder of results" in ran.err
    assert (shop.folder / "models" / "marts" / "orders.sql").exists()


def test_debug_tells_settings_and_what_is_found(shop: Toy) -> None:
    ran = shop.run("debug")
    assert ran.code == 0
    for told in ("ok    project: shop in ", "profile: jaffle, target default", "compile: 7 models", "source web.clicks: 1 files"):
        assert told in ran.out
    assert "FAIL" not in ran.out


def test_debug_fails_when_a_delivery_is_missing(shop: Toy) -> None:
    (shop.folder / "data" / "clicks.parquet").unlink()
    ran = shop.run("debug")
    assert ran.code == 1
    assert "FAIL  source web.clicks: source 'web.clicks': no file matches 'data/clicks.parquet'" in ran.out


@pytest.mark.parametrize(
    "word", ["build", "clean", "compile", "debug", "demo", "init", "ls", "run", "seed", "show", "simulate", "test"]
)
def test_every_command_has_help(tmp_path: Path, word: str) -> None:
    ran = run_in(tmp_path, word, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: ids {word}") or f" {word} [OPTIONS]" in ran.out


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("ls",)])
def test_help_version_and_lists_load_no_engine(shop: Toy, words: tuple[str, ...]) -> None:
    script = (
        "import sys\nfrom ids_build.cli.main import main\n"
        f"try: main({list(words)!r})\n"
        "except SystemExit as left: code = left.code\n"
        "print(code, sorted({'datafusion', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    ran = run_script(script, shop.folder)
    assert ran.out.splitlines()[-1] == "0 []", ran.err
