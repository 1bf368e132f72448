import json
from pathlib import Path

import pytest

from tests.support.shop import open_shop, say


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("--resource-type", "model"), ["staging.orders", "marts.totals"]),
        (("--resource-type", "model", "--output", "name"), ["orders", "totals"]),
        (("--resource-type", "model", "--output", "path"), ["models/staging/orders.sql", "models/marts/totals.sql"]),
        (("--resource-type", "seed"), ["seed:seeds.colours"]),
        (("--resource-type", "source"), ["source:raw.orders"]),
        (("--resource-type", "unit_test"), ["unit_test:keeps_every_order"]),
        (("--resource-type", "model", "--select", "totals"), ["marts.totals"]),
        (("--resource-type", "model", "--exclude", "totals"), ["staging.orders"]),
        (("--resource-type", "model", "totals"), ["marts.totals"]),
        (("--exclude", "totals", "orders", "--resource-type", "model", "--resource-type", "seed"), ["seed:seeds.colours"]),
    ],
)
def test_nodes_are_listed_one_a_line(tmp_path: Path, words: tuple[str, ...], lines: list[str]) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "ls", *words)
    assert (said.exit_code, said.stdout.splitlines()) == (0, lines)


def test_json_lines_tell_dbts_keys(tmp_path: Path) -> None:
    open_shop(tmp_path)
    (line,) = say(tmp_path, "ls", "--select", "marts.totals", "--output", "json").stdout.splitlines()
    assert json.loads(line) == {
        "name": "totals",
        "resource_type": "model",
        "unique_id": "model.shop.totals",
        "original_file_path": "models/marts/totals.sql",
        "tags": [],
        "relation": "marts.totals",
    }


def test_a_word_that_matches_nothing_is_a_warning_beside_the_answer(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "ls", "--select", "totls")
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "warning: 'totls' selects nothing; did you mean 'totals'?\n"


def test_list_is_the_same_command(tmp_path: Path) -> None:
    open_shop(tmp_path)
    assert say(tmp_path, "list").stdout == say(tmp_path, "ls").stdout
