"""From a push to its replies: middleware, router, arguments, handler.

`begin` gives the first result, which may become the passive reply, and what an async generator still has to
say. It knows nothing of deadlines or connections.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias

from ..messages import Push, Reply
from .arguments import Handler, Invocation, Style
from .results import Result, as_reply

if TYPE_CHECKING:
    from .official_account import OfficialAccount

CallNext: TypeAlias = Callable[[Push], Awaitable[Reply | None]]
"""What middleware calls to go on: the next middleware or the handler. Gives the first reply."""

Middleware: TypeAlias = Callable[[Push, CallNext], Awaitable[Result]]
Stream: TypeAlias = AsyncGenerator[Reply | None, None]


class Dispatcher:
    """Runs the handlers of one account."""

    def __init__(self, oa: OfficialAccount, middleware: list[Middleware]) -> None:
        self._oa = oa
        self._middleware = middleware

    async def begin(self, push: Push) -> tuple[Reply | None, Stream | None]:
        """The first reply to a push, and the replies that follow it. Raises what the handler raises."""
        run = Run(self._oa, self._middleware)
        try:
            reply = await (run.step(0, push) if self._middleware else run.handle(push))
        except BaseException:
            if run.stream is not None:
                await run.stream.aclose()
            raise
        return reply, run.stream


class Run:
    """One push on its way through the middleware."""

    def __init__(self, oa: OfficialAccount, middleware: list[Middleware]) -> None:
        self._oa = oa
        self._middleware = middleware
        self.stream: Stream | None = None

    async def step(self, number: int, push: Push) -> Reply | None:
        if number == len(self._middleware):
            return await self.handle(push)

        async def call_next(push: Push) -> Reply | None:
            return await self.step(number + 1, push)

        return as_reply(await self._middleware[number](push, call_next), push)

    async def handle(self, push: Push) -> Reply | None:
        """The handler's first reply, past all middleware."""
        found = self._oa.find(push)
        if found is None:
            self._oa.counters["unhandled"] += 1
            return None
        handler, groups = found
        invocation = Invocation(self._oa, push, handler, groups)
        if handler.style is Style.STREAM:
            self.stream = self._streamed(invocation)
            return await anext(self.stream, None)
        if not handler.wants_session:
            return as_reply(await _result(invocation), push)
        async with self._oa.sessions.borrow(push.openid) as invocation.session:
            return as_reply(await _result(invocation), push)

    async def _streamed(self, invocation: Invocation) -> Stream:
        if invocation.handler.wants_session:
            async with self._oa.sessions.borrow(invocation.push.openid) as invocation.session:
                async for reply in _items(invocation):
                    yield reply
        else:
            async for reply in _items(invocation):
                yield reply


async def _items(invocation: Invocation) -> Stream:
    async with aclosing(invocation.handler.function(**invocation.arguments())) as results:
        async for result in results:
            yield as_reply(result, invocation.push)


def _result(invocation: Invocation) -> Awaitable[Any]:
    handler, arguments = invocation.handler, invocation.arguments()
    if handler.style is Style.ASYNC:
        started: Awaitable[Any] = handler.function(**arguments)
        return started
    return _in_thread(handler, arguments)


async def _in_thread(handler: Handler, arguments: dict[str, Any]) -> Any:
    result = await asyncio.to_thread(handler.function, **arguments)
    return await result if inspect.isawaitable(result) else result
