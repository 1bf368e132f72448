"""No value of a row is ever told: not on the terminal, not in a log, not in a file beside the tables."""

import traceback
from collections.abc import Callable

import pyarrow as pa
import pytest

from .toy import Toy

Maker = Callable[..., Toy]
SECRET = "SECRETVALUE4711"
NUMBER = 47114711
RAW = pa.table(
    {
        "pnr": [SECRET, SECRET, "p3"],
        "kom": pa.array([NUMBER, 0, 3], pa.int64()),
        "note": [f"born {SECRET}", "0", "2"],
        "amount": pa.array([float(NUMBER) + 0.5, 0.0, 3.0]),
    }
)
SOURCE = """
sources:
  - name: raw
    tables:
      - name: people
        meta: {external_location: "raw/*.parquet", key: [pnr]}
        columns:
          - {name: pnr, data_type: PNR}
          - {name: kom, data_type: KOM}
          - {name: note, data_type: NOTE}
          - {name: amount, data_type: AMOUNT}
"""
TYPES = {"PNR": "string", "KOM": "int64", "NOTE": "string", "AMOUNT": "float64"}
PEOPLE = "select * from {{ source('raw', 'people') }}"
UNIQUE = "models: [{name: people, columns: [{name: pnr, data_tests: [unique]}]}]\n"

# What goes wrong, and how: types of the contract, query of the model, YAML beside it.
FAULTS: dict[str, tuple[dict[str, str], str, str]] = {
    "a key that is no number": ({"PNR": "int64"}, PEOPLE, ""),
    "a number too large": ({"KOM": "int16"}, PEOPLE, ""),
    "a text that is no date": ({"NOTE": "date"}, PEOPLE, ""),
    "a text that is no time": ({"NOTE": "timestamp"}, PEOPLE, ""),
    "a fraction that is no whole number": ({"AMOUNT": "int32"}, PEOPLE, ""),
    "a cast inside a model": ({}, "select cast(pnr as int) as x from {{ source('raw', 'people') }}", ""),
    "a cast to a date inside a model": ({}, "select cast(note as date) as x from {{ source('raw', 'people') }}", ""),
    "a time format inside a model": ({}, "select to_timestamp(note) as x from {{ source('raw', 'people') }}", ""),
    "a narrowing inside a model": ({}, "select cast(kom as smallint) as x from {{ source('raw', 'people') }}", ""),
    "a decimal too narrow inside a model": (
        {},
        "select cast(amount as decimal(4, 2)) as x from {{ source('raw', 'people') }}",
        "",
    ),
    "a division by zero": ({}, "select 10 / (kom - kom) as x from {{ source('raw', 'people') }}", ""),
    "a word the engine cannot read as an interval": (
        {},
        "select cast(note as interval) as x from {{ source('raw', 'people') }}",
        "",
    ),
    "a pattern that is no pattern": (
        {},
        "select regexp_replace('x', pnr || '(', '') as x from {{ source('raw', 'people') }}",
        "",
    ),
    "a unique test": ({}, PEOPLE, UNIQUE),
    "a grain": ({}, PEOPLE, "models: [{name: people, config: {meta: {grain: [pnr]}}}]\n"),
    "accepted values": (
        {},
        PEOPLE,
        "models: [{name: people, columns: [{name: note, data_tests: [{accepted_values: {arguments: {values: [a]}}}]}]}]\n",
    ),
    "a test that cannot run": (
        {},
        PEOPLE,
        "models: [{name: people, data_tests: [{expression_is_true: {arguments: {expression: cast(pnr as int) > 0}}}]}]\n",
    ),
}


def _toy(toy: Maker, fault: str) -> Toy:
    types, sql, yaml = FAULTS[fault]
    source = SOURCE
    for word, kind in {**TYPES, **types}.items():
        source = source.replace(word, kind)
    return toy(
        {
            "raw/2000.parquet": RAW,
            "models/sources.yml": source,
            "models/people.sql": sql,
            "models/people.yml": yaml or "version: 2\n",
        }
    )


def _holds(text: str) -> bool:
    return SECRET.lower() in text.lower() or str(NUMBER) in text.replace(",", "").replace("_", "")


@pytest.mark.parametrize("way", [(), ("--log-format", "json"), ("--output", "json"), ("--quiet",), ("--debug",)], ids=" ".join)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_tells_no_value(toy: Maker, fault: str, way: tuple[str, ...]) -> None:
    project = _toy(toy, fault)
    ran = project.run("build", *way)
    assert ran.code == 1, f"no fault at all: {ran.out}{ran.err}"
    assert not _holds(ran.out), ran.out
    assert not _holds(ran.err), ran.err
    for path in project.written():
        assert path.suffix != ".parquet", f"{path} was published"
        assert not _holds(path.read_text(encoding="utf-8")), path
        assert not _holds(path.name)


def test_a_value_in_a_good_row_is_told_nowhere_either(toy: Maker) -> None:
    project = _toy(toy, "a unique test")
    project.write({"models/people.yml": UNIQUE.replace("unique", "{unique: {severity: warn}}")})
    ran = project.run("build", "--log-format", "json")
    assert ran.code == 0
    assert project.rows("people")[0]["pnr"] == "SECRETVALUE4711"
    told = ran.out + ran.err + "".join(path.read_text() for path in project.written() if path.suffix != ".parquet")
    assert not _holds(told)
    for command in ("test", "ls", "compile", "debug"):
        ran = project.run(command)
        assert not _holds(ran.out + ran.err)
    ran = project.run("show", "--select", "people")
    assert (ran.code, _holds(ran.out + ran.err)) == (0, False)


def test_no_exception_carries_a_value_in_its_chain(toy: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    project = _toy(toy, "a cast inside a model")
    ran = project.run("show", "--select", "people")  # reads through a table that was never built
    assert ran.code == 1
    assert not _holds(ran.out + ran.err)
    project.write(
        {"models/people.sql": "{{ config(materialized='view') }} select cast(pnr as int) as x from {{ source('raw', 'people') }}"}
    )
    for command in (("show", "--select", "people", "--debug"), ("compile", "--select", "people", "--explain", "--debug")):
        ran = project.run(*command)
        assert not _holds(ran.out + ran.err), command


def test_a_bug_in_the_engine_is_told_without_its_words(toy: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_words: object, **_options: object) -> None:
        raise ValueError(f"unexpected {SECRET}")

    project = _toy(toy, "a unique test")
    monkeypatch.setattr("ids_build.tasks.build.select", burst)
    ran = project.run("build", "--debug")
    assert (ran.code, ran.out) == (2, "")
    assert "internal error: ValueError at test_rows_never_speak.py" in ran.err
    assert f"{SECRET}" not in "".join(line for line in ran.err.splitlines() if "raise ValueError" not in line)
    assert traceback.format_exc() == "NoneType: None\n"
