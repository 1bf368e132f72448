import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.compiler.places import find_calls, group_calls, make_spans, mark, unmark

LEXER = jinja2.Environment(keep_trailing_newline=True)


def _tokens(text: str) -> list[tuple[int, str, str]]:
    return [(line, kind, value) for line, kind, value in LEXER.lex(text)]


@given(st.text(alphabet="ab\n æ'\"{}%#-", max_size=30))
def test_marks_come_out_again_and_leave_the_text_as_it_was(text: str) -> None:
    try:
        tokens = _tokens(text)
    except jinja2.TemplateSyntaxError:
        return
    # A "-" beside a brace takes white space away, which no token holds.
    assert unmark(*mark(text, tokens))[0] == "".join(value for _, _, value in tokens)


@given(st.text(alphabet="ab\n æ", min_size=1, max_size=30))
def test_every_character_of_plain_text_leads_back_to_itself(text: str) -> None:
    _, spans = unmark(*mark(text, _tokens(text)))
    for offset in range(len(text)):
        span = [span for span in spans if span.offset <= offset and span.literal][-1]
        line = text.count("\n", 0, offset) + 1
        column = offset - (text.rfind("\n", 0, offset) + 1) + 1
        assert (span.line, span.column + offset - span.offset) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        "{% set x %}inside{% endset %}",
        "{% macro m() %}inside{% endmacro %}",
        "{% call m() %}inside{% endcall %}",
        "{% filter upper %}inside{% endfilter %}",
        "{% set x %}{% if y %}inside{% endif %}{% endset %}",
    ],
)
def test_captured_text_is_left_unmarked(text: str) -> None:
    assert mark(text, _tokens(text)) == (text, [])


@pytest.mark.parametrize("text", ["{% set x = 1 %}after", "{% if x %}inside{% endif %}", "{% set x %}in{% endset %}after"])
def test_text_that_is_written_out_is_marked(text: str) -> None:
    assert mark(text, _tokens(text))[1]


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("{{ ref('a') }}", ("ref", "a")),
        ('{{ ref("a") }}', ("ref", "a")),
        ("{{ref('p','a')}}", ("ref", "p", "a")),
        ("{{ source('raw', 'a') }}", ("source", "raw", "a")),
    ],
)
def test_a_literal_call_is_seen(text: str, call: tuple[str, ...]) -> None:
    assert list(group_calls(_tokens(text))) == [(call, text)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ ref(x) }}", "{{ ref('a', v=1) }}", "{{ ref('a') ~ 'b' }}", "{{ ref() }}", "{{ var('a') }}", "{{ x }}",
        "{{- ref('a') }}",
        "{{ ref('a') -}}", "{{ ref('a\\n') }}", "{{ ref('a' ~ 'b') }}", "{{ ref('a') | upper }}", "{{ ref(ref('a')) }}",
    ],
)  # fmt: skip
def test_any_other_expression_is_not_a_literal_call(text: str) -> None:
    assert None in list(group_calls(_tokens(text)))


@pytest.mark.parametrize("text", ["{% if x %}", "{# c #}"])
def test_blocks_and_comments_are_not_literal(text: str) -> None:
    assert set(group_calls(_tokens(text))) == {None}


def test_literal_text_around_a_call_is_given_as_it_is() -> None:
    assert list(group_calls(_tokens("a\n{{ ref('x') }} b"))) == [(None, "a\n"), (("ref", "x"), "{{ ref('x') }}"), (None, " b")]


def test_a_piece_of_literal_text_has_a_span_a_line() -> None:
    found = [(span.offset, span.line, span.column) for span in make_spans("ab\ncd\n", 10, 3, 5, literal=True)]
    assert found == [(10, 3, 5), (13, 4, 1)]


def test_a_rendered_piece_has_one_span_however_many_lines_it_has() -> None:
    (span,) = make_spans("ab\ncd\n", 10, 3, 5, literal=False)
    assert (span.offset, span.line, span.column, span.literal) == (10, 3, 5, False)


_BITS = [
    "{{ ref('x') }}",
    "{{source('a', \"b\")}}",
    "{",
    "}",
    "{{",
    "}}",
    "{%",
    "{#",
    "#}",
    "'",
    "\n",
    " ",
    "select",
    "-",
    "\\",
    "{{- ref('y') }}",
]


@given(st.lists(st.sampled_from(_BITS), max_size=8))
def test_calls_found_without_a_lexer_are_those_of_the_lexer(bits: list[str]) -> None:
    text = "".join(bits)
    found = find_calls(text)
    if found is not None:
        assert found == list(group_calls(list(jinja2.Environment(keep_trailing_newline=True).lex(text))))


@pytest.mark.parametrize(
    "text", ["{{ var('x') }}", "{% if a %}", "{# note #}", "{{ ref(name) }}", "{{{ ref('x') }}", "{{- ref('x') }}"]
)
def test_anything_else_is_left_to_the_lexer(text: str) -> None:
    assert find_calls(text) is None
