import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.errors import SelectionError
from ids_build.planner.selector import resource_of, select
from tests.support import edges, make_data_test, make_graph, make_macro_test, make_model, make_seed, make_source, make_unit_test

RAW = make_source("raw.orders", tags=("delivered",))
COLOURS = make_seed("seeds.colours", tags=("nightly",))
ORDERS = make_model("staging.orders", ["raw.orders"], tags=("nightly", "core"), config={"owner": "ann", "tags": ["nightly"]})
LINES = make_model("staging.lines", ["staging.orders", "seeds.colours"], materialized="view", config={"materialized": "view"})
TOTALS = make_model("marts.totals", ["staging.lines"], path="models/marts/deep/totals.sql", config={"on": True})
ALONE = make_model("marts.alone")
NOT_NULL = make_data_test("staging.orders", kind="not_null", name="not_null_orders_id", tags=("cheap",))
RELATED = make_data_test("staging.lines", ["seeds.colours"], kind="relationships", name="related", sql="select 1")
SINGLE = make_data_test(None, ["marts.totals"], kind="singular", name="no_debts", sql="select 1")
WORKS = make_unit_test(ORDERS, name="works")
GRAPH = make_graph(RAW, COLOURS, ORDERS, LINES, TOTALS, ALONE, NOT_NULL, RELATED, SINGLE, WORKS)
TABLES = {"raw": RAW, "colours": COLOURS, "orders": ORDERS, "lines": LINES, "totals": TOTALS, "alone": ALONE}
TESTS = {"not_null": NOT_NULL, "related": RELATED, "single": SINGLE, "works": WORKS}
SHORT = {node.unique_id: name for name, node in {**TABLES, **TESTS}.items()}


def _select(*words: str, exclude: tuple[str, ...] = ()) -> str:
    return " ".join(sorted(SHORT[unique_id] for unique_id in select(GRAPH, words, exclude).ids))


def _tables(*words: str, exclude: tuple[str, ...] = ()) -> str:
    return " ".join(word for word in _select(*words, exclude=exclude).split() if word in TABLES)


@pytest.mark.parametrize(
    ("word", "tables"),
    [
        # names
        ("lines", "lines"), ("staging.lines", "lines"), ("colours", "colours"), ("orders", "orders raw"),
        ("staging.orders", "orders"),
        ("raw.orders", "raw"), ("*ne*", "alone lines"), ("l?nes", "lines"), ("staging.*", "lines orders"),
        ("fqn:shop.staging.lines", "lines"),
        # paths and files
        ("path:models/staging", "lines orders"), ("path:models/staging/", "lines orders"), ("path:models/marts/deep", "totals"),
        ("path:models/marts/deep/totals.sql", "totals"), ("path:models/*/orders.sql", "orders"),
        ("path:./models/staging", "lines orders"),
        ("models/staging", "lines orders"), ("./models/marts/deep/totals.sql", "totals"), ("seeds/colours.csv", "colours"),
        ("path:models/stag", ""), ("file:totals.sql", "totals"), ("file:totals", "totals"), ("file:colours.csv", "colours"),
        ("totals.sql", "totals"),
        # tags, kinds, layers, settings
        ("tag:nightly", "colours orders"), ("tag:night*", "colours orders"), ("tag:delivered", "raw"), ("tag:none", ""),
        ("source:raw", "raw"), ("source:raw.orders", "raw"), ("source:raw.*", "raw"), ("source:staging", ""),
        ("resource_type:model", "alone lines orders totals"), ("resource_type:seed", "colours"), ("resource_type:source", "raw"),
        ("layer:marts", "alone totals"), ("layer:sta*", "lines orders"), ("layer:seeds", "colours"),
        ("package:shop", "alone colours lines orders raw totals"),
        ("package:this", "alone colours lines orders raw totals"), ("package:other", ""), ("config.materialized:view", "lines"),
        ("config.materialized:table", "alone orders totals"), ("config.schema:marts", "alone totals"),
        ("config.owner:ann", "orders"),
        ("config.on:true", "totals"), ("config.tags:nightly", "orders"),
    ],
)  # fmt: skip
def test_a_method_chooses_tables(word: str, tables: str) -> None:
    assert _tables(word) == tables


@pytest.mark.parametrize(
    ("word", "tests"),
    [
        ("test_type:unit", "works"), ("test_type:data", "not_null related single"), ("test_type:generic", "not_null related"),
        ("test_type:singular", "single"), ("test_name:not_null", "not_null"), ("test_name:rel*", "related"),
        ("unit_test:works", "works"),
        ("unit_test:w*", "works"), ("resource_type:unit_test", "works"), ("resource_type:test", "not_null related single"),
        ("no_debts", "single"), ("tag:cheap", "not_null"),
    ],
)  # fmt: skip
def test_a_method_chooses_tests(word: str, tests: str) -> None:
    assert _select(word) == tests


@pytest.mark.parametrize(
    ("word", "tables"),
    [
        ("+totals", "colours lines orders raw totals"), ("1+totals", "lines totals"), ("2+totals", "colours lines orders totals"),
        ("0+totals", "totals"), ("staging.orders+", "lines orders totals"), ("staging.orders+1", "lines orders"),
        ("raw.orders+2", "lines orders raw"),
        ("+lines+", "colours lines orders raw totals"), ("1+lines+1", "colours lines orders totals"),
        ("@staging.orders", "colours lines orders raw totals"),
        ("@raw.orders", "colours lines orders raw totals"), ("@alone", "alone"), ("+tag:core", "orders raw"),
        ("path:models/staging+", "lines orders totals"),
        ("+config.materialized:view", "colours lines orders raw"), ("source:raw+1", "orders raw"), ("+alone+", "alone"),
    ],
)  # fmt: skip
def test_operators_grow_the_choice(word: str, tables: str) -> None:
    assert _tables(word) == tables


