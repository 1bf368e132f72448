from textwrap import dedent

import pytest

from ids_build.compiler.properties import Properties, parse_properties
from ids_build.errors import Location, PropertiesError

MACROS = {"test_positive": ("model", "column_name"), "age_at": ("birth", "date")}


def _parse(text: str, *more: str) -> Properties:
    files = {f"models/{letter}.yml": dedent(one) for letter, one in zip("abc", (text, *more), strict=False)}
    return parse_properties(files, lambda filled, at: filled.replace("{{ x }}", "filled"), MACROS)


def _fault(text: str, *more: str) -> PropertiesError:
    with pytest.raises(PropertiesError) as caught:
        _parse(text, *more)
    return caught.value


MODEL = """\
version: 2
models:
  - name: orders
    description: One row per order
    tags: [daily]
    meta: {grain: [id]}
    config:
      materialized: view
      tags: weekly
      meta: {owner: ann}
    columns:
      - name: id
        data_type: INT32
        description: The number
        data_tests: [not_null, unique]
      - name: colour
        meta: {aliases: [color, farve]}
        tests:
          - accepted_values:
              arguments: {values: [red, blue]}
              config: {severity: warn, where: id > 0}
"""


def test_a_model_is_read_with_all_that_is_said_of_it() -> None:
    table = _parse(MODEL).models["orders"]
    assert (table.description, table.at) == ("One row per order", Location(path="models/a.yml", line=3, column=11))
    assert table.tags == ("daily", "weekly")
    assert table.meta == {"grain": ["id"], "owner": "ann"}
    assert table.config["materialized"] == "view"


def test_the_words_of_meta_keep_their_places() -> None:
    text = """\
        models:
          - name: orders
            config: {meta: {as_of: day, looks_ahead: [a, b]}}
            meta: {known_on: "always", grain: [id]}
        """
    places = _parse(text).models["orders"].places
    assert {key: (at.line, at.column) for key, at in places.items()} == {
        ("as_of", "day"): (3, 28),
        ("looks_ahead", "a"): (3, 47),
        ("looks_ahead", "b"): (3, 50),
        ("known_on", "always"): (4, 22),
        ("grain", "id"): (4, 40),
    }


def test_columns_keep_name_type_aliases_and_place() -> None:
    number, colour = _parse(MODEL).models["orders"].columns
    assert (number.name, number.data_type, number.description, number.aliases) == ("id", "int32", "The number", ())
    assert (colour.name, colour.data_type, colour.aliases) == ("colour", None, ("color", "farve"))
    assert number.at == Location(path="models/a.yml", line=12, column=15)


def test_tests_of_columns_are_read_under_both_of_dbts_keys() -> None:
    found = _parse(MODEL).models["orders"].tests
    assert [(spec.kind, spec.column) for spec in found] == [("not_null", "id"), ("unique", "id"), ("accepted_values", "colour")]


def test_a_test_keeps_its_arguments_and_its_config_apart() -> None:
    spec = _parse(MODEL).models["orders"].tests[2]
    assert (spec.arguments, spec.config) == ({"values": ["red", "blue"]}, {"severity": "warn", "where": "id > 0"})


@pytest.mark.parametrize(
    "written",
    [
        "accepted_values: {values: [1, 2]}",
        "accepted_values: {arguments: {values: [1, 2]}}",
        "dbt_utils.accepted_values: {values: [1, 2]}",
        "{test_name: accepted_values, arguments: {values: [1, 2]}}",
        "{test_name: accepted_values, values: [1, 2]}",
    ],
)
def test_a_test_may_be_written_in_any_of_dbts_ways(written: str) -> None:
    text = f"models:\n  - name: a\n    columns:\n      - name: c\n        data_tests:\n          - {written}\n"
    (spec,) = _parse(text).models["a"].tests
    assert (spec.kind, spec.column, spec.arguments) == ("accepted_values", "c", {"values": [1, 2]})


