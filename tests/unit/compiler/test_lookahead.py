from typing import Any

import pytest

from ids_build.compiler.data_tests import TestSpec
from ids_build.compiler.lookahead import make_look_ahead_test
from ids_build.errors import PropertiesError
from ids_build.nodes import AsOf, DataTest, Model
from tests.support import AT, make_model, make_source


def _model(**meta: Any) -> Model:
    return make_model("marts.answers", meta=meta, grain=tuple(meta.pop("grain", ("id",))))


def _make(model: Model, column: str | None = None, config: dict[str, Any] | None = None, **arguments: Any) -> DataTest:
    spec = TestSpec(kind="no_look_ahead", at=AT, column=column, arguments=arguments, config=config or {})
    return make_look_ahead_test(spec, model, "shop")


def test_the_test_of_a_model_knows_its_day_and_reads_its_table() -> None:
    test = _make(_model(as_of="index_day"))
    assert (test.name, test.kind, test.severity) == ("no_look_ahead_answers", "no_look_ahead", "error")
    assert test.as_of == AsOf(column="index_day", looks_ahead=(), days=3)
    assert (test.predicate, test.sql, test.references) == (None, None, (_model().relation,))


@pytest.mark.parametrize(("said", "names"), [("a", ("a",)), (["a", "b"], ("a", "b")), (None, ())])
def test_what_looks_ahead_is_one_column_or_several(said: Any, names: tuple[str, ...]) -> None:
    test = _make(_model(as_of="index_day", looks_ahead=said), days=5, config={"severity": "warn"})
    assert (test.as_of, test.severity) == (AsOf(column="index_day", looks_ahead=names, days=5), "warn")


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        (_model(), {}, "test 'no_look_ahead' needs the day as of which 'answers' answers"),
        (make_source("raw.answers", meta={"as_of": "d"}), {}, "test 'no_look_ahead' needs the day as of which 'answers' answers"),
        (_model(as_of="d", grain=()), {}, "'answers' has 'as_of' but no grain by which to compare its rows"),
        (_model(as_of="d"), {"column": "d"}, "test 'no_look_ahead' belongs to a table, not to a column"),
        (_model(as_of="d"), {"config": {"where": "true"}}, "test 'no_look_ahead' takes no 'where'"),
        (_model(as_of="d"), {"dasy": 3}, "test 'no_look_ahead' has no argument 'dasy'"),
        (_model(as_of="d"), {"days": 0}, "'0' is no number of days"),
        (_model(as_of="d"), {"days": "all"}, "'all' is no number of days"),
        (_model(as_of="d"), {"days": True}, "'True' is no number of days"),
    ],
)
def test_what_cannot_be_proved_is_refused(model: Model, given: dict[str, Any], message: str) -> None:
    with pytest.raises(PropertiesError) as caught:
        _make(model, **given)
    assert (caught.value.message, caught.value.at) == (message, AT)
    assert caught.value.hint
