from pathlib import Path

from ids_build import __version__
from ids_build.tasks.debug import LIBRARIES, debug
from tests.support.shop import open_shop


def test_everything_a_helper_asks_for_is_told(tmp_path: Path) -> None:
    found = {finding.what: finding for finding in debug(open_shop(tmp_path))}
    assert __version__ in found["ids_build"].found
    assert all(name in found["libraries"].found for name in LIBRARIES)
    assert found["source raw.orders"].found == "1 files"
    assert all(finding.ok for finding in found.values())


def test_a_missing_delivery_hinders(tmp_path: Path) -> None:
    config = open_shop(tmp_path)
    (tmp_path / "raw" / "orders.parquet").unlink()
    assert [finding.what for finding in debug(config) if not finding.ok] == ["source raw.orders"]


def test_faults_of_the_project_hinder_one_by_one(tmp_path: Path) -> None:
    config = open_shop(tmp_path, {"models/a.sql": "{{ nothing }}", "models/b.sql": "{{ nothing }}"})
    assert [finding.what for finding in debug(config) if not finding.ok] == ["compile", "compile"]
