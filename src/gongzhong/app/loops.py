"""Which event loop an account lives on, and how calls from other loops, threads and processes reach it.

Handlers, timers and the reply window of one account live on one loop: the one that uses it first. Programs without a
loop (Flask, Django, every WSGI server) get one in a thread of its own. A call from elsewhere is carried out there.
Two things can take the loop away: a fork, after which the child has neither its thread nor its sockets, and a program
that runs one loop per request. Both are noticed at the next call.

A program that ends without `close` still lets the handlers in the background finish: see `Home`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from ..background import LOOK_AGAIN_S, Background, LoopEnded, before_threads_end, blocked, waited
from ..errors import SetupError, say
from .workers import LOOK_AFTER_S, Workers

T = TypeVar("T")
log = logging.getLogger("gongzhong.app")

LAST_S = 30.0
"""How long a program that ends without `close` waits for what runs in the background."""


class Home(Protocol):
    """Where the handlers of one account run, in this process."""

    loop: asyncio.AbstractEventLoop | None
    """The loop; None until one is needed."""
    pid: int
    """The process that it belongs to: a forked child needs another."""

    async def carry_out(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do the work there and wait for it on the running loop."""
        ...

    def carry_out_blocking(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The same for callers without a loop. Raises SetupError on a running loop, which must not be blocked."""
        ...

    async def finish(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the last work there and wait for it on the running loop; here, if nothing runs there any more."""

    def close(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the last work there and wait for it without a loop."""


class OwnHome:
    """The loop of an account that chooses it by itself.

    `moved` is called on the new loop after the one before has ended; it gives whether work was cut off by that. From
    then on the account lives on a loop of its own, in the background. `last_work` lets handlers finish: it is done on
    that loop when the program ends without `close`, for at most LAST_S seconds.
    """

    def __init__(
        self,
        moved: Callable[[], bool],
        last_work: Callable[[], Coroutine[Any, Any, None]],
        shared: Callable[[], bool] = lambda: False,
    ) -> None:
        self.workers = Workers(shared)
        """Others are looked for once the account has been in use for a while."""
        self.pid = os.getpid()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._moved, self._last_work = moved, last_work
        self._ended: asyncio.AbstractEventLoop | None = None
        """A loop that ended while others waited for it, though it may still tidy up."""
        self._background: Background | None = None
        self._starting = threading.Lock()

    def choose(self, here: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
        """The loop to work on, called from the running loop `here`."""
        home = self.loop
        if home is not None and home is not self._ended and (home is here or home.is_running()):
            return home
        with self._starting:
            home = self.loop
            if home is None:
                self.loop = here
                here.call_later(LOOK_AFTER_S, self.workers.look)
            elif home is self._ended or not home.is_running():
                cut_off = self._moved()
                if cut_off or home is self._ended:
                    log.warning(
                        say(
                            "事件循环在处理函数完成之前就结束了：以后在后台的事件循环里运行",
                            "an event loop ended before its handlers did: from now on they run in the background",
                        )
                    )
                    return self._in_background()
                self.loop = here
            assert self.loop is not None
            return self.loop

    def _in_background(self) -> asyncio.AbstractEventLoop:
        if self._background is None:
            self._background = Background()
            weakref.finalize(self, self._background.stop_soon)
            before_threads_end(self._finish_at_exit)
            loop = self._background.loop
            loop.call_soon_threadsafe(loop.call_later, LOOK_AFTER_S, self.workers.look)
        self.loop = self._background.loop
        return self.loop

    async def carry_out(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """As the protocol says; again if that loop ends meanwhile."""
        here = asyncio.get_running_loop()
        while (home := self.choose(here)) is not here:
            try:
                return await waited(asyncio.run_coroutine_threadsafe(work(), home), home)
            except LoopEnded:
                self._ended = home
        return await work()

    def carry_out_blocking(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self.refuse_to_block()
        for _ in range(2):
            with self._starting:
                home = self.loop
                if home is None or not home.is_running():
                    home = self._in_background()
                background = self._background
            try:
                if background is not None and background.loop is home:
                    return background.wait_for(work())
                return blocked(asyncio.run_coroutine_threadsafe(work(), home), home, LOOK_AGAIN_S)
            except LoopEnded:
                self._background = None
        raise LoopEnded

    async def finish(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        home = self.loop
        if home is None or home is asyncio.get_running_loop() or not home.is_running():
            return await work()
        return await waited(asyncio.run_coroutine_threadsafe(work(), home), home)

    def close(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the last work on the loop in the background, if there is one, and end it."""
        self.refuse_to_block()
        background, self._background = self._background, None
        if background is not None:
            background.wait_for(work())
            background.stop()

    def _finish_at_exit(self) -> None:
        background, self._background = self._background, None
        if background is None or self.pid != os.getpid():
            return
        last = asyncio.run_coroutine_threadsafe(self._last_work(), background.loop)
        with suppress(TimeoutError, CancelledError):
            last.result(LAST_S)
        background.stop_soon()

    def refuse_to_block(self) -> None:
        """Raises SetupError if an event loop is running here, which must not be blocked."""
        here, background = asyncio._get_running_loop(), self._background
        greenlet = background is not None and here is background.loop and not background.called_from_inside
        if here is not None and not greenlet:
            raise must_not_block()


def must_not_block() -> SetupError:
    """The error for blocking a running event loop."""
    return SetupError(
        "这里正在运行事件循环，不能阻塞等待",
        "an event loop is running here, which must not be blocked",
        fix_zh="改用 await oa.handle(…) 或 await oa.shutdown()",
        fix_en="use `await oa.handle(…)` or `await oa.shutdown()`",
    )
