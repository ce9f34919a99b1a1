"""The default of the blocking client: connections of urllib3, kept alive, spoken to without its request layer.

urllib3 makes the connections (names, TLS, proxies, SOCKS) and keeps them; the exchange itself is written and read
here with `http.client`, so that one deadline holds for all of it and no time goes into retries, redirects and
streams, which a `Transport` must not have.
"""

from __future__ import annotations

import io
import os
import threading
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, Final, cast

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ..transport import (
    PROXY_REFUSED,
    Deadline,
    Inflater,
    TooLong,
    WireReply,
    WireRequest,
    not_reached,
    outcome_unknown,
    plain_reason,
)
from .network import Network, Proxy, no_socks

_FAILURES: Final = (HTTPError, HTTPException, OSError, EOFError, ValueError, TooLong, zlib.error)


@dataclass(slots=True)
class Route:
    """How requests to one origin leave: their connections, and what stands in each head."""

    pool: HTTPConnectionPool
    tunnel: bool
    prefix: str = ""
    """Before the path: the whole origin when a proxy forwards."""
    headers: str = ""


@dataclass(slots=True, eq=False)
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
            self.route.pool._put_conn(self.connection)

    def _connect(self) -> None:
        self.connection.timeout = self.deadline.left_s()
        if self.route.tunnel:
            self.route.pool._prepare_proxy(self.connection)
        else:
            self.connection.connect()

    def _write(self) -> None:
        head, body = self._head(), self.request.body
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

    def _head(self) -> bytes:
        request = self.request
        path = request.target()[len(request.origin) :]
        target = self.route.prefix + (path if path[:1] == "/" else f"/{path}")
        lines = [f"{request.method} {target} HTTP/1.1\r\n{self.route.headers}"]
        for name, value in request.headers.items():
            if not value.isprintable():
                raise ValueError(f"the value of {name} has control characters")
            lines.append(f"{name}: {value}\r\n")
        if request.body is not None or request.method == "POST":
            lines.append(f"Content-Length: {len(request.body or b'')}\r\n")
        return "".join([*lines, "\r\n"]).encode("latin-1")

    def socket(self) -> Any:
        """The open socket, whose next wait is bounded by what is left of the time."""
        sock = self.connection.sock
        if sock is None:
            raise ConnectionError("closed")
        sock.settimeout(self.deadline.left_s())
        return sock

    def _read(self) -> tuple[WireReply, bool]:
        incoming = Incoming(self)
        response = HTTPResponse(cast(Any, incoming), method=self.request.method)
        try:
            response.begin()
            if incoming.ended:
                raise EOFError("head cut off")  # http.client takes it for a whole one
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = self._body(response, Inflater(self.request, headers.get("content-encoding", "")))
            return WireReply(response.status, headers, body), not response.will_close
        finally:
            response.close()

    def _body(self, response: HTTPResponse, inflater: Inflater) -> bytes:
        landing, body = self.request.landing, bytearray()
        if landing is not None:
            landing.begin()
        if response.length is None and not response.chunked and response.headers.get("content-length"):
            raise ValueError("no number in Content-Length")
        while piece := response.read(PIECE_BYTES):
            plain = inflater.take(piece, len(body))
            if landing is None:
                body += plain
            else:
                landing.write(plain)
        if response.length:
            raise IncompleteRead(b"", response.length)
        inflater.finish()
        return bytes(body) if landing is None else landing.words


class Incoming(io.RawIOBase):
    """What comes from the socket, each wait bounded by the deadline of the whole exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.ended = False

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, PIECE_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = cast(int, self._exchange.socket().recv_into(buffer))
        self.ended = count == 0
        if self._exchange.request.landing is not None:
            self._exchange.deadline.moved(count)
        return count


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
        reason, sent = "", False
        try:
            exchange = Exchange(request, self._route(request.origin), Deadline(request))
        except LocationParseError:
            reason = "no address"
        else:
            try:
                reply = exchange.run()
            except _FAILURES as error:
                reason, sent = plain_reason(error), exchange.sent
            else:
                if reply.status != PROXY_REFUSED:
                    return reply
                reason = "407 Proxy Authentication Required"
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
        headers = f"Host: {host}\r\nAccept-Encoding: identity\r\nUser-Agent: gongzhong\r\n"
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
        raise no_socks() from None
    return SOCKSProxyManager(proxy.address, proxy.user, proxy.password or None, **options)
