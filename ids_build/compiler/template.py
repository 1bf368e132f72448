"""Jinja: a template and the project's names in, rendered SQL with its references and places out."""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import jinja2
from jinja2.runtime import Context, Macro

from ids_build.compiler.entries import encode_value
from ids_build.compiler.places import Token, find_calls, group_calls, make_spans, mark, unmark
from ids_build.compiler.renderings import Question, RenderedSql, Renderings, make_key
from ids_build.config import merge_setting, nearest
from ids_build.errors import Location, TemplateError, UnknownNodeError
from ids_build.nodes import Span
from ids_build.relation import Relation

_EXPRESSION = re.compile(r"{{-?([^{}]+?)-?}}")
_GENERIC_TEST = re.compile(r"{%(-?)\s*(end)?test\b(\s+)?(\w+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a template may call by name: relations of models and seeds, and of sources."""

    refs: Mapping[str, Relation]
    sources: Mapping[tuple[str, str], Relation]
    disabled: frozenset[str] = frozenset()


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


class _Calls(Context):
    """Calls of a template: return() ends the macro that says it, not one of the same file that called it."""

    def call(self, called: Any, /, *words: Any, **options: Any) -> Any:
        try:
            return super().call(called, *words, **options)
        except _Return as returned:
            if not isinstance(called, Macro):
                raise
            return returned.value


class Templates:
    """All macros of a project, compiled once, and the verbs that render with them."""

    def __init__(
        self,
        macros: Mapping[str, str],
        variables: Mapping[str, Any],
        environment: Mapping[str, str],
        target: str = "default",
        renderings: Renderings | None = None,
    ) -> None:
        """Compile the macro files; TemplateError names the file and line of one that Jinja refuses.

        `macros` are then the arguments of every macro by its name; a generic test `x` is the macro ``test_x``.
        `environment_read` are the variables of the environment that were asked for so far; `steady` is False once a
        random number was drawn. `renderings` know what templates became before.
        """
        self._variables = variables
        self._environment = environment
        self._names = Names(refs={}, sources={})
        self._asked: list[Relation] = []
        self._incremental = False
        self._compiled: dict[tuple[str, str], jinja2.Template] = {}
        self.environment_read: set[str] = set()
        self.steady = True
        self._jinja = jinja2.Environment(
            undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], keep_trailing_newline=True
        )
        self._jinja.context_class = _Calls
        self._jinja.globals.update(self._verbs(target))
        self._jinja.filters["random"] = self._unsteady(self._jinja.filters["random"])
        self._jinja.globals["lipsum"] = self._unsteady(self._jinja.globals["lipsum"])
        self.macros: dict[str, tuple[str, ...]] = {}
        self._renderings = renderings or Renderings()
        self._questions: list[Question] = []
        for path, text in macros.items():
            self._add_macros(path, text)
        # What macro files say outside of macros is rendered once, here.
        told = [[list(question), self._answer(question)] for question in self._questions]
        self._base = make_key(target, list(map(list, macros.items())), told)

    @contextmanager
    def overriding(
        self, variables: Mapping[str, Any], environment: Mapping[str, str], *, incremental: bool = False
    ) -> Iterator[None]:
        """Render with other variables for a while, as a unit test may ask for, or as for a batch that comes after others."""
        kept = self._variables, self._environment
        self._variables, self._environment = {**self._variables, **variables}, {**self._environment, **environment}
        self._incremental = incremental
        try:
            yield
        finally:
            (self._variables, self._environment), self._incremental = kept, False

    def render(
        self, path: str, text: str, names: Names, *, this: Relation | None = None, config: Mapping[str, Any] | None = None
    ) -> RenderedSql:
        """Return the text after Jinja.

        Raises TemplateError, or UnknownNodeError for a ref() or source() of nothing, on the template's line.
        """
        self._names, self._asked = names, []
        settings = _Config(config or {})
        simple = find_calls(text)
        if simple is not None:
            return self._render_calls(path, text, simple, settings)
        whose = [this.layer, this.name] if this else None
        key = make_key(self._base, path, text, whose, settings.settings) if self._base else None
        known = self._renderings.find(key, self._answer) if key else None
        if known is not None:
            self.environment_read.update(question[1] for question in known[1] if question[0] == "env_var")
            return known[0]
        self._questions = []
        tokens = self._lex(path, text)
        calls = list(group_calls(tokens))
        if None not in calls:
            return self._render_calls(path, text, [call for call in calls if call is not None], settings)
        marked, places = mark(text, tokens)
        context = {"config": settings, "this": this.sql if this else None, "model": {"name": this.name if this else None}}
        try:
            output = self._compile(path, marked).render(context)
        except Exception as error:
            raise self._explain(error, path, text) from None
        sql, spans = unmark(output, places)
        found = RenderedSql(sql=sql, references=tuple(dict.fromkeys(self._asked)), config=settings.settings, spans=spans)
        if key and self.steady:
            self._renderings.keep(key, found, self._questions, self._answer)
        return found

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

    def render_value(self, text: str, at: Location) -> Any:
        """Return what a YAML text stands for: the list that its one expression gives, else the text filled in."""
        whole = _EXPRESSION.fullmatch(text.strip())
        try:
            found = self._jinja.compile_expression(whole.group(1), undefined_to_none=False)() if whole else None
        except Exception:
            found = None  # told with its place when it is filled in
        return list(found) if isinstance(found, list | tuple) else self.render_text(text, at)

    def render_generic_test(self, name: str, names: Names, arguments: Mapping[str, Any], at: Location) -> RenderedSql:
        """Return the query of a project's own generic test, given its arguments."""
        self._names, self._asked = names, []
        macro = self._jinja.globals[f"test_{name}"]
        try:
            sql = str(_Calls(self._jinja, {}, None, {}).call(macro, **arguments))
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
            "is_incremental": self._is_incremental,
            "execute": True,
            "log": lambda *_words, **_options: "",
            "return": _give_back,
            "exceptions": {"raise_compiler_error": _refuse, "warn": lambda _words: ""},
            "target": {"name": target, "type": "datafusion", "schema": "main"},
        }

    def _answer(self, question: Question) -> Any:
        """Return in plain values what a template is told when it asks; of the environment a digest."""
        verb, *words = question
        if verb == "is_incremental":
            return self._incremental
        if verb == "var":
            return [encode_value(self._variables[words[0]])] if words[0] in self._variables else None
        if verb == "env_var":
            value = self._environment.get(words[0])
            return None if value is None else hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        found = self._names.refs.get(words[0]) if verb == "ref" else self._names.sources.get((words[0], words[1]))
        return [found.layer, found.name] if found else None

    def _ref(self, *words: str, **_options: Any) -> str:
        name = words[-1] if words else ""
        relation = self._names.refs.get(name)
        if relation is None:
            if name in self._names.disabled:
                raise _Raised(UnknownNodeError, f"model '{name}' is disabled", "guard the ref() with the same condition")
            hint = nearest(name, self._names.refs) or "check the name against 'ids ls'"
            raise _Raised(UnknownNodeError, f"unknown model '{name}'", hint)
        self._asked.append(relation)
        self._questions.append(("ref", name))
        return relation.sql

    def _source(self, *words: str) -> str:
        key = (words[0], words[1]) if len(words) == 2 else ("", "")
        relation = self._names.sources.get(key)
        if relation is None:
            shown = ".".join(words)
            hint = nearest(shown, {".".join(known) for known in self._names.sources})
            raise _Raised(UnknownNodeError, f"unknown source '{shown}'", hint or "declare it under 'sources:' in a YAML file")
        self._asked.append(relation)
        self._questions.append(("source", *key))
        return relation.sql

    def _is_incremental(self) -> bool:
        self._questions.append(("is_incremental",))
        return self._incremental

    def _var(self, name: str, default: Any = None) -> Any:
        self._questions.append(("var", name))
        if name in self._variables:
            return self._variables[name]
        if default is None:
            hint = nearest(name, self._variables) or f"set it with --vars '{{{name}: ...}}' or under 'vars:' in the project file"
            raise _Raised(TemplateError, f"variable '{name}' has no value", hint)
        return default

    def _env_var(self, name: str, default: str | None = None) -> str:
        self.environment_read.add(name)
        self._questions.append(("env_var", name))
        if name in self._environment:
            return self._environment[name]
        if default is None:
            raise _Raised(TemplateError, f"environment variable '{name}' is not set", "set it, or give a default")
        return default

    # -- inside -----------------------------------------------------------------------------------

    def _add_macros(self, path: str, text: str) -> None:
        plain = _GENERIC_TEST.sub(_as_macro, text)
        try:
            module = self._compile(path, plain).make_module(self._jinja.globals, shared=True)
        except Exception as error:
            raise self._explain(error, path, text) from None
        macros = {name: value for name, value in vars(module).items() if isinstance(value, Macro)}
        self.macros.update({name: tuple(macro.arguments) for name, macro in macros.items()})
        self._jinja.globals.update(macros)

    def _unsteady(self, verb: Any) -> Callable[..., Any]:
        """Return a verb of Jinja that draws random numbers so that its use is noticed; how it is called is kept."""

        @functools.wraps(verb)
        def call(*words: Any, **options: Any) -> Any:
            self.steady = False
            return verb(*words, **options)

        return call

    def _compile(self, path: str, text: str) -> jinja2.Template:
        """Return a template ready to render; a unit test with variables of its own renders its model's once more."""
        found = self._compiled.get((path, text))
        if found is None:
            code = self._renderings.code(path, text, lambda: self._jinja.compile(text, name=path, filename=path))
            found = self._compiled[path, text] = jinja2.Template.from_code(self._jinja, code, self._jinja.globals)
        return found

    def _lex(self, path: str, text: str) -> list[Token]:
        try:
            return list(self._jinja.lex(text, name=path))
        except jinja2.TemplateError as error:
            raise self._explain(error, path, text) from None

    def _render_calls(
        self, path: str, text: str, calls: Iterable[tuple[tuple[str, ...] | None, str]], settings: _Config
    ) -> RenderedSql:
        """Return the text of a template that holds nothing but literal ref() and source() calls.

        Most models are like that, and compiling a template costs a hundred times more than filling in names.
        """
        parts: list[str] = []
        spans: list[Span] = []
        offset, line, column = 0, 1, 1
        for call, value in calls:
            filled = value
            if call is not None:
                try:
                    filled = self._ref(*call[1:]) if call[0] == "ref" else self._source(*call[1:])
                except _Raised as error:
                    raise error.kind(
                        str(error), at=_sharpen(Location(path=path, line=line), path, text, str(error)), hint=error.hint
                    ) from None
            spans.extend(make_spans(filled, offset, line, column, literal=call is None))
            parts.append(filled)
            offset += len(filled)
            rows = value.count("\n")
            line, column = line + rows, len(value) - value.rfind("\n") if rows else column + len(value)
        references = tuple(dict.fromkeys(self._asked))
        return RenderedSql(sql="".join(parts), references=references, config=settings.settings, spans=tuple(spans))

    def _explain(self, error: BaseException, path: str, text: str) -> TemplateError | UnknownNodeError:
        if isinstance(error, TemplateError | UnknownNodeError):
            return error
        line, trace = None, error.__traceback__
        where = path
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if file == path or template is not None or "__jinja_exception__" in trace.tb_frame.f_globals:
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


def _give_back(value: Any) -> NoReturn:
    raise _Return(value)


def _refuse(message: str) -> NoReturn:
    raise _Raised(TemplateError, _lower(message), None)


def _as_macro(found: re.Match[str]) -> str:
    dash, end, _, name = found.groups()
    return f"{{%{dash} endmacro" if end else f"{{%{dash} macro test_{name}"


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
