import pytest

from ids_build.cli.main import COMMANDS
from ids_build.tasks import build
from ids_build.tasks.load import load_task


def test_a_use_case_is_loaded_by_its_name() -> None:
    assert load_task("build") is build


def test_an_unknown_use_case_is_no_module() -> None:
    with pytest.raises(ModuleNotFoundError):
        load_task("nothing")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"run", "seed", "demo", "rollback"}))
def test_every_command_has_a_use_case(name: str) -> None:
    assert load_task(name)
