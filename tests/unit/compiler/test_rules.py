from datetime import date
from typing import Any

import pytest

from ids_build.compiler.rules import check_rules, parse_rules
from ids_build.errors import PropertiesError
from ids_build.nodes import Column, PersonKey, Rules, Source
from ids_build.relation import Relation
from tests.support import AT, make_source

COLUMNS = (Column(name="pnr", data_type="string"), Column(name="RecNum", data_type="string"))


def _parse(columns: tuple[Column, ...] = COLUMNS, **meta: Any) -> Rules:
    return parse_rules(meta, "raw", columns, AT)


def _fault(**meta: Any) -> tuple[str, str | None]:
    with pytest.raises(PropertiesError) as caught:
        _parse(**meta)
    assert caught.value.at == AT
    return caught.value.message, caught.value.hint


def test_a_source_that_declares_nothing_has_no_rules() -> None:
    assert _parse() == Rules()


def test_the_person_is_a_column_in_any_case() -> None:
    assert _parse(person="PNR").person == PersonKey(column="pnr")
    assert _parse(person={"column": "recnum"}).person == PersonKey(column="RecNum")


def test_the_person_may_be_known_through_another_table_of_the_group() -> None:
    told = _parse(person={"column": "recnum", "via": "contacts"}).person
    assert told == PersonKey(column="RecNum", via=Relation(layer="raw", name="contacts"))


def test_without_declared_columns_the_files_will_say_and_their_columns_are_in_lower_case() -> None:
    assert _parse(columns=(), person="PNR").person == PersonKey(column="pnr")


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("pnt", "there is no column 'pnt' to hold the person", "did you mean 'pnr'?"),
        (
            {"via": "contacts"},
            "there is no column '' to hold the person",
            "write 'person: column' or 'person: {column: key, via: table}'",
        ),
        ({"column": "pnr", "through": "x"}, "unknown key 'through' in 'person'", "use column or via"),
        ({"colum": "pnr"}, "unknown key 'colum' in 'person'", "did you mean 'column'?"),
        (["pnr"], "'person' is no mapping", "write 'person: {column: ...}'"),
        (7, "'person' is no mapping", "write 'person: {column: ...}'"),
    ],
)
def test_a_person_that_cannot_be_meant_is_refused(said: Any, message: str, hint: str) -> None:
    assert _fault(person=said) == (message, hint)


def test_days_are_read_as_yaml_dates_or_texts_each_optional() -> None:
    both = _parse(valid={"from": date(2000, 1, 1), "to": "2018-12-31"})
    assert (both.first, both.last) == (date(2000, 1, 1), date(2018, 12, 31))
    assert (_parse(valid={"to": "2018-12-31"}).first, _parse(valid={"from": "2018-12-31"}).last) == (None, None)


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ({"from": "31-12-2018"}, "'31-12-2018' is no date", "write it like 2005-12-31"),
        ({"from": 2018}, "'2018' is no date", "write it like 2005-12-31"),
        ({"to": "2019-02-30"}, "'2019-02-30' is no date", "write it like 2005-12-31"),
        ({"form": "2018-01-01"}, "unknown key 'form' in 'valid'", "did you mean 'from'?"),
        ("2018-01-01", "'valid' is no mapping", "write 'valid: {from: ...}'"),
        (
            {"from": "2019-01-01", "to": "2018-12-31"},
            "'valid' ends on 2018-12-31, before it begins on 2019-01-01",
            "correct 'from' or 'to'",
        ),
    ],
)
def test_days_that_cannot_be_meant_are_refused(said: Any, message: str, hint: str) -> None:
    assert _fault(valid=said) == (message, hint)


def test_one_day_may_be_first_and_last() -> None:
    assert _parse(valid={"from": "2018-12-31", "to": "2018-12-31"}).first == date(2018, 12, 31)


def test_what_is_replaced_is_one_name_or_a_list() -> None:
    assert _parse(subject="contacts", replaces="old").replaces == ("old",)
    assert _parse(subject="contacts", replaces=["old", "older"]).replaces == ("old", "older")
    assert _parse(subject="contacts").subject == "contacts"


# -- the rules of several sources together --------------------------------------------------------

PARENT = make_source("raw.contacts", {"pnr": "string", "recnum": "string"}, rules=Rules(person=PersonKey(column="pnr")))


def _child(via: str = "contacts", column: str = "recnum", layer: str = "raw") -> Source:
    rules = Rules(person=PersonKey(column=column, via=Relation(layer=layer, name=via)))
    return make_source("raw.diagnoses", {column: "string"}, rules=rules)


def _refused(*sources: Source) -> tuple[str, str | None]:
    with pytest.raises(PropertiesError) as caught:
        check_rules(sources)
    assert caught.value.at == AT
    return caught.value.message, caught.value.hint


def test_a_child_and_its_parent_may_stand_in_any_order() -> None:
    check_rules([PARENT, _child()])
    check_rules([_child(), PARENT])


def test_a_parent_that_there_is_not_is_refused() -> None:
    assert _refused(PARENT, _child("contact")) == ("there is no source 'raw.contact'", "did you mean 'contacts'?")


def test_a_replaced_source_that_there_is_not_is_refused() -> None:
    new = make_source("raw.new", rules=Rules(subject="contacts", replaces=("zzz",)))
    assert _refused(PARENT, new) == ("there is no source 'raw.zzz'", "correct 'via' or 'replaces'")
    check_rules([PARENT, make_source("raw.new", rules=Rules(subject="contacts", replaces=("contacts",)))])


def test_a_parent_must_know_the_persons_itself() -> None:
    stranger = make_source("raw.contacts", {"recnum": "string"})
    told = ("'raw.contacts' has no column of persons", "give it 'meta: {person: column}'")
    assert _refused(stranger, _child()) == told
    middle = make_source("raw.middle", {"recnum": "string"}, rules=_child().rules)
    assert _refused(PARENT, middle, _child("middle")) == ("'raw.middle' has no column of persons", told[1])


def test_a_parent_must_have_the_childs_key() -> None:
    message = "'raw.contacts' has no column 'recnr' by which to find the person"
    assert _refused(PARENT, _child(column="recnr")) == (message, "did you mean 'recnum'?")
