"""The default of the awaiting client: one session for each event loop, made when first needed.

A client is often made at import time and used in several loops one after another (tests, `asyncio.run`
twice); a session belongs to the loop it was made in, so each loop gets its own.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import weakref
import zlib
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any, Final, cast

import aiohttp
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, ThreadedResolver
from yarl import URL

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ...errors import MissingExtra
from ..transport import (
    PROXY_REFUSED,
    SLOWEST_FILE,
    Inflater,
    Unusable,
    WireReply,
    WireRequest,
    not_reached,
    outcome_unknown,
    plain_reason,
    read_awaiting,
)
from .network import Network, Proxy

_FAILURES: Final = (TimeoutError, ClientError, OSError, EOFError, ValueError, Unusable, zlib.error)
_UNSENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
_THREADS: Final = 4
_SENT_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "gongzhong"}

Sessions = dict[str, ClientSession]


class AiohttpTransport:
    """Sends through aiohttp, with at most `connections` open at once in each event loop.

    Name look-ups and files that are uploaded have four threads of their own: whatever fills the event loop's default
    threads does not stop calls.
    """

    def __init__(self, *, network: Network | None = None, connections: int = 100) -> None:
        self._network = network or Network()
        self._connections = connections
        self._pid = os.getpid()
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Sessions] = (
            weakref.WeakKeyDictionary()
        )
        self._threads: Executor | None = None
        self._unsent: tuple[type[Exception], ...] = _UNSENT

    async def send(self, request: WireRequest) -> WireReply:
        try:
            reply = await self._exchange(request)
        except _FAILURES as error:
            reason, unsent = plain_reason(error), isinstance(error, self._unsent)
        except self._unsent as error:
            reason, unsent = plain_reason(error), True
        else:
            if reply.status != PROXY_REFUSED:
                return reply
            reason = "代理要求用户名和密码（407）", "407 Proxy Authentication Required"
            unsent = True
        # Raised outside the handler, in a frame that holds no header and no body: the library's error holds the URL
        # and must not travel along as context, and tracebacks may show local variables.
        raise (not_reached if unsent else outcome_unknown)(request, reason)

    async def _exchange(self, request: WireRequest) -> WireReply:
        proxy = self._network.way_to(request.url)
        session = self._session(proxy.address if proxy is not None and proxy.socks else "", proxy)
        body, encrypted = request.body, request.url.startswith("https:")
        options: dict[str, Any] = {"ssl": self._network.tls()} if encrypted else {}
        headers = {**_SENT_HEADERS, **request.headers, **request.length}
        if proxy is not None and not proxy.socks:
            # The proxy reads its header in the CONNECT before TLS, else in the request that it forwards.
            options |= {"proxy": proxy.address, "proxy_headers": proxy.credentials if encrypted else None}
            headers |= {} if encrypted else proxy.credentials
        async with (
            asyncio.timeout(request.allowed_s) as scope,
            session.request(
                request.method,
                URL(request.target(), encoded=True),
                data=self._data(body),
                headers=headers,
                allow_redirects=False,
                timeout=_limits(request.timeout_s, request.connect_s),
                **options,
            ) as response,
        ):
            content = await _content(response, request, scope)
            return WireReply(response.status, _headers(response), content)

    async def close(self) -> None:
        every, self._sessions = list(self._sessions.items()), weakref.WeakKeyDictionary()
        here = asyncio.get_running_loop()
        for loop, sessions in every:
            for session in sessions.values():
                if loop is here:
                    await session.close()
                elif loop.is_running():
                    asyncio.run_coroutine_threadsafe(session.close(), loop)
                else:
                    _discard(session)
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    def _session(self, kind: str, proxy: Proxy | None) -> ClientSession:
        """The session of this loop: one for all direct and HTTP connections, one for each SOCKS proxy (`kind`)."""
        if self._pid != os.getpid():
            self._pid, self._sessions, self._threads = os.getpid(), weakref.WeakKeyDictionary(), None
        loop = asyncio.get_running_loop()
        sessions = self._sessions.get(loop)
        if sessions is None:
            for other in [other for other in self._sessions if other.is_closed()]:
                for session in self._sessions.pop(other).values():
                    _discard(session)
            sessions = self._sessions[loop] = {}
        found = sessions.get(kind)
        if found is None:
            found = sessions[kind] = self._open(loop, proxy if kind else None)
        return found

    def _open(self, loop: asyncio.AbstractEventLoop, socks: Proxy | None) -> ClientSession:
        connector = self._through_socks(socks) if socks else self._direct(loop)
        session = ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
        )
        # aiohttp repeats a GET by itself after a lost connection; a GET may use up a code of 网页授权.
        session._retry_connection = False
        return session

    def _direct(self, loop: asyncio.AbstractEventLoop) -> aiohttp.TCPConnector:
        lookups = cast(asyncio.AbstractEventLoop, LookUps(loop, self._executor()))
        return aiohttp.TCPConnector(limit=self._connections, resolver=ThreadedResolver(lookups))

    def _through_socks(self, proxy: Proxy) -> aiohttp.BaseConnector:
        try:
            import aiohttp_socks
        except ImportError:
            raise MissingExtra("aiohttp_socks", "socks") from None
        self._unsent = (
            *_UNSENT,
            aiohttp_socks.ProxyError,
            aiohttp_socks.ProxyConnectionError,
            aiohttp_socks.ProxyTimeoutError,
        )
        version, remote = proxy.scheme[:6], proxy.scheme[6:] in ("h", "a")
        connector: aiohttp.BaseConnector = aiohttp_socks.ProxyConnector.from_url(
            proxy.address.replace(proxy.scheme, version, 1), rdns=remote, limit=self._connections
        )
        if proxy.user is not None:
            connector._proxy_username, connector._proxy_password = proxy.user, proxy.password  # type: ignore[attr-defined]
        return connector

    def _data(self, body: bytes | Pieces | None) -> Any:
        if isinstance(body, Pieces):
            return read_awaiting(body, self._executor())
        return None if body is None else aiohttp.BytesPayload(body)

    def _executor(self) -> Executor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="gongzhong-network")
        return self._threads


class LookUps:
    """The two look-ups that aiohttp's resolver asks an event loop for, in threads of our own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, threads: Executor) -> None:
        self._loop, self._threads = loop, threads

    async def getaddrinfo(self, host: str, port: int, **options: Any) -> Any:
        return await self._loop.run_in_executor(
            self._threads, partial(socket.getaddrinfo, host, port, **options)
        )

    async def getnameinfo(self, address: Any, flags: int = 0) -> Any:
        return await self._loop.run_in_executor(self._threads, socket.getnameinfo, address, flags)


