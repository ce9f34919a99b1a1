"""An event loop in a thread of its own, and waiting for what runs on a loop elsewhere.

Whoever waits learns when that loop ends: LoopEnded, never silence.
"""

from __future__ import annotations

import asyncio
import atexit
import sys
import threading
import types
import weakref
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_AGAIN_S = 0.5
"""How often somebody who waits for a loop of others looks whether it still runs."""
SELDOM_S = 10.0
"""The same for a loop of our own, which tells of its end."""
CANCEL_S = 3.0
"""How long tasks that a loop of our own leaves behind may take to be cancelled."""


if sys.version_info >= (3, 12):

    def eagerly(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        """A task that takes its first step now: a handler that is done at once costs no turn of the loop."""
        return asyncio.Task(work, loop=loop, eager_start=True)

else:

    def eagerly(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        return loop.create_task(work)


@types.coroutine
def next_turn() -> Generator[None, None, None]:
    """Let every task that is ready take one step."""
    yield


def cancelled_from_outside() -> bool:
    """Whether somebody else, such as a loop that ends, has asked for the end of the task that is running."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Brief(asyncio.Future[T]):
    """A future after which a server may go on without a task of its own, which costs as much as a small handler."""


class Postponed(asyncio.Future[T]):
    """An answer that can be given once this future is done: `go_on` then gives it, or a coroutine that waits for it.

    So whoever has to wait for one thing before anything else costs neither a coroutine nor a task meanwhile.
    """

    def go_on(self) -> Any:
        """The answer, or a coroutine. Called once, after the future is done."""
        raise NotImplementedError

    def drop(self) -> None:
        """Nobody waits for the answer any more: called in place of `go_on`."""
        raise NotImplementedError


async def gone_on(begun: Postponed[Any]) -> Any:
    """The answer, for those who await it in a task."""
    try:
        await asyncio.wait({begun})
    except asyncio.CancelledError:
        begun.drop()
        raise
    answer = begun.go_on()
    return await answer if isinstance(answer, Coroutine) else answer


async def in_task() -> None:
    """Go on in a task: what sets time limits needs one, and a server takes the first steps of an answer without."""
    if asyncio.current_task() is None:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


class LoopEnded(Exception):
    """The loop that should have answered has ended."""


class Background:
    """A loop that runs in a daemon thread from the first call until `stop`."""

    def __init__(self, name: str = "gongzhong-app") -> None:
        self.loop = asyncio.new_event_loop()
        self._waiting: set[Future[Any]] = set()
        """What other threads wait for here."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        running = threading.Event()
        self.loop.call_soon(running.set)
        self._thread.start()
        running.wait()

    @property
    def called_from_inside(self) -> bool:
        """Whether the caller runs on this loop. Under gevent every greenlet sees its loop as running."""
        return threading.get_ident() == self._thread.ident

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work on this loop and block until it is done. Raises LoopEnded if the loop ends first.

        The end of the loop cancels what is waited for, so a thousand threads that wait here need not poll for it.
        """
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        self._waiting.add(future)
        try:
            return blocked(future, self.loop, SELDOM_S)
        finally:
            self._waiting.discard(future)

    def stop(self) -> None:
        """End the loop, cancel what runs there, and wait for its thread."""
        self.stop_soon()
        self._thread.join()

    def stop_soon(self) -> None:
        """The same without waiting."""
        with suppress(RuntimeError):  # it has ended already
            self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            for future in list(self._waiting):
                future.cancel()
            self._cancel_tasks()
            self.loop.close()

    def _cancel_tasks(self) -> None:
        """Let every task end: asyncio complains about a loop that closes over tasks that wait."""
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left, timeout=CANCEL_S))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())


def before_threads_end(call: Callable[[], None]) -> None:
    """Have a method called when the program ends, if its object still exists then.

    Before Python itself forbids new threads, which a last API call may need; `atexit` would come after that.
    """
    import concurrent.futures.thread  # noqa: F401  # its hook ends thread pools: registered before, it is called after

    reference = weakref.WeakMethod(call)

    def at_exit() -> None:
        method = reference()
        if method is not None:
            method()

    with suppress(RuntimeError):  # the program is ending already
        getattr(threading, "_register_atexit", atexit.register)(at_exit)


async def waited(future: Future[T], home: asyncio.AbstractEventLoop) -> T:
    """The result of work on another loop. Raises LoopEnded if that ends first."""
    waiting = asyncio.wrap_future(future)
    try:
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=LOOK_AGAIN_S)
            if not waiting.done() and not home.is_running():
                raise LoopEnded
    except asyncio.CancelledError:
        waiting.cancel()
        raise
    if waiting.cancelled():
        raise LoopEnded
    return waiting.result()


def blocked(future: Future[T], home: asyncio.AbstractEventLoop, look_s: float) -> T:
    """The result of work on a loop in another thread. Raises LoopEnded if that ends, looking every `look_s` seconds."""
    while True:
        try:
            return future.result(look_s)
        except TimeoutError:
            if future.done():
                return future.result()
            if not home.is_running():
                raise LoopEnded from None
        except CancelledError:
            raise LoopEnded from None
