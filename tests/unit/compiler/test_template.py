from collections.abc import Mapping
from typing import Any

import pytest

from ids_build.compiler.renderings import RenderedSql
from ids_build.compiler.template import Names, Templates
from ids_build.errors import IdsBuildError, Location, TemplateError, UnknownNodeError
from ids_build.relation import Relation
from tests.support import make_model

ORDERS = Relation(layer="staging", name="orders")
CUSTOMERS = Relation(layer="staging", name="customers")
RAW = Relation(layer="raw", name="orders")
NAMES = Names(refs={"orders": ORDERS, "customers": CUSTOMERS}, sources={("raw", "orders"): RAW}, disabled=frozenset({"asleep"}))
AT = Location(path="models/shop.yml", line=7, column=3)


def _render(
    text: str, macros: Mapping[str, str] | None = None, variables: Mapping[str, Any] | None = None, **parts: Any
) -> RenderedSql:
    environment = parts.pop("environment", {})
    return Templates(macros or {}, variables or {}, environment).render("models/a.sql", text, NAMES, **parts)


def _fault(text: str, macros: Mapping[str, str] | None = None) -> IdsBuildError:
    with pytest.raises(IdsBuildError) as caught:
        _render(text, macros)
    return caught.value


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "sql", "relation"),
    [
        ("ref('orders')", '"staging"."orders"', ORDERS),
        ("ref('shop', 'orders')", '"staging"."orders"', ORDERS),
        ("ref('orders', v=2)", '"staging"."orders"', ORDERS),
        ("source('raw', 'orders')", '"raw"."orders"', RAW),
    ],
)
def test_a_reference_renders_as_a_quoted_relation_and_is_remembered(call: str, sql: str, relation: Relation) -> None:
    rendered = _render(f"select * from {{{{ {call} }}}}")
    assert (rendered.sql, rendered.references) == (f"select * from {sql}", (relation,))


def test_references_are_remembered_once_in_the_order_they_came() -> None:
    rendered = _render("{{ ref('orders') }} {{ ref('customers') }} {{ ref('orders') }}")
    assert rendered.references == (ORDERS, CUSTOMERS)


def test_a_reference_in_a_branch_not_taken_is_not_remembered() -> None:
    assert _render("{% if false %}{{ ref('orders') }}{% endif %}select 1").references == ()


def test_references_of_one_template_do_not_leak_into_the_next() -> None:
    templates = Templates({}, {}, {})
    templates.render("a.sql", "{{ ref('orders') }}", NAMES)
    assert templates.render("b.sql", "{{ ref('customers') }}", NAMES).references == (CUSTOMERS,)


def test_ref_to_unknown_model_proposes_the_nearest_name() -> None:
    fault = _fault("select *\nfrom {{ ref('ordrs') }}\n")
    assert isinstance(fault, UnknownNodeError)
    assert (fault.message, fault.hint) == ("unknown model 'ordrs'", "did you mean 'orders'?")
    assert fault.at == Location(path="models/a.sql", line=2, column=14)


def test_source_to_unknown_table_proposes_the_nearest_name() -> None:
    fault = _fault("select * from {{ source('raw', 'ordrs') }}")
    assert (fault.message, fault.hint) == ("unknown source 'raw.ordrs'", "did you mean 'raw.orders'?")
    assert isinstance(fault, UnknownNodeError)


@pytest.mark.parametrize("call", ["source('raw')", "source()", "ref()"])
def test_a_reference_with_too_few_words_is_refused(call: str) -> None:
    assert isinstance(_fault(f"select * from {{{{ {call} }}}}"), UnknownNodeError)


def test_ref_to_a_disabled_model_says_so() -> None:
    fault = _fault("select * from {{ ref('asleep') }}")
    assert fault.message == "model 'asleep' is disabled"


