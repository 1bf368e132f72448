import pytest

from tests.support import run_ids
from tests.support.shop import open_shop, run_shop

pytest_plugins = ["pytester"]


def _open(pytester: pytest.Pytester, text: str | None = None) -> None:
    config = open_shop(pytester.path, {"models/staging/orders.yml": text} if text else None)
    if text is None:
        run_shop(config)


def test_every_test_of_the_project_is_an_item(pytester: pytest.Pytester) -> None:
    _open(pytester)
    told = pytester.runpytest_subprocess("--collect-only", "-q", "models")
    told.stdout.fnmatch_lines_random(["*orders::keeps_every_order", "*grain_orders", "*not_null_orders_customer"])


def test_tests_of_built_tables_pass(pytester: pytest.Pytester) -> None:
    _open(pytester)
    pytester.runpytest_subprocess("models").assert_outcomes(passed=4)


def test_data_tests_are_skipped_where_nothing_was_built(pytester: pytest.Pytester) -> None:
    open_shop(pytester.path)
    pytester.runpytest_subprocess("models").assert_outcomes(passed=1, skipped=3)


def test_a_failed_test_is_told_in_our_words(pytester: pytest.Pytester) -> None:
    open_shop(pytester.path)
    path = pytester.path / "models" / "staging" / "orders.yml"
    path.write_text(path.read_text().replace("expect:\n      rows:\n        - {id: 1", "expect:\n      rows:\n        - {id: 7"))
    told = pytester.runpytest_subprocess("models", "-k", "keeps")
    told.assert_outcomes(failed=1)
    told.stdout.fnmatch_lines(["*unit test 'orders::keeps_every_order' failed*"])
    told.stdout.no_fnmatch_line("*Traceback*")


def test_a_folder_without_a_project_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yml", models="models: [{name: a}]")
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_variables_can_be_said(pytester: pytest.Pytester) -> None:
    open_shop(pytester.path, {"models/marts/totals.sql": "select {{ var('x') }} as x"})
    assert pytester.runpytest_subprocess("models").ret != 0
    pytester.runpytest_subprocess("models", "--ids-vars", "{x: 1}").assert_outcomes(passed=1, skipped=3)


def test_the_plugin_loads_no_engine_before_it_is_needed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import sys\n\ndef test_it():\n    assert 'datafusion' not in sys.modules\n")
    assert run_ids("-q", cwd=pytester.path, code="import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))").returncode == 0
