"""Every engine of the shared state, each test with an empty one and a clock that it moves itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from gongzhong import MovableClock
from gongzhong.state import MemoryState, State

NOON = 1_790_000_000.0


@dataclass(frozen=True)
class Engine:
    """Opens the same state as often as a test likes, all on one clock."""

    name: str
    open: Callable[[], State]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOON, frozen=True)


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, clock: MovableClock) -> Engine:
    kept = MemoryState(clock)
    return Engine("memory", lambda: kept)


@pytest.fixture
async def state(engine: Engine) -> AsyncIterator[State]:
    opened = engine.open()
    yield opened
    await opened.close()
