"""An event loop whose waiting costs nothing, so that a twelve-second handler is tested in a millisecond.

Whenever nothing is ready and only timers are left, the loop moves its clock to the next timer instead of
sleeping. While something real is under way (a job in a thread, a watched socket) it waits for it as any
loop does and lets exactly that much time pass, so that a real answer is never overtaken by a timer
that merely jumped. `VirtualClock` is the wall clock that belongs to such a loop.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar, TypeVarTuple

from ..clock import Clock
from ..threads import Threads

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MOST_JOBS = 32
OWN_WAKE_UP_SOCKETS = 1
"""Every asyncio loop watches one socket of its own, through which other threads wake it."""


class VirtualClock(Clock):
    """The wall clock of a loop: starts at `start` (unix seconds) and moves only as the loop's time moves."""

    def __init__(self, loop: AbstractEventLoop, start: float) -> None:
        self._loop = loop
        self._zero = start - loop.time()

    def now(self) -> float:
        return self._zero + self._loop.time()


class JumpingSelector(selectors.BaseSelector):
    """Asks the loop to jump where a plain selector would sleep."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.elapsed = 0.0
        self.jobs = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is not None and not self.jobs and len(self._real.get_map()) <= OWN_WAKE_UP_SOCKETS:
            self.elapsed += timeout
            return ready
        began = time.monotonic()
        ready = self._real.select(timeout)
        really = time.monotonic() - began
        self.elapsed += really if timeout is None or ready else max(really, timeout)
        return ready

    def job_done(self) -> None:
        self.jobs -= 1

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.get_key(fileobj)

    def close(self) -> None:
        self._real.close()


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A `loop_factory` for `asyncio.Runner`, or for anyio: `("asyncio", {"loop_factory": VirtualTimeLoop})`.

    `loop.time()` starts at 0. A watched socket (a server that listens, a connection kept alive) counts as
    real work: with one open, time passes as on any loop.
    """

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        self._pool = Threads(MOST_JOBS, "gongzhong-testing")
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        """As on any loop; while the job is under way time passes really, also when nobody waits for it any more."""
        if executor is None:
            executor = self._pool
        job = executor.submit(func, *args)
        self._jumping.jobs += 1
        result = asyncio.wrap_future(job, loop=self)
        job.add_done_callback(self._job_done)  # after the result has been passed on
        return result

    def close(self) -> None:
        self._pool.shutdown()
        super().close()

    def _job_done(self, _job: object) -> None:
        with suppress(RuntimeError):  # the loop may have been closed meanwhile
            self.call_soon_threadsafe(self._jumping.job_done)
