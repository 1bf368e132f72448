import json
from pathlib import Path

import pytest

from tests.support.shop import open_shop, say

EDITED = "select id, customer from {{ source('raw', 'orders') }}\n"


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Return the shop without a column and without the sums of it, and the shop as it was; nothing is built."""
    before, after = tmp_path / "before", tmp_path / "after"
    open_shop(before)
    yaml = "models: [{name: orders, config: {meta: {grain: [id]}}}]\n"
    open_shop(after, {"models/staging/orders.sql": EDITED, "models/staging/orders.yml": yaml})
    (after / "models" / "marts" / "totals.sql").unlink()
    return after, before


def test_differences_do_not_fail_unless_asked(two: tuple[Path, Path]) -> None:
    after, before = two
    said = say(after, "diff", "--against", str(before))
    assert said.exit_code == 0, said.output
    assert "column removed: amount" in said.stdout and "2 breaking changes" in said.stdout
    assert say(after, "diff", "--against", str(before), "--fail-on", "breaking").exit_code == 1
    assert say(before, "diff", "--against", str(after), "--fail-on", "breaking").exit_code == 0
    assert say(before, "diff", "--against", str(after), "--fail-on", "any").exit_code == 1
    assert say(before, "diff", "--against", str(before), "--fail-on", "any").exit_code == 0


def test_the_answer_speaks_json_and_is_a_page(two: tuple[Path, Path]) -> None:
    after, before = two
    told = json.loads(say(after, "diff", "--against", str(before), "--output", "json").stdout)
    assert {model["name"]: model["status"] for model in told["models"]} == {
        "seeds.colours": "same", "staging.orders": "changed", "marts.totals": "removed",
    }  # fmt: skip
    assert say(after, "diff", "--against", str(before), "--output", "html").stdout.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(("name", "start"), [("d.html", "<!DOCTYPE html>"), ("d.json", "{"), ("d.txt", "project ")])
def test_the_name_of_a_file_says_its_form(two: tuple[Path, Path], tmp_path: Path, name: str, start: str) -> None:
    after, before = two
    out = tmp_path / "out" / name
    said = say(after, "diff", "--against", str(before), "--out", str(out))
    assert (said.exit_code, said.stdout, said.stderr.splitlines()[-1]) == (0, "", str(out))
    assert out.read_text(encoding="utf-8").startswith(start)


def test_another_target_needs_another_project(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "diff", "--against", "3", "--against-target", "x")
    assert said.exit_code == 2 and "--against-target needs a project" in said.output


def test_without_an_earlier_generation_one_must_say_against_what(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "diff")
    assert said.exit_code == 1 and "there is no earlier generation" in str(said.exception)
