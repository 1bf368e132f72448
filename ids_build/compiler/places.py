"""The way back from rendered text to the template: marks in literal text, and what a template's tokens say of it."""

import re
from collections.abc import Iterator

from ids_build.nodes import Span

# Token: line, kind and text, as Jinja's lexer gives them. Place: line, column, and whether text follows as written.
Token = tuple[int, str, str]
Place = tuple[int, int, bool]

_MARK = re.compile("\x02(\\d+)\x03")
# A call as nearly everybody writes it, and what may begin anything else that Jinja reads.
_WORD = re.compile(r"'[^'\\\n{}#%]*'|\"[^\"\\\n{}#%]*\"")
_CALL = re.compile(rf"{{{{ *(?P<verb>ref|source)\( *(?P<words>(?:{_WORD.pattern})(?: *, *(?:{_WORD.pattern}))*) *\) *}}}}")
_BRACES = re.compile(r"{[{%#]")
_CAPTURES = frozenset({"macro", "call", "filter", "raw"})


def mark(text: str, tokens: list[Token]) -> tuple[str, list[Place]]:
    """Return the template with marks in its literal text, and the place each mark stands for.

    Text inside blocks that capture (macro, call, filter, set ... endset) is left unmarked, so that
    a captured text is what the author wrote.
    """
    places: list[Place] = []
    parts: list[str] = []
    position, depth = 0, 0
    for index, (_, kind, value) in enumerate(tokens):
        while not text.startswith(value, position):
            position += 1  # white space that a "-" beside a brace took away
        if kind == "block_begin":
            depth += _capture(tokens, index)
        if kind == "data" and depth == 0:
            line = text.count("\n", 0, position) + 1
            parts.append(_mark_data(value, line, position - text.rfind("\n", 0, position), places))
        else:
            parts.append(value)
        position += len(value)
    return "".join(parts), places


def find_calls(text: str) -> list[tuple[tuple[str, ...] | None, str]] | None:
    """Return what group_calls yields for a template of literal text and plain ref() and source() calls, found without a
    lexer; None for any other, of which only the lexer can tell what it is.
    """
    found: list[tuple[tuple[str, ...] | None, str]] = []
    position = 0
    for call in _CALL.finditer(text):
        if call.start() > position:
            found.append((None, text[position : call.start()]))
        found.append(((call["verb"], *(word[1:-1] for word in _WORD.findall(call["words"]))), call.group()))
        position = call.end()
    if position < len(text):
        found.append((None, text[position:]))
    # A brace just before a call belongs to it: Jinja reads three as two and one.
    odd = any(call is None and _BRACES.search(value) for call, value in found) or "{{{" in text
    return None if odd else found


def group_calls(tokens: list[Token]) -> Iterator[tuple[tuple[str, ...] | None, str] | None]:
    """Yield literal text as (None, text) and a literal ref() or source() call as (words, text); None for anything else."""
    pending: list[Token] = []
    for token in tokens:
        kind, value = token[1], token[2]
        if pending or kind == "variable_begin":
            pending.append(token)
            if kind == "variable_end":
                yield _literal_call(pending)
                pending = []
        else:
            yield (None, value) if kind == "data" else None


def _literal_call(tokens: list[Token]) -> tuple[tuple[str, ...], str] | None:
    words = [(kind, value) for _, kind, value in tokens[1:-1] if kind != "whitespace"]
    text = "".join(value for _, _, value in tokens)
    if "-" in tokens[0][2] or "-" in tokens[-1][2] or len(words) < 4 or words[0] not in (("name", "ref"), ("name", "source")):
        return None
    inside = words[2:-1]
    fine = words[1] == ("operator", "(") and words[-1] == ("operator", ")")
    fine = fine and all(
        kind == "string" if number % 2 == 0 else (kind, value) == ("operator", ",") for number, (kind, value) in enumerate(inside)
    )
    if not fine or any("\\" in value for _, value in inside):
        return None
    return (words[0][1], *(value[1:-1] for kind, value in inside if kind == "string")), text


def make_spans(value: str, offset: int, line: int, column: int, *, literal: bool) -> Iterator[Span]:
    """Yield where each line of a piece of rendered text comes from."""
    for text in value.splitlines(keepends=True) if literal else [value]:
        yield Span(offset=offset, line=line, column=column, literal=literal)
        offset, line, column = offset + len(text), line + 1, 1


def _capture(tokens: list[Token], index: int) -> int:
    words: list[str] = []
    for _, kind, value in tokens[index + 1 :]:
        if kind == "block_end":
            break
        if kind != "whitespace":
            words.append(value)
    name = words[0] if words else ""
    if name.removeprefix("end") in _CAPTURES or name == "endset":
        return -1 if name.startswith("end") else 1
    return int(name == "set" and "=" not in words)


def _mark_data(value: str, line: int, column: int, places: list[Place]) -> str:
    """Return literal text with a mark at its start, after each newline and at its end."""
    parts: list[str] = []
    for text in value.splitlines(keepends=True):
        parts.append(f"\x02{len(places)}\x03{text}")
        places.append((line, column, True))
        if text.endswith("\n"):
            line, column = line + 1, 1
        else:
            column += len(text)
    parts.append(f"\x02{len(places)}\x03")
    places.append((line, column, False))
    return "".join(parts)


def unmark(output: str, places: list[Place]) -> tuple[str, tuple[Span, ...]]:
    """Return the rendered text without its marks, and where each part of it comes from."""
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for index, piece in enumerate(_MARK.split(output)):
        if index % 2:
            line, column, literal = places[int(piece)]
            spans.append(Span(offset=length, line=line, column=column, literal=literal))
        else:
            parts.append(piece)
            length += len(piece)
    return "".join(parts), tuple(spans)