@pytest.mark.parametrize(
    ("words", "tables"),
    [
        (("lines", "alone"), "alone lines"), (("lines alone",), "alone lines"), (("tag:nightly,resource_type:seed",), "colours"),
        (("layer:staging,tag:core",), "orders"), (("layer:staging,layer:marts",), ""),
        (("+totals,layer:staging",), "lines orders"),
        (("tag:nightly,resource_type:seed", "alone"), "alone colours"), (("lines,",), "lines"),
    ],
)  # fmt: skip
def test_words_add_up_and_a_comma_intersects(words: tuple[str, ...], tables: str) -> None:
    assert _tables(*words) == tables


def test_no_word_chooses_everything() -> None:
    assert select(GRAPH).ids == frozenset(GRAPH.nodes)


@pytest.mark.parametrize(
    ("words", "exclude", "chosen"),
    [
        ((), ("layer:marts", "layer:staging", "single"), "colours raw"),
        (("layer:staging",), ("lines",), "not_null orders works"),
        (("staging.orders",), ("test_type:unit",), "not_null orders"),
        (("staging.orders",), ("not_null_orders_id", "test_type:unit"), "orders"),
        (("lines",), ("+totals",), ""),
    ],
)
def test_what_is_excluded_goes_with_its_tests(words: tuple[str, ...], exclude: tuple[str, ...], chosen: str) -> None:
    assert _select(*words, exclude=exclude) == chosen


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("staging.orders", "not_null orders works"),
        ("lines", "lines related"),
        ("totals", "single totals"),
        ("seeds.colours", "colours"),
        ("raw.orders", "raw"),
    ],
)
def test_a_chosen_table_brings_its_tests(word: str, chosen: str) -> None:
    assert _select(word) == chosen


@pytest.mark.parametrize(
    ("word", "tests"),
    [
        ("staging.orders,test_type:unit", "works"),
        ("staging.orders,test_type:data", "not_null"),
        ("layer:staging,test_type:data", "not_null related"),
        ("totals,test_type:singular", "single"),
        ("lines,test_type:unit", ""),
    ],
)
def test_a_table_with_a_kind_of_test_chooses_its_tests_of_that_kind(word: str, tests: str) -> None:
    assert _select(word) == tests


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("half", {"halves"}),
        ("hal*", {"halves"}),
        ("unit_test:halves", {"halves"}),
        ("test_type:unit", {"halves", "works"}),
        ("path:models/shop.yml,halves", {"halves"}),
        ("staging.orders", {"orders", "works"}),
        ("+half+", {"halves"}),
    ],
)
def test_the_test_of_a_macro_is_chosen_by_its_name_or_the_macros(word: str, chosen: set[str]) -> None:
    graph = make_graph(ORDERS, RAW, WORKS, make_macro_test("half", "halves"))
    assert {graph.nodes[unique_id].name for unique_id in select(graph, [word]).ids} == chosen


def test_a_word_that_matches_nothing_is_told_with_the_nearest_name() -> None:
    found = select(GRAPH, ["+ordrs", "lines"])
    assert found.unmatched == ("'+ordrs' selects nothing; did you mean 'orders'?",)


def test_an_exclusion_that_matches_nothing_is_told_too() -> None:
    assert select(GRAPH, (), ["zzz"]).unmatched == ("'zzz' selects nothing",)


@pytest.mark.parametrize(("word", "hint"), [("tga:x", "did you mean 'tag:'?"), ("layers:x", "did you mean 'layer:'?")])
def test_an_unknown_method_proposes_the_nearest(word: str, hint: str) -> None:
    with pytest.raises(SelectionError, match="unknown method") as caught:
        select(GRAPH, [word])
    assert caught.value.hint in (hint, hint.replace(":", ""))


@pytest.mark.parametrize("word", ["+", "@", "++", "2+"])
def test_operators_without_a_name_choose_nothing_or_are_refused(word: str) -> None:
    try:
        assert select(GRAPH, [word]).ids == frozenset()
    except SelectionError as error:
        assert error.hint


@given(st.sampled_from(sorted(TABLES)), st.integers(0, 4), st.integers(0, 4))
def test_more_steps_never_choose_less(name: str, near: int, far: int) -> None:
    node = TABLES[name].relation
    small, large = sorted((near, far))
    assert select(GRAPH, [f"{small}+{node}+{small}"]).ids <= select(GRAPH, [f"{large}+{node}+{large}"]).ids


@given(st.lists(st.sampled_from(["lines", "tag:core", "+totals", "alone", "layer:marts"]), min_size=1, max_size=4))
def test_the_choice_does_not_depend_on_the_order_of_words(words: list[str]) -> None:
    assert select(GRAPH, words).ids == select(GRAPH, list(reversed(words))).ids


def test_a_generator_of_words_is_taken_as_it_is() -> None:
    graph = edges(a=[], b=["a"])
    assert select(graph, (word for word in ["b"])).ids == {"model.shop.b"}


def test_every_kind_of_node_has_dbts_word() -> None:
    assert [resource_of(node) for node in (RAW, COLOURS, ORDERS, NOT_NULL, WORKS)] == [
        "source",
        "seed",
        "model",
        "test",
        "unit_test",
    ]
