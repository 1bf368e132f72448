from pathlib import Path

from tests.support.shop import open_shop, say


def test_tests_alone_run_and_build_nothing(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "test", "--select", "test_type:unit")
    assert (said.exit_code, "1 of 1 tests passed in" in said.stdout) == (0, True)
    assert not list((tmp_path / "target").rglob("*.parquet"))
