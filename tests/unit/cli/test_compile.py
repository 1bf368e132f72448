from pathlib import Path

from tests.support.shop import open_shop, say


def test_a_project_is_compiled(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "compile")
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "2 models compiled and type-checked\n"


def test_a_chosen_models_sql_is_printed(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "compile", "--select", "staging.orders")
    assert said.stdout == '-- models/staging/orders.sql\nselect id, customer, amount from "raw"."orders"\n\n'


def test_a_chosen_models_plan_is_printed(tmp_path: Path) -> None:
    open_shop(tmp_path)
    say(tmp_path, "build")
    said = say(tmp_path, "compile", "--select", "totals", "--explain")
    assert said.stdout.startswith("-- totals\n") and "Exec" in said.stdout
