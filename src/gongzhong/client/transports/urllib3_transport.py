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
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError

from ...catalogue.files import PIECE_BYTES
from ...catalogue.multipart import Pieces
from ...errors import MissingExtra
from ..transport import (
    PROXY_REFUSED,
    Deadline,
    Inflater,
    Reason,
    TooLong,
    WireReply,
    WireRequest,
    not_reached,
    outcome_unknown,
    plain_reason,
)
from .network import Network, Proxy

_FAILURES: Final = (
    *(HTTPError, HttpParserError, HttpParserUpgrade, HTTPException),
    *(OSError, EOFError, ValueError, TooLong, zlib.error),
)

LONGEST_HEAD: Final = 128 * 1024
FIRST_FINAL: Final = 200
"""Answers with a lower status (100 Continue, 103 Early Hints) announce another one."""


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
        self.connection.timeout = self.deadline.left_s()
        if self.route.tunnel:
            self.route.pool._prepare_proxy(cast(Any, self.connection))
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
        """The answer, and whether the connection can be used again."""
        answer, answer_file, body = Answer(), self.request.answer_file, bytearray()
        inflater: Inflater | None = None
        while not answer.whole:
            answer.feed(self.socket().recv(PIECE_BYTES))
            if not answer.begun:
                continue
            if inflater is None:
                inflater = Inflater(self.request, answer.headers.get("content-encoding", ""))
                if answer_file is not None:
                    answer_file.begin()
            for piece in answer.taken():
                plain = inflater.take(piece, len(body))
                if answer_file is None:
                    body += plain
                else:
                    self.deadline.moved(len(piece))
                    answer_file.write(plain)
        if inflater is not None:
            inflater.finish()
        content = bytes(body) if answer_file is None else answer_file.words
        return WireReply(answer.status, answer.headers, content), answer.keeps_alive


class Answer:
    """Reads one answer with llhttp from whatever pieces it comes in; `feed` is given each, b"" at the end of all."""

    def __init__(self) -> None:
        self.status, self.headers = 0, dict[str, str]()
        self.begun = self.whole = self._reusable = False
        self._parser = HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._head_bytes = 0
        self._more = False

    def feed(self, data: bytes) -> None:
        """Raises EOFError for an answer cut off, HttpParserError for one that is none."""
        if not data:
            framed = self.headers.keys() & {"content-length", "transfer-encoding"}
            if not self.begun or framed:
                raise EOFError("answer cut off")
            self.whole = True
            return
        if not self.begun:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            if not self.whole:
                raise
            self._more = True  # what follows a whole answer is not ours
        if not self.begun and self._head_bytes > LONGEST_HEAD:
            raise ValueError("head too long")

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can carry another request."""
        return self._reusable and not self._more

    def taken(self) -> list[bytes]:
        """The pieces of the body that came since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def on_message_begin(self) -> None:
        self._more = self.whole

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.whole:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self.whole:
            return
        self.status = self._parser.get_status_code()
        if self.status < FIRST_FINAL:
            self.headers.clear()
        else:
            self.begun = True

    def on_body(self, piece: bytes) -> None:
        if not self.whole:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self.begun and not self.whole:
            self.whole, self._reusable = True, self._parser.should_keep_alive()


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
        raise MissingExtra("socks", "socks") from None
    return SOCKSProxyManager(proxy.address, proxy.user, proxy.password or None, **options)
