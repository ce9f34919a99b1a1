"""From aiohttp's side of a connection to the platform's ASGI application, one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aiohttp import web
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge

from ...errors import say
from ..doors.http import BODY_LIMIT, Receive, Scope, Send
from .authority import is_ours

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL, FILES = "/_platform/", "/_platform/media/"
KEPT_OPEN_S = 75.0
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "proxy-connection", "upgrade"})


class Answer:
    """What an ASGI application sends, gathered."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
            ]
        else:
            self.body += message.get("body", b"")

    @property
    def promised(self) -> int:
        """The length that the application announced."""
        lengths = [value for name, value in self.headers if name.lower() == "content-length"]
        return int(lengths[0]) if lengths else len(self.body)


def connection_factory(app: Asgi) -> web.Server:
    """Protocols that read HTTP/1.1 requests for WeChat's hosts and have `app` answer them."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        host = (request.url.host or "").lower()
        path = request.rel_url.path
        if not is_ours(host) or (path.startswith(CONTROL) and not path.startswith(FILES)):
            return web.Response(
                status=403, text=say("这里只有微信的接口\n", "only WeChat's own paths are here\n")
            )
        try:
            body = await request.read()
        except HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        answer = Answer()
        await app(_scope(request), _receiving(body), answer.send)
        return await _respond(request, answer)

    return web.Server(handle, request_factory=_limited, keepalive_timeout=KEPT_OPEN_S)


def _limited(
    message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]
) -> web.BaseRequest:
    return web.BaseRequest(
        message,
        payload,
        protocol,
        writer,
        task,
        asyncio.get_running_loop(),
        client_max_size=BODY_LIMIT,
    )


def _scope(request: web.BaseRequest) -> Scope:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.rel_url.path,
        "raw_path": request.rel_url.raw_path.encode(),
        "query_string": request.rel_url.raw_query_string.encode(),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": (request.remote or "127.0.0.1", 0),
        "server": (request.url.host, request.url.port),
    }


def _receiving(body: bytes) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def _respond(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    headers = [(name, value) for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = answer.promised
    await response.prepare(request)
    if request.method != "HEAD":
        await response.write(bytes(answer.body))
    if answer.promised > len(answer.body) and request.transport is not None:
        request.transport.abort()
    return response
