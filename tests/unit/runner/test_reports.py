import pyarrow as pa
import pytest

from ids_build.errors import Location, TypeCheckError
from ids_build.nodes import NamedColumn, Plot, Report
from ids_build.runner.reports import check_report
from tests.support import AT, make_model

AT_PLOT = Location(path="models/ages.yml", line=8, column=2)
SCHEMA = pa.schema(
    {"age": pa.string_view(), "n": pa.int64(), "share": pa.float64(), "rate": pa.decimal128(10, 2), "day": pa.date32()}
)


def _count(name: str) -> NamedColumn:
    return NamedColumn(role="counts", name=name, at=AT, number=True)


def _check(*counts: str, x: str = "", schema: pa.Schema = SCHEMA, order: tuple[str, ...] = ("age",)) -> TypeCheckError | None:
    plot = Plot(kind="bars", at=AT_PLOT, columns=(NamedColumn(role="x", name=x, at=AT_PLOT, number=True),)) if x else None
    model = make_model(
        "staging.ages", order=order, report=Report(title="Ages", at=AT, counts=tuple(map(_count, counts)), plot=plot)
    )
    try:
        check_report(model, schema)
    except TypeCheckError as error:
        return error
    return None


@pytest.mark.parametrize("x", ["n", "share", "rate"])
def test_counts_are_whole_and_plots_take_numbers(x: str) -> None:
    assert _check("n", x=x) is None


def test_a_model_outside_the_report_is_not_looked_at() -> None:
    check_report(make_model("staging.ages"), pa.schema({"x": pa.list_(pa.int8())}))


@pytest.mark.parametrize(
    ("counts", "x", "message", "hint"),
    [
        (("nn",), "", "'ages' has no column 'nn'", "did you mean 'n'?"),
        (("n",), "sharee", "'ages' has no column 'sharee'", "did you mean 'share'?"),
        (("n",), "age", "column 'age' of 'ages' is string, no number", "'x' takes a column of numbers"),
        (("n",), "day", "column 'day' of 'ages' is date, no number", "'x' takes a column of numbers"),
        (("age",), "", "column 'age' of 'ages' is string, no number", "'counts' takes a column of numbers"),
        (("share",), "", "column 'share' of 'ages' counts persons and is no whole number", "cast it to bigint in the query"),
        (("rate",), "", "column 'rate' of 'ages' counts persons and is no whole number", "cast it to bigint in the query"),
    ],
)
def test_a_column_that_does_not_fit_is_told(counts: tuple[str, ...], x: str, message: str, hint: str) -> None:
    error = _check(*counts, x=x)
    assert error and (error.message, error.hint) == (message, hint)
    assert error.at == (AT_PLOT if x else AT)


def test_a_key_is_no_count() -> None:
    error = _check("n", order=("age", "n"))
    assert error and error.message == "column 'n' of 'ages' is a key, no count"


def test_a_column_that_no_cell_can_show_is_refused() -> None:
    error = _check("n", schema=SCHEMA.append(pa.field("who", pa.list_(pa.string()))))
    assert error and "column 'who' of 'ages' is list<" in error.message
