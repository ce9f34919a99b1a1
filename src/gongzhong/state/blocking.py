"""A state asked by plain functions, in any thread: its operations run on an event loop in a thread of its own.

For the stores of the client, which threads and event loops share.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from ..errors import StateDown
from .protocol import State

T = TypeVar("T")

ANSWER_WITHIN_S = 10.0
"""The last bound, should the state not keep its own."""


class BlockingFace:
    """Waits for a state's answers, in any thread and after a fork. Raises StateDown when the state does."""

    def __init__(self, state: State, name: str) -> None:
        self._state, self._name = state, name
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None

    def close(self) -> None:
        """End the event loop; the state stays open for others."""
        with self._lock:
            loop, self._loop = self._loop, None
            mine = self._pid == os.getpid()
        if loop is not None and mine:
            loop.call_soon_threadsafe(loop.stop)

    def _forget(self) -> None:
        """Called in a forked child: what the parent holds is not the child's."""

    def _ask(self, question: Callable[[], Coroutine[Any, Any, T]]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(question(), self._running())
        try:
            return future.result(ANSWER_WITHIN_S)
        except TimeoutError:
            future.cancel()
            raise StateDown("共享状态没有及时回答", "the shared state gave no answer in time") from None

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop of this process; a fork leaves the parent's behind."""
        if self._pid != os.getpid():
            self._lock, self._pid = threading.Lock(), os.getpid()
            self._loop = None
            self._forget()
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=run, args=(self._loop,), name=self._name, daemon=True).start()
            return self._loop


def run(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, then close it."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()
