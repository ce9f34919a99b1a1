"""The platform and the app within one event loop in virtual time, without sockets.

`Bed` owns the loop, in a thread of its own. The loop runs only while something is done, so between two lines of a test
nothing moves. Whatever waits (a handler of twelve seconds, WeChat's five) is over in a moment, in the right order, and
the clock tells how long it was. The transports carry the app's calls to the platform, the receiver the platform's
pushes to the app, as the same bytes, signatures, encryption and time-outs as in production.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, MutableMapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Never, TypeVar
from urllib.parse import urlencode, urlsplit

from ..app import Binding
from ..app.loops import must_not_block
from ..client.transport import WireReply, WireRequest, outcome_unknown
from ..clock import MovableClock, step_s
from ..errors import SetupError
from ..platform.delivery.receiver import Answered, Unanswered
from ..platform.doors.server import Server
from ..threads import Threads
from .hanging import StillRunning, handler_in_thread, handlers_of
from .virtual_time import VirtualTimeLoop

T = TypeVar("T")

SETTLE_S = 120.0
"""Work that is still running after this much virtual time is left for the next step."""
PATIENCE_S = 10.0
"""The same in real time, which passes while a thread works: a plain handler that hangs does not stop the test."""


STEP_LIMIT_S = 60.0
"""How long one step may take in real time: longer only if a handler blocks the event loop."""
CLOSE_S = 5.0
"""How long the end of a test waits in real time."""
MOST_CALLERS = 1_000
LOOK_AGAIN_S = 0.02
"""How often a thread that waits for the loop looks whether it must run the loop itself."""


class Bed:
    """Carries out coroutines one after another, each until everything it started has come to rest."""

    def __init__(self, start: float | None = None) -> None:
        self._thread = Threads(1, "gongzhong-test-bed")
        self.loop: VirtualTimeLoop = self._thread.submit(VirtualTimeLoop).result()
        self._running = threading.Lock()
        """Held by the thread for which the loop runs."""
        self._hangs: StillRunning | None = None
        self._callers = Threads(MOST_CALLERS, "gongzhong-testing")
        self.clock = BedClock(self, start)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out `work` and let what it started come to rest; exceptions arrive here."""
        if asyncio._get_running_loop() is self.loop:
            work.close()
            raise SetupError(
                "处理函数里不能扮演用户或拨动时钟：它们要等处理函数结束",
                "people cannot act and the clock cannot be moved inside a handler: both wait for the handler to end",
                fix_zh="把这一步写在测试函数里",
                fix_en="do this in the test function",
            )
        with self._running:
            if self._hangs is not None:
                work.close()
            return self._drive(lambda: self._settled(work))

    def carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        """`run` for any thread. While the loop runs for another one (for the act of a person whose handler calls, for a
        second request at the same time) the work is done within that run, else the loop runs for this one."""
        done = asyncio.run_coroutine_threadsafe(work, self.loop)
        while not done.done():
            if self._running.acquire(blocking=False):
                try:
                    if not done.done():
                        self._drive(lambda: self._settled(_finished(done)))
                finally:
                    self._running.release()
            else:
                with suppress(TimeoutError):
                    done.exception(LOOK_AGAIN_S)
        return done.result()

    async def awaited(self, work: Coroutine[Any, Any, T]) -> T:
        """The same for the tasks of any loop."""
        here = asyncio.get_running_loop()
        if here is self.loop:
            return await work
        return await here.run_in_executor(self._callers, self.carry_out, work)

    def _drive(self, work: Callable[[], Coroutine[Any, Any, T]], limit_s: float | None = None) -> T:
        """Let the loop run until the work is done, which is begun in its thread. Raises StillRunning when a handler
        blocks the loop for too long."""
        if self._hangs is not None:
            raise self._hangs
        ended = self._thread.submit(lambda: self.loop.run_until_complete(work()))
        try:
            return ended.result(STEP_LIMIT_S if limit_s is None else limit_s)
        except TimeoutError:
            if ended.done():
                raise
            self._hangs = StillRunning(handler_in_thread("gongzhong-test-bed"))
            raise self._hangs from None

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
        """End everything that still runs. Raises StillRunning, with its name, for a handler that cannot be ended."""
        with self._running:
            if self._hangs is None:
                left = self._drive(cancel_all, CLOSE_S)
                self._drive(self.loop.shutdown_asyncgens, CLOSE_S)
                self._thread.submit(self.loop.close).result(CLOSE_S)
                self._hangs = StillRunning(handlers_of(left)) if left else None
            self._thread.shutdown()
        if self._hangs is not None:
            raise self._hangs


