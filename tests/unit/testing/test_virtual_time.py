"""Time that jumps when only timers are left, and waits when something real is under way."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop

T = TypeVar("T")
A_DAY = 86_400.0


def run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def really(started: float) -> float:
    return time.monotonic() - started


def test_a_day_of_sleep_takes_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(A_DAY)
        return asyncio.get_running_loop().time()

    started = time.monotonic()
    assert run(main()) == A_DAY
    assert really(started) < 5


def test_timers_fire_in_their_order_and_at_their_time() -> None:
    async def main() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        seen: list[tuple[str, float]] = []

        async def note(name: str, after: float) -> None:
            await asyncio.sleep(after)
            seen.append((name, loop.time()))

        await asyncio.gather(note("third", 12), note("first", 4.5), note("second", 5))
        return seen

    assert run(main()) == [("first", 4.5), ("second", 5.0), ("third", 12.0)]


def test_a_timeout_wins_against_a_longer_wait() -> None:
    async def main() -> float:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), timeout=4.5)
        except TimeoutError:
            return asyncio.get_running_loop().time()
        raise AssertionError("the event was never set")

    assert run(main()) == 4.5


def test_a_job_in_a_thread_is_not_overtaken_by_a_timer() -> None:
    async def main() -> str:
        await asyncio.wait_for(asyncio.to_thread(time.sleep, 0.05), timeout=60)
        return "done"

    assert run(main()) == "done"


def test_time_goes_on_jumping_after_the_job() -> None:
    async def main() -> float:
        await asyncio.to_thread(lambda: None)
        await asyncio.sleep(A_DAY)
        return asyncio.get_running_loop().time()

    started = time.monotonic()
    assert run(main()) >= A_DAY
    assert really(started) < 5


def test_a_watched_socket_is_really_waited_for() -> None:
    async def main() -> tuple[bytes, float]:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours, theirs:

            def send_later() -> None:
                time.sleep(0.05)
                theirs.send(b"hello")

            sender = loop.run_in_executor(None, send_later)
            got = await asyncio.wait_for(loop.sock_recv(ours, 16), timeout=60)
            await sender
        return got, loop.time()

    got, at = run(main())
    assert got == b"hello"
    assert 0.02 < at < 30


def test_the_wall_clock_moves_with_the_loop() -> None:
    async def main() -> tuple[float, float]:
        clock = VirtualClock(asyncio.get_running_loop(), start=1_700_000_000)
        before = clock.now()
        await asyncio.sleep(90)
        return before, clock.now()

    assert run(main()) == (1_700_000_000, 1_700_000_090)
