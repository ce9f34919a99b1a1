"""A patient in good health, and the two seams at which an illness is put in: the server's and the API's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from gongzhong import Account, Hosts, Secret
from gongzhong.app import OfficialAccount
from gongzhong.client import WireReply, WireRequest
from gongzhong.messages import Text
from gongzhong.platform import AccountConfig, Platform, PlatformConfig
from gongzhong.platform.delivery.receiver import Answered
from gongzhong.platform.doors.server import Server
from gongzhong.running.doctor.settings import AsGiven

TOKEN = "doctorstoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

DeveloperServer = Callable[[str, str, bytes], Awaitable[Answered]]
"""Method, query string and body → answer."""


class Site:
    """A developer's server in this process."""

    def __init__(self, server: DeveloperServer) -> None:
        self._server = server
        self.requests: list[str] = []

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        self.requests.append(method)
        return await self._server(method, urlsplit(url).query, body)

    async def close(self) -> None:
        self.requests.clear()


class Wechat:
    """The platform without a socket: what it is asked comes from 10.9.8.7."""

    def __init__(self, platform: Platform) -> None:
        self._server = Server(platform)

    async def send(self, request: WireRequest, /) -> WireReply:
        parts = urlsplit(request.target())
        scope = {
            "type": "http",
            "method": request.method,
            "path": parts.path,
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
            "client": ("10.9.8.7", 1),
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": request.body or b""}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._server(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return WireReply(
            sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])
        )

    async def close(self) -> None:
        return


def echoing(account: Account) -> DeveloperServer:
    """A server that is right in everything."""
    oa = OfficialAccount(account, customer_service=False)

    @oa.on(Text)
    async def echo(message: Text) -> str:
        return message.content

    async def serve(method: str, query: str, body: bytes) -> Answered:
        answer = await oa.handle(query, body, method)
        return Answered(answer.status, {"content-type": answer.content_type}, answer.body)

    return serve


@pytest.fixture
def platform() -> Platform:
    config = AccountConfig(name="病人", token=TOKEN, aes_key=AES_KEY, encryption="safe")
    return Platform(PlatformConfig(account=[config]))


@pytest.fixture
def patient(platform: Platform) -> Account:
    state = platform.account("病人")
    return AsGiven(
        appid=state.appid,
        secret=Secret(state.secret),
        token=Secret(TOKEN),
        aes_key=Secret(AES_KEY),
        encryption="safe",
        hosts=Hosts.local("http://127.0.0.1:8700"),
    )


@pytest.fixture
def wechat(platform: Platform) -> Wechat:
    return Wechat(platform)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """An address that accepts connections; what it says comes from a Site."""

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/wechat"
    server.close()
