"""Several processes, a network and the time in one thread, in an order that a seed decides.

For finding races: of all the task steps that are ready, `SeededLoop` takes any one, chosen by its random source, and
its time jumps from timer to timer. The same seed gives the same run, so a failure can be looked at again.

A `Process` stands for a program on some machine. It can die (its tasks are never continued, not even their `finally`),
be stopped and continued (as by SIGSTOP and SIGCONT), and have a clock that is wrong. `Network` carries calls from one
process to another: each takes a random time, and either the call or its answer may be lost.

    loop = SeededLoop(seed=17)
    worker, server = Process(loop, "worker"), Process(loop, "server")
    worker.start(main())
    loop.run_for(60)

Nothing real may happen here: no sockets, no threads. `run_in_executor` calls the function in a later step of the loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import random
from asyncio import AbstractEventLoop, Future, Handle, Task, TimerHandle
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, TypeVar, TypeVarTuple

from ..clock import MovableClock
from ..errors import NotReached, OutcomeUnknown, say

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

EPOCH = 1_790_000_000.0
"""The wall clock's time at the beginning of a run, in unix seconds."""
MOST_STEPS = 2_000_000
"""A run with more steps than this goes round in circles."""

_process: contextvars.ContextVar[Process | None] = contextvars.ContextVar("gongzhong_process", default=None)


class Stuck(AssertionError):
    """Nothing is ready and no timer is set, though something is still waited for; or the steps have no end."""


class SeededLoop(AbstractEventLoop):
    """An event loop whose ready steps run in random order; `time` is virtual and starts at 0, in seconds.

    `problems` holds what was passed to the exception handler, such as errors of tasks that nobody waited for.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.steps = 0
        self.problems: list[dict[str, Any]] = []
        self._now = 0.0
        self._ready: list[tuple[Handle, contextvars.Context]] = []
        self._timers: list[tuple[float, int, TimerHandle, contextvars.Context]] = []
        self._numbers = 0
        self._running = self._closed = False
        self._dropped: list[object] = []
        """Steps of processes that died: kept, since a coroutine that is thrown away still runs its `finally`."""

    # ---- running

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run until the future is done; gives its result. Raises Stuck when nothing can happen any more."""
        task: Future[T] = asyncio.ensure_future(future, loop=self)  # type: ignore[arg-type]  # what typeshed says of loops
        self._run(lambda: not task.done())
        if not task.done():
            raise Stuck(
                say("还有任务在等待，但没有任何事会再发生", "a task waits, but nothing will happen any more")
            )
        return task.result()

    def run_for(self, seconds: float) -> None:
        """Let so much virtual time pass."""
        ends = self._now + seconds
        self._run(lambda: bool(self._ready) or (bool(self._timers) and self._timers[0][0] <= ends))
        self._now = max(self._now, ends)

    def _run(self, goes_on: Callable[[], bool]) -> None:
        asyncio._set_running_loop(self)
        self._running = True
        try:
            while goes_on() and (self._ready or self._timers):
                self._step()
        finally:
            self._running = False
            asyncio._set_running_loop(None)

    def _step(self) -> None:
        """Run one ready step, any of them; without one, let time pass until the next timer."""
        if not self._ready:
            self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            _, _, timer, context = heapq.heappop(self._timers)
            self._ready.append((timer, context))
        place = int(self.random.random() * len(self._ready))
        self._ready[place], self._ready[-1] = self._ready[-1], self._ready[place]
        handle, context = self._ready.pop()
        process = context.get(_process)
        if process is not None and process.takes_away(handle, context):
            return
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Stuck(say("步数没有尽头", "the steps have no end"))
        if not handle.cancelled():
            handle._run()

    def put_back(self, steps: list[tuple[Handle, contextvars.Context]]) -> None:
        """Make steps ready that a stopped process could not take."""
        self._ready.extend(steps)

    def drop(self, step: object) -> None:
        """Keep a step that will never be taken."""
        self._dropped.append(step)

    # ---- what asyncio asks of a loop

    def time(self) -> float:
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> Handle:
        context = contextvars.copy_context() if context is None else context  # an empty one is falsy
        handle = Handle(callback, args, self, context)
        self._ready.append((handle, context))
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> TimerHandle:
        context = contextvars.copy_context() if context is None else context  # an empty one is falsy
        timer = TimerHandle(when, callback, args, self, context)
        self._numbers += 1
        heapq.heappush(self._timers, (when, self._numbers, timer, context))
        return timer

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """A cancelled timer is passed over when its time comes."""

    def create_future(self) -> Future[Any]:
        return Future(loop=self)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
        **_eager: Any,
    ) -> Task[T]:
        return Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: Any, func: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        """Call the function in a later step; its result comes in a step after that."""
        result: Future[T] = self.create_future()

        def call() -> None:
            try:
                value = func(*args)
            except Exception as problem:
                self.call_soon(_settle, result, None, problem)
            else:
                self.call_soon(_settle, result, value, None)

        self.call_later(self.random.random() * 0.01, call)
        return result

    def get_task_factory(self) -> None:
        return None

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        return self._closed

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.problems.append(context)

    async def shutdown_asyncgens(self) -> None:
        """Generators that were not finished are thrown away with the loop."""

    def close(self) -> None:
        """End. What was not finished is thrown away where it stands."""
        self._closed = True
        for handle, _ in self._ready:
            handle.cancel()
        self._ready.clear()
        self._timers.clear()