async def cancel_all() -> set[asyncio.Task[Any]]:
    """Cancel every other task and wait for its end, for a moment. Gives those that did not end."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        _, left = await asyncio.wait(left, timeout=CLOSE_S / 2)
    return left


async def _finished(done: Future[Any]) -> None:
    """Wait for a future of this loop, however it ends."""
    waiting = asyncio.wrap_future(done)
    await asyncio.wait({waiting})
    if not waiting.cancelled():
        waiting.exception()


class BedHome:
    """Where an account's handlers run within a test (`app.loops.Home`): on the bed's loop."""

    def __init__(self, bed: Bed) -> None:
        self._bed, self.pid = bed, os.getpid()
        self.loop: asyncio.AbstractEventLoop | None = bed.loop

    async def carry_out(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await self._bed.awaited(work())

    finish = carry_out

    def carry_out_blocking(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if asyncio._get_running_loop() is not None:
            raise must_not_block()
        return self._bed.carry_out(work())

    close = carry_out_blocking


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

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0, **unknown: Never
    ) -> float:
        step = step_s(seconds, minutes, hours, days, unknown)
        self._bed.run(asyncio.sleep(step))
        return self.now()


class InProcessTransport:
    """An `AsyncTransport` straight into the platform's server; on the loop of `bed`, if that is given."""

    def __init__(self, server: Server, bed: Bed | None = None) -> None:
        self._server, self._bed = server, bed

    async def send(self, request: WireRequest, /) -> WireReply:
        # On the bed's own loop: what the call sets in motion there must go on after it.
        sending = self._send(request)
        return await (sending if self._bed is None else self._bed.awaited(sending))

    async def _send(self, request: WireRequest) -> WireReply:
        status, headers, body = 500, {}, []
        sent = False

        async def receive() -> MutableMapping[str, Any]:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": bytes(request.body or b""), "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {
                    name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]
                }
            else:
                body.append(message.get("body", b""))

        try:
            async with asyncio.timeout(request.timeout_s):
                await self._server(_scope(request), receive, send)
        except TimeoutError:
            waited = f"等了 {request.timeout_s:g} 秒", f"waited {request.timeout_s:g} s"
            raise outcome_unknown(request, waited) from None
        content = b"".join(body)
        if int(headers.get("content-length", len(content))) != len(content):
            raise outcome_unknown(request, ("连接断开", "connection lost"))
        return WireReply(status, headers, content)

    async def close(self) -> None:
        """Does nothing: there is no connection to close."""


def _scope(request: WireRequest) -> dict[str, Any]:
    """The request as an ASGI server describes it."""
    parts = urlsplit(request.url)
    return {
        "type": "http",
        "method": request.method,
        "path": parts.path,
        "query_string": urlencode(request.query).encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
        "client": ("127.0.0.1", 0),
        "scheme": parts.scheme,
        "server": (parts.hostname, parts.port),
        "http_version": "1.1",
    }


class BlockingInProcessTransport:
    """A `Transport` for plain handlers, which run in threads beside the loop."""

    def __init__(self, server: Server, bed: Bed) -> None:
        self._transport = InProcessTransport(server)
        self._bed = bed

    def send(self, request: WireRequest, /) -> WireReply:
        return self._bed.carry_out(self._transport.send(request))

    def close(self) -> None:
        """Does nothing: there is no connection to close."""


class AppReceiver:
    """Takes pushes for the apps that a test connected; any other URL is nobody's."""

    def __init__(self) -> None:
        self.apps: dict[str, Binding] = {}

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        parts = urlsplit(url)
        app = self.apps.get(parts.netloc)
        if app is None:
            raise Unanswered("connect", f"nobody listens at {parts.netloc}")
        try:
            async with asyncio.timeout(timeout_s):
                answer = await app.handle(parts.query, body, method)
        except TimeoutError:
            raise Unanswered("timeout", f"{timeout_s:g} s") from None
        return Answered(answer.status, {"content-type": answer.content_type}, answer.body, "127.0.0.1")

    async def close(self) -> None:
        """Does nothing: there is no connection to close."""
