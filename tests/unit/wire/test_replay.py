from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from gongzhong.clock import MovableClock
from gongzhong.errors import Replayed
from gongzhong.wire import NonceCache
from gongzhong.wire.push import ReplayGuard

START = 1_700_000_000


def test_a_signature_counts_once() -> None:
    cache = NonceCache()
    assert cache.admit("a")
    assert cache.admit("b")
    assert not cache.admit("a")


def test_as_many_uses_as_asked_for() -> None:
    cache = NonceCache(uses=3)
    assert [cache.admit("a") for _ in range(5)] == [True, True, True, False, False]


def test_the_oldest_gives_way() -> None:
    cache = NonceCache(2)
    for signature in "abc":
        assert cache.admit(signature)
    assert len(cache) == 2
    assert not cache.admit("c")
    assert not cache.admit("b")
    assert cache.admit("a")
    assert len(cache) == 2


def test_threads_admit_each_signature_once() -> None:
    cache = NonceCache()
    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(lambda number: cache.admit(str(number % 500)), range(4000)))
    assert sum(admitted) == 500


@pytest.mark.parametrize("shift", [-299, 0, 300])
def test_inside_the_window(shift: int) -> None:
    guard = ReplayGuard(300, None, MovableClock(START, frozen=True))
    guard.check("s", str(START + shift))


@pytest.mark.parametrize(
    "timestamp",
    [str(START - 301), str(START + 301), "", "-1", "abc", "1e9", "9" * 5000, "１７００００００００", "1.7e9"],
)
def test_outside_the_window(timestamp: str) -> None:
    guard = ReplayGuard(300, None, MovableClock(START, frozen=True))
    with pytest.raises(Replayed):
        guard.check("s", timestamp)


def test_the_window_moves_with_the_clock() -> None:
    clock = MovableClock(START, frozen=True)
    guard = ReplayGuard(300, None, clock)
    guard.check("s", str(START))
    clock.advance(minutes=6)
    with pytest.raises(Replayed, match="300"):
        guard.check("s", str(START))


def test_what_the_window_refuses_is_not_remembered() -> None:
    cache = NonceCache()
    guard = ReplayGuard(300, cache, MovableClock(START, frozen=True))
    with pytest.raises(Replayed):
        guard.check("s", "1")
    assert len(cache) == 0