def test_a_test_may_be_given_a_name() -> None:
    text = "models:\n  - name: a\n    data_tests:\n      - unique: {name: one_of_each, column_name: c}\n"
    (spec,) = _parse(text).models["a"].tests
    assert (spec.name, spec.column, spec.arguments) == ("one_of_each", "c", {})


def test_severity_beside_the_arguments_is_config() -> None:
    text = "models:\n  - name: a\n    data_tests:\n      - unique: {column_name: c, severity: warn}\n"
    (spec,) = _parse(text).models["a"].tests
    assert (spec.arguments, spec.config) == ({}, {"severity": "warn"})


def test_a_generic_test_of_the_project_is_known() -> None:
    found = _parse("models:\n  - name: a\n    data_tests: [positive]\n")
    assert found.models["a"].tests[0].kind == "positive"


def test_seeds_and_models_do_not_mix() -> None:
    found = _parse("models: [{name: a}]\nseeds: [{name: b}]\n")
    assert (set(found.models), set(found.seeds)) == ({"a"}, {"b"})


def test_a_source_keeps_its_tables_and_both_metas() -> None:
    text = """\
        sources:
          - name: raw
            meta: {external_location: "{{ x }}/{name}.parquet"}
            tables:
              - name: orders
                meta: {key: [id]}
                columns: [{name: id, data_type: int32}]
              - name: customers
        """
    (group,) = _parse(text).sources
    assert (group.name, group.meta) == ("raw", {"external_location": "filled/{name}.parquet"})
    assert [(table.name, table.meta) for table in group.tables] == [("orders", {"key": ["id"]}), ("customers", {})]


def test_unit_tests_are_kept_with_their_place() -> None:
    (spot,) = _parse("unit_tests:\n  - name: works\n    model: a\n    expect: {rows: []}\n").unit_tests
    assert spot.at == Location(path="models/a.yml", line=2, column=5)


def test_an_empty_file_says_nothing() -> None:
    assert _parse("") == Properties()


@pytest.mark.parametrize("key", ["exposures", "metrics", "snapshots", "groups"])
def test_a_part_that_dbt_knows_and_we_do_not_use_is_let_pass(key: str) -> None:
    assert _parse(f"{key}:\n  - name: x\n    whatever: 1\n") == Properties()


def test_a_macro_may_be_described_with_its_arguments() -> None:
    told = "{name: age_at, description: x, docs: {show: true}, arguments: [{name: date, type: d, description: y}, {name: birth}]}"
    assert _parse(f"macros:\n  - {told}\n  - {{name: test_positive}}\n") == Properties()


