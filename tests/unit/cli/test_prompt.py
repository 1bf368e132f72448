import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from ids_build.cli.prompt import ask_queries
from ids_build.errors import QueryError

ENTER, TAB, CTRL_C, CTRL_D, UP = "\r", "\t", "\x03", "\x04", "\x1b[A"


@pytest.fixture
def keys() -> Iterator[Any]:
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        yield typed


def _ask(keys: Any, text: str, folder: Path, words: tuple[str, ...] = ()) -> list[str]:
    asked: list[str] = []
    keys.send_text(text)
    ask_queries(asked.append, words, folder / "history")
    return asked


def test_a_query_ends_with_a_semicolon_and_may_have_several_lines(keys: Any, tmp_path: Path) -> None:
    text = f"select 1{ENTER}as x;{ENTER}select 2;{ENTER}{CTRL_D}"
    assert _ask(keys, text, tmp_path) == ["select 1\nas x;", "select 2;"]


@pytest.mark.parametrize("leave", [f"\\q{ENTER}", f"exit;{ENTER}", f"quit{ENTER}", CTRL_D])
def test_there_are_ways_to_leave(keys: Any, tmp_path: Path, leave: str) -> None:
    assert _ask(keys, leave, tmp_path) == []


def test_ctrl_c_forgets_what_was_typed(keys: Any, tmp_path: Path) -> None:
    assert _ask(keys, f"select 1{CTRL_C}select 2;{ENTER}{CTRL_D}", tmp_path) == ["select 2;"]


def test_empty_lines_ask_nothing(keys: Any, tmp_path: Path) -> None:
    assert _ask(keys, f"{ENTER};{ENTER}{CTRL_D}", tmp_path) == []


def test_words_are_completed(keys: Any, tmp_path: Path) -> None:
    later = threading.Timer(1.0, lambda: keys.send_text(f";{ENTER}{CTRL_D}"))
    later.start()
    asked = _ask(keys, f"select * from staging.or{TAB}", tmp_path, ("staging.orders", "raw.orders"))
    later.join()
    assert asked == ["select * from staging.orders;"]


def test_what_was_typed_is_kept_for_the_next_time(keys: Any, tmp_path: Path) -> None:
    _ask(keys, f"select 1;{ENTER}{CTRL_D}", tmp_path / "new")
    assert "+select 1;" in (tmp_path / "new" / "history").read_text()


def test_an_error_is_told_and_the_next_query_is_read(keys: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def answer(text: str) -> None:
        asked.append(text)
        if len(asked) == 1:
            raise QueryError("no query", hint="write one")
        if len(asked) == 2:
            raise KeyboardInterrupt

    keys.send_text(f"a;{ENTER}b;{ENTER}c;{ENTER}{CTRL_D}")
    ask_queries(answer, (), tmp_path / "history")
    assert asked == ["a;", "b;", "c;"]
    told = capsys.readouterr().err
    assert "no query\n  hint: write one\ncancelled\n" in told
