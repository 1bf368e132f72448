import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ids_build.cli.saves import Saves
from ids_build.errors import ConfigError


@pytest.fixture(params=[False, True], ids=["told", "polled"])
def saves(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Saves]:
    (tmp_path / "models/deep").mkdir(parents=True)
    (tmp_path / "target").mkdir()
    (tmp_path / "models/a.sql").write_text("select 1")
    os.utime(tmp_path / "models/a.sql", (0, 0))  # polling tells times apart by the second
    places = [tmp_path / "models", tmp_path / "seeds"]
    with Saves(tmp_path, places, tmp_path / "target", poll=request.param) as found:
        yield found


def _wait_for(saves: Saves, *paths: Path) -> set[str]:
    """Return all that was saved until each of these paths was."""
    saved: set[str] = set()
    end = time.monotonic() + 20
    while not saved >= set(map(str, paths)):
        assert time.monotonic() < end, saved
        saved |= saves.wait()
    return saved


def test_a_file_that_is_written_moved_or_removed_is_told(saves: Saves, tmp_path: Path) -> None:
    (tmp_path / "models/a.sql").write_text("select 22")
    _wait_for(saves, tmp_path / "models/a.sql")
    (tmp_path / "models/a.sql").rename(tmp_path / "models/deep/b.yml")
    _wait_for(saves, tmp_path / "models/deep/b.yml")
    (tmp_path / "models/deep/b.yml").unlink()
    _wait_for(saves, tmp_path / "models/deep/b.yml")


def test_settings_are_watched_and_other_files_are_not(saves: Saves, tmp_path: Path) -> None:
    others = ("raw.csv", "models/.a.sql.swp", "models/a.sql~", "models/note.md", "target/a.sql", "models/.hidden.sql")
    for name in others:
        (tmp_path / name).write_text("x")
    (tmp_path / "dbt_project.yml").write_text("name: x")
    assert _wait_for(saves, tmp_path / "dbt_project.yml") == {str(tmp_path / "dbt_project.yml")}


def test_a_place_that_is_made_later_is_watched_from_then_on(saves: Saves, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    saves.follow([tmp_path / "models", tmp_path / "seeds"], frozenset(_wait_for(saves, tmp_path / "seeds")))
    (tmp_path / "seeds/words.csv").write_text("word\n")
    _wait_for(saves, tmp_path / "seeds/words.csv")


def test_what_arrives_in_the_meantime_is_kept(saves: Saves, tmp_path: Path) -> None:
    assert not saves.arrived()
    (tmp_path / "models/a.sql").write_text("select 22")
    end = time.monotonic() + 20
    while not saves.arrived():
        assert time.monotonic() < end
        time.sleep(0.01)
    _wait_for(saves, tmp_path / "models/a.sql")


def test_an_interrupt_that_nobody_heard_ends_the_next_wait(saves: Saves) -> None:
    with pytest.raises(KeyboardInterrupt):
        saves.interrupt(2, None)
    assert saves.arrived()
    with pytest.raises(KeyboardInterrupt):
        saves.wait()


def test_files_that_cannot_be_watched_are_told(tmp_path: Path) -> None:
    failing: Callable[[], object] = Saves(tmp_path / "nowhere", [], tmp_path / "target").__enter__().wait
    with pytest.raises(ConfigError, match="the files of the project cannot be watched") as caught:
        failing()
    assert caught.value.hint == "give --poll, or let the system watch more files"
