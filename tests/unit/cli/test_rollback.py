from pathlib import Path

from tests.support.shop import open_shop, run_shop, say


def test_rollback_tells_what_is_published(tmp_path: Path) -> None:
    for _ in range(2):
        run_shop(open_shop(tmp_path, full_refresh=True))
    assert say(tmp_path, "rollback").stdout == "generation 1 is published\n"
    assert say(tmp_path, "rollback", "2", "--quiet").stdout == ""


def test_rollback_takes_a_number_from_one_up(tmp_path: Path) -> None:
    assert say(open_shop(tmp_path).project_dir, "rollback", "0").exit_code == 2