# -- variables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("var('year')", "2005"),
        ("var('year', 1)", "2005"),
        ("var('other', 1)", "1"),
        ("var('other', '')", ""),
        ("var('other', false)", "False"),
        ("var('off')", "False"),
        ("env_var('HOME_OF_DATA')", "/data"),
        ("env_var('NOT_SET', 'x')", "x"),
        ("this", '"staging"."orders"'),
        ("model.name", "orders"),
        ("target.type", "datafusion"),
        ("is_incremental()", "False"),
        ("execute", "True"),
        ("log('words', info=true)", ""),
    ],
)
def test_what_a_template_may_ask_for(call: str, text: str) -> None:
    rendered = _render(
        f"{{{{ {call} }}}}",
        variables={"year": 2005, "off": False},
        environment={"HOME_OF_DATA": "/data"},
        this=ORDERS,
    )
    assert rendered.sql == text


def test_an_unset_variable_proposes_the_nearest_one() -> None:
    with pytest.raises(TemplateError, match="variable 'yaer' has no value") as caught:
        _render("{{ var('yaer') }}", variables={"year": 1})
    assert caught.value.hint == "did you mean 'year'?"


def test_an_unset_environment_variable_is_told_by_name() -> None:
    assert _fault("{{ env_var('NOT_SET') }}").message == "environment variable 'NOT_SET' is not set"


def test_variables_can_be_overridden_for_a_while() -> None:
    templates = Templates({}, {"year": 2005, "kept": 1}, {})
    with templates.overriding({"year": 1999}, {}):
        inside = templates.render("a.sql", "{{ var('year') }} {{ var('kept') }}", NAMES).sql
    assert (inside, templates.render("a.sql", "{{ var('year') }}", NAMES).sql) == ("1999 1", "2005")


def test_an_override_ends_even_when_rendering_fails() -> None:
    templates = Templates({}, {"year": 2005}, {})
    with pytest.raises(TemplateError), templates.overriding({"year": 1999}, {}):
        templates.render("a.sql", "{{ nothing }}", NAMES)
    assert templates.render("a.sql", "{{ var('year') }}", NAMES).sql == "2005"


# -- config ---------------------------------------------------------------------------------------


def test_config_is_recorded_over_what_was_configured_before_and_renders_as_nothing() -> None:
    rendered = _render("{{ config(materialized='view', tags=['x']) }}select 1", config={"materialized": "table", "schema": "s"})
    assert rendered.sql == "select 1"
    assert rendered.config == {"materialized": "view", "tags": ("x",), "schema": "s"}


def test_config_takes_a_mapping() -> None:
    assert _render("{{ config({'enabled': false}) }}").config == {"enabled": False}


def test_config_can_be_asked() -> None:
    text = "{{ config.get('a') }} {{ config.get('b', 'none') }} {{ config.require('a') }}"
    assert _render(text, config={"a": 1}).sql == "1 none 1"


def test_a_required_setting_that_is_missing_is_told() -> None:
    assert _fault("{{ config.require('a') }}").message == "config has no 'a'"


# -- macros ---------------------------------------------------------------------------------------


def test_macros_of_all_files_know_each_other() -> None:
    macros = {
        "macros/a.sql": "{% macro outer(x) %}{{ inner(x) }}!{% endmacro %}",
        "macros/b.sql": "{% macro inner(x) %}<{{ x }}>{% endmacro %}",
    }
    assert _render("{{ outer('y') }}", macros).sql == "<y>!"


def test_a_macro_may_return_a_value() -> None:
    macros = {"macros/a.sql": "{% macro years() %}noise {{ return([1, 2]) }} more noise{% endmacro %}"}
    assert _render("{% for y in years() %}{{ y + 1 }},{% endfor %}", macros).sql == "2,3,"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{% macro outer() %}<{{ inner() + 1 }}>{% endmacro %}", "<2>"),
        ("{% macro outer() %}{{ return(inner() + 1) }} noise{% endmacro %}", "2"),
        ("{% macro w() %}[{{ caller() }}]{% endmacro %}{% macro outer() %}{% call w() %}{{ inner() }}{% endcall %}{% endmacro %}",
         "[1]"),
    ],
    ids=["goes on", "returns itself", "in a call block"],
)  # fmt: skip
def test_return_ends_the_macro_that_says_it_and_not_its_caller_of_the_same_file(body: str, text: str) -> None:
    inner = "{% macro inner() %}noise {{ return(1) }} noise{% endmacro %}"
    assert _render("{{ outer() }}", {"macros/a.sql": inner + body}).sql == text
    assert _render(f"{inner}{body}{{{{ outer() }}}}").sql == text


