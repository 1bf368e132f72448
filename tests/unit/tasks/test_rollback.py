from pathlib import Path

import pytest

from ids_build.errors import StorageError
from ids_build.tasks.generations import generations
from ids_build.tasks.rollback import rollback
from tests.support.shop import open_shop, run_shop


def test_going_back_publishes_the_former_one(tmp_path: Path) -> None:
    for _ in range(3):
        run_shop(open_shop(tmp_path, full_refresh=True))
    config = open_shop(tmp_path)
    assert rollback(config, None) == (2, [])
    assert rollback(config, 1) == (1, [])
    assert generations(config)[1] == 1


def test_there_may_be_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no former generation"):
        rollback(open_shop(tmp_path), None)
