"""A connection of the callback server without a socket: bytes in, bytes out, a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from gongzhong.app.answer import Answer
from gongzhong.running.http_server import CallbackServer, Connection, Limits, Phase

Handler = Callable[[bytes, bytes, str], Awaitable[Answer]]


async def echo(query: bytes, body: bytes, method: str) -> Answer:
    """Says what arrived, at once."""
    return Answer(200, b"|".join((method.encode(), query, body)))


class Application:
    """Keeps what reached it."""

    def __init__(self, handler: Handler = echo) -> None:
        self.seen: list[tuple[str, bytes, bytes]] = []
        self._handler = handler

    def begin(
        self, query: bytes, body: bytes, method: str, gone: Callable[[], bool]
    ) -> Coroutine[Any, Any, Answer]:
        self.seen.append((method, query, body))
        return self._answer(query, body, method)

    async def _answer(self, query: bytes, body: bytes, method: str) -> Answer:
        return await self._handler(query, body, method)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Wire(asyncio.Transport):
    """What the server does to its end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = self.aborted = self.half_closed = False
        self.paused = False
        self.protocol: Connection | None = None

    def write(self, data: Any) -> None:
        assert not self.closed, "written after closing"
        self.sent += data

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._lose()

    def abort(self) -> None:
        self.aborted = True
        self.close()

    def _lose(self) -> None:
        assert self.protocol is not None
        asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.half_closed = True

    def pause_reading(self) -> None:
        assert not self.paused
        self.paused = True

    def resume_reading(self) -> None:
        assert self.paused
        self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Recorded(Connection):
    """A connection that keeps the phases it went through."""

    __slots__ = ("phases",)

    @property
    def phase(self) -> Phase:
        return self.phases[-1]

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self.phases = [*getattr(self, "phases", []), phase]


class Bench:
    """A server without a port, and connections to it."""

    def __init__(self, handler: Handler = echo, limits: Limits | None = None) -> None:
        self.app, self.clock = Application(handler), Clock()
        self.server = CallbackServer(self.app, limits=limits, clock=self.clock)

    def connect(self) -> tuple[Recorded, Wire]:
        wire = Wire()
        connection = wire.protocol = Recorded(self.server, asyncio.get_running_loop())
        connection.connection_made(wire)
        return connection, wire

    def pass_s(self, seconds: float) -> None:
        self.clock.now += seconds
        self.server.tick()


async def settle() -> None:
    """Let everything that is ready happen."""
    for _ in range(10):
        await asyncio.sleep(0)


def post(body: bytes = b"<xml/>", query: bytes = b"a=1", *more: bytes) -> bytes:
    lines = [b"POST /?" + query + b" HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def statuses(sent: bytes) -> list[int]:
    """The status of each answer, in order; fails on bytes that belong to no answer."""
    found = []
    while sent:
        head, end, rest = sent.partition(b"\r\n\r\n")
        assert end, head
        lines = head.split(b"\r\n")
        assert lines[0].startswith(b"HTTP/1.1 "), lines[0]
        status = int(lines[0][9:12])
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])
        }
        length = int(fields.get(b"content-length", b"0"))
        assert len(rest) >= length
        sent = rest[length:]
        if status != 100:
            found.append(status)
    return found