def _headers(response: ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _content(response: ClientResponse, request: WireRequest, scope: asyncio.Timeout) -> bytes:
    encoding, answer_file = response.headers.get("content-encoding", ""), request.answer_file
    length = response.content_length
    if answer_file is None and not encoding and length is not None and length <= request.limit_bytes:
        return await response.read()
    inflater, content = Inflater(request, encoding), bytearray()
    if answer_file is not None:
        answer_file.begin(response.status, _headers(response))
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        plain = inflater.take(piece, len(content))
        if answer_file is None:
            content += plain
        else:
            answer_file.write(plain)
            scope.reschedule((scope.when() or 0) + len(piece) / SLOWEST_FILE)
    inflater.finish()
    return bytes(content) if answer_file is None else answer_file.words


@lru_cache(maxsize=64)
def _limits(timeout_s: float, connect_s: float | None) -> ClientTimeout:
    """Connecting ends a little before the whole, so that a request that was not sent is told as such.

    Without the threshold aiohttp would round more than five seconds up to a whole second of the clock.
    """
    connect = max(timeout_s * 0.9, timeout_s - 0.2)
    if connect_s is not None:
        connect = min(connect, connect_s)
    return ClientTimeout(total=None, connect=connect, sock_connect=connect, ceil_threshold=math.inf)


def _discard(session: ClientSession) -> None:
    """Drop a session whose loop has ended: there is no loop left in which it could be closed properly."""
    if session.connector is not None:
        session.connector._close()
    session.detach()
