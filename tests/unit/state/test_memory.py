"""State in memory beyond the contract: what expired is dropped, virtual time, threads, forks."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time

import pytest

from gongzhong import MovableClock
from gongzhong.state import MemoryState, open_state
from gongzhong.state.memory import SWEPT_FROM
from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop

NOON = 1_790_000_000.0


def kept(state: MemoryState) -> int:
    return sum(len(kind) for kind in (state._values, state._leases, state._counters, state._queues))


@pytest.mark.anyio
async def test_what_expired_does_not_pile_up() -> None:
    clock = MovableClock(NOON, frozen=True)
    state = MemoryState(clock)
    for number in range(20 * SWEPT_FROM):
        clock.advance(0.125)
        await state.put(f"v{number}", b"x", replaces=0, ttl_s=5)
        await state.add(f"c{number}", 1, None, 5)
        await state.push(f"q{number}", b"x", ttl_s=5)
        if number % 10 == 0:
            fence = await state.lease(f"l{number}", "a", 5)
            await state.release(f"l{number}", fence or 0)
        assert kept(state) <= 2 * SWEPT_FROM + 1
    alive = [await state.get(f"v{number}") is not None for number in range(20 * SWEPT_FROM)]
    assert alive == [number >= 20 * SWEPT_FROM - 40 for number in range(20 * SWEPT_FROM)]


def test_waiting_costs_nothing_in_virtual_time() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        state = MemoryState(VirtualClock(loop, NOON))
        assert await state.wait("k", 0, 3600) is None
        assert loop.time() == pytest.approx(3600)
        waiting = asyncio.create_task(state.wait("k", 0, 3600))
        await asyncio.sleep(100)
        version = await state.put("k", b"x", replaces=0, ttl_s=50)
        found = await waiting
        assert found is not None
        assert found.version == version
        assert loop.time() == pytest.approx(3700)
        await asyncio.sleep(51)
        assert await state.get("k") is None

    began = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(main())
    assert time.monotonic() - began < 5


def test_a_write_in_another_thread_ends_the_wait() -> None:
    state = MemoryState()

    async def write() -> None:
        await asyncio.sleep(0.1)
        await state.put("k", b"x", replaces=0, ttl_s=60)

    async def main() -> None:
        thread = threading.Thread(target=asyncio.run, args=(write(),))
        thread.start()
        began = time.monotonic()
        assert await state.wait("k", 0, 30) is not None
        assert time.monotonic() - began < 10
        thread.join()

    asyncio.run(main())


def test_threads_count_together() -> None:
    state = MemoryState()

    async def count() -> None:
        for _ in range(500):
            await state.add("c", 1, None, 60)

    threads = [threading.Thread(target=asyncio.run, args=(count(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(state.add("c", 0, None, 60)) == 2000


def child(state: MemoryState) -> None:
    assert asyncio.run(state.add("c", 1, None, 60)) == 2


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_goes_on_with_a_copy_even_if_a_thread_was_inside() -> None:
    state = MemoryState()
    asyncio.run(state.add("c", 1, None, 60))
    with state._lock:  # as another thread would hold it at that moment
        process = multiprocessing.get_context("fork").Process(target=child, args=(state,))
        process.start()
    process.join(30)
    assert process.exitcode == 0
    assert asyncio.run(state.add("c", 0, None, 60)) == 1


def test_memory_says_that_it_is_not_shared(tmp_path: object) -> None:
    assert not open_state("memory:").shared
    assert open_state(f"sqlite:///{tmp_path}/state.db").shared
