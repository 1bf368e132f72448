from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ids_build.errors import ConfigError
from ids_build.registers.filters import PnrFilter
from ids_build.tasks.registers import open_tables
from tests.support import make_settings


def test_a_direct_filter_holds_the_identifiers_each_once_without_blanks() -> None:
    made = PnrFilter.direct([" 0101", "0101", "0202 ", "", "   "])
    assert (made.pnrs, made.column, made.via) == (frozenset({"0101", "0202"}), None, None)


def test_a_relation_filter_names_the_key_and_where_the_persons_stand() -> None:
    made = PnrFilter.relation({"0101"}, "recnum", via="registers/contacts")
    assert (made.pnrs, made.column, made.via) == (frozenset({"0101"}), "recnum", Path("registers/contacts"))
    assert PnrFilter.relation({"0101"}, "recnum").via is None


def test_nobody_is_a_filter_too() -> None:
    assert PnrFilter.direct(()) == PnrFilter.direct([""])
    assert PnrFilter.direct(()).pnrs == frozenset()


def test_one_text_is_not_taken_for_many_identifiers_of_one_letter() -> None:
    with pytest.raises(ConfigError, match="the identifiers are one text") as caught:
        PnrFilter.direct("0101")
    assert caught.value.hint == "give a list or a set of texts"


@pytest.mark.parametrize("given", [[101], ["0101", None], [b"0101"], [1.0]])
def test_an_identifier_that_is_no_text_is_refused_and_not_quoted(given: list[Any]) -> None:
    with pytest.raises(ConfigError, match="an identifier is no text") as caught:
        PnrFilter.relation(given, "recnum")
    assert "0101" not in str(caught.value) and "101" not in str(caught.value)


def _kept(folder: Path, made: PnrFilter) -> list[Any]:
    """Return the numbers of the rows for which the expression is true."""
    people = pa.table({"pnr": ["0101", "0202", None, " 0101"], "recnum": ["1", "0101", "3", "4"], "n": [0, 1, 2, 3]})
    frame = open_tables({"people": people}, make_settings(folder)).table("people").filter(made.to_expr())
    return sorted(row for batch in frame.collect() for row in batch.column("n").to_pylist())


def test_the_expression_is_true_for_the_rows_of_the_persons(tmp_path: Path) -> None:
    assert _kept(tmp_path, PnrFilter.direct(["0101", "0303"])) == [0]
    assert _kept(tmp_path, PnrFilter.direct(["0101", "0202"])) == [0, 1]


def test_the_expression_of_nobody_is_true_for_no_row(tmp_path: Path) -> None:
    assert _kept(tmp_path, PnrFilter.direct([])) == []


def test_the_expression_of_a_relation_asks_its_own_column(tmp_path: Path) -> None:
    assert _kept(tmp_path, PnrFilter.relation(["0101"], "recnum")) == [1]
