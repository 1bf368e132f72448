import json
from pathlib import Path

from tests.support.shop import open_shop, run_shop, say


def test_generations_are_a_table(tmp_path: Path) -> None:
    run_shop(open_shop(tmp_path))
    said = say(tmp_path, "generations")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[0].split() == ["generation", "made", "tables", "cohort", "status"]
    assert said.stdout.splitlines()[1].split()[-1] == "published"


def test_generations_are_told_as_json(tmp_path: Path) -> None:
    run_shop(open_shop(tmp_path))
    (told,) = json.loads(say(tmp_path, "generations", "--output", "json").stdout)
    assert (told["generation"], told["tables"], told["cohort"], told["status"]) == (1, 3, None, "published")
