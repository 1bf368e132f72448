import os
from datetime import date, datetime
from pathlib import Path

import pytest

from ids_build.errors import StorageError
from ids_build.relation import Relation
from ids_build.runner.generations import Generation, Generations
from ids_build.runner.storage import Storage, find_generation, find_tables

ORDERS = Relation(layer="staging", name="orders")


def _draft(storage: Storage, text: str) -> Path:
    path = storage.draft_path(ORDERS)
    path.write_text(text)
    return path


def test_nothing_is_touched_before_something_is_asked(tmp_path: Path) -> None:
    Storage(tmp_path / "target").table_path(ORDERS)
    assert list(tmp_path.iterdir()) == []


def test_a_table_lies_under_its_layer(tmp_path: Path) -> None:
    assert Storage(tmp_path).table_path(ORDERS) == tmp_path / "tables" / "staging" / "orders.parquet"


def test_a_draft_is_written_aside(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    draft = _draft(storage, "new")
    assert draft == storage.existing_draft(ORDERS)
    assert not draft.is_relative_to(tmp_path / "tables")
    assert not storage.table_path(ORDERS).exists()


def test_an_old_draft_is_gone_when_a_new_one_begins(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    _draft(storage, "old")
    assert not storage.draft_path(ORDERS).exists()


def _publish(storage: Storage, keep: int = 2) -> int:
    return storage.publish(Generation(number=storage.new or 0, complete=True), (), keep)


def test_a_placed_table_is_seen_by_its_run_alone_until_it_is_published(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    for text in ("old", "new"):
        storage = Storage(tmp_path)
        draft = _draft(storage, text)
        before = Storage(tmp_path).table_path(ORDERS)
        former = before.read_text() if before.exists() else None
        assert storage.place(ORDERS).read_text() == storage.table_path(ORDERS).read_text() == text
        assert (Storage(tmp_path).table_path(ORDERS).read_text() if former else None) == former
        _publish(storage)
        assert Storage(tmp_path).table_path(ORDERS).read_text() == storage.shown_path(ORDERS).read_text() == text
    assert not draft.exists()


def test_a_reader_sees_one_generation_whatever_is_published_meanwhile(tmp_path: Path) -> None:
    first, second = Storage(tmp_path), Storage(tmp_path)
    _draft(first, "old")
    first.place(ORDERS)
    _publish(first)
    reader = Storage(tmp_path)
    assert reader.table_path(ORDERS).read_text() == "old"
    _draft(second, "new")
    second.place(ORDERS)
    _publish(second)
    assert reader.table_path(ORDERS).read_text() == "old"


def test_placing_without_a_draft_leaves_the_former_table(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    _draft(storage, "old")
    storage.place(ORDERS)
    _publish(storage)
    with pytest.raises(StorageError):
        Storage(tmp_path).place(ORDERS)
    assert Storage(tmp_path).table_path(ORDERS).read_text() == "old"


def test_a_table_of_another_generation_is_adopted(tmp_path: Path) -> None:
    first, second = Storage(tmp_path), Storage(tmp_path)
    _draft(first, "old")
    first.place(ORDERS)
    assert second.adopt(ORDERS, 1).read_text() == "old"
    assert second.new == 2


def test_tables_that_no_model_makes_are_left_out(tmp_path: Path) -> None:
    storage, gone = Storage(tmp_path), Relation(layer="staging", name="gone")
    for relation in (ORDERS, gone):
        storage.draft_path(relation).write_text("x")
        storage.place(relation)
    _publish(storage)
    after = Storage(tmp_path)
    _draft(after, "y")
    after.place(ORDERS)
    after.publish(Generation(number=2, complete=True), (gone,), 2)
    assert not Storage(tmp_path).table_path(gone).exists()


def test_what_is_ours_is_known_by_either_name(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    _draft(storage, "x")
    place = storage.place(ORDERS)
    _publish(storage)
    assert storage.owns(place) and storage.owns(storage.shown_path(ORDERS))
    assert not storage.owns(tmp_path / "elsewhere.parquet")


def test_going_back_publishes_the_generation_before(tmp_path: Path) -> None:
    for text in ("one", "two"):
        storage = Storage(tmp_path)
        _draft(storage, text)
        storage.place(ORDERS)
        _publish(storage)
    assert Storage(tmp_path).roll_back(None) == 1
    assert Storage(tmp_path).table_path(ORDERS).read_text() == "one"
    with pytest.raises(StorageError, match="no former generation"):
        Storage(tmp_path).roll_back(None)
    with pytest.raises(StorageError, match="no complete generation 9"):
        Storage(tmp_path).roll_back(9)


def test_discarding_removes_the_draft_alone(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    _draft(storage, "old")
    storage.place(ORDERS)
    draft = _draft(storage, "new")
    storage.discard(ORDERS)
    assert (draft.exists(), storage.table_path(ORDERS).read_text()) == (False, "old")


def test_discarding_nothing_is_no_fault(tmp_path: Path) -> None:
    Storage(tmp_path).discard(ORDERS)


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    draft = _draft(storage, "half")
    storage.remove_drafts()
    assert not draft.exists()


def test_a_second_run_is_kept_out(tmp_path: Path) -> None:
    with Storage(tmp_path / "target").lock(), pytest.raises(StorageError, match="another run is writing"):
        Storage(tmp_path / "target").lock()


def test_the_lock_is_free_again_after_a_run(tmp_path: Path) -> None:
    for _ in range(2):
        with Storage(tmp_path).lock():
            pass


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="cannot write"):
        Storage(tmp_path / "target").draft_path(ORDERS)


def test_a_table_tells_the_day_it_was_put_in_place(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    assert storage.find_day(ORDERS) is None
    _draft(storage, "new")
    path = storage.place(ORDERS)
    os.utime(path, (moment := datetime(2020, 2, 1, 12).timestamp(), moment))
    assert storage.find_day(ORDERS) == date(2020, 2, 1)


def _generations(folder: Path, *numbers: int, published: int | None = None) -> Path:
    generations = Generations(folder)
    for number in numbers:
        generations.folder(number).mkdir(parents=True)
        generations.note(Generation(number=number, complete=number != 10))
    if published:
        generations.publish(published)
    return folder


def test_a_generation_is_found_by_its_number_else_the_complete_one_before_the_published_one(tmp_path: Path) -> None:
    target = _generations(tmp_path, 8, 9, 10, 11, 12, published=11)
    assert find_generation(target, 10) == target / "generations" / "10"
    assert find_generation(target, None) == target / "generations" / "9"


def test_an_unknown_generation_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no generation 3") as caught:
        find_generation(_generations(tmp_path, 1, 2), 3)
    assert caught.value.hint == "known are 1, 2"
    with pytest.raises(StorageError, match="there is no earlier generation"):
        find_generation(tmp_path / "nothing", None)


def test_the_tables_of_a_folder_are_found_by_layer_and_name(tmp_path: Path) -> None:
    for path in ("tables/staging/orders.parquet", "tables/seeds/colours.parquet", "tables/notes.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    colours = Relation(layer="seeds", name="colours")
    assert list(find_tables(tmp_path)) == list(find_tables(tmp_path / "tables")) == [colours, ORDERS]
    assert find_tables(tmp_path / "nothing") == {}


def test_a_scratch_folder_is_gone_afterwards_whatever_happened(tmp_path: Path) -> None:
    seen: list[Path] = []
    with pytest.raises(ValueError, match="on purpose"), Storage(tmp_path / "target").scratch() as folder:
        (folder / "x").write_text("x")
        seen.append(folder)
        raise ValueError("on purpose")
    assert [folder.exists() for folder in seen] == [False]


def test_what_a_killed_check_left_is_removed_by_the_next_run(tmp_path: Path) -> None:
    (tmp_path / ".scratch-left").mkdir()
    Storage(tmp_path).recover()
    assert not (tmp_path / ".scratch-left").exists()
