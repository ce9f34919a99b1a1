"""What every test shares: asyncio for asynchronous tests, and a small HTTP server that ends with its connections."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Serve = Callable[[type[BaseHTTPRequestHandler]], str]


def pytest_configure() -> None:
    """Speak Chinese, whatever the machine's own language is; tests of the other one say so."""
    os.environ["GONGZHONG_LANG"] = "zh"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class LocalServer(ThreadingHTTPServer):
    """Closes the connections that its clients keep alive, so that no thread is left to fail at interpreter exit."""

    request_queue_size = 128  # a test may let many processes call at the same moment

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._open: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        self.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@pytest.fixture
def serve_http() -> Iterator[Serve]:
    """Start a server with this handler class on a free port; gives its address, `http://127.0.0.1:PORT`."""
    servers: list[LocalServer] = []

    def serve(handler: type[BaseHTTPRequestHandler]) -> str:
        servers.append(LocalServer(handler))
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.stop()
