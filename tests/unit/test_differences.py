import pytest

from ids_build.differences import BREAKING, HARMLESS, ROWS, RULES, VALUES, Change, Differences, ModelDifference, RowDifference

GONE = Change(kind="column removed", subject="sex")
FILTER = Change(kind="filter changed", subject="where", after="age > 17")


def _model(*changes: Change, rows: RowDifference | None = None) -> ModelDifference:
    return ModelDifference(name="staging.persons", resource="model", status="changed", changes=changes, rows=rows)


@pytest.mark.parametrize("kind", sorted(RULES))
def test_every_kind_of_change_has_an_effect_and_says_why(kind: str) -> None:
    change = Change(kind=kind)
    assert change.effect in (BREAKING, ROWS, VALUES, HARMLESS)
    assert len(change.rule) > 10 and not change.rule.endswith(".")


def test_a_model_is_broken_by_one_change_that_breaks() -> None:
    assert _model(FILTER, GONE).breaking
    assert not _model(FILTER).breaking


@pytest.mark.parametrize(
    ("rows", "differs"),
    [
        (RowDifference(before=1, after=1, gained=0, lost=0, altered=0), False),
        (RowDifference(before=1, after=2, gained=1, lost=0, altered=0), True),
        (RowDifference(before=2, after=1, gained=0, lost=1), True),
        (RowDifference(before=1, after=1, gained=0, lost=0, altered=1, columns={"sex": 1}), True),
        (RowDifference(before=1), False),
    ],
)
def test_rows_differ_when_some_came_went_or_changed(rows: RowDifference, differs: bool) -> None:
    assert rows.differs is differs
    assert _model(rows=rows).differs is differs


def test_two_states_differ_when_one_of_their_models_does() -> None:
    same = Differences(before="a", after="b", models=(_model(),))
    other = Differences(before="a", after="b", models=(_model(), _model(GONE)))
    assert (same.differs, same.breaking) == (False, False)
    assert (other.differs, other.breaking) == (True, True)
