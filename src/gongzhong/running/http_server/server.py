"""The callback server: a listening socket, every connection on it, one clock, and how it stops.

Time is looked at once a second: deadlines are exact to a second, and a push costs no timer. A test calls `tick` itself.

Stopping, in order:

    1. draining   the port stays open while requests are being answered, or were cut off so recently that WeChat
                  delivers them again, or the application is busy; at most `drain_s`. Connections that wait for their
                  next request are closed, every answer says `connection: close`. If `others_serve`, another process
                  has the port, so this one gives it up at once and only answers what is open.
    2. closed     nobody can connect; requests that are on their way are waited for, for a second, since their peers
                  were let in; open requests are answered, for `last_s` at most (longer than WeChat waits).
    3. gone       what is left is closed, answered or not.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol

from ...app.served import Served
from ...errors import CallbackError, SetupError
from ...reasons import in_words
from ..listening import bind, refused, remove_stale, require_free, url_of, where
from .connection import Begun, Connection, Phase
from .handshakes import Handshakes
from .limits import Limits, allow_files
from .reading import Request

access = logging.getLogger("gongzhong.access")

TICK_S = 1.0
POLL_S = 0.05
BACKLOG = 4096
"""Connections that the system accepts for us before we look; Linux cuts it to net.core.somaxconn."""
REDELIVERY_S = 6.0
"""WeChat gives a request up after five seconds and delivers it again at once, on a new connection."""
DRAIN_S = 30.0
ARRIVE_S = 1.0
"""How long a stopping server waits for the request of a connection that it accepted and that has brought none yet."""
LAST_S = 10.0


class Application(Protocol):
    """What answers the requests of one account: a Binding.

    `begin` gives the answer, or a coroutine that runs without a task of its own until it waits for the first time (so
    it must not ask for the current task before that), or an answer that can be begun later. All raise nothing.
    """

    def begin(self, query: bytes, body: bytes, method: str, gone: Callable[[], bool]) -> Begun: ...


class _ByAddress:
    """Several accounts, found by host and path."""

    def __init__(self, accounts: Served) -> None:
        self._accounts = accounts

    def begin(self, request: Request, gone: Callable[[], bool]) -> Begun:
        try:
            binding = self._accounts.at(*request.address)
        except CallbackError as problem:
            return self._accounts.refuse(problem)
        return binding.begin(request.query, request.body, request.method, gone)


class CallbackServer:
    """One application on one port or unix socket, in the running event loop. Port 0 takes a free one; see `port`.

    With `Accounts` each request goes to the account that has its host and path. `listener` is a bound socket to use in
    place of the address; whoever made it closes it and removes its file.

    Raises SetupError when the address cannot be listened on or certificate and key do not load.
    """

    handshakes: Handshakes | None = None
    """Of a server with a certificate, once it listens."""
    measured: Callable[[float], None] | None = None
    """Is told how many seconds each answer took."""

    def __init__(
        self,
        app: Application | Served,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        unix_socket: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        reuse_port: bool = False,
        listener: socket.socket | None = None,
        limits: Limits | None = None,
        access_log: bool = False,
        busy: Callable[[], bool] = lambda: False,
        drain_s: float = DRAIN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app.only or _ByAddress(app) if isinstance(app, Served) else app
        self._busy, self._drain_s, self._clock = busy, drain_s, clock
        self.access_log, self._reuse_port = access_log, reuse_port
        self._unix_socket, self._listener = unix_socket, listener
        self.others_serve = reuse_port
        """Whether others accept connections on this address when this server stops."""
        self._tls = None if certificate is None else tls_context(certificate, key)
        self.limits = limits or Limits()
        self.host, self.port = host, port
        if unix_socket is None and listener is None and not reuse_port:
            require_free(host, port)
        self.stopping = False
        self.now = clock()
        self.date = _date()
        self._cut_off_at = float("-inf")
        self._connections: set[Connection] = set()
        self.waiting: dict[Connection, None] = {}
        """Connections without a request under way, the one that has waited longest first."""
        self._most = self.limits.connections
        self._server: asyncio.Server | Handshakes | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Listen. Raises SetupError when the address is taken or not allowed."""
        self._most = allow_files(self.limits.connections)
        loop = asyncio.get_running_loop()
        try:
            self._server = await self._listen(loop)
        except OSError as problem:
            raise refused(self.host, self.port, problem) from None
        self._ticking = loop.create_task(self._tick())

    async def stop(self, drain_s: float | None = None, last_s: float = LAST_S) -> None:
        """Stop as the module says; `drain_s` in place of the server's own.

        Returns within a moment when nothing is under way.
        """
        if self._server is None:
            return
        self.stopping = True
        for connection in list(self.waiting):
            if connection.phase is Phase.IDLE and not connection.arriving:
                connection.give_way()
        if not self.others_serve:
            await self._until(
                lambda: not (self.answering or self._expected or self._busy()),
                self._drain_s if drain_s is None else drain_s,
            )
        self._server.close()
        await self._until(self._nobody_arrives, ARRIVE_S)
        if self.handshakes is not None:
            self.handshakes.drop_all()
        await self._until(lambda: not self.answering, last_s)
        for connection in list(self.waiting):
            connection.give_way()
        await self._until(lambda: not self._connections, 1.0)
        for connection in list(self._connections):
            connection.abort()
        await self._until(lambda: not self._connections, 1.0)
        if self._ticking is not None:
            self._ticking.cancel()
        if self._unix_socket is not None:
            self._unix_socket.unlink(missing_ok=True)
        self._server = None
        self._ended.set()

    async def ended(self) -> None:
        """Return when the server has stopped."""
        await self._ended.wait()

    @property
    def url(self) -> str:
        """Where it listens; for a unix socket `unix:` and its path."""
        if self._listener is not None:
            return where(self._listener, secure=self._tls is not None)
        if self._unix_socket is not None:
            return f"unix:{self._unix_socket}"
        plain = url_of(self.host, self.port)
        return plain if self._tls is None else plain.replace("http:", "https:", 1)

    def _nobody_arrives(self) -> bool:
        shaking = self.handshakes is not None and self.handshakes.open
        return not (shaking or any(connection.arriving for connection in self.waiting))

    @property
    def open(self) -> int:
        """Connections that are open now."""
        return len(self._connections)

    @property
    def answering(self) -> int:
        """Requests being answered now."""
        return len(self._connections) - len(self.waiting)

    @property
    def _expected(self) -> bool:
        """Whether WeChat may deliver again what was cut off a moment ago."""
        return self._clock() - self._cut_off_at < REDELIVERY_S

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> asyncio.Server | Handshakes:
        def make() -> Connection:
            return Connection(self, loop)

        if self._tls is not None:
            return await self._listen_secured(loop, make, self._tls)
        if self._listener is not None:
            return await loop.create_server(make, sock=self._listener.dup(), backlog=BACKLOG)
        if self._unix_socket is not None:
            remove_stale(self._unix_socket)
            server: asyncio.Server = await loop.create_unix_server(
                make, str(self._unix_socket), backlog=BACKLOG
            )
            return server
        options: dict[str, Any] = {"reuse_port": True} if self._reuse_port else {}
        server = await loop.create_server(make, self.host, self.port, backlog=BACKLOG, **options)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _listen_secured(
        self, loop: asyncio.AbstractEventLoop, make: Callable[[], Connection], context: ssl.SSLContext
    ) -> Handshakes:
        limits = self.limits
        self.handshakes = handshakes = Handshakes(
            context,
            make,
            most=limits.handshakes,
            seconds=limits.handshake_s,
            room=lambda: self._most - len(self._connections),
        )
        if self._listener is not None:
            bound = [self._listener.dup()]
        elif self._unix_socket is not None:
            bound = [bind("", 0, self._unix_socket)]
        else:  # on every address that the system makes of the host, as without TLS
            options: dict[str, Any] = {"reuse_port": True} if self._reuse_port else {}
            server = await loop.create_server(make, self.host, self.port, start_serving=False, **options)
            bound = [socket.socket(fileno=os.dup(one.fileno())) for one in server.sockets]
            server.close()
            self.port = bound[0].getsockname()[1]
        handshakes.listen(bound, BACKLOG)
        return handshakes

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    def tick(self) -> None:
        """Look at the clock: end every connection whose deadline has passed."""
        self.now = now = self._clock()
        self.date = _date()
        for connection in [one for one in self._connections if one.deadline <= now]:
            connection.overdue()

    async def _until(self, reached: Callable[[], bool], patience_s: float) -> None:
        ends = self._clock() + patience_s
        while not reached() and self._clock() < ends:  # noqa: ASYNC110 (nothing tells when an application is idle)
            await asyncio.sleep(POLL_S)

    # What the connections tell and ask.

    def opened(self, connection: Connection) -> bool:
        """Take a new connection in; False when every other one is being answered and there is no room."""
        full = len(self._connections) >= self._most
        self._connections.add(connection)
        if full:
            oldest = next(iter(self.waiting), None)
            if oldest is None:
                self.waiting[connection] = None
                return False
            del self.waiting[oldest]
            oldest.give_way()
            if oldest in self._connections:  # it stays counted until the event loop has closed it
                self.waiting[oldest] = None
        self.waiting[connection] = None
        return True

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.waiting.pop(connection, None)

    def begin(self, request: Request, connection: Connection) -> Begun:
        app = self._app
        if isinstance(app, _ByAddress):
            return app.begin(request, connection.gone)
        query = request.target.partition(b"?")[
            2
        ]  # `request.query` without the call: this is on the way of every push
        return app.begin(query, request.body, request.method, connection.gone)

    def cut_off(self) -> None:
        self._cut_off_at = self._clock()

    def answered(self, request: Request, status: int, began: float) -> None:
        """Write the access log: never the query, which holds signatures and OpenIDs."""
        path = request.path.decode("ascii", "replace")
        access.info("%s %s %d %.0f ms", request.method, path, status, 1000 * (time.monotonic() - began))