# -- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "hint", "line"),
    [
        ("modles: []\n", "unknown key 'modles' in the file", "did you mean 'models'?", 1),
        ("models:\n  - name: a\n    descripton: x\n", "unknown key 'descripton'", "did you mean 'description'?", 3),
        ("models:\n  - name: a\n    columns:\n      - name: c\n        datatype: x\n", "'datatype'", "'data_type'?", 5),
        ("models:\n  - name: a\n    columns:\n      - name: c\n        data_tests: [notnull]\n", "'notnull'", "'not_null'?", 5),
        ("sources:\n  - name: a\n    tabels: []\n", "unknown key 'tabels' in the source", "did you mean 'tables'?", 3),
        ("sources:\n  - name: a\n    tables:\n      - name: t\n        columms: []\n", "'columms'", "'columns'?", 5),
        ("unit_tests:\n  - name: a\n    expects: {}\n", "unknown key 'expects' in the unit test", "'expect'?", 3),
        ("macros:\n  - name: age_att\n", "describes unknown macro 'age_att'", "did you mean 'age_at'?", 2),
        ("macros:\n  - name: zzz\n", "describes unknown macro 'zzz'", "add the macro, or take its description out", 2),
        ("macros:\n  - name: age_at\n    argumnts: []\n", "unknown key 'argumnts' in the macro", "did you mean 'arguments'?", 3),
        (
            "macros:\n  - name: age_at\n    arguments:\n      - {name: brith}\n",
            "macro 'age_at' has no argument 'brith'",
            "did you mean 'birth'?",
            4,
        ),
        ("macros:\n  - name: age_at\n    arguments:\n      - {name: zz}\n", "no argument 'zz'", "it takes birth, date", 4),
        ("macros:\n  - name: age_at\n    arguments:\n      - {name: date, typ: d}\n", "unknown key 'typ'", "'type'?", 4),
        (
            "models:\n  - name: a\n    data_tests:\n      - unique: {column_name: c, config: {severty: warn}}\n",
            "unknown key 'severty'",
            "did you mean 'severity'?",
            4,
        ),
    ],
)
def test_a_misspelt_key_is_told_with_its_line_and_the_nearest_word(text: str, message: str, hint: str, line: int) -> None:
    fault = _fault(text)
    assert message in fault.message
    assert fault.hint is not None and fault.hint.endswith(hint)
    assert fault.at is not None and fault.at.line == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models:\n  - description: x\n", "the model has no 'name'"),
        ("models:\n  - name: a\n    columns:\n      - data_type: x\n", "the column has no 'name'"),
        ("models: word\n", "'models' must be a list"),
        ("macros:\n  - description: x\n", "the macro has no 'name'"),
        ("macros:\n  - name: age_at\n    arguments:\n      - type: x\n", "the argument has no 'name'"),
        ("macros:\n  - {name: age_at, arguments: [{name: date}, {name: date}]}\n", "argument 'date' is described twice"),
        ("macros: [{name: age_at}, {name: age_at}]\n", "macro 'age_at' is described twice"),
        ("models: [word]\n", "must be a mapping"),
        ("- a\n", "must be a mapping"),
        ("models:\n  - name: [a]\n", "must be a text"),
        ("models:\n  - name: a\n    description: [x]\n", "'description' must be a text"),
        ("models:\n  - name: a\n    columns: [{name: c}, {name: c}]\n", "column 'c' stands twice in 'a'"),
        ("models:\n  - name: a\n    data_tests: [{}]\n", "unknown test ''"),
        ("models:\n  - name: a\n    config: word\n", "config"),
        ("models:\n  - name: a\n    config: {meta: word}\n", "meta"),
        ("models:\n  - name: a\n    meta: [x]\n", "meta"),
        ("models:\n  - name: a\n    data_tests:\n      - unique: {column_name: c, config: word}\n", "config"),
        ("models:\n  - name: a\n    data_tests:\n      - unique: {arguments: [c]}\n", "arguments"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(text: str, message: str) -> None:
    assert message in _fault(text).message


def test_a_model_described_in_two_files_names_both_places() -> None:
    fault = _fault("models: [{name: a}]\n", "\nmodels: [{name: a}]\n")
    assert fault.message == "'a' is described twice"
    assert (fault.at, fault.hint) == (
        Location(path="models/b.yml", line=2, column=17),
        "the other place is models/a.yml:1:17",
    )


@pytest.mark.parametrize(
    "meta", ["meta: {REPORT}", "config: {meta: {REPORT}}", "config: {meta: {REPORT}}\n    meta: {report: 1}"]
)
def test_the_place_in_the_report_is_read_from_meta(meta: str) -> None:
    said = meta.replace("REPORT", "report: {title: 'On {{ x }}', counts: [n]}")
    report = _parse(f"models:\n  - name: a\n    {said}\n").models["a"].report
    assert report and (report.title, report.at.line) == ("On filled", 3)
    assert _parse("models: [{name: a, meta: {grain: [n]}}]").models["a"].report is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("seeds: [{name: a, meta: {report: {title: a, counts: [n]}}}]", "seed"),
        ("sources: [{name: raw, tables: [{name: a, meta: {report: {title: a}}}]}]", "source table"),
    ],
)
def test_only_a_model_has_a_place_in_the_report(text: str, what: str) -> None:
    assert _fault(text).message == f"a {what} has no place in the report"