def test_a_reference_in_a_macro_counts_for_the_model_that_calls_it() -> None:
    macros = {"macros/a.sql": "{% macro all_orders() %}select * from {{ ref('orders') }}{% endmacro %}"}
    assert _render("{{ all_orders() }}", macros).references == (ORDERS,)


def test_a_macro_may_refuse() -> None:
    macros = {"macros/a.sql": "{% macro no() %}{{ exceptions.raise_compiler_error('Not like this.') }}{% endmacro %}"}
    assert _fault("{{ no() }}", macros).message == "not like this"


def test_macros_and_generic_tests_are_known_with_their_arguments() -> None:
    text = "{% test positive(model, column_name) %}select 1{% endtest %}{% macro half(x, digits=2) %}{% endmacro %}"
    templates = Templates({"macros/t.sql": text}, {}, {})
    assert templates.macros == {"test_positive": ("model", "column_name"), "half": ("x", "digits")}


def test_a_generic_test_renders_with_its_arguments() -> None:
    text = (
        "{%- test above(model, column_name, low=0) -%}"
        "select * from {{ model }} where {{ column_name }} < {{ low }} and x in (select x from {{ ref('orders') }})"
        "{%- endtest -%}"
    )
    rendered = Templates({"macros/t.sql": text}, {}, {}).render_generic_test(
        "above", NAMES, {"model": "t", "column_name": "c", "low": 5}, AT
    )
    assert rendered.sql == 'select * from t where c < 5 and x in (select x from "staging"."orders")'
    assert rendered.references == (ORDERS,)


def test_a_generic_test_may_return_its_query() -> None:
    macros = {"macros/t.sql": "{% test none(model) %}noise{{ return('select 1 from ' ~ model) }}{% endtest %}"}
    assert Templates(macros, {}, {}).render_generic_test("none", NAMES, {"model": "t"}, AT).sql == "select 1 from t"


def test_a_fault_in_a_generic_test_is_told_where_the_yaml_uses_it() -> None:
    templates = Templates({"macros/t.sql": "{% test odd(model) %}{{ nothing }}{% endtest %}"}, {}, {})
    with pytest.raises(TemplateError) as caught:
        templates.render_generic_test("odd", NAMES, {"model": "t"}, AT)
    assert caught.value.at == AT


# -- texts in YAML --------------------------------------------------------------------------------


def test_a_yaml_text_is_filled_in() -> None:
    templates = Templates({}, {"folder": "/data"}, {"USER_NAME": "ann"})
    assert templates.render_text("{{ var('folder') }}/{{ env_var('USER_NAME') }}/x", AT) == "/data/ann/x"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ var('codes') }}", ["a", "b'c"]),
        ("{{- var('codes') + ['d'] -}}\n", ["a", "b'c", "d"]),
        ("{{ var('codes') | join(', ') }}", "a, b'c"),
        ("x {{ var('codes')[0] }}", "x a"),
        ("{{ var('most') }}", "5"),
        ("{{ var('codes')[0] }}{{ var('most') }}", "a5"),
        ("no braces", "no braces"),
    ],
)
def test_a_yaml_text_that_is_one_expression_stands_for_the_list_that_it_gives(text: str, value: object) -> None:
    assert Templates({}, {"codes": ["a", "b'c"], "most": 5}, {}).render_value(text, AT) == value


def test_a_fault_in_the_one_expression_of_a_yaml_text_is_told_where_it_stands() -> None:
    with pytest.raises(TemplateError, match="variable 'codes' has no value") as caught:
        Templates({}, {}, {}).render_value("{{ var('codes') }}", AT)
    assert caught.value.at == AT


def test_a_fault_in_a_yaml_text_is_told_where_it_stands() -> None:
    with pytest.raises(TemplateError, match="variable 'folder' has no value") as caught:
        Templates({}, {}, {}).render_text("{{ var('folder') }}", AT)
    assert caught.value.at == AT


