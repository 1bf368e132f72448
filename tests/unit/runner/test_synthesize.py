"""Simulated files: drift, families, events, children, defaults, and what is refused."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ids_build.errors import Location, PropertiesError, StorageError
from ids_build.nodes import Column, Source
from ids_build.relation import Relation
from ids_build.runner.synthesize import SimulatedFile, simulate

AT = Location(path="models/_sources.yml", line=7)
PEOPLE: Mapping[str, Any] = {
    "identifier": {"prefix": "00", "digits": 8},
    "family_identifier": {"prefix": "F", "digits": 9},
    "span": {"start": "2000-01-01", "end": "2009-12-31"},
    "shares": {"resident": 0.6, "born": 0.2, "arrived": 0.2, "female": 0.5},
    "ages": {"0-19": 25, "20-64": 60, "65-90": 15},
    "arrival_ages": {"0-17": 2, "18-40": 8},
    "leaving": {"yearly": 0.01, "short": 0.5, "short_years": 3, "long_years": 20},
    "mortality": {"first_year": 0.004, "level": 2.2e-5, "slope": 0.1, "male": 1.5},
    "parents": {
        "linked_from": "1960-01-01",
        "mother": {"mean": 29, "deviation": 5, "from": 18, "to": 45},
        "father": {"mean": 31, "deviation": 6, "from": 18, "to": 65},
        "children": 5,
        "mother_missing": 0.01,
        "father_missing": 0.04,
        "other_father": 0.05,
    },
    "unions": {
        "share": 0.7,
        "mothers": 0.9,
        "age": {"mean": 26, "deviation": 4},
        "gap": {"mean": 2, "deviation": 3, "most": 15},
        "married": {"before": 0.9, "after": 0.7, "until": "1985-01-01"},
        "wait": 3,
        "broken": 0.4,
        "lasts": 12,
        "again": 0.5,
        "same_sex": 0.02,
        "registered_until": "2005-01-01",
        "widowed_from": 65,
        "widowed": 0.5,
    },
    "home": {"leaves": {"mean": 20, "deviation": 2, "from": 17, "to": 25}, "with_father": 0.1, "sharing": 0.1},
    "origins": {"native": 1, "immigrant": 0.05, "descendant": 0.02, "naturalised": 0.2, "countries": {2: 1, 3: 2}},
    "moves": {"years": [4, 18], "away": 0.3},
    "places": {"north": {"11": 5, "12": 1}, "south": {"21": 3}},
    "habit": {"shape": 1},
    "traits": {"chronic": {"share": 0.3, "onset": {"0-40": 1}, "values": {"X99": 1}}},
}
LISTS: Mapping[str, Any] = {"codes": [{"values": {"A10": 3, "B200": 1}}, {"when": {"age": "0-9"}, "values": {"C30": 9}}]}


def column(called: str, data_type: str = "string", /, **simulate: Any) -> Column:
    return Column(name=called, data_type=data_type, meta={"simulate": simulate} if simulate else {}, at=AT)


def attribute(called: str, data_type: str = "string", **more: Any) -> Column:
    return column(called, data_type, kind="attribute", name=more.pop("of", called), **more)


def table(name: str, columns: Iterable[Column], *, key: tuple[str, ...] = (), said: Any = None, **simulate: Any) -> Source:
    return Source(
        unique_id=f"source.toy.raw.{name}",
        name=name,
        relation=Relation(layer="raw", name=name),
        at=AT,
        location=f"data/raw/{name}/*.parquet",
        columns=tuple(columns),
        key=key,
        meta={"simulate": simulate} if simulate else {},
        source_meta={"simulate": said} if said else {},
    )


def census(**simulate: Any) -> Source:
    names = ["mother", "father", "partner", "spouse", "family", "sex", "status", "role", "lives_with", "place", "place_group"]
    numbers = ["age", "family_size", "family_children", "household_size"]
    columns = [attribute("id", of="identifier"), attribute("birth", "date"), attribute("moved_in", "date")]
    columns += [attribute(name) for name in names] + [attribute(name, "int16") for name in numbers]
    said = {"people": PEOPLE, "lists": LISTS}
    files = {"from": "200112", "to": "200912", "step": 24}
    return table("census", columns, key=("id",), said=said, **{"grain": "snapshot", "files": files, **simulate})


def visits(**simulate: Any) -> Source:
    columns = [
        column("number", kind="key", by_period=True),
        attribute("person", of="identifier"),
        column("first_day", "date", kind="date", of="start"),
        column("last_day", "date", kind="date", of="end"),
        attribute("age", "int16"),
        column("ward", kind="draw", name="ward"),
        column("code", kind="draw", name="code"),
    ]
    rate = {"female": {"0-120": 0.5}, "male": {"0-120": 0.4}}
    draws = {
        "ward": {"kind": "choice", "values": {"in": 1, "out": 3}},
        "code": {"kind": "choice", "list": "codes", "traits": {"chronic": 0.5}, "prefix": "D", "variants": {"lower": 0.1}},
    }
    given = {"grain": "events", "files": {"from": 2001, "to": 2004}, "rate": rate, "draws": draws}
    return table("visits", columns, **{**given, "length": {"by": "ward", "mean": {"in": 5}, "most": 30}, **simulate})


def findings() -> Source:
    columns = [
        column("number", kind="parent", column="number"),
        column(
            "kind",
            kind="choice",
            strata=[{"when": {"position": 0}, "values": {"A": 1}}, {"when": {"position": "1-9"}, "values": {"B": 1}}],
        ),
        column("code", kind="choice", list="codes", missing=0.3, empty=0.5, lead="code"),
    ]
    return table("findings", columns, grain="children", of="visits", count={"kind": "choice", "values": {1: 1, 3: 1}})


def run(out: Path, *sources: Source, persons: int = 2000, seed: int = 3) -> list[SimulatedFile]:
    return list(simulate(sources, out=out, persons=persons, seed=seed))


def read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    out = tmp_path_factory.mktemp("census")
    run(out, census())
    return {row["id"]: row for row in read(out / "census" / "200912.parquet")}


def test_equal_seeds_give_equal_bytes_whatever_the_number_of_threads(tmp_path: Path) -> None:
    cores = pa.cpu_count()
    try:
        for number in (1, 4):
            pa.set_cpu_count(number)
            run(tmp_path / str(number), census(), visits(), findings())
    finally:
        pa.set_cpu_count(cores)
    files = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*.parquet"))
    assert len(files) == 5 + 4 + 4
    assert all((tmp_path / "1" / file).read_bytes() == (tmp_path / "4" / file).read_bytes() for file in files)


def test_another_seed_gives_other_rows(tmp_path: Path) -> None:
    run(tmp_path / "a", census(), seed=1)
    run(tmp_path / "b", census(), seed=2)
    assert read(tmp_path / "a/census/200912.parquet") != read(tmp_path / "b/census/200912.parquet")


def test_every_written_file_is_told_with_its_rows_and_bytes(tmp_path: Path) -> None:
    files = run(tmp_path, census())
    assert [file.path.name for file in files] == [f"{year}12.parquet" for year in range(2001, 2010, 2)]
    assert all(file.rows == pq.read_metadata(file.path).num_rows for file in files)
    assert all(file.bytes == file.path.stat().st_size for file in files)


def test_a_person_stands_once_in_a_snapshot_in_no_order(snapshot: dict[str, dict[str, Any]]) -> None:
    ids = list(snapshot)
    assert len(ids) > 900
    assert ids != sorted(ids)
    assert all(len(name) == 10 and name.startswith("00") for name in ids)


def test_what_lasts_a_life_is_the_same_in_every_snapshot(tmp_path: Path) -> None:
    run(tmp_path, census())
    early = {row["id"]: row for row in read(tmp_path / "census/200112.parquet")}
    late = {row["id"]: row for row in read(tmp_path / "census/200912.parquet")}
    both = early.keys() & late.keys()
    assert both
    assert all(early[name][word] == late[name][word] for name in both for word in ("sex", "birth", "mother", "father"))


def test_partners_name_each_other_and_share_the_family(snapshot: dict[str, dict[str, Any]]) -> None:
    couples = [row for row in snapshot.values() if row["partner"]]
    assert couples
    for row in couples:
        other = snapshot[row["partner"]]
        assert other["partner"] == row["id"]
        assert other["family"] == row["family"]
        assert {row["role"], other["role"]} == {"head", "partner"}


def test_spouses_are_married_partners(snapshot: dict[str, dict[str, Any]]) -> None:
    wed = [row for row in snapshot.values() if row["spouse"]]
    assert wed
    assert all(row["spouse"] == row["partner"] and row["status"] in ("married", "registered") for row in wed)


def test_mothers_are_women_of_a_fitting_age(snapshot: dict[str, dict[str, Any]]) -> None:
    pairs = [(row, snapshot[row["mother"]]) for row in snapshot.values() if row["mother"] in snapshot]
    assert pairs
    for child, mother in pairs:
        assert mother["sex"] == "female"
        assert 17 <= (child["birth"] - mother["birth"]).days / 365.25 <= 46


def test_counts_agree_with_the_members_of_the_family(snapshot: dict[str, dict[str, Any]]) -> None:
    families: dict[str, list[dict[str, Any]]] = {}
    for row in snapshot.values():
        families.setdefault(row["family"], []).append(row)
    for members in families.values():
        children = sum(member["role"] == "child" for member in members)
        assert {(row["family_size"], row["family_children"]) for row in members} == {(len(members), children)}
        assert len({row["place"] for row in members}) == 1
        assert all(row["household_size"] >= len(members) for row in members)


def test_a_child_lives_with_the_parents_that_the_mark_says(snapshot: dict[str, dict[str, Any]]) -> None:
    children = [row for row in snapshot.values() if row["role"] == "child"]
    assert {row["lives_with"] for row in children} >= {"both", "mother_single"}
    for row in children:
        if row["lives_with"] == "both":
            assert snapshot[row["mother"]]["partner"] == row["father"]
        elif row["lives_with"] == "mother_single":
            assert snapshot[row["mother"]]["partner"] is None


def test_age_counts_birthdays_and_places_have_their_group(snapshot: dict[str, dict[str, Any]]) -> None:
    for row in snapshot.values():
        passed = 2009 - row["birth"].year
        assert row["age"] == passed, "the snapshot is taken when all birthdays of the year have passed"
        assert row["place_group"] == {"1": "north", "2": "south"}[row["place"][0]]
        assert row["moved_in"] >= row["birth"]


def test_minors_have_no_partner(snapshot: dict[str, dict[str, Any]]) -> None:
    assert all(row["partner"] is None and row["status"] == "never" for row in snapshot.values() if row["age"] < 18)


def test_drift_changes_names_order_types_and_columns_of_its_periods(tmp_path: Path) -> None:
    drift = [
        {"periods": "..2001", "names": "upper", "types": {"age": "string", "birth": "dmy_text"}},
        {"periods": "2003", "drop": ["father"], "add": {"extra": {"kind": "text", "value": "x{year}"}}},
        {"periods": "2005..2007", "names": "mixed", "order": "shuffled", "types": {"age": "float64", "birth": "timestamp"}},
    ]
    run(tmp_path, census(drift=drift), persons=300)
    schemas = {year: pq.read_schema(tmp_path / f"census/{year}12.parquet") for year in (2001, 2003, 2005, 2009)}
    assert schemas[2001].field("AGE").type == pa.string()
    assert schemas[2001].field("BIRTH").type == pa.string()
    assert "father" not in schemas[2003].names
    assert read(tmp_path / "census/200312.parquet")[0]["extra"] == "x2003"
    assert schemas[2005].field("Age").type == pa.float64()
    assert schemas[2005].field("Birth").type == pa.timestamp("ms")
    assert [name.lower() for name in schemas[2005].names] != schemas[2009].names
    assert sorted(name.lower() for name in schemas[2005].names) == sorted(schemas[2009].names)


def test_a_copy_holds_the_same_rows_under_another_name(tmp_path: Path) -> None:
    run(tmp_path, census(), visits(copies={"name": "visits{period}.parquet", "names": "upper"}), persons=500)
    rows = read(tmp_path / "visits/2003.parquet")
    copied = [{name.lower(): value for name, value in row.items()} for row in read(tmp_path / "visits/visits2003.parquet")]
    assert copied != rows
    assert sorted(copied, key=lambda row: row["number"]) == sorted(rows, key=lambda row: row["number"])


def test_events_belong_to_people_who_are_here_and_have_unique_keys(tmp_path: Path) -> None:
    run(tmp_path, census(files={"from": 2001, "to": 2001}), visits(window=["2001-12-31", "2001-12-31"]))
    here = {row["id"]: row for row in read(tmp_path / "census/2001.parquet")}
    rows = read(tmp_path / "visits/2001.parquet")
    assert rows or len(list((tmp_path / "visits").iterdir())) == 1
    assert {row["person"] for row in rows} <= here.keys()
    assert len({row["number"] for row in rows}) == len(rows)
    assert all(row["age"] == here[row["person"]]["age"] for row in rows)


def test_events_follow_rate_length_and_list(tmp_path: Path) -> None:
    run(tmp_path, census(), visits())
    people = pq.read_metadata(tmp_path / "census/200312.parquet").num_rows
    rows = read(tmp_path / "visits/2003.parquet")
    assert 0.3 < len(rows) / people < 0.6
    assert all(row["last_day"] == row["first_day"] for row in rows if row["ward"] == "out")
    assert any(row["last_day"] > row["first_day"] for row in rows)
    assert {row["code"].upper() for row in rows} == {"DA10", "DB200", "DC30", "DX99"}
    assert all(row["age"] < 10 for row in rows if row["code"].upper() == "DC30")


def test_children_share_the_key_of_their_parent_and_lead_with_its_draw(tmp_path: Path) -> None:
    run(tmp_path, census(), visits(), findings(), persons=800)
    parents = {row["number"]: row for row in read(tmp_path / "visits/2002.parquet")}
    rows = read(tmp_path / "findings/2002.parquet")
    first = [row for row in rows if row["kind"] == "A"]
    assert len(first) == len(parents)
    assert all(row["code"] == parents[row["number"]]["code"] for row in first)
    assert {row["code"] for row in rows if row["kind"] == "B"} >= {None, ""}


def test_rows_of_another_table_can_be_delivered_once_more(tmp_path: Path) -> None:
    later = visits(
        also={"rows_of": "visits", "periods": "2004", "share": 0.5}, files="later", window=["2005-01-01", "2005-12-31"]
    )
    mark = column(
        "mark",
        kind="choice",
        strata=[{"when": {"copied": "1"}, "values": {"old": 1}}, {"when": {"copied": "0"}, "values": {"new": 1}}],
    )
    columns = [column("number", kind="key"), *later.columns[1:], mark]
    run(tmp_path, census(), visits(), table("later", columns, **later.meta["simulate"]), persons=500)
    known = {(row["person"], row["first_day"], row["code"]) for row in read(tmp_path / "visits/2004.parquet")}
    old = [row for row in read(tmp_path / "later/later.parquet") if row["mark"] == "old"]
    assert old
    assert {(row["person"], row["first_day"], row["code"]) for row in old} <= known


def test_missing_shares_of_a_snapshot_stay_with_the_person(tmp_path: Path) -> None:
    source = census()
    columns = [attribute("id", of="identifier"), attribute("birth", "date", missing=0.2)]
    run(tmp_path, table("census", columns, said={"people": PEOPLE}, **source.meta["simulate"]))
    lost = [{row["id"]: row["birth"] is None for row in read(tmp_path / f"census/{year}12.parquet")} for year in (2001, 2009)]
    assert 0.1 < sum(lost[0].values()) / len(lost[0]) < 0.3
    assert all(lost[0][name] == lost[1][name] for name in lost[0].keys() & lost[1].keys())


def test_a_project_that_says_nothing_is_simulated_from_its_data_types(tmp_path: Path) -> None:
    types = ["string", "int16", "int32", "int64", "float64", "date", "time", "timestamp", "boolean"]
    customers = table(
        "customers", [column("customer_id", "int32"), *(column(f"a_{kind}", kind) for kind in types)], key=("customer_id",)
    )
    orders = table("orders", [column("order_id"), column("customer_id", "int32")], key=("order_id",))
    run(tmp_path, customers, orders, persons=50)
    known = {row["customer_id"] for row in read(tmp_path / "customers/customers.parquet")}
    rows = read(tmp_path / "orders/orders.parquet")
    assert len(known) == 50
    assert len({row["order_id"] for row in rows}) == 50
    assert {row["customer_id"] for row in rows} <= known
    assert isinstance(rows[0]["order_id"], str)


@pytest.mark.parametrize("persons", [1, 3, 20])
def test_a_handful_of_people_is_enough(tmp_path: Path, persons: int) -> None:
    assert run(tmp_path, census(), visits(), findings(), persons=persons)


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (table("t", [column("a", kind="choise")]), "unknown kind 'choise'", "did you mean 'choice'?"),
        (table("t", [column("a", kind="choice", value={"x": 1})]), "unknown key 'value'", "did you mean 'values'?"),
        (table("t", [column("a")], grian="plain"), "unknown key 'grian'", "did you mean 'grain'?"),
        (table("t", [column("a")], grain="snap"), "unknown grain 'snap'", "did you mean 'snapshot'?"),
        (table("t", [column("a")], drift={"types": {"b": "string"}}), "unknown column 'b'", "known: a"),
        (table("t", [column("a", kind="copy", column="aa")]), "unknown column 'aa'", "did you mean 'a'?"),
        (table("t", [column("a", kind="copy", column="a")]), "column 'a' waits for itself", "break the circle"),
        (table("t", [column("a", kind="choice", list="codes")]), "unknown list 'codes'", "known lists: none"),
        (table("t", [column("a", kind="pool", count="x", digits=2)]), "'a' cannot be simulated", "kind 'pool'"),
        (table("t", [column("a")], grain="snapshot"), "grain 'snapshot' without people", "add people"),
        (table("t", [column("a")], grain="children", of="u"), "unknown table 'u'", "known: t"),
        (table("t", [column("a")], said={"poeple": {}}), "unknown key 'poeple'", "did you mean 'people'?"),
        (table("t", [column("a")], said={"people": {}}), "people without 'identifier'", "add 'identifier'"),
        (table("t", [attribute("a", of="plase")], said={"people": PEOPLE}), "unknown attribute 'plase'", "did you mean 'place'?"),
    ],
)  # fmt: skip
def test_unknown_words_are_refused_with_place_and_hint(tmp_path: Path, source: Source, message: str, hint: str) -> None:
    with pytest.raises(PropertiesError) as caught:
        run(tmp_path, source, persons=10)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.at == AT


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "census").mkdir()
    (tmp_path / "census" / "real.parquet").write_text("mine")
    with pytest.raises(StorageError) as caught:
        run(tmp_path, census(), persons=10)
    assert "census" in caught.value.message
    assert caught.value.hint == "name another directory with --out"
    assert [path.name for path in (tmp_path / "census").iterdir()] == ["real.parquet"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StorageError, match="out"):
        run(tmp_path / "out", census(), persons=10)
