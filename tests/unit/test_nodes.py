import pytest

from ids_build.errors import Location
from ids_build.nodes import Span
from tests.support import make_macro_test, make_model, make_unit_test

# rendered:  'select "a"\nfrom x'  where "a" came out of an expression at 1:8 and the rest is literal
SPANS = (
    Span(offset=0, line=1, column=1, literal=True),
    Span(offset=7, line=1, column=8, literal=False),
    Span(offset=10, line=1, column=20, literal=True),
    Span(offset=11, line=2, column=1, literal=True),
)


@pytest.mark.parametrize(
    ("offset", "line", "column"),
    [(0, 1, 1), (3, 1, 4), (7, 1, 8), (9, 1, 8), (10, 1, 20), (11, 2, 1), (16, 2, 6)],
)
def test_a_rendered_offset_leads_back_to_the_template(offset: int, line: int, column: int) -> None:
    at = make_model(spans=SPANS, path="models/a.sql").locate(offset)
    assert at == Location(path="models/a.sql", line=line, column=column)


def test_a_model_without_spans_points_at_its_first_line() -> None:
    assert make_model(path="models/a.sql").locate(99) == Location(path="models/a.sql", line=1)


def test_the_subject_of_a_unit_test_is_its_model_or_its_macro() -> None:
    assert make_unit_test(make_model("staging.orders")).subject == "orders"
    assert make_macro_test("half").subject == "half"
