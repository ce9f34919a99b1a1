"""The door for ASGI servers and frameworks: `app = oa.asgi`, or a route to it in Starlette and FastAPI.

Answers on whatever path it is mounted; the body is read only up to the limit of a push.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import CallbackError, SetupError, TooLarge
from ..wire import MAX_BODY_BYTES
from .answer import Answer

if TYPE_CHECKING:
    from .served import Served

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiDoor:
    """An ASGI application: the callback URL, and the lifespan of the account."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                try:
                    answer = await self._answer(scope, receive)
                except CallbackError as problem:
                    answer = self.served.refuse(problem)
                if answer is not None:
                    await _respond(answer, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1000})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        binding = self.served.only or self.served.at(*_address(scope))
        body = b""
        more = scope["method"] == "POST"
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return None
            body += event.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                return binding.refuse(too_large())
            more = event.get("more_body", False)
        watch = Watch(receive)
        try:
            query = scope.get("query_string", b"")
            return await binding.handle(query, body, scope["method"], gone=watch.gone)
        finally:
            watch.end()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                try:
                    self.served.check()
                except SetupError as problem:
                    await send({"type": "lifespan.startup.failed", "message": problem.text()})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                await self.served.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


class Watch:
    """Whether a peer has gone, from something that can be awaited until it has gone: begun when first asked."""

    __slots__ = ("_gone", "_until_gone")

    def __init__(self, until_gone: Callable[[], Awaitable[Any]]) -> None:
        self._until_gone = until_gone
        self._gone: asyncio.Future[Any] | None = None

    def gone(self) -> bool:
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._until_gone())
        return self._gone.done()

    def end(self) -> None:
        if self._gone is None:
            return
        if self._gone.done() and not self._gone.cancelled():
            self._gone.exception()  # a server may say so by an error
        self._gone.cancel()


def _address(scope: Scope) -> tuple[str, str]:
    """The Host header, and the path below the place of mounting."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    path, root = scope["path"], scope.get("root_path", "")
    return b"".join(hosts[:1]).decode("latin-1"), path.removeprefix(root) if root else path


async def _respond(answer: Answer, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def too_large() -> TooLarge:
    """The refusal of a body that no push has, without reading it to the end."""
    return TooLarge(
        f"请求超过 {MAX_BODY_BYTES} 字节，不是微信的推送",
        f"the request has more than {MAX_BODY_BYTES} bytes: no push of WeChat",
    )
