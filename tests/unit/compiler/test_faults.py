import pytest

from ids_build.compiler.faults import Faults
from ids_build.errors import ConfigError, IdsBuildError, QueryError


def _collect(*messages: str) -> Faults:
    faults = Faults()
    for message in messages:
        with faults.collect():
            raise QueryError(message)
    return faults


def test_no_fault_tells_nothing() -> None:
    _collect().tell()


def test_one_fault_is_told_as_it_is() -> None:
    with pytest.raises(QueryError, match="first"):
        _collect("first").tell()


def test_several_faults_are_told_together_in_their_order() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        _collect("first", "second").tell()
    told = [error for error in caught.value.exceptions if isinstance(error, IdsBuildError)]
    assert [error.message for error in told] == ["first", "second"]


def test_a_fault_outside_the_files_stops_at_once() -> None:
    with pytest.raises(ConfigError), Faults().collect():
        raise ConfigError("no project")
