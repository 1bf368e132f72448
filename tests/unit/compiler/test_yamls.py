import json

import pytest

from ids_build.compiler.yamls import Documents, parse_yaml
from ids_build.errors import Location, PropertiesError

TEXT = """\
version: 2
models:
  - name: orders
    tags: [daily, '0101']
    limit: 0101
"""


def _at(line: int, column: int) -> Location:
    return Location(path="a.yml", line=line, column=column)


def test_every_value_knows_its_line_and_column() -> None:
    model = next(parse_yaml(TEXT, "a.yml").value["models"].elements("models"))
    assert (model.at, model.value["name"].at, model.value["tags"].at) == (_at(3, 5), _at(3, 11), _at(4, 11))


def test_every_key_knows_its_line_and_column() -> None:
    model = next(parse_yaml(TEXT, "a.yml").value["models"].elements("models"))
    assert model.value["tags"].key_at == _at(4, 5)


def test_a_scalar_keeps_the_text_it_was_written_as() -> None:
    model = next(parse_yaml(TEXT, "a.yml").value["models"].elements("models"))
    assert model.value["limit"].text == "0101"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: [x, 2.5, true, null]", {"a": ["x", 2.5, True, None]}),
        ("a: {b: {c: '0101'}}", {"a": {"b": {"c": "0101"}}}),
        ("", None),
        ("# a comment\n", None),
        ("- a\n- b", ["a", "b"]),
        ("base: &b {x: 1}\na: {<<: *b, y: 3}", {"base": {"x": 1}, "a": {"x": 1, "y": 3}}),
    ],
)
def test_plain_values_are_yamls_own(text: str, value: object) -> None:
    assert parse_yaml(text, "a.yml").plain() == value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a: 1\nb: [1, 2\n", 3, 1), ("a: 'open\n", 2, 1), ("a: 1\n\tb: 2\n", 2, 1), ("a: b: c\n", 1, 5)],
)
def test_broken_yaml_is_told_where_it_breaks(text: str, line: int, column: int) -> None:
    with pytest.raises(PropertiesError, match="not valid YAML") as caught:
        parse_yaml(text, "a.yml")
    assert caught.value.at == _at(line, column)


def test_a_control_character_is_told_as_invalid_yaml() -> None:
    with pytest.raises(PropertiesError, match="not valid YAML"):
        parse_yaml("a: \x00", "a.yml")


@pytest.mark.parametrize(
    ("text", "at"), [("a: 1\na: 2\n", (2, 1)), ("m:\n  x: 1\n  y: 2\n  x: 3\n", (4, 3)), ("{a: 1, a: 1}", (1, 8))]
)
def test_a_key_that_stands_twice_is_refused_at_its_second_place(text: str, at: tuple[int, int]) -> None:
    with pytest.raises(PropertiesError, match="stands twice") as caught:
        parse_yaml(text, "a.yml")
    assert caught.value.at == _at(*at)


def test_a_value_overrides_a_merged_one_written_above() -> None:
    text = "base: &base\n  x: 1\n  y: 1\na:\n  <<: *base\n  x: 2\n"
    assert parse_yaml(text, "a.yml").plain()["a"] == {"x": 2, "y": 1}


def test_a_tag_that_would_make_an_object_is_refused() -> None:
    with pytest.raises(PropertiesError, match="not valid YAML"):
        parse_yaml("a: !!python/name:os.getcwd x", "a.yml")


# -- asking a spot --------------------------------------------------------------------------------


def test_an_unknown_key_proposes_the_nearest_known_one() -> None:
    with pytest.raises(PropertiesError, match="unknown key 'desciption' in the model") as caught:
        parse_yaml("name: a\ndesciption: b\n", "a.yml").check_keys(("name", "description"), "the model")
    assert (caught.value.at, caught.value.hint) == (_at(2, 1), "did you mean 'description'?")


def test_an_unknown_key_like_no_other_lists_the_known_ones() -> None:
    with pytest.raises(PropertiesError) as caught:
        parse_yaml("zzz: a\n", "a.yml").check_keys(("name", "config"), "the model")
    assert caught.value.hint == "known keys are config, name"


@pytest.mark.parametrize(("text", "method"), [("[1]", "items"), ("word", "items"), ("{a: 1}", "elements"), ("word", "elements")])
def test_a_value_of_the_wrong_kind_is_refused_where_it_stands(text: str, method: str) -> None:
    with pytest.raises(PropertiesError, match="the thing must be a") as caught:
        getattr(parse_yaml(text, "a.yml"), method)("the thing")
    assert caught.value.at == _at(1, 1)


@pytest.mark.parametrize("text", ["[1]", "{a: 1}"])
def test_a_list_or_mapping_is_no_text(text: str) -> None:
    with pytest.raises(PropertiesError, match="must be a text"):
        parse_yaml(text, "a.yml").string("the thing")


@pytest.mark.parametrize(("text", "words"), [("word", ("word",)), ("[a, 0101]", ("a", "0101")), ("", ()), ("~", ()), ("[]", ())])
def test_a_list_of_texts_may_be_a_single_text(text: str, words: tuple[str, ...]) -> None:
    assert parse_yaml(text, "a.yml").strings("the words") == words


def test_nothing_counts_as_an_empty_mapping_and_an_empty_list() -> None:
    nothing = parse_yaml("a:\n", "a.yml").value["a"]
    assert (dict(nothing.items("x")), list(nothing.elements("x"))) == ({}, [])


# -- what is handed on ----------------------------------------------------------------------------

TEXTS = ["a: {b: [1, 2.5, null, yes, 'x', 2020-01-01, 0101]}\n", "", "- 1\n- {a: ~}\n", "x: &x {a: 1}\ny: {<<: *x, b: 2}\n"]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_handed_on_says_what_the_yaml_says(text: str) -> None:
    first = Documents()
    assert first.parse(text, "a.yml") == parse_yaml(text, "a.yml")
    known = json.loads(json.dumps(first.found))
    again = Documents(known)
    assert repr(again.parse(text, "b.yml")) == repr(parse_yaml(text, "b.yml"))
    assert again.found == known


@pytest.mark.parametrize("told", [5, "x", [1], ["m", 1, 2, 3, 4, 5, 6], ["s", {"\x00": ["odd", 1]}, 1, 1, "x", None, None]])
def test_what_cannot_have_been_handed_on_is_read(told: object) -> None:
    first = Documents()
    spot = first.parse(TEXTS[0], "a.yml")
    again = Documents(dict.fromkeys(first.found, told))
    assert again.parse(TEXTS[0], "a.yml") == spot
    assert again.found == first.found


def test_a_value_that_plain_values_cannot_tell_is_read_each_time() -> None:
    documents = Documents()
    assert documents.parse("a: !!binary aGk=\n", "a.yml").items("x")["a"].value == b"hi"
    assert documents.found == {}


def test_a_document_is_handed_on_as_it_is_within_a_process() -> None:
    first = Documents()
    spot = first.parse("a: 1\n", "x.yml")
    second = Documents(first.found, first.spots)
    assert second.parse("a: 1\n", "x.yml") is spot
    assert second.parse("a: 1\n", "y.yml").at.path == "y.yml"
