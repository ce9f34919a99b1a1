"""Threads that may hang without stopping anybody else: one bounded pool for each kind of blocking work.

`concurrent.futures.ThreadPoolExecutor` waits at the end of the process for every thread that it started, and asyncio's
own pool has as few as five threads for everybody. Here threads are daemons (a function that never returns does not keep
the process alive) and each kind of work (plain handlers, token stores, files) gets a pool of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

IDLE_S = 30.0
"""How long a thread without work stays."""


class Threads(Executor):
    """An executor with at most `most` daemon threads, started when they are needed. More work waits in order.

    A function that raises SystemExit, KeyboardInterrupt or StopIteration fails like any other: the exception arrives
    where its result was awaited. `shutdown` drops what has not begun and waits for nothing.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` in one of the threads. Raises RuntimeError after `shutdown`."""
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError(f"{self._name}: no new work after shutdown")
            self._jobs.append(_Job(future, fn, args, kwargs))
            if len(self._jobs) > self._idle and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
            else:
                self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Take no more work, and drop what has not begun. Never waits: a function that hangs is left behind."""
        with self._changed:
            self._closed = True
            dropped = list(self._jobs)
            self._jobs.clear()
            self._changed.notify_all()
        for job in dropped:
            job.future.cancel()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job.run()
            del job  # an idle thread must not keep what the last call was given

    def _next(self) -> _Job | None:
        """The next call, or None when this thread is not needed any more."""
        with self._changed:
            while not self._jobs:
                self._idle += 1
                woken = not self._closed and self._changed.wait(IDLE_S)
                self._idle -= 1
                if not woken and not self._jobs:
                    self._threads -= 1
                    return None
            return self._jobs.popleft()


class _Job:
    """One call and where its outcome goes."""

    def __init__(
        self, future: Future[Any], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.future, self._fn, self._args, self._kwargs = future, fn, args, kwargs

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._fn(*self._args, **self._kwargs)
        except StopIteration as problem:  # asyncio's futures cannot carry one
            surprise = RuntimeError("the function raised StopIteration")
            surprise.__cause__ = problem
            self.future.set_exception(surprise)
        except BaseException as problem:
            self.future.set_exception(problem)
        else:
            self.future.set_result(result)
