from pathlib import Path
from typing import Any

import pytest

from ids_build.config import Config
from ids_build.errors import ConfigError, ExecutionError, PropertiesError, StorageError
from ids_build.tasks.report import MOST_ROWS, Written, write
from tests.support.shop import open_shop, run_shop

TOTALS = "select customer, count(*) as n, sum(amount) as amount from {{ ref('orders') }} group by customer"
SIZES = "select amount > 2 as large, count(*) as n, sum(amount) as amount from {{ ref('orders') }} group by amount > 2"
SIZES_YML = """
models:
  - name: sizes
    description: One row per size. Not for more.
    meta:
      grain: [large]
      report: {title: Orders by size, order: 2, counts: [n], plot: {kind: bars, y: large, x: n}}
"""
AMOUNTS_YML = """
models:
  - name: amounts
    meta: {report: {title: Amounts, persons: false}}
"""
FILES = {
    "models/marts/sizes.sql": SIZES,
    "models/marts/sizes.yml": SIZES_YML,
    "models/marts/amounts.sql": "select sum(amount) as amount from {{ ref('orders') }}",
    "models/marts/amounts.yml": AMOUNTS_YML,
}


def _open(folder: Path, changes: dict[str, str] | None = None, **options: Any) -> Config:
    return open_shop(folder, {**FILES, **(changes or {})}, **options)


def _written(folder: Path, changes: dict[str, str] | None = None, **options: Any) -> Written:
    config = _open(folder, changes, **options)
    run_shop(config)
    return write(config)


def test_every_table_with_a_place_is_written_in_its_order(tmp_path: Path) -> None:
    written = _written(tmp_path)
    folder = tmp_path / "target" / "report"
    assert written.tables == ((folder / "sizes.csv", 2, 2), (folder / "amounts.csv", 1, 0))
    assert (written.page, written.notes) == (folder / "index.html", ())
    assert sorted(path.name for path in folder.iterdir()) == ["amounts.csv", "index.html", "sizes.csv"]


def test_small_counts_are_masked_in_the_file(tmp_path: Path) -> None:
    _written(tmp_path)
    assert (tmp_path / "target/report/sizes.csv").read_text() == "large,n,amount\nfalse,<5,\ntrue,<5,\n"
    assert (tmp_path / "target/report/amounts.csv").read_text() == "amount\n7.5\n"


def test_the_least_count_is_a_variable(tmp_path: Path) -> None:
    _written(tmp_path, vars="{report_min_count: 2}")
    assert (tmp_path / "target/report/sizes.csv").read_text() == "large,n,amount\nfalse,<2,\ntrue,2,6.5\n"


@pytest.mark.parametrize("value", ["0", "-1", "few", "2.5", "true"])
def test_a_least_count_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="the variable 'report_min_count' is no whole number from 1 up"):
        write(_open(tmp_path, vars=f"{{report_min_count: {value}}}"))


def test_a_selection_and_another_folder(tmp_path: Path) -> None:
    config = _open(tmp_path)
    run_shop(config)
    written = write(config, ["amounts", "orders"], out=tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["amounts.csv", "index.html"]
    assert [path for path, _, _ in written.tables] == [tmp_path / "out" / "amounts.csv"]
    assert not (tmp_path / "target" / "report").exists()


def test_a_selection_of_nothing_writes_nothing(tmp_path: Path) -> None:
    written = write(_open(tmp_path), ["orders"])
    assert (written.page, written.tables) == (None, ())
    assert written.notes == ("no chosen model has 'meta: {report: ...}'; nothing is written",)


def test_a_table_never_built_is_left_out_and_told(tmp_path: Path) -> None:
    config = _open(tmp_path)
    run_shop(config, "build", "+sizes")
    written = write(config)
    assert written.notes == ("'marts.amounts' has not been built; it is left out",)
    assert written.page and "Left out, because they were never built: marts.amounts." in written.page.read_text()


def test_a_report_of_nothing_built_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no table of the report has been built") as caught:
        write(_open(tmp_path))
    assert caught.value.hint and "ids build --select +" in caught.value.hint


def test_a_view_is_read_too(tmp_path: Path) -> None:
    view = "{{ config(materialized='view') }} select sum(amount) as amount from {{ ref('orders') }}"
    written = _written(tmp_path, {"models/marts/amounts.sql": view})
    assert written.page and "Table amounts, a view;" in written.page.read_text()


def test_a_table_of_another_version_of_its_model_is_refused(tmp_path: Path) -> None:
    config = _open(tmp_path, {"models/marts/amounts.sql": "select customer as amount from {{ ref('orders') }}"})
    run_shop(config)
    (tmp_path / "models/marts/amounts.sql").write_text(FILES["models/marts/amounts.sql"])
    with pytest.raises(StorageError, match=r"'marts.amounts' was built from another version of its model"):
        write(config)


def test_a_table_of_rows_instead_of_aggregates_is_refused(tmp_path: Path) -> None:
    rows = f"select value as amount from range({MOST_ROWS + 1})"
    with pytest.raises(ExecutionError, match=f"'marts.amounts' has more than {MOST_ROWS:,} rows") as caught:
        _written(tmp_path, {"models/marts/amounts.sql": rows})
    assert str(caught.value.at) == "models/marts/amounts.yml:3:12"


def test_a_column_that_may_carry_an_identifier_is_refused_at_its_place(tmp_path: Path) -> None:
    marked = "models: [{name: orders, columns: [{name: customer, meta: {identifier: true}}]}]"
    hidden = "select upper(customer) as who from {{ ref('orders') }}"
    config = _open(tmp_path, {"models/staging/orders.yml": marked, "models/marts/amounts.sql": hidden})
    for command in (lambda: write(config), lambda: run_shop(config)):
        with pytest.raises(PropertiesError, match="column 'who' of 'amounts' may carry an identifier") as caught:
            command()
        assert str(caught.value.at) == "models/marts/amounts.yml:3:12"


def test_a_report_said_outside_the_yaml_is_refused(tmp_path: Path) -> None:
    said = "{{ config(meta={'report': {'title': 'x'}}) }} select 1 as x"
    with pytest.raises(PropertiesError, match="'report' stands outside the model's YAML") as caught:
        write(_open(tmp_path, {"models/marts/other.sql": said}))
    assert str(caught.value.at) == "models/marts/other.sql"
