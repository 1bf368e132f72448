import pytest

from ids_build.relation import Relation


def test_a_relation_is_spelled_layer_dot_name() -> None:
    assert str(Relation(layer="staging", name="orders")) == "staging.orders"


@pytest.mark.parametrize(
    ("layer", "name", "sql"),
    [
        ("staging", "orders", '"staging"."orders"'),
        ("Staging", "my orders", '"Staging"."my orders"'),
        ("a.b", 'x"y', '"a.b"."x""y"'),
    ],
)
def test_the_sql_spelling_quotes_each_half(layer: str, name: str, sql: str) -> None:
    assert Relation(layer=layer, name=name).sql == sql


def test_relations_sort_by_layer_then_name() -> None:
    first, second, third = (Relation(layer=layer, name=name) for layer, name in (("a", "z"), ("b", "a"), ("b", "c")))
    assert sorted([third, first, second]) == [first, second, third]
