"""Templates that were rendered before: a rendering stands as long as everything that the template asked for answers the same."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from ids_build.compiler.entries import NotKeepableError, decode_value, describe_spans, encode_value, parse_spans
from ids_build.nodes import Span
from ids_build.relation import Relation

# What a template asked for: the verb and its words, told as plain values; and what it was told, in plain values too.
Question = tuple[str, ...]
Answers = Callable[[Question], Any]
Codes = Mapping[tuple[str, str], CodeType]
_MOST = 64  # renderings of one template that stay, each with variables of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSql:
    """The text after Jinja, what it asked for by name, its config() and the way back to the template."""

    sql: str
    references: tuple[Relation, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()


class Renderings:
    """What templates became, handed on as plain values by the digest of the template and its settings.

    Within one process their code is handed on, too, by path and text.
    """

    def __init__(self, known: Mapping[str, Any] | None = None, codes: Codes | None = None) -> None:
        """`known` is what an earlier run handed on, `codes` what an earlier compile in this process did."""
        self._known = known or {}
        self._codes = codes or {}
        self.found: dict[str, list[Any]] = {}
        self.codes: dict[tuple[str, str], CodeType] = {}

    def code(self, path: str, text: str, make: Callable[[], CodeType]) -> CodeType:
        """Return the code of a template, made when it is not known."""
        self.codes[path, text] = found = self._codes.get((path, text)) or make()
        return found

    def find(self, key: str, answers: Answers) -> tuple[RenderedSql, list[Question]] | None:
        """Return a rendering, and what it asked for, if all of it is answered as it was; None when there is none."""
        known = self._known.get(key)
        for told in [*self.found.get(key, ()), *(known if isinstance(known, list) else ())]:
            try:
                asked = [tuple(question) for question, _ in told["asked"]]
                if all(_tell(answers(question)) == answer for question, (_, answer) in zip(asked, told["asked"], strict=True)):
                    rendered = _as_rendered(told)
                    self._add(key, told)
                    return rendered, asked
            except (TypeError, ValueError, LookupError, AttributeError, NotKeepableError):
                continue  # nothing that we handed on
        return None

    def keep(self, key: str, rendered: RenderedSql, asked: list[Question], answers: Answers) -> None:
        """Hand on a rendering; one that plain values cannot tell is left out."""
        try:
            told = {
                "asked": [[list(question), _tell(answers(question))] for question in dict.fromkeys(asked)],
                "sql": rendered.sql,
                "references": [[relation.layer, relation.name] for relation in rendered.references],
                "config": encode_value(dict(rendered.config)),
                "spans": describe_spans(rendered.spans),
            }
        except NotKeepableError:
            return
        self._add(key, told)

    def _add(self, key: str, told: Any) -> None:
        kept = self.found.setdefault(key, [])
        if told not in kept and len(kept) < _MOST:
            kept.append(told)


def _tell(answer: Any) -> str:
    """Return an answer as text: what is equal and not the same, such as 1 and true, is told apart."""
    return json.dumps(answer)


def make_key(*parts: Any) -> str | None:
    """Return the digest of what a template is rendered with; None when plain values cannot tell it."""
    try:
        return hashlib.sha256(json.dumps([encode_value(part) for part in parts]).encode()).hexdigest()[:40]
    except NotKeepableError:
        return None


def _as_rendered(told: Mapping[str, Any]) -> RenderedSql:
    return RenderedSql(
        sql=str(told["sql"]),
        references=tuple(Relation(layer=str(layer), name=str(name)) for layer, name in told["references"]),
        config=dict(decode_value(told["config"])),
        spans=parse_spans([int(number) for number in told["spans"]]),
    )
