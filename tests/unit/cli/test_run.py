from pathlib import Path

from tests.support.shop import open_shop, say


def test_models_are_built_without_tests_and_seeds(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "run")
    assert (said.exit_code, "2 of 2 tables built, generation 1 published in" in said.stdout) == (0, True)
