import os
import shutil
from pathlib import Path

import pytest

from ids_build.runner import generations
from ids_build.runner.generations import Generation, Generations


def _make(target: Path, complete: bool = True, **files: str) -> int:
    """Make a generation that holds these files."""
    made = Generations(target)
    number = made.begin()
    for name, text in files.items():
        (made.folder(number) / f"{name}.parquet").write_text(text)
    made.note(Generation(number=number, made="then", complete=complete, tables={name: {} for name in files}))
    return number


def _publish(target: Path, **files: str) -> int:
    number = _make(target, **files)
    Generations(target).publish(number)
    return number


def _read(target: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted((target / "tables").glob("*.parquet"))}


def _no_link(*names: object) -> None:
    raise OSError("this file system knows no links")


@pytest.fixture(params=["links", "no symbolic links", "no links at all"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A target on a file system of three kinds."""
    if request.param != "links":
        monkeypatch.setattr(os, "symlink", _no_link)
    if request.param == "no links at all":
        monkeypatch.setattr(os, "link", _no_link)
    return tmp_path / "target"


def test_nothing_is_published_at_first(target: Path) -> None:
    made = Generations(target)
    assert (made.published(), made.numbers(), made.recover() if target.exists() else []) == (None, [], [])


def test_the_pointer_moves_from_one_generation_to_the_next_and_back(target: Path) -> None:
    for number in (1, 2):
        assert _publish(target, a=str(number)) == number
        assert (Generations(target).published(), _read(target)) == (number, {"a": str(number)})
    Generations(target).publish(1)
    assert (Generations(target).published(), _read(target)) == (1, {"a": "1"})
    assert sorted(path.name for path in target.iterdir()) == ["generations", "tables"]


def test_a_generation_that_is_not_published_is_not_seen(target: Path) -> None:
    _publish(target, a="1")
    _make(target, a="2")
    assert (Generations(target).published(), _read(target), Generations(target).numbers()) == (1, {"a": "1"}, [2, 1])


def test_what_did_not_change_is_filled_in_from_the_base(target: Path) -> None:
    _publish(target, a="1", b="1", c="1")
    number = _make(target, a="2")
    made = Generations(target)
    made.fill(number, 1, ["c.parquet"])
    made.publish(number)
    assert _read(target) == {"a": "2", "b": "1"}


def test_links_share_their_bytes_and_copies_are_counted(target: Path) -> None:
    _publish(target, a="1")
    made, number = Generations(target), _make(target)
    made.fill(number, 1, [])
    same = (made.folder(1) / "a.parquet").samefile(made.folder(number) / "a.parquet")
    assert same is not bool(made.copied)
    assert (made.folder(1) / "a.parquet").stat().st_mtime_ns == (made.folder(number) / "a.parquet").stat().st_mtime_ns


def test_the_newest_complete_generations_stay(target: Path) -> None:
    for number in range(1, 6):
        _publish(target, a=str(number))
    _make(target, complete=False, a="6")
    Generations(target).prune(2)
    assert Generations(target).numbers() == [5, 4, 3]
    Generations(target).prune(0)
    assert (Generations(target).numbers(), _read(target)) == ([5], {"a": "5"})


def test_a_former_generation_that_is_published_again_stays(target: Path) -> None:
    for number in range(1, 4):
        _publish(target, a=str(number))
    Generations(target).publish(1)
    Generations(target).prune(0)
    assert Generations(target).numbers() == [1]


def test_what_is_open_and_cannot_be_removed_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        _publish(tmp_path, a=str(number))
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", _no_link)
        Generations(tmp_path).prune(0)
    assert Generations(tmp_path).numbers() == [2, 1]
    Generations(tmp_path).prune(0)
    assert Generations(tmp_path).numbers() == [2]


def test_tables_of_the_former_layout_are_taken_over_whole(target: Path) -> None:
    (target / "tables" / "staging").mkdir(parents=True)
    (target / "tables" / "staging" / "a.parquet").write_text("old")
    (target / "tables" / "notes.txt").write_text("mine")
    assert Generations(target).published() is None
    assert Generations(target).recover() == ["the tables that lay in 'tables' are generation 1 now"]
    assert (Generations(target).published(), Generations(target).read(1).complete) == (1, True)
    assert (target / "tables" / "staging" / "a.parquet").read_text() == "old"
    assert (target / "generations" / "1" / "notes.txt").read_text() == "mine"
    assert Generations(target).recover() == []


def test_tables_behind_a_link_of_somebody_are_taken_over_too(tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "target", tmp_path / "2024"
    elsewhere.mkdir()
    target.mkdir()
    (elsewhere / "a.parquet").write_text("old")
    os.symlink(elsewhere, target / "tables")
    assert Generations(target).published() is None
    assert Generations(target).recover() == [f"the tables in '{elsewhere}' were taken over as generation 1"]
    assert (Generations(target).published(), _read(target), (elsewhere / "a.parquet").read_text()) == (1, {"a": "old"}, "old")


def test_a_number_is_never_given_twice(target: Path) -> None:
    _publish(target, a="1")
    _publish(target, a="2")
    shutil.rmtree(Generations(target).folder(2))
    assert Generations(target).begin() == 3


def test_a_damaged_note_is_no_error(target: Path) -> None:
    number = _publish(target, a="1")
    (Generations(target).folder(number) / "generation.json").write_text("{")
    assert Generations(target).read(number) == Generation(number=number)
    assert _read(target) == {"a": "1"}


def test_an_empty_generation_of_a_killed_run_is_removed(target: Path) -> None:
    _publish(target, a="1")
    Generations(target).begin()
    Generations(target).recover()
    assert Generations(target).numbers() == [1]


def test_a_junction_is_a_pointer_like_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: a link that can neither be replaced in one step nor unlinked as a file."""
    made: list[tuple[str, str]] = []

    def make_junction(folder: Path, link: Path) -> None:
        made.append((folder.name, link.name))
        os.symlink(folder, link)

    number = _publish(tmp_path, a="1")
    monkeypatch.setattr(generations, "_WINDOWS", True)
    monkeypatch.setattr(generations, "_make_junction", make_junction)
    other = Generations.folder(Generations(tmp_path), 2)
    other.mkdir()
    (other / "a.parquet").write_text("2")
    Generations(tmp_path).publish(2)
    assert (made, Generations(tmp_path).published(), number) == ([("2", "tables.new")], 2, 1)
    assert _read(tmp_path) == {"a": "2"}
