import json
from pathlib import Path

from tests.support.shop import open_shop, say


def test_the_summary_is_the_answer_and_progress_stands_beside_it(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "build")
    assert "tables built" in said.stdout
    assert "1/7  " in said.stderr and "7/7  " in said.stderr


def test_json_on_stdout_is_the_answer_alone(tmp_path: Path) -> None:
    open_shop(tmp_path)
    told = json.loads(say(tmp_path, "build", "--output", "json").stdout)
    assert (told["command"], told["ok"], len(told["results"])) == ("build", True, 7)


def test_json_lines_on_stderr_tell_what_happens(tmp_path: Path) -> None:
    open_shop(tmp_path)
    lines = [json.loads(line) for line in say(tmp_path, "build", "--log-format", "json").stderr.splitlines()]
    assert {line["event"] for line in lines} == {"started", "result", "published"}


def test_a_quiet_run_says_only_what_went_wrong(tmp_path: Path) -> None:
    open_shop(tmp_path)
    assert say(tmp_path, "build", "--quiet").output == ""
    (tmp_path / "raw" / "orders.parquet").unlink()
    said = say(tmp_path, "run", "--quiet")
    assert (said.exit_code, "no file matches" in said.stderr) == (1, True)
    assert "note: something failed, so nothing is published" in said.stderr and said.stdout == ""


def test_results_are_kept_in_a_file(tmp_path: Path) -> None:
    open_shop(tmp_path)
    say(tmp_path, "build", "--select", "orders")
    told = json.loads((tmp_path / "target" / "run_results.json").read_text())
    assert told["args"]["select"] == ["orders"]


def test_a_word_that_matches_nothing_is_a_warning(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "build", "--select", "totls")
    assert (said.exit_code, "warning: 'totls' selects nothing" in said.stderr) == (0, True)


def test_explain_says_what_would_run_and_builds_nothing(tmp_path: Path) -> None:
    open_shop(tmp_path)
    said = say(tmp_path, "build", "--explain")
    assert "of 3 tables 3 run, 0 may run, 0 reused; nothing was built" in said.stdout
    told = json.loads(say(tmp_path, "run", "--explain", "--output", "json").stdout)
    assert {(node["resource_type"], node["status"]) for node in told} == {("model", "run")}
    assert not (tmp_path / "target" / "tables").exists()
