import json
from pathlib import Path

from tests.support.shop import open_shop, say

PROFILE = "shop: {target: d, outputs: {d: {type: datafusion, show_values: true}}}\n"


def test_columns_and_the_number_of_rows_are_shown_without_a_value(tmp_path: Path) -> None:
    open_shop(tmp_path)
    say(tmp_path, "build")
    said = say(tmp_path, "show", "--select", "totals")
    assert said.exit_code == 0
    assert "customer" in said.stdout and "marts.totals: 2 rows" in said.stdout
    assert "0042" not in said.output and "6.5" not in said.output


def test_rows_are_shown_where_the_profile_says_so(tmp_path: Path) -> None:
    open_shop(tmp_path)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    say(tmp_path, "build")
    said = say(tmp_path, "show", "--select", "totals", "--limit", "1")
    assert "marts.totals: 1 of 2 rows" in said.stdout


def test_json_holds_no_rows_unless_the_profile_says_so(tmp_path: Path) -> None:
    open_shop(tmp_path)
    say(tmp_path, "build")
    told = json.loads(say(tmp_path, "show", "--select", "totals", "--output", "json").stdout)
    assert (told["name"], told["count"], told["rows"]) == ("marts.totals", 2, None)
    assert list(told["columns"]) == ["customer", "amount"]
