"""The default of the awaiting client: connections of its own on asyncio, kept alive; aiohttp only for proxies.

A call of ours is one small request and one small answer. aiohttp spends some 180 µs of processor time on that, three
times what everything else of a call costs, for what calls never use: cookies, redirects, sessions, streams, traces.
Here llhttp reads the answer in the callback that brings its bytes, so a call costs one future, one timer and one write.
Ways through proxies and SOCKS are aiohttp's.

    Route       where requests to one origin go, and the lines of every head
    Pool        the connections of one event loop: at most so many requests at once, idle ones kept for a while
    Connection  one connection, carrying one exchange at a time
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import struct
import zlib
from base64 import b64encode
from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

import aiohappyeyeballs

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ..transport import (
    PROXY_REFUSED,
    SLOWEST_FILE,
    AsyncTransport,
    Reason,
    Unusable,
    WireReply,
    WireRequest,
    not_reached,
    outcome_unknown,
    plain_reason,
    read_awaiting,
)
from .http1 import Answer, fixed_headers, head_of
from .network import Network

_FAILURES: Final = (OSError, EOFError, ValueError, Unusable, zlib.error)

NO_ADDRESS: Final = "地址不完整", "no address"

NO_LINGER: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, 0 seconds: closing drops what was not sent."""
IDLE_S: Final = 15.0
"""How long a connection without a request is kept. Servers close theirs after a minute or so; one that is closed in the
same moment as it is used again leaves the outcome of a call unknown."""

LOOK_UP_S: Final = 10.0
"""How long the addresses of a host name are used again."""

NEXT_ADDRESS_S: Final = 0.25
"""When the next address of a host is tried beside the one that does not answer (RFC 8305)."""

_THREADS: Final = 4


