from pathlib import Path

import pytest

from ids_build.errors import SelectionError
from ids_build.tasks.check_incremental import check_incremental
from tests.support.shop import open_shop


@pytest.mark.parametrize(("name", "told"), [("order", "unknown model 'order'"), ("orders", "'orders' is no incremental model")])
def test_the_name_of_no_incremental_model_is_refused(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(SelectionError) as caught:
        next(check_incremental(open_shop(tmp_path), name, 1, 0))
    assert caught.value.message == told
