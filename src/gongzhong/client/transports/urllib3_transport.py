"""The default of the blocking client: pure Python, thread-safe, connections kept alive."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from ...catalogue.files import PIECE_BYTES
from ...wire.masking import masked
from ..landing import Landing
from ..transport import WireReply, WireRequest, not_reached, outcome_unknown, plain_reason
from .network import Network


class Masked(logging.Filter):
    """Takes credentials out of urllib3's debug lines, which print the whole query."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), None
        return True


class Progress(threading.local):
    """Whether this thread's request has begun to be written."""

    writing = False


class Urllib3Transport:
    """Sends through urllib3.

    `connections` idle connections are kept for each host; more may be open at a moment when more threads
    call at once. After a fork the child opens its own.
    """

    def __init__(self, *, network: Network | None = None, connections: int = 64) -> None:
        self._network = network or Network()
        self._connections = connections
        self._progress = Progress()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._pools: dict[tuple[bool, str | None], urllib3.PoolManager] = {}
        _mask_once("urllib3.connectionpool")

    def send(self, request: WireRequest) -> WireReply:
        self._progress.writing = False
        try:
            response = self._pool(request.url).urlopen(
                request.method,
                request.target(),
                body=request.body,
                headers={**request.headers, **request.length},
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=request.timeout_s, read=request.timeout_s),
                preload_content=request.landing is None,
            )
            body = response.data if request.landing is None else _landed(response, request.landing)
        except (HTTPError, OSError) as error:
            reason, unsent = plain_reason(error), self._surely_unsent(error)
        else:
            return WireReply(response.status, {k.lower(): v for k, v in response.headers.items()}, body)
        # Raised outside the handler: the library's error holds the URL and must not travel along as context.
        raise (not_reached if unsent else outcome_unknown)(request, reason)

    def close(self) -> None:
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.clear()

    def _surely_unsent(self, error: Exception) -> bool:
        return not self._progress.writing or isinstance(error, NewConnectionError | ConnectTimeoutError)

    def _pool(self, url: str) -> urllib3.PoolManager:
        if self._pid != os.getpid():
            self._pid, self._pools = os.getpid(), {}
        road = (url.startswith("https:"), self._network.proxy_for(url))
        pool = self._pools.get(road)
        if pool is None:
            with self._lock:
                pool = self._pools.setdefault(road, self._new_pool(*road))
        return pool

    def _new_pool(self, encrypted: bool, proxy: str | None) -> urllib3.PoolManager:
        options: dict[str, Any] = {"maxsize": self._connections}
        if encrypted:
            options["ssl_context"] = self._network.tls()
        pool = urllib3.PoolManager(**options) if proxy is None else urllib3.ProxyManager(proxy, **options)
        pool.pool_classes_by_scheme = _watched(self._progress)
        return pool


def _landed(response: BaseHTTPResponse, landing: Landing) -> bytes:
    try:
        return landing.take(response.stream(PIECE_BYTES, decode_content=True))
    finally:
        response.release_conn()


def _watched(progress: Progress) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections note the moment from which a request may have arrived."""

    class WatchedHTTP(HTTPConnection):
        def request(self, *args: Any, **options: Any) -> None:
            progress.writing = True
            super().request(*args, **options)

    class WatchedHTTPS(HTTPSConnection):
        def request(self, *args: Any, **options: Any) -> None:
            progress.writing = True
            super().request(*args, **options)

    return {
        "http": type("WatchedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": WatchedHTTP}),
        "https": type("WatchedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": WatchedHTTPS}),
    }


def _mask_once(logger_name: str) -> None:
    logger = logging.getLogger(logger_name)
    if not any(isinstance(f, Masked) for f in logger.filters):
        logger.addFilter(Masked())
