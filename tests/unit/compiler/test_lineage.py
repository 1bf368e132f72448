import pytest

from ids_build.compiler.lineage import Columns, check_reports, find_identifiers
from ids_build.errors import Location, PropertiesError
from ids_build.graph import Graph
from ids_build.nodes import Column, Model, Report
from tests.support import AT, as_relation, make_graph, make_model, make_source

PLACE = Location(path="models/ages.yml", line=1, column=1)
REPORT = Report(title="Ages", at=PLACE)
PEOPLE = make_source(
    "raw.people", [Column(name="pnr", meta={"identifier": True}, aliases=("CPR",)), Column(name="age"), Column(name="town")]
)


def _report(sql: str, reads: str = "raw.people", columns: tuple[Column, ...] = ()) -> Model:
    return make_model("staging.ages", [reads], sql=sql, columns=columns, report=REPORT)


def _columns(**tables: str) -> Columns:
    """Return columns by table; one that ends in ``?`` is of a type that holds no identifier."""
    found = {f"{'raw' if name == 'people' else 'staging'}.{name}": words.split() for name, words in tables.items()}
    return {as_relation(name): {word.rstrip("?"): not word.endswith("?") for word in words} for name, words in found.items()}


def _fault(graph: Graph, columns: Columns) -> PropertiesError:
    with pytest.raises(PropertiesError) as caught:
        check_reports(graph, columns)
    return caught.value


def test_identifiers_are_the_marked_columns_and_their_aliases() -> None:
    assert find_identifiers([PEOPLE]) == {"pnr", "cpr"}


def test_a_column_of_that_name_is_refused_where_the_yaml_tells_of_it() -> None:
    model = _report("select pnr, age from raw.people", columns=(Column(name="pnr", at=AT),))
    fault = _fault(make_graph(PEOPLE, model), _columns(ages="pnr age"))
    assert fault.message == "column 'pnr' of 'ages' may carry an identifier; a report holds aggregates only"
    assert (fault.at, fault.hint) == (AT, "count it, or take it out of the model")


def test_a_renamed_column_is_found_through_the_query() -> None:
    fault = _fault(make_graph(PEOPLE, _report("select upper(pnr) as who from raw.people")), _columns(ages="who"))
    assert "column 'who'" in fault.message and fault.at == PLACE


def test_a_renamed_column_is_found_through_the_models_below() -> None:
    below = make_model("staging.base", ["raw.people"], sql="select pnr as who, age as years from raw.people")
    for sql, column in (("select who from staging.base", "who"), ("select min(who) as first from staging.base", "first")):
        graph = make_graph(PEOPLE, below, _report(sql, "staging.base"))
        assert f"column '{column}'" in _fault(graph, _columns(base="who years", ages=column)).message


def test_counts_and_other_columns_pass() -> None:
    below = make_model("staging.base", ["raw.people"], sql="select pnr as who, age as years from raw.people")
    sql = "select years, count(distinct who) as n, sum(case when who is null then 1 end) as nobody from staging.base"
    check_reports(make_graph(PEOPLE, below, _report(sql, "staging.base")), _columns(base="who years", ages="years n nobody"))


def test_a_type_that_tells_nobody_apart_stops_it() -> None:
    below = make_model("staging.base", ["raw.people"], sql="select pnr = town as same from raw.people")
    graph = make_graph(PEOPLE, below, _report("select same, count(*) as n from staging.base", "staging.base"))
    check_reports(graph, _columns(base="same?", ages="same? n"))
    assert "column 'same'" in _fault(graph, _columns(base="same", ages="same n")).message


def test_the_yaml_may_say_that_a_column_made_from_an_identifier_is_none() -> None:
    cleared = Column(name="decade", meta={"identifier": False})
    below = make_model(
        "staging.base", ["raw.people"], sql="select substr(pnr, 5, 1) as decade from raw.people", columns=(cleared,)
    )
    graph = make_graph(PEOPLE, below, _report("select decade, count(*) as n from staging.base", "staging.base"))
    check_reports(graph, _columns(base="decade", ages="decade n"))


def test_the_yaml_may_not_say_so_of_a_column_called_like_one() -> None:
    model = _report("select pnr from raw.people", columns=(Column(name="pnr", meta={"identifier": False}, at=AT),))
    assert "column 'pnr'" in _fault(make_graph(PEOPLE, model), _columns(ages="pnr")).message


def test_models_outside_the_report_may_carry_what_they_like() -> None:
    check_reports(make_graph(PEOPLE, make_model("staging.ages", ["raw.people"])), _columns(ages="pnr"))


def test_every_column_at_fault_is_told() -> None:
    graph = make_graph(PEOPLE, _report("select pnr, pnr || 'x' as other from raw.people"))
    with pytest.raises(ExceptionGroup) as caught:
        check_reports(graph, _columns(ages="pnr other"))
    assert len(caught.value.exceptions) == 2