# -- places of errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("select 1\n{{ nothing }}", 2, "'nothing' is undefined"),
        ("select 1\n\n{% if x", 3, "jinja cannot read this"),
        ("select 1\n{% endfor %}", 2, "jinja cannot read this"),
        ("a\nb\n{{ 1 / 0 }}", 3, "jinja fails"),
        ("a\n{% for x in [1] %}\n{{ x.y.z }}\n{% endfor %}", 3, "has no attribute 'y'"),
        ("{{ var('a', 1) }}\n{{ var('b') }}", 2, "variable 'b' has no value"),
        ("a\nb\n{{ ref('nobody') }}", 3, "unknown model 'nobody'"),
        ("{%- set x = 1 -%}\n\n{{ ref('nobody') }}", 3, "unknown model 'nobody'"),
        ("{# one\ntwo #}\n{{ nothing }}", 3, "'nothing' is undefined"),
    ],
)
def test_a_fault_is_told_on_the_templates_line(text: str, line: int, message: str) -> None:
    fault = _fault(text)
    assert message in fault.message.lower()
    assert fault.at is not None and (fault.at.path, fault.at.line) == ("models/a.sql", line)


def test_a_fault_inside_a_macro_is_told_in_the_macros_file() -> None:
    fault = _fault("select 1\n{{ m() }}", {"macros/m.sql": "{% macro m() %}\n\n{{ nothing }}\n{% endmacro %}"})
    assert fault.at is not None and (fault.at.path, fault.at.line) == ("macros/m.sql", 3)


def test_a_macro_file_that_jinja_cannot_read_is_told_with_its_line() -> None:
    with pytest.raises(TemplateError) as caught:
        Templates({"macros/m.sql": "\n{% macro m( %}{% endmacro %}"}, {}, {})
    assert caught.value.at is not None and (caught.value.at.path, caught.value.at.line) == ("macros/m.sql", 2)


def test_an_unknown_macro_proposes_the_nearest_one() -> None:
    fault = _fault("{{ keep_lastest() }}", {"macros/m.sql": "{% macro keep_latest() %}{% endmacro %}"})
    assert fault.hint == "did you mean 'keep_latest'?"


def test_a_macro_called_with_wrong_arguments_is_a_template_error() -> None:
    assert isinstance(_fault("{{ m(1, 2) }}", {"macros/m.sql": "{% macro m(a) %}{% endmacro %}"}), TemplateError)


# -- the way back ---------------------------------------------------------------------------------


WAYS_BACK = {
    "plain text": ("select\n  MARK\n", 2, 3),
    "after a reference on the same line": ("select * from {{ ref('orders') }} as MARK", 1, 38),
    "after a reference on a line above": ("select *\nfrom {{ ref('orders') }}\nwhere MARK", 3, 7),
    "after a config block": ("{{ config(\n  tags=['x'],\n) }}\nselect MARK", 4, 8),
    "after a comment": ("{# one\n   two #}\nselect MARK", 3, 8),
    "after a set statement": ("{% set x = 1 %}\nselect MARK", 2, 8),
    "after a set block": ("{% set x %}\na\nb\n{% endset %}\nselect MARK", 5, 8),
    "after a macro of its own": ("{% macro m() %}\na\n{% endmacro %}\n{{ m() }}\nselect MARK", 5, 8),
    "after a macro that renders many lines": ("select 1\n{{ tall() }}\n, MARK", 3, 3),
    "inside an if": ("{% if true %}\n  MARK\n{% endif %}", 2, 3),
    "in the branch taken": ("{% if false %}\na\n{% else %}\n b MARK\n{% endif %}", 4, 4),
    "inside a loop": ("{% for x in [1] %}\n{{ x }}, MARK\n{% endfor %}", 2, 10),
    "after a loop of many turns": ("{% for x in range(9) %}\n{{ x }},\n{% endfor %}\nMARK", 4, 1),
    "in a raw block": ("{% raw %}\n{{ MARK }}{% endraw %}", 2, 4),
    "among letters beyond ASCII": ("-- æøå\nselect 'ÆØÅ', MARK", 2, 15),
    "after whitespace control before a block": ("select 1\n  {%- if true %}\n, MARK\n{% endif %}", 3, 3),
    "after whitespace control behind a block": ("{% set x = 1 -%}\n\n\nselect MARK", 4, 8),
    "after whitespace control on both sides": ("select 1\n\n{%- set x = 1 -%}\n\nfrom MARK", 5, 6),
    "after whitespace control of an expression": ("select\n  {{- ' 1' -}}\n  , MARK", 3, 5),
    "after whitespace control of a comment": ("a\n\n{#- c -#}\n\n MARK", 5, 2),
    "before whitespace control": ("select MARK\n  {%- if true %} x {% endif %}", 1, 8),
}