@dataclass(slots=True, eq=False, repr=False)
class Route:
    """Where requests to one origin go, and the header lines that all of them have."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    headers: str

    @classmethod
    def to(cls, origin: str, network: Network) -> Route:
        """Raises Unusable or ValueError for what is no address."""
        parts = urlsplit(origin)
        if not parts.hostname:
            raise Unusable(*NO_ADDRESS)
        encrypted = parts.scheme == "https"
        host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
        shown = f"[{host}]" if ":" in host else host
        headers = fixed_headers(shown if parts.port is None else f"{shown}:{parts.port}")
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers += f"Authorization: Basic {b64encode(user.encode()).decode()}\r\n"
        port = parts.port or (443 if encrypted else 80)
        return cls(host, port, network.tls() if encrypted else None, headers)


class Connection(asyncio.Protocol):
    """One connection to one origin. It carries one exchange at a time and can be used again while `usable`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        self._loop, self._socket = loop, sock
        self._transport: asyncio.Transport
        self._answer: Answer | None = None
        self._done: asyncio.Future[None] | None = None
        """Set when the answer is whole, or with the reason why it will not be."""
        self._room: asyncio.Future[None] | None = None
        """What a writer waits for while the peer takes nothing more."""
        self._full = False
        self._until = 0.0
        self._timer: asyncio.TimerHandle
        self.gone: asyncio.Future[None] = loop.create_future()
        self.idle_since = 0.0

    @property
    def usable(self) -> bool:
        return not self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Whether nothing has come, not even the peer's end, that the event loop did not read yet.

        A busy loop would hear only after the next request was written that the server had closed.
        """
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    async def carry(self, request: WireRequest, head: bytes, until: float, threads: Executor) -> WireReply:
        """Send a request and take its answer; `until` is the loop's time when all of it must be over.

        Raises one of `_FAILURES`, or what an answer file raises. Whatever ends it early closes the connection.
        """
        answer = self._answer = Answer(request)
        done = self._done = self._loop.create_future()
        self._until, self._timer = until, self._loop.call_at(until, self._expire)
        kept = False
        try:
            body = request.body
            if isinstance(body, Pieces) or (body is not None and len(body) > PIECE_BYTES):
                kept = await self._write(head, body, threads)
            else:
                self._transport.write(head + body if body else head)
                kept = True
            await done
            kept = kept and answer.keeps_alive
        except BaseException:
            kept = False
            if not answer.status:
                self._discard()
            raise
        finally:
            self._timer.cancel()
            self._answer = self._done = None
            if done.done() and not done.cancelled():
                done.exception()  # asyncio reports what nobody looked at
            if not kept:
                self._transport.abort()
        return answer.reply()

    def _discard(self) -> None:
        """Have the system forget what the peer has not got by now: a request that was given up must not arrive later,
        when a cable is joined again."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)

    async def _write(self, head: bytes, body: bytes | Pieces, threads: Executor) -> bool:
        """Write a long body as fast as the peer takes it; False when its answer came before the end of it."""
        self._transport.write(head)
        if isinstance(body, Pieces):
            async with aclosing(cast(Any, read_awaiting(body, threads))) as pieces:
                async for piece in pieces:
                    if not await self._taken(piece):
                        return False
            return True
        for start in range(0, len(body), PIECE_BYTES):
            if not await self._taken(body[start : start + PIECE_BYTES]):
                return False
        return True

    async def _taken(self, piece: bytes) -> bool:
        """Write a piece and wait until there is room for the next; False when there is nobody to write to any more."""
        done = self._done
        if done is None or done.done():
            return False
        self._transport.write(piece)
        if self._full:
            self._room = self._loop.create_future()
            await self._room
        return not done.done()

    def close(self) -> None:
        """Let go of the connection without waiting for the peer."""
        with suppress(RuntimeError):  # its loop may have ended
            self._transport.abort()

    def _end(self, error: Exception | None = None) -> None:
        done, room = self._done, self._room
        if done is not None and not done.done():
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
        if room is not None and not room.done():
            room.set_result(None)

    def _expire(self) -> None:
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._expire)
        else:
            self._end(TimeoutError())

    def _feed(self, data: bytes) -> None:
        answer = self._answer
        if answer is None or answer.whole:
            self._transport.abort()  # nobody asked for it
            return
        try:
            moved = answer.feed(data)
        except Exception as error:
            self._end(error)
            return
        if moved:
            self._until += moved / SLOWEST_FILE
        if answer.whole:
            self._end()

    # ---- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._feed(data)

    def eof_received(self) -> None:
        if self._answer is not None and not self._answer.whole:
            self._feed(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self.eof_received()
        self._end(exc or EOFError("connection closed"))
        if not self.gone.done():
            self.gone.set_result(None)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self._room is not None and not self._room.done():
            self._room.set_result(None)


@dataclass(slots=True, eq=False, repr=False)
class Exchange:
    """One request on its way. `sent` says whether any of it may have arrived."""

    request: WireRequest
    route: Route
    sent: bool = False


class Pool:
    """The connections of one event loop: at most `most` exchanges at once, and idle connections for the next ones."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int, threads: Executor) -> None:
        self._loop, self._threads = loop, threads
        self._turns = asyncio.Semaphore(most)
        self._open: set[Connection] = set()
        self._idle: dict[Route, deque[Connection]] = {}
        """The one that was used last stands at the right end."""
        self._addresses: dict[Route, tuple[float, list[Any]]] = {}
        self._looking: dict[Route, asyncio.Future[list[Any]]] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def run(self, exchange: Exchange) -> WireReply:
        """Carry an exchange on an idle connection or a new one. Raises one of `_FAILURES`, or of an answer file."""
        request, route = exchange.request, exchange.route
        until = self._loop.time() + request.allowed_s
        head = head_of(request, "", route.headers)
        if self._turns.locked():
            async with asyncio.timeout_at(until):
                await self._turns.acquire()
        else:
            await self._turns.acquire()
        connection = None
        try:
            self._require_open()
            connection = self._kept(route)
            if connection is None:
                connect_s = request.connect_s
                async with asyncio.timeout_at(
                    until if connect_s is None else min(until, self._loop.time() + connect_s)
                ):
                    connection = await self._connect(route)
                self._require_open()
            exchange.sent = True
            return await connection.carry(request, head, until, self._threads)
        finally:
            self._turns.release()
            if connection is not None and connection.usable:
                if self._closed:
                    connection.close()
                else:
                    self._keep(route, connection)

    async def close(self) -> None:
        """Close every connection and see it gone. Exchanges under way end with an error."""
        opened = self.drop()
        if opened:
            await asyncio.wait([connection.gone for connection in opened], timeout=1)

    def drop(self) -> list[Connection]:
        """Begin to close every connection; returns them."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        opened, self._idle = list(self._open), {}
        for connection in opened:
            connection.close()
        return opened

    def _require_open(self) -> None:
        if self._closed:
            raise ConnectionAbortedError(errno.ECONNABORTED, "the client was closed")

    def _kept(self, route: Route) -> Connection | None:
        idle, too_old = self._idle.get(route), self._loop.time() - IDLE_S
        while idle:
            connection = idle.pop()
            if connection.usable and connection.idle_since > too_old and connection.silent:
                return connection
            connection.close()
        return None

    def _keep(self, route: Route, connection: Connection) -> None:
        connection.idle_since = self._loop.time()
        self._idle.setdefault(route, deque()).append(connection)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(IDLE_S, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle for too long; come again while anything is idle."""
        too_old, self._sweeper = self._loop.time() - IDLE_S, None
        for idle in self._idle.values():
            while idle and (idle[0].idle_since <= too_old or not idle[0].usable):
                idle.popleft().close()
        if any(self._idle.values()):
            self._sweeper = self._loop.call_later(IDLE_S, self._sweep)

    async def _connect(self, route: Route) -> Connection:
        addresses = await self._look_up(route)
        try:
            sock = await aiohappyeyeballs.start_connection(
                addresses, happy_eyeballs_delay=NEXT_ADDRESS_S, loop=self._loop
            )
        except (OSError, RuntimeError) as error:  # of uvloop's either
            self._addresses.pop(route, None)
            raise error if isinstance(error, OSError) else OSError(str(error)) from None
        _, connection = await self._loop.create_connection(
            partial(Connection, self._loop, sock),
            sock=sock,
            ssl=route.tls,
            server_hostname=route.host.rstrip(".") if route.tls is not None else None,
        )
        self._open.add(connection)
        connection.gone.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    async def _look_up(self, route: Route) -> list[Any]:
        """The addresses of a route's host. However many ask at once, one thread looks it up."""
        until, addresses = self._addresses.get(route, (0.0, []))
        if self._loop.time() < until:
            return addresses
        looking = self._looking.get(route)
        if looking is None:
            question = partial(socket.getaddrinfo, route.host, route.port, type=socket.SOCK_STREAM)
            looking = self._looking[route] = self._loop.run_in_executor(self._threads, question)
            looking.add_done_callback(partial(self._found, route))
        return await asyncio.shield(looking)

    def _found(self, route: Route, looking: asyncio.Future[list[Any]]) -> None:
        self._looking.pop(route, None)
        if not looking.cancelled() and looking.exception() is None:
            self._addresses[route] = (self._loop.time() + LOOK_UP_S, looking.result())


class AsyncioTransport:
    """Sends over connections of its own, with at most `connections` exchanges at once in each event loop.

    Requests that go through a proxy are sent by `AiohttpTransport`. Each event loop has connections of its own, made
    when first needed; after a fork the child opens its own. Name look-ups and files that are uploaded have four threads
    of their own: whatever fills the event loop's default threads does not stop calls.
    """

    def __init__(self, *, network: Network | None = None, connections: int = 100) -> None:
        self._network = network or Network()
        self._connections = connections
        self._pid = os.getpid()
        self._routes: dict[str, Route | None] = {}
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._threads: Executor | None = None
        self._proxied: AsyncTransport | None = None

    async def send(self, request: WireRequest) -> WireReply:
        reason: Reason = ""
        sent = False
        try:
            route = self._route(request.origin)
        except (ValueError, Unusable):
            reason = NO_ADDRESS
        else:
            if route is None:
                return await self._through_proxies().send(request)
            exchange = Exchange(request, route)
            try:
                reply = await self._pool().run(exchange)
            except _FAILURES as error:
                reason, sent = plain_reason(error), exchange.sent
            else:
                if reply.status != PROXY_REFUSED:
                    return reply
                reason = "代理要求用户名和密码（407）", "407 Proxy Authentication Required"
        # Raised outside the handler: errors of the network may hold an address and must not travel along as context.
        raise (outcome_unknown if sent else not_reached)(request, reason)

    async def close(self) -> None:
        pools, self._pools = self._pools, {}
        here = asyncio.get_running_loop()
        for loop, pool in pools.items():
            if loop is here:
                await pool.close()
            elif loop.is_running():
                loop.call_soon_threadsafe(pool.drop)
            else:
                pool.drop()
        proxied, self._proxied = self._proxied, None
        if proxied is not None:
            await proxied.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    def _route(self, origin: str) -> Route | None:
        """The direct way to an origin; None for one behind a proxy. Raises Unusable or ValueError for no address."""
        if self._pid != os.getpid():
            self._pid, self._routes, self._pools = os.getpid(), {}, {}
            self._threads = self._proxied = None
        if origin not in self._routes:
            proxy = self._network.way_to(origin)
            self._routes[origin] = Route.to(origin, self._network) if proxy is None else None
        return self._routes[origin]

    def _pool(self) -> Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            for other in [other for other in list(self._pools) if other.is_closed()]:
                if (ended := self._pools.pop(other, None)) is not None:
                    ended.drop()
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="gongzhong-network")
            pool = self._pools[loop] = Pool(loop, self._connections, self._threads)
        return pool

    def _through_proxies(self) -> AsyncTransport:
        if self._proxied is None:
            from .aiohttp_transport import AiohttpTransport

            self._proxied = AiohttpTransport(network=self._network, connections=self._connections)
        return self._proxied
