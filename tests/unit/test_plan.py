from ids_build.errors import Location
from ids_build.nodes import DataTest, Seed
from ids_build.plan import Fingerprint, Plan, Step, make_key
from ids_build.relation import Relation


def test_found_facts_complete_those_that_stand_before() -> None:
    assert Fingerprint(facts={"query": "a"}).complete({"cohort": "b"}) == {"query": "a", "cohort": "b"}


def test_the_order_of_facts_does_not_matter_and_their_values_do() -> None:
    assert make_key({"a": 1, "b": {"c": 2}}) == make_key({"b": {"c": 2}, "a": 1})
    assert make_key({"a": 1}) != make_key({"a": 2})


def test_the_order_of_a_plan_names_the_tests_of_a_table_before_it() -> None:
    seed = Seed(unique_id="seed.a", name="a", relation=Relation(layer="seeds", name="a"), path="a.csv", text="x")
    at = Location(path="a.yml")
    test = DataTest(unique_id="test.a", name="t", kind="not_null", at=at, table=seed.relation, references=(seed.relation,))
    plan = Plan(steps=(Step(node=seed, builds=True, data_tests=(test,)),))
    assert plan.order == ("test.a", "seed.a")
