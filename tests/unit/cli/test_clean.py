from pathlib import Path

from tests.support.shop import open_shop, say


def test_what_was_removed_is_told_beside_the_answer(tmp_path: Path) -> None:
    open_shop(tmp_path)
    say(tmp_path, "seed")
    said = say(tmp_path, "clean")
    assert (said.exit_code, said.stdout, said.stderr) == (0, "", f"removed {tmp_path / 'target'}\n")


def test_a_quiet_clean_says_nothing(tmp_path: Path) -> None:
    open_shop(tmp_path)
    say(tmp_path, "seed")
    assert say(tmp_path, "clean", "--quiet").output == ""
