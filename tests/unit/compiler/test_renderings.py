import json
from typing import Any

import pytest

from ids_build.compiler.renderings import Question, RenderedSql, Renderings, make_key
from ids_build.compiler.template import Names, Templates
from ids_build.nodes import Span
from ids_build.relation import Relation

ASKED: list[Question] = [("var", "a"), ("ref", "x"), ("var", "a")]
RENDERED = RenderedSql(
    sql="select 1",
    references=(Relation(layer="a", name="x"),),
    config={"tags": ("a", "b"), "meta": {"n": 1}},
    spans=(Span(offset=0, line=1, column=1, literal=True), Span(offset=5, line=2, column=3, literal=False)),
)


def _answers(**told: Any) -> Any:
    return lambda question: told.get(question[1])


def _handed_on() -> dict[str, Any]:
    first = Renderings()
    first.keep("key", RENDERED, ASKED, _answers(a=[1], x=["a", "x"]))
    return dict(json.loads(json.dumps(first.found)))


def test_a_rendering_stands_while_everything_is_answered_as_it_was() -> None:
    again = Renderings(_handed_on())
    found = again.find("key", _answers(a=[1], x=["a", "x"], other=2))
    assert found == (RENDERED, [("var", "a"), ("ref", "x")])
    assert repr(found[0]) == repr(RENDERED)
    assert again.found == _handed_on()


@pytest.mark.parametrize("told", [{"a": [2], "x": ["a", "x"]}, {"a": [1]}, {}, {"a": [1], "x": ["b", "x"]}])
def test_another_answer_is_a_miss(told: dict[str, Any]) -> None:
    assert Renderings(_handed_on()).find("key", _answers(**told)) is None


def test_one_template_may_stand_in_several_renderings() -> None:
    renderings = Renderings(_handed_on())
    renderings.keep("key", RenderedSql(sql="select 2"), [("var", "a")], _answers(a=[2]))
    assert [renderings.find("key", _answers(a=[n], x=["a", "x"])) is not None for n in (1, 2, 3)] == [True, True, False]
    assert len(renderings.found["key"]) == 2


@pytest.mark.parametrize("told", [5, [5], [{}], [{"asked": [[["var", "a"], [1]]]}], {"a": 1}])
def test_what_cannot_have_been_handed_on_is_a_miss(told: Any) -> None:
    assert Renderings({"key": told}).find("key", _answers(a=[1])) is None


def test_what_plain_values_cannot_tell_is_left_out() -> None:
    renderings = Renderings()
    renderings.keep("key", RenderedSql(sql="x", config={"a": {1}}), [], _answers())
    assert renderings.found == {}
    assert make_key("a", {1}) is None
    assert make_key("a", ["b"]) != make_key("a", "b")


MACROS = {"m.sql": "{% set word = var('top') %}{% macro m(x) %}{{ word }}-{{ x }}-{{ env_var('E', 'none') }}{% endmacro %}"}


def _render(renderings: Renderings, top: str = "t", text: str = "{{ m(var('a')) }}", **told: Any) -> tuple[str, Templates]:
    environment = told.pop("environment", {})
    templates = Templates(told.pop("macros", MACROS), {"top": top, "a": 1, **told}, environment, "default", renderings)
    return templates.render("x.sql", text, Names(refs={}, sources={})).sql, templates


def test_templates_ask_what_is_known_first() -> None:
    first = Renderings()
    assert _render(first)[0] == "t-1-none"
    again = Renderings({key: [{**told, "sql": "known"} for told in kept] for key, kept in first.found.items()})
    sql, templates = _render(again)
    assert (sql, templates.environment_read) == ("known", {"E"})


@pytest.mark.parametrize(
    ("changed", "sql"),
    [
        ({"a": 2}, "t-2-none"),
        ({"a": True}, "t-True-none"),
        ({"a": 1.0}, "t-1.0-none"),
        ({"a": "1"}, "t-1-none"),
        ({"top": "u"}, "u-1-none"),
        ({"environment": {"E": "e"}}, "t-1-e"),
        ({"text": "{{ m(5) }}"}, "t-5-none"),
        ({"macros": {"m.sql": "{% macro m(x) %}new{% endmacro %}"}}, "new"),
    ],
)
def test_whatever_a_template_sees_is_seen(changed: dict[str, Any], sql: str) -> None:
    first = Renderings()
    _render(first)
    again = Renderings(first.found)
    assert _render(again, **changed)[0] == sql
    assert _render(Renderings(again.found))[0] == "t-1-none" or again.found.keys().isdisjoint(first.found)


def test_a_random_rendering_is_not_handed_on() -> None:
    renderings = Renderings()
    _render(renderings, text="{{ range(9) | random }}")
    assert renderings.found == {}


def test_code_is_made_once_in_a_process() -> None:
    first = Renderings()
    code = first.code("a.sql", "select 1", lambda: compile("1", "a.sql", "eval"))
    second = Renderings(None, first.codes)
    assert second.code("a.sql", "select 1", lambda: compile("2", "a.sql", "eval")) is code
    assert second.code("b.sql", "select 1", lambda: compile("2", "b.sql", "eval")) is not code
