from ids_build.plan import Fingerprint, make_key


def test_found_facts_complete_those_that_stand_before() -> None:
    assert Fingerprint(facts={"query": "a"}).complete({"cohort": "b"}) == {"query": "a", "cohort": "b"}


def test_the_order_of_facts_does_not_matter_and_their_values_do() -> None:
    assert make_key({"a": 1, "b": {"c": 2}}) == make_key({"b": {"c": 2}, "a": 1})
    assert make_key({"a": 1}) != make_key({"a": 2})
