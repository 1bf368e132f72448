import json
from pathlib import Path

import click
import pytest

from ids_build.cli.main import Stopped
from ids_build.cli.watching import watch_command
from tests.support import tiny_project
from tests.support.shop import open_shop, say


def _said(folder: Path, **options: object) -> dict[str, object]:
    told = {"project_dir": folder, "select": (), "models": (), "words": (), "exclude": (), "explain": False, "poll": False}
    return {**told, "debug": False, "log_format": "text", "output": "text", **options}


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """End the watch, as its user does, where it would wait for the first save."""

    def leave(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ids_build.cli.saves.Saves.wait", leave)


def test_it_builds_and_its_user_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_shop(tmp_path)
    with pytest.raises(Stopped):
        watch_command(_said(tmp_path))
    told = capsys.readouterr()
    assert "3 of 3 tables built" in told.out
    assert told.err.startswith(f"watching {tmp_path}; Ctrl-C ends\n") and told.err.endswith("stopped watching\n")


def test_a_fault_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_project(tmp_path, {"models/a.sql": "select {{ ref('nothing') }}", "models/b.sql": "select {{ ref('none') }}"})
    with pytest.raises(Stopped):
        watch_command(_said(tmp_path, log_format="json"))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["watching", "error", "error", "stopped"]
    assert lines[1]["message"].startswith("models/a.sql:1")


def test_who_wants_silence_hears_of_faults_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_shop(tmp_path)
    with pytest.raises(Stopped):
        watch_command(_said(tmp_path, quiet=True))
    assert capsys.readouterr() == ("", "")


def test_explain_and_watch_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="--watch builds, --explain does not"):
        watch_command(_said(open_shop(tmp_path).project_dir, explain=True))


def test_a_watch_that_is_ended_is_no_failure(tmp_path: Path) -> None:
    open_shop(tmp_path)
    assert isinstance(say(tmp_path, "build", "--watch").exception, Stopped)
