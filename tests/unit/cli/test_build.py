from pathlib import Path

from tests.support import write_parquet
from tests.support.shop import open_shop, say


def test_a_build_that_went_well_leaves_with_zero(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "build")
    assert said.exit_code == 0, said.output
    assert "3 of 3 tables built, 4 of 4 tests passed" in said.stdout


def test_a_build_in_which_something_failed_leaves_with_one(tmp_path: Path) -> None:
    open_shop(tmp_path)
    write_parquet(tmp_path / "raw" / "orders.parquet", id=[1, 1], customer=["a", "b"], amount=[1.0, 2.0])
    said = say(tmp_path, "build")
    assert said.exit_code == 1
    assert "1 failing row" in said.stdout
