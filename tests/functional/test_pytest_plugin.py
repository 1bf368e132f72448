"""Plain `pytest` in a project's folder shows its tests one by one."""

import subprocess
import sys

import pytest

from .toy import Toy, environment


def _pytest(project: Toy, *words: str) -> "subprocess.CompletedProcess[str]":
    loaded = (
        "import importlib.metadata as m, sys\n"
        "sys.exit(not any(found.name == 'ids_build' for found in m.entry_points(group='pytest11')))"
    )
    installed = subprocess.run([sys.executable, "-c", loaded], env=environment(), check=False).returncode == 0
    plugin = () if installed else ("-p", "ids_build.pytest_plugin")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *plugin, *words],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def quiet_shop(shop: Toy) -> Toy:
    """The shop, its one warning silenced by a rootdir of its own."""
    return shop.write({"pytest.ini": "[pytest]\n"})


def test_every_test_of_the_project_is_an_item(quiet_shop: Toy) -> None:
    ran = _pytest(quiet_shop, "--collect-only", "-q")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    items = [line for line in ran.stdout.splitlines() if "::" in line]
    assert len(items) == 20
    assert "models/marts/marts.yml::orders::payments_of_an_order_are_added" in items
    assert "models/staging/schema.yml::relationships_stg_orders_customer_id" in items
    assert "tests/every_payment_belongs_to_an_order.sql::every_payment_belongs_to_an_order" in items


def test_data_tests_are_skipped_until_their_table_is_built(quiet_shop: Toy) -> None:
    before = _pytest(quiet_shop, "-rs")
    assert before.returncode == 0, before.stdout
    assert "has not been built" in before.stdout
    passed = [line for line in before.stdout.splitlines() if " passed" in line][-1]
    assert "skipped" in passed
    quiet_shop.run("build", "--quiet")
    after = _pytest(quiet_shop)
    assert after.returncode == 0, after.stdout
    assert "20 passed" in after.stdout


def test_a_broken_unit_test_fails_with_a_readable_difference(quiet_shop: Toy) -> None:
    path = quiet_shop.folder / "models" / "marts" / "marts.yml"
    path.write_text(path.read_text().replace("coupon_amount: 2, amount: 12.5", "coupon_amount: 2, amount: 99"))
    ran = _pytest(quiet_shop, "-k", "payments_of_an_order_are_added")
    assert ran.returncode == 1
    assert "expected 2 rows, got 2: 1 missing, 1 too many" in ran.stdout
    assert "amount: expected 99.0, got 12.5" in ran.stdout
    assert "order_id=7" in ran.stdout
    assert "Traceback" not in ran.stdout and "def runtest" not in ran.stdout


def test_a_failing_data_test_fails_its_item_with_its_count(quiet_shop: Toy) -> None:
    quiet_shop.run("build", "--quiet")
    seed = quiet_shop.folder / "seeds" / "raw_orders.csv"
    seed.write_text(seed.read_text().replace("placed", "lost"))
    quiet_shop.run("run", "--quiet")
    quiet_shop.run("seed", "--quiet")
    ran = _pytest(quiet_shop, "-k", "accepted_values_stg_orders_status")
    assert ran.returncode == 1
    assert "test 'accepted_values_stg_orders_status' failed: 1 failing row" in ran.stdout


def test_a_folder_without_a_project_is_left_alone(toy: object, quiet_shop: Toy) -> None:
    (quiet_shop.folder / "dbt_project.yml").unlink()
    assert _pytest(quiet_shop, "--collect-only", "-q").returncode == 5  # pytest: no tests collected