def _settle(future: Future[Any], value: Any, problem: Exception | None) -> None:
    if future.done():
        return
    if problem is None:
        future.set_result(value)
    else:
        future.set_exception(problem)


class ProcessClock(MovableClock):
    """The wall clock of one process: runs with the loop's time; `jump` sets it forward or back by seconds."""

    def __init__(self, loop: SeededLoop) -> None:
        super().__init__(EPOCH, frozen=True)
        self._loop, self._ahead_s = loop, 0.0

    def now(self) -> float:
        return EPOCH + self._loop.time() + self._ahead_s

    def jump(self, seconds: float) -> None:
        self._ahead_s += seconds

    @property
    def frozen(self) -> bool:
        """Time passes here whenever the loop waits."""
        return False


class Process:
    """A program: the tasks that `start` began, and everything that these began."""

    def __init__(self, loop: SeededLoop, name: str) -> None:
        self.loop, self.name = loop, name
        self.clock = ProcessClock(loop)
        self.alive, self.stopped = True, False
        self._parked: list[tuple[Handle, contextvars.Context]] = []

    def start(self, work: Coroutine[Any, Any, T]) -> Task[T]:
        """Begin a task that belongs to this process."""
        context = contextvars.copy_context()
        context.run(_process.set, self)
        return self.loop.create_task(work, context=context, name=self.name)

    def kill(self) -> None:
        """End at once: no task takes another step, and no `finally` runs."""
        self.alive = False
        for step in self._parked:
            self.loop.drop(step)
        self._parked.clear()

    def stop(self) -> None:
        """Take no step until `resume`; time goes on."""
        self.stopped = True

    def resume(self) -> None:
        self.stopped = False
        self.loop.put_back(self._parked)
        self._parked = []

    def takes_away(self, handle: Handle, context: contextvars.Context) -> bool:
        """Whether a step may not be taken now; it is kept then."""
        if not self.alive:
            self.loop.drop((handle, context))
            return True
        if self.stopped:
            self._parked.append((handle, context))
            return True
        return False

    def __repr__(self) -> str:
        return f"Process({self.name})"


class Network:
    """Carries calls between processes. `loss` is the share of calls of which the way there or back fails.

    A call that was lost on the way there raises NotReached; one whose answer was lost, OutcomeUnknown: it was carried
    out. While `down` holds, every call raises NotReached.
    """

    def __init__(self, loop: SeededLoop, loss: float = 0.0, slowest_s: float = 0.05) -> None:
        self.loop, self.loss, self.slowest_s = loop, loss, slowest_s
        self.down = False
        self.lost = 0

    async def call(self, server: Process, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Have the server do the work, and bring its result or its exception back."""
        await self._way()
        if self.down or self._loses():
            raise NotReached("网络断了，请求没有到达", "the network is down, the request did not arrive")
        task = server.start(work())
        await asyncio.wait({task})  # the caller's end does not end the work
        await self._way()
        if self.down or self._loses():
            with suppress(BaseException):
                task.result()
            raise OutcomeUnknown("网络断了，结果未知", "the network is down, the outcome is unknown")
        return task.result()

    async def _way(self) -> None:
        await asyncio.sleep(self.loop.random.random() * self.slowest_s)

    def _loses(self) -> bool:
        lost = self.loop.random.random() < self.loss
        self.lost += lost
        return lost
