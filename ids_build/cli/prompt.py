"""The interactive prompt of `ids sql`: history, completion, several lines. prompt_toolkit lives here."""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent

from ids_build.errors import IdsBuildError

GREETING = "a query ends with ;   \\q or Ctrl-D leaves, Ctrl-C cancels, Tab completes"
_WORD = re.compile(r"[\w.]+")


def ask_queries(answer: Callable[[str], None], words: Sequence[str], history: Path) -> None:
    """Read queries and hand each to `answer` until the user leaves; errors are told and the next query is read.

    `words` are completed. What is typed is kept in the file `history`.
    """
    history.parent.mkdir(parents=True, exist_ok=True)
    completer = WordCompleter(list(words), ignore_case=True, pattern=_WORD)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)),
        completer=completer,
        multiline=True,
        key_bindings=_bindings(),
        complete_while_typing=False,
    )
    print(GREETING, file=sys.stderr)
    while True:
        try:
            text = session.prompt("ids> ", prompt_continuation="...> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.rstrip(";").strip() in ("\\q", "exit", "quit"):
            return
        if text.rstrip(";").strip():
            _answer(answer, text)


def _answer(answer: Callable[[str], None], text: str) -> None:
    try:
        answer(text)
    except IdsBuildError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)


def _bindings() -> KeyBindings:
    """Return the binding by which Enter sends a query that ends with a semicolon, and begins a new line in any other."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        text = event.current_buffer.text.strip()
        if text.endswith(";") or text.startswith("\\") or text in ("", "exit", "quit"):
            event.current_buffer.validate_and_handle()
        else:
            event.current_buffer.insert_text("\n")

    return bindings
