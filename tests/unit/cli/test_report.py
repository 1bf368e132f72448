from pathlib import Path

from tests.support.shop import open_shop, say

FILES = {
    "models/marts/sizes.sql": "select amount > 2 as large, count(*) as n from {{ ref('orders') }} group by amount > 2",
    "models/marts/sizes.yml": "models: [{name: sizes, meta: {report: {title: Sizes, counts: [n]}}}]",
}


def test_what_was_written_is_told(tmp_path: Path) -> None:
    open_shop(tmp_path, FILES)
    say(tmp_path, "build")
    said = say(tmp_path, "report")
    folder = tmp_path / "target" / "report"
    assert said.exit_code == 0, said.output
    assert said.stdout == f"{folder / 'sizes.csv'}  2 rows, 2 masked\n{folder / 'index.html'}\n"
    assert said.stderr == ""


def test_a_folder_is_seen_from_here_and_quiet_says_nothing(tmp_path: Path) -> None:
    open_shop(tmp_path, FILES)
    say(tmp_path, "build")
    said = say(tmp_path, "report", "--select", "sizes", "--out", str(tmp_path / "out"), "--quiet")
    assert (said.exit_code, said.output) == (0, "")
    assert (tmp_path / "out" / "index.html").is_file()


def test_a_selection_without_a_report_is_a_warning(tmp_path: Path) -> None:
    open_shop(tmp_path, FILES)
    said = say(tmp_path, "report", "--select", "orders")
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "warning: no chosen model has 'meta: {report: ...}'; nothing is written\n"