@pytest.mark.parametrize("case", WAYS_BACK)
def test_a_rendered_offset_leads_back_to_the_templates_line_and_column(case: str) -> None:
    text, line, column = WAYS_BACK[case]
    rendered = _render(text, {"macros/m.sql": "{% macro tall() %}\nx\n\ny\n{% endmacro %}"})
    at = make_model(spans=rendered.spans, path="models/a.sql").locate(rendered.sql.index("MARK"))
    assert at == Location(path="models/a.sql", line=line, column=column)


def test_what_an_expression_rendered_leads_back_to_the_expression() -> None:
    rendered = _render("select *\nfrom {{ ref('orders') }} as o")
    at = make_model(spans=rendered.spans, path="models/a.sql").locate(rendered.sql.index("orders"))
    assert at == Location(path="models/a.sql", line=2, column=6)


@pytest.mark.parametrize("case", WAYS_BACK)
def test_no_mark_of_the_way_back_is_left_in_the_sql(case: str) -> None:
    rendered = _render(WAYS_BACK[case][0], {"macros/m.sql": "{% macro tall() %}x{% endmacro %}"})
    assert not {"\x02", "\x03"} & set(rendered.sql)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("{% set x %}a{% endset %}{{ x | length }}", "1"),
        ("{% set x %}\n a \n{% endset %}{{ x | trim | upper }}", "A"),
        ("{% filter upper %}a{% endfilter %}", "A"),
        ("{% macro m() %}a{% endmacro %}{{ m() | length }}", "1"),
        ("{% call twice() %}ab{% endcall %}", "abab"),
        ("{% set x = 'a' %}{{ x }}", "a"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a  {%- set x = 1 -%}  b", "ab"),
        ("a\n", "a\n"),
    ],
)
def test_captured_text_is_what_the_author_wrote(text: str, sql: str) -> None:
    macros = {"macros/m.sql": "{% macro twice() %}{{ caller() }}{{ caller() }}{% endmacro %}"}
    assert _render(text, macros).sql == sql


def test_the_variables_of_the_environment_that_were_asked_for_are_known() -> None:
    templates = Templates({"m.sql": "{% macro m() %}{{ env_var('A', 'x') }}{% endmacro %}"}, {}, {"B": "1"})
    assert templates.environment_read == set()
    templates.render("x.sql", "select '{{ m() }}', {{ env_var('B') }}", Names(refs={}, sources={}))
    assert templates.environment_read == {"A", "B"}


@pytest.mark.parametrize("text", ["{{ [1, 2] | random }}", "{{ lipsum(n=1) }}"])
def test_a_random_number_is_noticed(text: str) -> None:
    templates = Templates({}, {}, {})
    templates.render("x.sql", "select {{ 1 + 1 }}", Names(refs={}, sources={}))
    assert templates.steady
    assert templates.render("x.sql", text, Names(refs={}, sources={})).sql
    assert not templates.steady


def test_a_template_renders_anew_each_time() -> None:
    templates, names = Templates({}, {"a": 1}, {}), Names(refs={}, sources={})
    text = "{{ config(x=var('a')) }}select {{ var('a') }}"
    first = templates.render("x.sql", text, names)
    with templates.overriding({"a": 2}, {}):
        second = templates.render("x.sql", text, names)
    assert (first.sql, first.config, second.sql, second.config) == ("select 1", {"x": 1}, "select 2", {"x": 2})
