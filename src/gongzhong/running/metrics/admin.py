"""The admin address: GET /metrics, /healthz and /readyz, apart from the public port, on 127.0.0.1 or a Unix socket.

`/healthz` says that the process answers, `/readyz` whether pushes should be sent to it (200) or not (503, with the
reason as JSON). Nothing here says what users wrote, and no secret; AppIDs and the names of handlers are shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ...errors import SetupError, language
from ..listening import bind, where
from .table import CONTENT_TYPE, text

READ_S: Final = 5.0
"""A request must be there after so many seconds, and its answer be taken."""
LONGEST_HEAD: Final = 8 * 1024
MOST: Final = 32
"""Connections at once; more are closed."""
JSON: Final = "application/json"


class Health(msgspec.Struct, frozen=True):
    """Whether pushes should be sent here; `reasons` says why not, `facts` what else is known."""

    ready: bool
    reasons: tuple[str, ...] = ()
    facts: dict[str, int | str] = {}


def read_address(address: str) -> tuple[str, int] | Path:
    """Host and port, or the path of a Unix socket: `127.0.0.1:9100`, `[::1]:9100`, `/run/gongzhong/admin.sock`.

    Raises SetupError for anything else.
    """
    if address.startswith("unix:") or "/" in address:
        return Path(address.removeprefix("unix:"))
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise SetupError(
            f"admin 的地址写得不对：{address!r}",
            f"this is no address for admin: {address!r}",
            fix_zh="例如 127.0.0.1:9100，或 Unix 套接字的路径 /run/gongzhong/admin.sock",
            fix_en="for example 127.0.0.1:9100, or the path of a Unix socket, /run/gongzhong/admin.sock",
        )
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


class Admin:
    """The listener. `values` gives the series of now, `health` whether this program is ready.

    Raises SetupError when the address cannot be used.
    """

    def __init__(
        self, address: str, values: Callable[[], Mapping[str, float]], health: Callable[[], Health]
    ) -> None:
        self._values, self._health = values, health
        given = read_address(address)
        self._path = given if isinstance(given, Path) else None
        self._socket = bind("", 0, given) if isinstance(given, Path) else bind(*given)
        self._server: asyncio.Server | None = None
        self._open = 0

    @property
    def url(self) -> str:
        return where(self._socket)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._socket, limit=LONGEST_HEAD)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._socket.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(READ_S):
                if self._open <= MOST:
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(head))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open -= 1
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in ("GET", "HEAD"):
            return _response("405 Method Not Allowed", "text/plain", "", body=False)
        body = method == "GET"
        match path:
            case "/metrics":
                shown = text(self._values(), chinese=language() == "zh")
                return _response("200 OK", CONTENT_TYPE, shown, body=body)
            case "/healthz":
                return _response("200 OK", JSON, '{"status":"ok"}\n', body=body)
            case "/readyz":
                health = self._health()
                status = "200 OK" if health.ready else "503 Service Unavailable"
                return _response(status, JSON, msgspec.json.encode(health).decode() + "\n", body=body)
            case _:
                return _response("404 Not Found", "text/plain", "/metrics /healthz /readyz\n", body=body)


def _response(status: str, content_type: str, content: str, *, body: bool) -> bytes:
    data = content.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (data if body else b"")
