"""The proxy itself: reads what a connection asks for, and answers, tunnels or refuses.

CONNECT to one of WeChat's hosts ends here: the connection turns to TLS with a certificate for that name, and the
platform answers the requests in it. Every other host is refused with a reason, unless it was named; then bytes pass
through unread. Nothing here reaches the real WeChat.

Bytes from one connection to another, unread: for hosts that the proxy was told to let through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, cast

from ...errors import SetupError, say
from ...reasons import in_words
from .authority import Authority, is_ours
from .bridge import Asgi, connection_factory

HEAD_BYTES = 8 * 1024
HEAD_END = b"\r\n\r\n"
HEAD_S = 10.0
HANDSHAKE_S = 10.0
CONNECT_S = 10.0
ENDS_WITHIN_S = 0.5
"""Requests under way at a stop: their connections are gone by then, and nobody reads an answer."""
CONNECTIONS = 1_000
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Refused(Exception):
    """What was asked is not done; `status` and the reason go to the client."""

    def __init__(self, status: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.status, self.zh, self.en = status, zh, en

    def answer(self) -> bytes:
        body = f"{say(self.zh, self.en)}\n".encode()
        head = (
            f"HTTP/1.1 {self.status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


Decision = Callable[[asyncio.Transport, bytes, bytes], None]


class Entrance(asyncio.Protocol):
    """Reads the head of the first request, then lets somebody else have the connection."""

    def __init__(self, decide: Decision) -> None:
        self._decide = decide
        self._received = b""
        self._decided = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._timeout = asyncio.get_running_loop().call_later(HEAD_S, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._decided:
            # Who speaks before the answer to CONNECT speaks to nobody.
            self._transport.abort()
            return
        self._received += data
        head, end, rest = self._received.partition(HEAD_END)
        if not end and len(head) <= HEAD_BYTES:
            return
        self._decided = True
        self._timeout.cancel()
        try:
            if len(head) > HEAD_BYTES:
                raise Refused("431 Request Header Fields Too Large", "请求头太长", "the head is too long")
            self._decide(self._transport, head + end, rest)
        except Refused as refused:
            self._transport.write(refused.answer())
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timeout.cancel()


class ForwardProxy:
    """Answers for WeChat's hosts from `app`. Port 0 takes a free one; see `port` after `start`."""

    def __init__(
        self,
        app: Asgi,
        authority: Authority,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allowed: Iterable[str] = (),
    ) -> None:
        self.authority = authority
        self.host, self.port = host, port
        self._allowed = frozenset(name.lower() for name in allowed)
        self._app = app
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.Transport] = set()

    async def start(self) -> None:
        """Listen. Raises SetupError when the port cannot be had."""
        loop = asyncio.get_running_loop()
        self._protocols = connection_factory(self._app)
        try:
            self._server = await loop.create_server(lambda: Entrance(self._decide), self.host, self.port)
        except OSError as problem:
            zh, en = in_words(problem)
            raise SetupError(
                f"代理不能在 {self.host}:{self.port} 监听：{zh}",
                f"the proxy cannot listen on {self.host}:{self.port}: {en}",
                fix_zh="换一个端口（--proxy）",
                fix_en="choose another port with --proxy",
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in self._transports:
            transport.abort()
        if self._server is not None:
            await self._protocols.shutdown(ENDS_WITHIN_S)

    def _decide(self, transport: asyncio.Transport, head: bytes, rest: bytes) -> None:
        """What becomes of a connection. Raises Refused."""
        self._transports = {one for one in self._transports if not one.is_closing()}
        if len(self._transports) >= CONNECTIONS:
            raise Refused("503 Service Unavailable", "连接太多", "too many connections")
        self._transports.add(transport)
        method, target = _first_line(head)
        if method != "CONNECT":
            self._answer_plain(transport, head + rest)
            return
        host, port = _host_and_port(target)
        if rest:
            raise Refused("400 Bad Request", "CONNECT 之后要先等应答", "wait for the answer to CONNECT")
        if is_ours(host):
            self._start(self._intercept(transport, host))
        elif host in self._allowed:
            self._start(self._tunnel(transport, host, port))
        else:
            raise Refused(
                "403 Forbidden",
                f"代理只代表微信的域名，不转发到 {host}；需要时用 --proxy-allow {host}",
                f"this proxy speaks for WeChat's hosts only, not for {host}; --proxy-allow {host} lets it through",
            )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer_plain(self, transport: asyncio.Transport, received: bytes) -> None:
        """HTTP without TLS: the same answers."""
        protocol = self._protocols()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(received)

    async def _intercept(self, transport: asyncio.Transport, host: str) -> None:
        """Turn the connection to TLS as `host`, and let the platform answer what comes."""
        protocol = self._protocols()
        context = self.authority.context(host)
        transport.write(ESTABLISHED)
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, protocol, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_S
            )
        except (OSError, EOFError):
            # Mostly a client that does not trust the authority: it has said so to its user.
            transport.abort()
            return
        if secured is not None:
            protocol.connection_made(secured)

    async def _tunnel(self, transport: asyncio.Transport, host: str, port: int) -> None:
        near, far = Pipe(), Pipe()
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().create_connection(lambda: far, host, port)
        except (OSError, TimeoutError):
            transport.write(
                Refused("502 Bad Gateway", f"连不上 {host}:{port}", f"cannot reach {host}:{port}").answer()
            )
            transport.close()
            return
        join(near, far)
        transport.set_protocol(near)
        near.connection_made(transport)
        transport.write(ESTABLISHED)


def _first_line(head: bytes) -> tuple[str, str]:
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused("400 Bad Request", "不是 HTTP/1.1 请求", "not an HTTP/1.1 request")
    return words[0], words[1]


def _host_and_port(target: str) -> tuple[str, int]:
    host, colon, port = target.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Refused("400 Bad Request", "CONNECT 需要 主机:端口", "CONNECT needs host:port")
    return host.strip("[]").lower(), int(port)


IDLE_S = 300.0
"""A tunnel through which nothing came in either direction for so long is closed."""


class Pipe(asyncio.Protocol):
    """One end of a tunnel: what arrives here leaves at the other end."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Pipe | None = None
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._moved()

    def data_received(self, data: bytes) -> None:
        self._moved()
        if self.other is not None and self.other.transport is not None:
            self.other._moved()
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """One side has nothing more to say; the other may still answer."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """This end cannot keep up, so the other one stops taking in."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def _moved(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self.transport is not None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.transport.abort)


def join(near: Pipe, far: Pipe) -> None:
    """Make two ends one tunnel."""
    near.other, far.other = far, near
