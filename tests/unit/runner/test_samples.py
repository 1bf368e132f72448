from pathlib import Path

import pytest

from ids_build.config import Config
from ids_build.errors import NotBuiltError
from ids_build.runner.materializations import open_workshop
from ids_build.runner.samples import GivenRows, RawData
from ids_build.runner.storage import Storage
from ids_build.tasks.compile import check_project
from tests.support import as_relation, tiny_config, tiny_project, write_parquet

T = as_relation("raw.t")
YML = """
    sources:
      - name: raw
        tables:
          - name: t
            meta: {external_location: "raw/*.parquet", period: file_name, person: k}
            columns: [{name: k, data_type: string}]
    unit_tests:
      - name: two
        model: m
        given: [{input: "source('raw', 't')", rows: [%s]}]
        expect: {rows: []}
    """


def _project(folder: Path, rows: str = "{k: a, period_end: 2001-12-31}, {k: b, period_end: 2002-12-31}") -> Config:
    model = "{{ config(materialized='incremental') }} select k from {{ source('raw', 't') }}"
    tiny_project(folder, {"models/raw.yml": YML % rows, "models/m.sql": model})
    write_parquet(folder / "raw" / "2001.parquet", k=["a", "b", "c"])
    write_parquet(folder / "raw" / "2002.parquet", k=["d", "a", "e"])
    write_parquet(folder / "raw" / "2003.parquet", k=["d", "f"])
    return tiny_config(folder)


def _given(config: Config) -> GivenRows:
    checked = check_project(config)
    shop = open_workshop(checked.graph, checked.schemas, config, Storage(config.target_path))
    (test,) = checked.graph.unit_tests()
    return GivenRows(test, checked.graph.model(checked.graph.tables[as_relation("main.m")]), shop)


def _raw(config: Config, persons: int) -> RawData:
    checked = check_project(config)
    storage = Storage(config.target_path)
    model = checked.graph.model(checked.graph.tables[as_relation("main.m")])
    return RawData(model, lambda: open_workshop(checked.graph, checked.schemas, config, storage), persons)


def _keys(sample: GivenRows | RawData) -> list[str]:
    return sorted(sample.engine.fetch(f"select k from {T.sql}").column(0).to_pylist())


def test_given_rows_come_in_the_batches_of_their_period(tmp_path: Path) -> None:
    sample = _given(_project(tmp_path))
    assert sample.labels() == ["2001-12-31", "2002-12-31"]
    sample.lay("2002-12-31")
    assert _keys(sample) == ["b"]
    sample.lay_all()
    assert _keys(sample) == ["a", "b"]


def test_given_rows_without_a_period_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match="its rows of 'raw.t' do not say to which batch they belong"):
        _given(_project(tmp_path, "{k: a}"))


def test_raw_data_come_in_the_batches_of_their_files(tmp_path: Path) -> None:
    sample = _raw(_project(tmp_path), 0)
    assert (sample.name, sample.labels()) == ("all raw data", ["2001", "2002", "2003"])
    sample.lay("2002")
    assert _keys(sample) == ["a", "d", "e"]


def test_raw_data_of_some_persons_are_of_as_many_from_the_first_and_the_last_batch(tmp_path: Path) -> None:
    sample = _raw(_project(tmp_path), 2)
    assert sample.name == "raw data of 2 persons"
    sample.lay_all()
    (first, last) = sorted(set(_keys(sample)))
    assert (first in "abc", last in "df") == (True, True)