def tls_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 and newer. Without `key` it stands in the certificate's file. Raises SetupError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    _require_readable(certificate, "证书文件", "certificate")
    if key is not None:
        _require_readable(key, "私钥文件", "key")
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except OSError as problem:  # ssl.SSLError is one
        zh, en = in_words(problem)
        files_zh, files_en = (
            (f"{certificate} 和 {key}", f"{certificate} and {key}") if key else (certificate,) * 2
        )
        raise SetupError(
            f"证书或私钥不能用（{files_zh}）：{zh}",
            f"the certificate or its key cannot be used ({files_en}): {en}",
            fix_zh="给出 PEM 格式、没有密码的证书（完整的链）和私钥",
            fix_en="give the whole certificate chain and the key in PEM, the key without a password",
        ) from None
    return context


def _require_readable(file: Path, zh: str, en: str) -> None:
    """Raises SetupError that names the file: the ssl module says only that one of the two cannot be opened."""
    try:
        with file.open("rb"):
            return
    except OSError as problem:
        why_zh, why_en = in_words(problem)
        raise SetupError(f"不能读取{zh} {file}：{why_zh}", f"cannot read the {en} {file}: {why_en}") from None


def _date() -> bytes:
    return f"date: {formatdate(usegmt=True)}\r\n\r\n".encode()
