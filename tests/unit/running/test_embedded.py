"""A server in this process: it starts, answers, and stops although pages stay open."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gongzhong import SetupError
from gongzhong.running.embedded import EmbeddedServer, run
from gongzhong.running.listening import PortInUse

pytestmark = pytest.mark.anyio


class Application:
    """Answers a request, streams for ever on /live, and keeps a record of its lifespan."""

    def __init__(self) -> None:
        self.record: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                message = await receive()
                self.record.append(message["type"])
                await send({"type": message["type"] + ".complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while scope["path"] == "/live":
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(3600)
        await send({"type": "http.response.body", "body": b"done"})


async def ask(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    return reader, writer


async def test_endless_answers_do_not_keep_it_from_stopping() -> None:
    app = Application()
    server = EmbeddedServer(app, host="127.0.0.1", port=0)
    await server.start()
    reader, writer = await ask(server.port, "/")
    assert (await reader.read()).endswith(b"\r\n\r\ndone")
    live, held = await ask(server.port, "/live")
    assert b"200 OK" in await live.readuntil(b"\r\n\r\n")
    async with asyncio.timeout(5):
        await server.stop()
    assert app.record == ["lifespan.startup", "lifespan.shutdown"]
    writer.close()
    held.close()


async def test_it_runs_until_it_is_asked_to_stop() -> None:
    stop, told = asyncio.Event(), []
    server = EmbeddedServer(Application(), host="127.0.0.1", port=0)

    def ready() -> None:
        told.append(server.port)
        stop.set()

    async with asyncio.timeout(10):
        await run(server, stop=stop, ready=ready)
    assert told == [server.port]


async def test_a_port_in_use_is_refused_before_anything_starts() -> None:
    first = EmbeddedServer(Application(), host="127.0.0.1", port=0)
    await first.start()
    with pytest.raises(PortInUse):
        EmbeddedServer(Application(), host="127.0.0.1", port=first.port)
    await first.stop()


async def test_an_application_that_fails_to_start_is_an_error() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    server = EmbeddedServer(failing, host="127.0.0.1", port=0)
    with pytest.raises(SetupError):
        await server.start()
