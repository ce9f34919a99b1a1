"""The door for granian's RSGI: the shortest way from the socket to the handlers, with no framework
between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ..errors import CallbackError
from ..wire import MAX_BODY_BYTES
from .answer import Answer
from .asgi import Watch, too_large
from .wsgi import LENGTH_DIGITS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .served import Served


class Headers(Protocol):
    def get(self, key: str, default: str | None = None) -> str | None: ...


class Scope(Protocol):
    """What granian tells about a connection; only what is needed here."""

    proto: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Headers: ...


class HttpProtocol(Protocol):
    """Granian's half of one HTTP exchange."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def close(self, status: int | None = None) -> object: ...
    async def client_disconnect(self) -> None: ...


class RsgiDoor:
    """An RSGI application: the callback URL. Granian calls `__rsgi_del__` when a worker stops."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._stopping: asyncio.Task[None] | None = None

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        if scope.proto != "http":
            protocol.close(404)
            return
        served, method = self._served, scope.method
        try:
            binding = served.only or served.at(scope.headers.get("host") or "", scope.path)
        except CallbackError as problem:
            _respond(served.refuse(problem), protocol)
            return
        watch = Watch(protocol.client_disconnect)
        body = await _body(scope, protocol) if method == "POST" else b""
        if body is None:
            answer: Answer = binding.refuse(too_large())
        else:
            answer = await binding.handle(scope.query_string, body, method, gone=watch.gone)
            watch.end()
        _respond(answer, protocol)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop.is_running():
            self._stopping = loop.create_task(self._served.shutdown())
        else:
            loop.run_until_complete(self._served.shutdown())


def _respond(answer: Answer, protocol: HttpProtocol) -> None:
    protocol.response_bytes(answer.status, answer.headers(), answer.body)


async def _body(scope: Scope, protocol: HttpProtocol) -> bytes | None:
    """The body, or None when it is longer than any push. Announced lengths spare the counting."""
    announced = scope.headers.get("content-length") or ""
    if announced.isascii() and announced.isdecimal():
        digits = announced.lstrip("0")
        fits = len(digits) <= LENGTH_DIGITS and int(digits or "0") <= MAX_BODY_BYTES
        return await protocol() if fits else None
    body = b""
    async for chunk in protocol:
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return body
