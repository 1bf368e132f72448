import pytest

from ids_build.runner.memory import Gauge, find_pool

MIB = 1024**2


def test_the_peak_is_what_the_process_held_in_between() -> None:
    gauge = Gauge()
    before = gauge.read()
    with gauge.watch() as seen:
        held = bytearray(b"x" * (200 * MIB))
        after = gauge.read()
        del held
    assert after - before > 150 * MIB
    assert seen.peak >= after - 10 * MIB


def test_two_may_be_watched_at_once() -> None:
    gauge = Gauge()
    with gauge.watch() as outer:
        with gauge.watch() as inner:
            pass
        held = bytearray(b"x" * (100 * MIB))
        del held
    assert 0 < inner.peak <= outer.peak


def test_the_pool_is_smaller_than_the_limit_by_what_is_held_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gauge, "read", lambda self: 250 * MIB)
    assert find_pool(4096 * MIB) < 4096 * MIB - 250 * MIB
    assert find_pool(2048 * MIB) < find_pool(4096 * MIB)


def test_a_pool_is_never_too_small_to_work_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gauge, "read", lambda self: 500 * MIB)
    assert find_pool(64 * MIB) == 64 * MIB
