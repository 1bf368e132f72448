from pathlib import Path

from tests.support.shop import open_shop, say


def test_seeds_alone_are_loaded(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "seed")
    assert (said.exit_code, "1 of 1 tables built, generation 1 published in" in said.stdout) == (0, True)
