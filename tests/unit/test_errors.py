import pytest

from ids_build import errors
from ids_build.errors import CompileError, IdsBuildError, Location


def _tree(kind: type[IdsBuildError]) -> list[type[IdsBuildError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _tree(child))]


@pytest.mark.parametrize(
    ("location", "text"),
    [
        (Location(path="a.sql"), "a.sql"),
        (Location(path="a.sql", line=4), "a.sql:4"),
        (Location(path="a.sql", line=4, column=2), "a.sql:4:2"),
    ],
)
def test_a_location_tells_as_much_as_it_knows(location: Location, text: str) -> None:
    assert str(location) == text


@pytest.mark.parametrize(
    ("at", "hint", "text"),
    [
        (None, None, "unknown model 'a'"),
        (None, "did you mean 'b'?", "unknown model 'a'\n  hint: did you mean 'b'?"),
        (Location(path="a.sql", line=1), None, "a.sql:1  unknown model 'a'"),
        (
            Location(path="a.sql", line=1, column=9),
            "did you mean 'b'?",
            "a.sql:1:9  unknown model 'a'\n  hint: did you mean 'b'?",
        ),
    ],
)
def test_an_error_prints_place_message_and_hint(at: Location | None, hint: str | None, text: str) -> None:
    assert str(IdsBuildError("unknown model 'a'", at=at, hint=hint)) == text


def test_every_error_stands_in_the_drawn_tree() -> None:
    drawn = IdsBuildError.__doc__ or ""
    assert [kind.__name__ for kind in _tree(IdsBuildError) if kind.__name__ not in drawn] == []


def test_every_error_of_the_room_descends_from_ours() -> None:
    found = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]
    assert len(found) == 14
    assert all(issubclass(kind, IdsBuildError) for kind in found)


@pytest.mark.parametrize("name", ["Template", "Query", "Properties", "UnknownNode", "Cycle", "Layer", "TypeCheck"])
def test_faults_in_files_of_the_project_are_compile_errors(name: str) -> None:
    assert issubclass(getattr(errors, f"{name}Error"), CompileError)


@pytest.mark.parametrize("name", ["Config", "Selection", "Execution", "Storage"])
def test_faults_outside_the_files_are_no_compile_errors(name: str) -> None:
    assert not issubclass(getattr(errors, f"{name}Error"), CompileError)
