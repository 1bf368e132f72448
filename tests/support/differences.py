"""Differences of a shop, as a comparison would give them."""

from ids_build.differences import Change, Differences, ModelDifference, RowDifference

PERSONS = ModelDifference(
    name="staging.persons",
    resource="model",
    status="changed",
    changes=(
        Change(kind="column removed", subject="sex", before="string"),
        Change(kind="filter changed", subject="where", before="age >= 18", after="age >= 20 and x < '<b>[a]'"),
    ),
    rows=RowDifference(
        before=1200, after=1100, key=("pnr",), gained=1, lost=101, altered=7, columns={"born": 7, "town": 2}, notes=("a note",)
    ),
)
MARTS = ModelDifference(
    name="marts.totals", resource="model", status="same", through=("persons",), rows=RowDifference(before=3, after=3)
)
SAME = ModelDifference(
    name="staging.towns",
    resource="model",
    status="same",
    rows=RowDifference(before=9, after=9, key=("code",), gained=0, lost=0, altered=0, identical=True),
)
NEW = ModelDifference(
    name="marts.ages",
    resource="model",
    status="added",
    changes=(Change(kind="model added"),),
    rows=RowDifference(after=4),
)
DIFFERENCES = Differences(before="project a", after="project b", models=(PERSONS, SAME, MARTS, NEW), notes=("both lie here",))
