"""The default of the blocking client: connections of urllib3, kept alive, spoken to without its request layer.

urllib3 makes the connections (names, TLS, proxies, SOCKS) and keeps them; the exchange itself is written and read
here with llhttp, so that one deadline holds for all of it and no time goes into retries, redirects and
streams, which a `Transport` must not have.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final, cast

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util.wait import wait_for_socket

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ...errors import MissingExtra
from ..transport import (
    PROXY_REFUSED,
    Deadline,
    Reason,
    Unusable,
    WireReply,
    WireRequest,
    not_reached,
    outcome_unknown,
    plain_reason,
)
from .http1 import Answer, fixed_headers, head_of
from .network import Network, Proxy

_FAILURES: Final = (HTTPError, HTTPException, OSError, EOFError, ValueError, Unusable, zlib.error)
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""A socket that does not wait has nothing to read, or no room."""


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
        """Raises one of `_FAILURES`; the connection is kept only after a whole request and a whole answer."""
        self.connection = cast(HTTPConnection, self.route.pool._get_conn(self.deadline.left_s()))
        answer, whole = Answer(self.request), False
        try:
            if self.connection.sock is None:
                self._connect()
            written = self._write(answer)
            self._read(answer)
            whole = written and answer.keeps_alive
            return answer.reply()
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

    def _write(self, answer: Answer) -> bool:
        """Send the request; False when the answer came before the end of it (413), or the peer closed."""
        head, body = head_of(self.request, self.route.prefix, self.route.headers), self.request.body
        self.sent = True
        try:
            if isinstance(body, Pieces):
                self.socket().sendall(head)
                return all(self._taken(piece, answer) for piece in body)
            if body is not None and len(body) > PIECE_BYTES:
                self.socket().sendall(head)
                return self._taken(body, answer)
            self.socket().sendall(head + body if body else head)
        except (BrokenPipeError, ConnectionResetError):
            return False  # whoever closes early may have answered first
        return True

    def _taken(self, data: bytes, answer: Answer) -> bool:
        """Write a part of a long body; False when the answer begins meanwhile: the peer may read nothing more."""
        left = memoryview(data)
        while left:
            sock = self.socket()
            if not isinstance(sock, socket.socket):  # TLS inside TLS loses what it cannot write at once
                sock.sendall(left)
                return True
            if self._heard(sock, answer):
                return False
            sock.settimeout(0)
            try:
                left = left[sock.send(left[:PIECE_BYTES]) :]
            except _NOT_NOW:
                if not wait_for_socket(sock, read=True, write=True, timeout=self.deadline.left_s()):
                    raise TimeoutError from None
        return True

    def _heard(self, sock: Any, answer: Answer) -> bool:
        """Whether the peer's final answer has begun, as far as it can be read without waiting."""
        sock.settimeout(0)
        try:
            self.deadline.moved(answer.feed(sock.recv(PIECE_BYTES)))
        except _NOT_NOW:
            return False
        return answer.begun

    def socket(self) -> Any:
        """The open socket, whose next wait is bounded by what is left of the time."""
        sock = self.connection.sock
        if sock is None:
            raise ConnectionError("closed")
        sock.settimeout(self.deadline.left_s())
        return sock

    def _read(self, answer: Answer) -> None:
        while not answer.whole:
            self.deadline.moved(answer.feed(self.socket().recv(PIECE_BYTES)))


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
