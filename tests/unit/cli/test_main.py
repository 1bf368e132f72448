from pathlib import Path
from typing import NoReturn

import click
import pytest

from ids_build import __version__
from ids_build.cli import main as room
from ids_build.cli.main import COMMANDS, main
from tests.support import REPOSITORY, run_ids
from tests.support.shop import open_shop


def _main(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("build", "--help"), ("ls", "-h")])
def test_help_leaves_with_zero(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(*words) == 0
    assert "Usage:" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    _main("--help")
    told = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in told] == []


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _main("--version") == 0
    assert __version__ in capsys.readouterr().out


def test_an_unknown_command_proposes_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert _main("biuld") == 2
    assert "unknown command 'biuld'\n  hint: did you mean 'build'?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("ls", "--nothing"), ("build", "--threads", "0"), ("ls", "--output", "xml")])
def test_wrong_usage_leaves_with_two(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(*words) == 2
    assert "Error" in capsys.readouterr().err


def test_a_fault_of_the_project_leaves_with_one_and_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _main("ls", "--project-dir", str(tmp_path)) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("no dbt_project.yml in") and "Traceback" not in told.err


def test_several_faults_are_told_one_after_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_shop(tmp_path, {"models/a.sql": "{{ nothing }}", "models/b.sql": "{{ nothing }}"})
    assert _main("ls", "--project-dir", str(tmp_path)) == 1
    told = capsys.readouterr().err
    assert "models/a.sql" in told and "models/b.sql" in told


@pytest.mark.parametrize(
    "words",
    [
        ("--project-dir", "{folder}", "ls"),
        ("--project-dir={folder}", "ls"),
        ("-q", "--project-dir", "{folder}", "ls"),
        ("--vars", "{{a: 1}}", "--project-dir", "{folder}", "ls"),
        ("ls", "--project-dir", "{folder}"),
        ("--profiles-dir", "{folder}", "--target-path", "{folder}/out", "ls", "--project-dir", "{folder}"),
    ],
)
def test_options_may_stand_before_the_command(words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_shop(tmp_path)
    assert _main(*(word.format(folder=tmp_path) for word in words)) == 0
    assert "staging.orders" in capsys.readouterr().out


def _break(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command("ls")
    @click.option("-d", "--debug", is_flag=True)
    def command(debug: bool) -> NoReturn:
        raise error

    monkeypatch.setattr(room.Commands, "get_command", lambda *_words: command)


@pytest.mark.parametrize("words", [("ls",), ("ls", "--debug")])
def test_a_bug_is_told_by_kind_and_place_and_never_by_its_words(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(monkeypatch, ValueError("SECRET1234"))
    assert _main(*words) == 2
    told = capsys.readouterr().err
    assert told.startswith("internal error: ValueError at test_main.py:")
    assert "SECRET1234" not in told
    assert ("in command" in told) == ("--debug" in words)


def test_an_interrupted_run_leaves_with_130() -> None:
    code = (
        "from ids_build.cli import main as room\n"
        "def stop(*words, **options): raise KeyboardInterrupt\n"
        "room.group.main = stop\n"
        "room.main(['ls'])\n"
    )
    told = run_ids(cwd=REPOSITORY, code=code)
    assert (told.returncode, told.stderr) == (130, "interrupted; nothing half-written was left\n")


def test_the_module_is_the_command() -> None:
    told = run_ids("--version", cwd=REPOSITORY)
    assert (told.returncode, __version__ in told.stdout) == (0, True)
