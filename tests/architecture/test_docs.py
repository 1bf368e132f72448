import re

import click
import pytest

from ids_build.cli.main import COMMANDS, group
from tests.architecture.tree import PACKAGE
from tests.support import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def _load(name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_found_by_its_name(name: str) -> None:
    assert _load(name).name == name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_has_help(name: str) -> None:
    assert COMMANDS[name].endswith(".")
    assert len((_load(name).help or "").strip()) > 10


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    told = (_load(name).help or "").replace("\n", " ").strip().lower()
    assert told.split()[0] == COMMANDS[name].lower().split()[0]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_help(name: str) -> None:
    options = [parameter for parameter in _load(name).params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help and not option.hidden] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_readme_names_the_command(name: str) -> None:
    assert re.search(rf"\bids {name}\b", README)


def test_every_command_room_is_in_the_table() -> None:
    rooms = {
        path.stem
        for path in (PACKAGE / "cli").glob("*.py")
        if re.search(r"@click\.(command|group\(\")", path.read_text(encoding="utf-8"))
    }
    assert rooms == set(COMMANDS)


PARITY = (REPOSITORY / "docs" / "parity.md").read_text(encoding="utf-8")


def test_the_page_of_parity_has_all_systems_in_order() -> None:
    assert re.findall(r"^\| (\d+) \|", PARITY, re.MULTILINE) == [str(number) for number in range(1, 36)]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:unit|functional|architecture)/[\w/]+\.py)`", PARITY))))
def test_a_test_that_parity_names_exists(path: str) -> None:
    assert (REPOSITORY / "tests" / path).is_file()
