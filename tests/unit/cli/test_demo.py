from pathlib import Path

import pytest
from click.testing import CliRunner

from ids_build.cli.main import group


@pytest.mark.parametrize("persons", ["0", "99", "many"])
def test_a_demo_needs_enough_persons(tmp_path: Path, persons: str) -> None:
    said = CliRunner().invoke(group, ["demo", "--persons", persons, str(tmp_path / "demo")])
    assert said.exit_code == 2
    assert not (tmp_path / "demo").exists()


def test_a_demo_simulates_builds_and_says_where(tmp_path: Path) -> None:
    said = CliRunner().invoke(group, ["demo", "--persons", "100", str(tmp_path / "demo")])
    assert said.exit_code == 0, said.output
    assert f"3. tables: {tmp_path / 'demo' / 'target' / 'tables'}" in said.stdout
    assert list((tmp_path / "demo" / "target" / "tables").rglob("*.parquet"))
