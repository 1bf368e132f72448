import json

from ids_build.differences import Differences, ModelDifference, RowDifference
from ids_build.report.differences import describe_differences, describe_end, list_lines
from tests.support.differences import DIFFERENCES, PERSONS, SAME


def test_a_model_has_a_line_with_each_change_and_its_effect() -> None:
    line, *_ = list_lines(DIFFERENCES)
    assert (line.model, line.changes) == ("staging.persons", ("column removed: sex", "filter changed: where"))
    assert line.effects == ("yes", "may change rows")
    assert (line.rows, line.gained, line.lost, line.columns) == ("1,200 to 1,100", "1", "101", "born 7, town 2")


def test_what_did_not_change_has_no_line_and_what_stands_on_a_change_has_one() -> None:
    lines = {line.model: line for line in list_lines(DIFFERENCES)}
    assert list(lines) == ["staging.persons", "marts.totals", "marts.ages"]
    assert (lines["marts.totals"].changes, lines["marts.totals"].effects) == (("through persons",), ("",))
    assert (lines["marts.ages"].effects, lines["marts.ages"].rows) == (("no",), "- to 4")


def test_a_table_whose_rows_alone_differ_has_a_line() -> None:
    rows = RowDifference(before=2, after=2, gained=1, lost=1)
    model = ModelDifference(name="registry.bef", resource="model", status="same", rows=rows)
    (line,) = list_lines(Differences(before="a", after="b", models=(model,)))
    assert (line.changes, line.rows, line.gained) == (("rows alone",), "2", "1")


def test_the_last_line_counts() -> None:
    assert describe_end(DIFFERENCES) == (
        "2 of 4 models and seeds changed, 1 breaking change, 1 of 2 compared tables has other rows"
    )
    none = Differences(before="a", after="b", models=())
    assert describe_end(none) == "0 of 0 models and seeds changed, 0 breaking changes, no table was compared"


def test_plain_values_hold_all_that_was_found() -> None:
    told = json.loads(json.dumps(describe_differences(DIFFERENCES)))
    assert (told["before"], told["after"], told["breaking"], told["differs"]) == ("project a", "project b", True, True)
    persons, same = told["models"][0], told["models"][1]
    assert (persons["name"], persons["status"], persons["breaking"]) == (PERSONS.name, "changed", True)
    assert persons["changes"][0] == {
        "kind": "column removed",
        "subject": "sex",
        "before": "string",
        "after": "",
        "effect": "breaking",
        "rule": "what names it fails",
    }
    assert persons["rows"]["columns"] == {"born": 7, "town": 2}
    assert (same["name"], same["rows"]["identical"]) == (SAME.name, True)
