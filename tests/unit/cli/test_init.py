from pathlib import Path

from click.testing import CliRunner

from ids_build.cli.main import group
from tests.support.shop import say


def test_a_project_is_written_that_can_be_listed(tmp_path: Path) -> None:
    said = CliRunner().invoke(group, ["init", str(tmp_path / "new")])
    assert said.exit_code == 0
    assert "next: cd" in said.stderr
    assert say(tmp_path / "new", "ls").exit_code == 0
