"""Wraps an ASGI application that is served: request bodies get time limits, and open answers end when the server stops.

The server bounds heads, idle connections and their number; it does not bound how slowly a body comes. A body that stops
arriving looks to the application as if its peer had gone; if it has not answered by then, the peer gets 408.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from ..errors import say

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

BODY_WAIT_S = 15.0
"""The longest pause within a body, in seconds."""
BODY_S = 300.0
"""The longest time for a whole body: uploads of pictures and videos over slow networks pass here, too."""


class Guarded:
    """An ASGI application with these limits; the server calls `interrupt` and `quiet` when it stops.

    `begun` is set when the application has started up, or does not know the protocol for that (lifespan).
    """

    def __init__(self, app: Any, *, wait_s: float = BODY_WAIT_S, total_s: float = BODY_S) -> None:
        self._app, self._wait_s, self._total_s = app, wait_s, total_s
        self._stopping = False
        self.begun = asyncio.Event()
        self.measured: Callable[[float], None] | None = None
        """Is told how many seconds each answer took."""
        self._streams: set[asyncio.Task[Any]] = set()
        self._requests: set[asyncio.Task[Any]] = set()

    @property
    def quiet(self) -> bool:
        """Whether no request is under way but those whose answers are endless streams (live events)."""
        return len(self._requests) == len(self._streams)

    @property
    def open(self) -> int:
        """Requests being answered now."""
        return len(self._requests)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        if scope["type"] != "http" or task is None:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, lambda: self._streams.add(task), self._wait_s, self._total_s)
        self._requests.add(task)
        began = time.monotonic()
        try:
            await self._app(scope, exchange.receive, exchange.send)
            await exchange.end()
        except asyncio.CancelledError:
            # The server takes a cancelled request for an error of the application and would report it.
            if not self._stopping:
                raise
        finally:
            self._requests.discard(task)
            if self.measured is not None and task not in self._streams:
                self.measured(time.monotonic() - began)
            self._streams.discard(task)

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        failed = False

        async def noted(message: Message) -> None:
            nonlocal failed
            await send(message)
            failed = failed or message["type"] == "lifespan.startup.failed"
            if message["type"] == "lifespan.startup.complete":
                self.begun.set()

        try:
            await self._app(scope, receive, noted)
        finally:
            if not failed:
                self.begun.set()

    def interrupt(self, *, everything: bool) -> None:
        """End answers that have been streaming, or all that are under way."""
        self._stopping = True
        for task in list(self._requests if everything else self._streams):
            task.cancel()


class _Exchange:
    """One request: counts the time of its body, and remembers whether an answer has begun."""

    def __init__(
        self, receive: Receive, send: Send, streaming: Callable[[], None], wait_s: float, total_s: float
    ) -> None:
        self._receive, self._send, self._streaming = receive, send, streaming
        self._wait_s = wait_s
        self._ends = asyncio.get_running_loop().time() + total_s
        self._complete = self._late = self._answering = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        left_s = self._ends - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(self._wait_s, left_s)):
                message = await self._receive()
        except TimeoutError:
            self._complete = self._late = True
            return {"type": "http.disconnect"}
        self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        self._answering = True
        if message.get("more_body"):
            self._streaming()
        await self._send(message)

    async def end(self) -> None:
        """Answer in the application's place when the body did not come."""
        if not self._late or self._answering:
            return
        body = say("请求没有按时发完\n", "the request was not sent in time\n").encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        body = say("请求没有按时发完\n", "the request was not sent in time\n").encode()
        await self._send({"type": "http.response.start", "status": 408, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
