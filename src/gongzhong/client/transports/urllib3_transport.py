"""The default of the blocking client: connections of urllib3, kept alive, spoken to without its request layer.

urllib3 makes the connections (names, TLS, proxies, SOCKS) and keeps them; the exchange itself is written and read
here with llhttp, so that one deadline holds for all of it and no time goes into retries, redirects and
streams, which a `Transport` must not have.
"""

from __future__ import annotations

import os
import threading
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final, cast

import urllib3
from httptools import HttpParserError, HttpParserUpgrade
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ...errors import MissingExtra
from ..transport import (
    PROXY_REFUSED,
    Deadline,
    Reason,
    TooLong,
    WireReply,
    WireRequest,
    not_reached,
    outcome_unknown,
    plain_reason,
)
from .http1 import Answer, fixed_headers, head_of
from .network import Network, Proxy

_FAILURES: Final = (
    *(HTTPError, HttpParserError, HttpParserUpgrade, HTTPException),
    *(OSError, EOFError, ValueError, TooLong, zlib.error),
)


@dataclass(slots=True, repr=False)
class Route:
    """How requests to one origin leave: their connections, and what stands in each head."""

    pool: HTTPConnectionPool
    tunnel: bool
    prefix: str = ""
    """Before the path: the whole origin when a proxy forwards."""
    headers: str = ""


@dataclass(slots=True, eq=False, repr=False)
class Exchange:
    """One request on one connection. `sent` says whether any of it may have arrived."""

    request: WireRequest
    route: Route
    deadline: Deadline
    sent: bool = False
    connection: HTTPConnection = field(init=False)

    def run(self) -> WireReply:
        """Raises one of `_FAILURES`; the connection is kept only after a whole answer."""
        self.connection = cast(HTTPConnection, self.route.pool._get_conn(self.deadline.left_s()))
        whole = False
        try:
            if self.connection.sock is None:
                self._connect()
            self._write()
            reply, whole = self._read()
            return reply
        finally:
            if not whole:
                self.connection.close()
            self.route.pool._put_conn(cast(Any, self.connection))

    def _connect(self) -> None:
        left_s, connect_s = self.deadline.left_s(), self.request.connect_s
        self.connection.timeout = left_s if connect_s is None else min(left_s, connect_s)
        if self.route.tunnel:
            self.route.pool._prepare_proxy(cast(Any, self.connection))
        else:
            self.connection.connect()

    def _write(self) -> None:
        head, body = head_of(self.request, self.route.prefix, self.route.headers), self.request.body
        self.sent = True
        try:
            if isinstance(body, Pieces):
                self._send(head)
                for piece in body:
                    self._send(piece)
            else:
                self._send(head + body if body else head)
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever closes early may have answered first (413)

    def _send(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            self.socket().sendall(data[start : start + PIECE_BYTES] if len(data) > PIECE_BYTES else data)

    def socket(self) -> Any:
        """The open socket, whose next wait is bounded by what is left of the time."""
        sock = self.connection.sock
        if sock is None:
            raise ConnectionError("closed")
        sock.settimeout(self.deadline.left_s())
        return sock

    def _read(self) -> tuple[WireReply, bool]:
        """The answer, and whether the connection can be used again."""
        answer = Answer(self.request)
        while not answer.whole:
            self.deadline.moved(answer.feed(self.socket().recv(PIECE_BYTES)))
        return answer.reply(), answer.keeps_alive


class Urllib3Transport:
    """Sends through connections of urllib3.

    `connections` idle connections are kept for each host; more may be open at a moment when more threads
    call at once. After a fork the child opens its own.
    """

    def __init__(self, *, network: Network | None = None, connections: int = 64) -> None:
        self._network = network or Network()
        self._connections = connections
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._routes: dict[str, Route] = {}

    def send(self, request: WireRequest) -> WireReply:
        reason: Reason = ""
        sent = False
        try:
            exchange = Exchange(request, self._route(request.origin), Deadline(request))
        except LocationParseError:
            reason = "地址不完整", "no address"
        else:
            try:
                reply = exchange.run()
            except _FAILURES as error:
                reason, sent = plain_reason(error), exchange.sent
            else:
                if reply.status != PROXY_REFUSED:
                    return reply
                reason = "代理要求用户名和密码（407）", "407 Proxy Authentication Required"
        # Raised outside the handler: the library's error holds the address and must not travel along as context.
        raise (outcome_unknown if sent else not_reached)(request, reason)

    def close(self) -> None:
        with self._lock:
            routes, self._routes = self._routes, {}
        for route in routes.values():
            route.pool.close()

    def _route(self, origin: str) -> Route:
        if self._pid != os.getpid():
            self._pid, self._routes, self._lock = os.getpid(), {}, threading.Lock()
        route = self._routes.get(origin)
        if route is None:
            new = self._new_route(origin)
            with self._lock:
                route = self._routes.setdefault(origin, new)
        return route

    def _new_route(self, origin: str) -> Route:
        encrypted, proxy = origin.startswith("https:"), self._network.way_to(origin)
        options: dict[str, Any] = {"maxsize": self._connections}
        if encrypted:
            options["ssl_context"] = self._network.tls()
        pool = _manager(proxy, options).connection_from_url(origin)
        host = origin.partition("://")[2].rpartition("@")[2]
        headers = fixed_headers(host)
        forwarded = proxy is not None and not proxy.socks and not encrypted
        if forwarded and proxy is not None:
            headers += "".join(f"{name}: {value}\r\n" for name, value in proxy.credentials.items())
        tunnel = proxy is not None and not proxy.socks and encrypted
        return Route(pool, tunnel, origin if forwarded else "", headers)


def _manager(proxy: Proxy | None, options: dict[str, Any]) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(**options)
    if not proxy.socks:
        return urllib3.ProxyManager(proxy.address, proxy_headers=proxy.credentials, **options)
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:
        raise MissingExtra("socks", "socks") from None
    return SOCKSProxyManager(proxy.address, proxy.user, proxy.password or None, **options)
