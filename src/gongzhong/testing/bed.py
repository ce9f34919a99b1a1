"""Where tests take place: one event loop in a thread of its own, in virtual time.

The loop runs only while something is done, so between two lines of a test nothing moves. Whatever waits (a handler
of twelve seconds, WeChat's five) is over in a moment, in the right order, and the clock tells how long it was.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ..clock import MovableClock
from .virtual_time import VirtualTimeLoop

T = TypeVar("T")

SETTLE_S = 120.0
"""Work that is still running after this much virtual time is left for the next step."""
PATIENCE_S = 10.0
"""The same in real time, which passes while a thread works: a plain handler that hangs does not stop the test."""


class Bed:
    """Carries out coroutines one after another, each until everything it started has come to rest."""

    def __init__(self, start: float | None = None) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gongzhong-testing")
        self.loop: VirtualTimeLoop = self._thread.submit(VirtualTimeLoop).result()
        self._running = threading.Lock()
        self.clock = BedClock(self, start)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out `work` and let what it started come to rest; exceptions arrive here."""
        with self._running:
            return self._thread.submit(self.loop.run_until_complete, self._settled(work)).result()

    def carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        """`run` for any thread: where the loop runs already, as for a handler that calls, within that run."""
        if self.loop.is_running():
            return asyncio.run_coroutine_threadsafe(work, self.loop).result()
        return self.run(work)

    async def _settled(self, work: Coroutine[Any, Any, T]) -> T:
        result = await work
        await self._rest()
        return result

    async def _rest(self) -> None:
        """Wait for the tasks that are under way, at most SETTLE_S of virtual and PATIENCE_S of real time."""
        deadline, gives_up = self.loop.time() + SETTLE_S, time.monotonic() + PATIENCE_S
        while pending := asyncio.all_tasks() - {asyncio.current_task()}:
            left = deadline - self.loop.time()
            if left <= 0 or time.monotonic() > gives_up:
                return
            await asyncio.wait(pending, timeout=min(left, PATIENCE_S))

    def close(self) -> None:
        with self._running:
            self._thread.submit(self._finish).result()
        self._thread.shutdown()

    def _finish(self) -> None:
        self.loop.run_until_complete(self._cancel_all())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def _cancel_all(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class BedClock(MovableClock):
    """The wall clock of a bed: moves as the loop's time moves, and lets timers fire on the way when it is advanced."""

    def __init__(self, bed: Bed, start: float | None) -> None:
        super().__init__(start)
        self._bed = bed
        self._zero = MovableClock.now(self)

    def now(self) -> float:
        return self._zero + self._bed.loop.time()

    def turn_to(self, moment: float) -> float:
        self._zero = moment - self._bed.loop.time()
        return self.now()

    @property
    def frozen(self) -> bool:
        """Time passes here whenever the loop waits."""
        return False

    def freeze(self) -> None:
        """It only ever moves when something is done."""

    def resume(self) -> None:
        """There is nothing to resume."""

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> float:
        step = seconds + 60 * minutes + 3600 * hours + 86400 * days
        if step < 0:
            raise ValueError("a clock moves forward only / 时钟只能向前拨")
        self._bed.run(asyncio.sleep(step))
        return self.now()
