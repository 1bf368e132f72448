from pathlib import Path

from tests.support import REPOSITORY
from tests.support.shop import say


def test_files_are_told_as_they_are_written(tmp_path: Path) -> None:
    said = say(REPOSITORY, "simulate", "--persons", "20", "--out", str(tmp_path / "raw"))
    assert said.exit_code == 0, said.output
    files = [path for path in (tmp_path / "raw").rglob("*") if path.is_file()]
    assert said.stderr.splitlines()[-1].startswith(f"{len(files)} files, ")


def test_a_quiet_simulation_says_nothing(tmp_path: Path) -> None:
    assert say(REPOSITORY, "simulate", "--persons", "20", "--quiet", "--out", str(tmp_path / "raw")).output == ""
