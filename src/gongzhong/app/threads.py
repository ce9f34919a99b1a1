"""Threads for plain `def` handlers: as many as run at once, so that handlers that hang do not stop the others.

The standard pool has few threads (six on a machine of two cores) and waits for them when the program ends. These are
made when no thread is free, are kept for a while, and never keep the process alive.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MOST = 1000
"""Threads at once; further calls wait for a free one."""
IDLE_S = 60.0
"""How long a thread waits for the next call before it ends, in seconds."""


class HandlerThreads(Executor):
    """An executor of daemon threads, made on demand. Begins anew in a forked process."""

    def __init__(self, most: int = MOST, idle_s: float = IDLE_S) -> None:
        self._most, self._idle_s = most, idle_s
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0
        self._waiting = 0
        """Calls for which there was neither a free thread nor room for another."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call in a thread. The future is done whatever the call raises, `SystemExit` included."""
        if self._pid != os.getpid():
            self._begin()
        future: Future[T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except StopIteration as problem:  # A future cannot carry it.
                future.set_exception(RuntimeError(f"the handler raised {type(problem).__name__}"))
            except BaseException as problem:
                future.set_exception(problem)
            else:
                future.set_result(result)

        with self._lock:
            self._calls.put(call)
            if self._free:
                self._free -= 1
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name="gongzhong-handler", daemon=True).start()
            else:
                self._waiting += 1
        return future

    def _work(self) -> None:
        while True:
            try:
                call: Any = self._calls.get(timeout=self._idle_s)
            except queue.Empty:
                with self._lock:
                    if self._calls.empty():
                        self._threads -= 1
                        self._free -= 1
                        return
                continue
            call()
            del call
            with self._lock:
                if self._waiting:
                    self._waiting -= 1
                else:
                    self._free += 1
