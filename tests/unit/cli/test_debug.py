from pathlib import Path

from tests.support.shop import open_shop, say


def test_a_sound_project_leaves_with_zero(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "debug")
    assert said.exit_code == 0
    assert all(line.startswith("ok  ") for line in said.stdout.splitlines())


def test_what_hinders_a_build_leaves_with_one(tmp_path: Path) -> None:
    open_shop(tmp_path)
    (tmp_path / "raw" / "orders.parquet").unlink()
    said = say(tmp_path, "debug")
    assert said.exit_code == 1
    assert "FAIL  source raw.orders" in said.stdout
