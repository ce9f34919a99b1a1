"""Just enough ASGI: read a request, send an answer. The platform's hot path needs no framework."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT = 64 * 1024 * 1024


class BodyTooLarge(Exception):
    """The request is larger than anything WeChat takes."""


class HungUp(Exception):
    """The client closed the connection before its request was whole."""


class Request(msgspec.Struct, frozen=True):
    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    ip: str

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query_string}" if self.query_string else self.path


class Response(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    content_type: str = "application/json; encoding=utf-8"
    headers: Mapping[str, str] = {}
    delay_s: float = 0.0
    """A fault: the answer goes out so much later."""
    cut: bool = False
    """A fault: the connection breaks in the middle of the answer."""


async def read_request(scope: Scope, receive: Receive) -> Request:
    """The whole request. Raises BodyTooLarge, and HungUp for one that was cut: half a request is none."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    _require_length(headers.get("content-length", ""), size)
    client = scope.get("client")
    return Request(
        scope["method"],
        scope["path"],
        scope["query_string"].decode("latin-1"),
        headers,
        b"".join(parts),
        client[0] if client else "127.0.0.1",
    )


def _require_length(promised: str, size: int) -> None:
    """Raises HungUp when less came than the head promised; some servers end a cut body as if it were whole."""
    if promised.isdigit() and int(promised[:20]) != size:
        raise HungUp


async def send_response(send: Send, response: Response) -> None:
    if response.delay_s:
        await asyncio.sleep(response.delay_s)
    if response.cut:
        await _break_off(send)
        return
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        *((name.encode(), value.encode("latin-1")) for name, value in response.headers.items()),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _break_off(send: Send) -> None:
    """Promise more than comes: that is how an application breaks a connection that is not its own.

    The piece in between makes the server write what it has; an answer that is short from the start would wait for ever.
    """
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1024")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    await send({"type": "http.response.body", "body": b""})
