"""The wire without sockets: the app's client reaches the platform, and the platform the app, within one loop.

Everything else stays as it is in production: the same bytes, signatures, encryption and time-outs.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..app import OfficialAccount
from ..client.transport import WireReply, WireRequest, outcome_unknown
from ..platform.delivery.receiver import Answered, Unanswered
from ..platform.doors.server import Server
from .bed import Bed


class InProcessTransport:
    """An `AsyncTransport` straight into the platform's server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(self, request: WireRequest, /) -> WireReply:
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

        parts = urlsplit(request.url)
        scope = {
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
        try:
            async with asyncio.timeout(request.timeout_s):
                await self._server(scope, receive, send)
        except TimeoutError:
            raise outcome_unknown(request, f"{request.timeout_s:g} s") from None
        content = b"".join(body)
        if int(headers.get("content-length", len(content))) != len(content):
            raise outcome_unknown(request, "connection lost")
        return WireReply(status, headers, content)

    async def close(self) -> None:
        """Nothing is open."""


class BlockingInProcessTransport:
    """A `Transport` for plain handlers, which run in threads beside the loop."""

    def __init__(self, server: Server, bed: Bed) -> None:
        self._transport = InProcessTransport(server)
        self._bed = bed

    def send(self, request: WireRequest, /) -> WireReply:
        # On the bed's own loop: what the call sets in motion there must go on after it.
        return self._bed.carry_out(self._transport.send(request))

    def close(self) -> None:
        """Nothing is open."""


class AppReceiver:
    """Takes pushes for the apps that a test connected; any other URL is nobody's."""

    def __init__(self) -> None:
        self.apps: dict[str, OfficialAccount] = {}

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
        """Nothing is open."""
