"""Jinja: a template and the project's names in, rendered SQL with its references and places out."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import jinja2
import jinja2.nodes
from jinja2.runtime import Macro

from ids_build.config import nearest
from ids_build.errors import Location, TemplateError, UnknownNodeError
from ids_build.nodes import Span
from ids_build.relation import Relation

_MARK = re.compile("\x02(\\d+)\x03")
_GENERIC_TEST = re.compile(r"{%(-?)\s*(end)?test\b(\s+)?(\w+)?")
_CAPTURES = frozenset({"macro", "call", "filter", "raw"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a template may call by name: relations of models and seeds, and of sources."""

    refs: Mapping[str, Relation]
    sources: Mapping[tuple[str, str], Relation]
    disabled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSql:
    """The text after Jinja, what it asked for by name, its config() and the way back to the template."""

    sql: str
    references: tuple[Relation, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()


class _Raised(Exception):
    """Carries an error of ours out of the template engine, which would wrap it otherwise."""

    def __init__(self, kind: type[TemplateError | UnknownNodeError], message: str, hint: str | None) -> None:
        super().__init__(message)
        self.kind, self.hint = kind, hint


class _Config:
    """The config() of a template: a call records settings, get() reads them."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)

    def __call__(self, *parts: Mapping[str, Any], **settings: Any) -> str:
        for part in (*parts, settings):
            for key, value in part.items():
                self.settings[key] = merge_setting(self.settings.get(key), key, value)
        return ""

    def get(self, key: str, default: Any = None) -> Any:
        return self.settings.get(key, default)

    def require(self, key: str) -> Any:
        if key not in self.settings:
            raise _Raised(TemplateError, f"config has no '{key}'", "set it with config() or in the YAML")
        return self.settings[key]


class _Return(Exception):
    """dbt's return() inside a macro."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Templates:
    """All macros of a project, compiled once, and the verbs that render with them."""

    def __init__(
        self, macros: Mapping[str, str], variables: Mapping[str, Any], environment: Mapping[str, str], target: str = "default"
    ) -> None:
        """Compile the macro files; TemplateError names the file and line of one that Jinja refuses."""
        self._variables = variables
        self._environment = environment
        self._names = Names(refs={}, sources={})
        self._asked: list[Relation] = []
        self._jinja = jinja2.Environment(
            undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], keep_trailing_newline=True
        )
        self._jinja.globals.update(self._verbs(target))
        self.generic_tests: frozenset[str] = frozenset()
        for path, text in macros.items():
            self._add_macros(path, text)

    @contextmanager
    def overriding(self, variables: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[None]:
        """Render with other variables for a while, as a unit test may ask for."""
        kept = self._variables, self._environment
        self._variables = {**self._variables, **variables}
        self._environment = {**self._environment, **environment}
        try:
            yield
        finally:
            self._variables, self._environment = kept

    def render(
        self, path: str, text: str, names: Names, *, this: Relation | None = None, config: Mapping[str, Any] | None = None
    ) -> RenderedSql:
        """Return the text after Jinja.

        Raises TemplateError, or UnknownNodeError for a ref() or source() of nothing, on the template's line.
        """
        self._names, self._asked = names, []
        settings = _Config(config or {})
        marked, places = self._mark(path, text)
        context = {"config": settings, "this": this.sql if this else None, "model": {"name": this.name if this else None}}
        try:
            output = self._compile(path, marked).render(context)
        except Exception as error:
            raise self._explain(error, path, text) from None
        sql, spans = _unmark(output, places)
        return RenderedSql(sql=sql, references=tuple(dict.fromkeys(self._asked)), config=settings.settings, spans=spans)

    def render_text(self, text: str, at: Location) -> str:
        """Return a YAML text with its ``{{ var(...) }}`` and ``{{ env_var(...) }}`` filled in."""
        if "{{" not in text and "{%" not in text:
            return text
        try:
            return str(self._jinja.from_string(text).render())
        except Exception as error:
            found = self._explain(error, at.path, text)
            found.at = at
            raise found from None

    def render_generic_test(self, name: str, names: Names, arguments: Mapping[str, Any], at: Location) -> RenderedSql:
        """Return the query of a project's own generic test, given its arguments."""
        self._names, self._asked = names, []
        macro = self._jinja.globals[f"test_{name}"]
        try:
            sql = str(macro(**arguments))  # type: ignore[operator]
        except Exception as error:
            found = self._explain(error, at.path, "")
            found.at = at
            raise found from None
        return RenderedSql(sql=sql, references=tuple(dict.fromkeys(self._asked)))

    # -- what templates can call ------------------------------------------------------------------

    def _verbs(self, target: str) -> dict[str, Any]:
        return {
            "ref": self._ref,
            "source": self._source,
            "var": self._var,
            "env_var": self._env_var,
            "is_incremental": lambda: False,
            "execute": True,
            "log": lambda *_words, **_options: "",
            "return": _give_back,
            "exceptions": {"raise_compiler_error": _refuse, "warn": lambda _words: ""},
            "target": {"name": target, "type": "datafusion", "schema": "main"},
        }

    def _ref(self, *words: str, **_options: Any) -> str:
        name = words[-1] if words else ""
        relation = self._names.refs.get(name)
        if relation is None:
            if name in self._names.disabled:
                raise _Raised(UnknownNodeError, f"model '{name}' is disabled", "guard the ref() with the same condition")
            hint = nearest(name, self._names.refs) or "check the name against 'ids ls'"
            raise _Raised(UnknownNodeError, f"unknown model '{name}'", hint)
        self._asked.append(relation)
        return relation.sql

    def _source(self, *words: str) -> str:
        key = (words[0], words[1]) if len(words) == 2 else ("", "")
        relation = self._names.sources.get(key)
        if relation is None:
            shown = ".".join(words)
            hint = nearest(shown, {".".join(known) for known in self._names.sources})
            raise _Raised(UnknownNodeError, f"unknown source '{shown}'", hint or "declare it under 'sources:' in a YAML file")
        self._asked.append(relation)
        return relation.sql

    def _var(self, name: str, default: Any = None) -> Any:
        if name in self._variables:
            return self._variables[name]
        if default is None:
            hint = nearest(name, self._variables) or f"set it with --vars '{{{name}: ...}}' or under 'vars:' in the project file"
            raise _Raised(TemplateError, f"variable '{name}' has no value", hint)
        return default

    def _env_var(self, name: str, default: str | None = None) -> str:
        if name in self._environment:
            return self._environment[name]
        if default is None:
            raise _Raised(TemplateError, f"environment variable '{name}' is not set", "set it, or give a default")
        return default

    # -- inside -----------------------------------------------------------------------------------

    def _add_macros(self, path: str, text: str) -> None:
        plain = _GENERIC_TEST.sub(_as_macro, text)
        try:
            module = self._compile(path, plain).make_module()
        except Exception as error:
            raise self._explain(error, path, text) from None
        macros = {name: value for name, value in vars(module).items() if isinstance(value, Macro)}
        self.generic_tests |= {name.removeprefix("test_") for name in macros if name.startswith("test_")}
        self._jinja.globals.update({name: _with_return(macro) for name, macro in macros.items()})

    def _compile(self, path: str, text: str) -> jinja2.Template:
        code = self._jinja.compile(text, name=path, filename=path)
        return jinja2.Template.from_code(self._jinja, code, self._jinja.globals)

    def _mark(self, path: str, text: str) -> tuple[str, list[tuple[int, int, bool]]]:
        """Return the template with marks in its literal text, and the place each mark stands for.

        Text inside blocks that capture (macro, call, filter, set ... endset) is left unmarked, so that
        a captured text is what the author wrote.
        """
        try:
            tokens = list(self._jinja.lex(text, name=path))
        except jinja2.TemplateError as error:
            raise self._explain(error, path, text) from None
        places: list[tuple[int, int, bool]] = []
        parts: list[str] = []
        line, column, depth = 1, 1, 0
        for index, (_, kind, value) in enumerate(tokens):
            if kind == "block_begin":
                depth += _capture(tokens, index)
            if kind == "data" and depth == 0:
                parts.append(_mark_data(value, line, column, places))
            else:
                parts.append(value)
            rows = value.count("\n")
            line, column = line + rows, len(value) - value.rfind("\n") if rows else column + len(value)
        if "".join(value for _, _, value in tokens) != text:
            return text, []  # whitespace control took text away: lines can no longer be counted
        return "".join(parts), places

    def _explain(self, error: BaseException, path: str, text: str) -> TemplateError | UnknownNodeError:
        if isinstance(error, TemplateError | UnknownNodeError):
            return error
        line, trace = None, error.__traceback__
        where = path
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if file == path or template is not None:
                where, line = file, trace.tb_lineno
            trace = trace.tb_next
        at = Location(path=where, line=line)
        if isinstance(error, _Raised):
            return error.kind(str(error), at=_sharpen(at, path, text, str(error)), hint=error.hint)
        if isinstance(error, jinja2.TemplateSyntaxError):
            at = Location(path=error.filename or path, line=error.lineno)
            return TemplateError(
                f"Jinja cannot read this: {_lower(str(error.message))}", at=at, hint="check the braces and block ends"
            )
        if isinstance(error, jinja2.UndefinedError):
            word = (re.findall(r"'([^']+)'", str(error)) or [""])[0]
            known = [name for name in self._jinja.globals if not name.startswith("_")]
            return TemplateError(_lower(str(error)), at=at, hint=nearest(word, known) or "define it as a macro or with 'set'")
        return TemplateError(f"Jinja fails: {_lower(str(error))}", at=at, hint="check the arguments of this call")


def merge_setting(former: Any, key: str, value: Any) -> Any:
    """Return a setting laid over a former one: meta and tags add up, anything else is replaced."""
    if key == "meta" and isinstance(value, Mapping):
        return {**(former or {}), **value}
    if key == "tags":
        words = [*(former or ()), *((value,) if isinstance(value, str) else value or ())]
        return tuple(dict.fromkeys(words))
    return value


def _give_back(value: Any) -> NoReturn:
    raise _Return(value)


def _refuse(message: str) -> NoReturn:
    raise _Raised(TemplateError, _lower(message), None)


def _with_return(macro: Macro) -> Callable[..., Any]:
    def call(*words: Any, **options: Any) -> Any:
        try:
            return macro(*words, **options)
        except _Return as returned:
            return returned.value

    return call


def _as_macro(found: re.Match[str]) -> str:
    dash, end, _, name = found.groups()
    return f"{{%{dash} endmacro" if end else f"{{%{dash} macro test_{name}"


def _capture(tokens: list[tuple[int, str, str]], index: int) -> int:
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


def _mark_data(value: str, line: int, column: int, places: list[tuple[int, int, bool]]) -> str:
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


def _unmark(output: str, places: list[tuple[int, int, bool]]) -> tuple[str, tuple[Span, ...]]:
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


def _sharpen(at: Location, path: str, text: str, message: str) -> Location:
    """Return the place of the quoted word in the template, when its line holds it."""
    words: Iterable[str] = re.findall(r"'([^']+)'", message)
    lines = text.splitlines()
    if at.path != path or at.line is None or not words or at.line > len(lines):
        return at
    word = next(iter(words)).rpartition(".")[2]
    for number in (at.line, *range(1, len(lines) + 1)):
        column = lines[number - 1].find(word)
        if column >= 0:
            return Location(path=path, line=number, column=column + 1)
    return at


def _lower(message: str) -> str:
    text = message.strip().rstrip(".")
    return text[:1].lower() + text[1:]
