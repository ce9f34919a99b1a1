"""The default of the awaiting client: one session for each event loop, made when first needed.

A client is often made at import time and used in several loops one after another (tests, `asyncio.run`
twice); a session belongs to the loop it was made in, so each loop gets its own.
"""

from __future__ import annotations

import asyncio
import os
import weakref

import aiohttp
from aiohttp import ClientError, ClientHandlerType, ClientRequest, ClientResponse, ClientSession
from yarl import URL

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ..transport import WireReply, WireRequest, not_reached, outcome_unknown, plain_reason, read_awaiting
from .network import Network

_UNSENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class Cut(Exception):
    """The connection broke after the request was begun."""


class AiohttpTransport:
    """Sends through aiohttp, with at most `connections` open at once in each event loop."""

    def __init__(self, *, network: Network | None = None, connections: int = 100) -> None:
        self._network = network or Network()
        self._connections = connections
        self._pid = os.getpid()
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, ClientSession] = (
            weakref.WeakKeyDictionary()
        )

    async def send(self, request: WireRequest) -> WireReply:
        patience = request.timeout_s
        try:
            async with self._session().request(
                request.method,
                URL(request.target(), encoded=True),
                data=read_awaiting(request.body) if isinstance(request.body, Pieces) else request.body,
                headers={**request.headers, **request.length},
                allow_redirects=False,
                proxy=self._network.proxy_for(request.url),
                ssl=self._network.tls() if request.url.startswith("https:") else True,
                timeout=aiohttp.ClientTimeout(connect=patience, sock_connect=patience, sock_read=patience),
            ) as response:
                body = await _landed(response, request)
                return WireReply(response.status, {k.lower(): v for k, v in response.headers.items()}, body)
        except (TimeoutError, ClientError, OSError, Cut) as error:
            reason, unsent = plain_reason(error), isinstance(error, _UNSENT)
        # Raised outside the handler: the library's error holds the URL and must not travel along as context.
        raise (not_reached if unsent else outcome_unknown)(request, reason)

    async def close(self) -> None:
        sessions, self._sessions = list(self._sessions.items()), weakref.WeakKeyDictionary()
        here = asyncio.get_running_loop()
        for loop, session in sessions:
            if loop is here:
                await session.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(session.close(), loop)
            else:
                _discard(session)

    def _session(self) -> ClientSession:
        if self._pid != os.getpid():
            self._pid, self._sessions = os.getpid(), weakref.WeakKeyDictionary()
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            for other in [other for other in self._sessions if other.is_closed()]:
                _discard(self._sessions.pop(other))
            connector = aiohttp.TCPConnector(limit=self._connections)
            session = ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(_never_repeat,)
            )
            self._sessions[loop] = session
        return session


async def _landed(response: ClientResponse, request: WireRequest) -> bytes:
    landing = request.landing
    if landing is None:
        return await response.read()
    landing.begin()
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        landing.write(piece)
    return landing.words


async def _never_repeat(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from repeating a GET by itself after a lost connection: a GET may use up a code."""
    try:
        return await handler(request)
    except _UNSENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    raise Cut(reason)


def _discard(session: ClientSession) -> None:
    """Drop a session whose loop has ended: there is no loop left in which it could be closed properly."""
    if session.connector is not None:
        session.connector._close()
    session.detach()
