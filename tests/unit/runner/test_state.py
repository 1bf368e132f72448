import json
from typing import Any

import pytest

from ids_build.runner.state import Entry, Passed, State, describe_state, parse_state

ENTRY = Entry(key="k", facts={"query": "q"}, content="c", size=3, mtime=4, rows=5, notes=("told",))
STATE = State(tables={"a.b": ENTRY}, tests={"test.x": Passed(key="k", failures=1, message="1 failing row")})


def test_a_state_comes_back_as_it_was_told() -> None:
    assert parse_state(json.loads(json.dumps(describe_state(STATE)))) == STATE


@pytest.mark.parametrize("told", [{}, {"form": 9}, {"form": 1, "tables": 3}, {"form": 1, "tables": {"a": 1}, "tests": []}])
def test_what_cannot_be_understood_is_left_out(told: dict[str, Any]) -> None:
    assert parse_state(told) == State()


@pytest.mark.parametrize("entry", [{"key": 1, "facts": {}}, {"key": "k"}, {"key": "k", "facts": {}, "new": 1}])
def test_an_entry_that_cannot_be_understood_costs_only_itself(entry: dict[str, Any]) -> None:
    told = describe_state(STATE)
    assert parse_state({**told, "tables": {**told["tables"], "x.y": entry}}) == STATE
