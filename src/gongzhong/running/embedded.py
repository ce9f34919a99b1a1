"""One server in this process and on this event loop, from listening to a clean stop.

The platform, a served account and the development loop all run this way: one process, tracebacks where they can be
seen, nothing left behind. Server errors go to standard error; requests are not logged here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..errors import SetupError
from .guarded import Guarded
from .http_server.limits import allow_files
from .listening import POLL_S, free_port, require_free, until_listening

T = TypeVar("T")

START_S = 60.0
STOP_S = 10.0
"""How long open requests may still take after a stop, in seconds: longer than WeChat waits for an answer."""
CLEAN_UP_S = 20.0
INSIST_AFTER_S = 1.0

CONNECTIONS = 10_000
"""Open at once; more wait in the system's queue until others end. Fewer where the system allows fewer files."""
BACKLOG = 4096
HEAD_S = 15.0
"""A request's head must be complete after so many seconds; a connection kept open between two requests ends after
them, too."""
BUFFER_BYTES = 64 * 1024
"""What the server keeps of one connection; a longer head gets 431."""

_LOG = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    }
}


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the fastest event loop of this system."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    return uvloop.run(work)


@contextmanager
def stopping(stop: asyncio.Event) -> Iterator[None]:
    """Within it, Ctrl-C and SIGTERM set `stop`; another one after a second interrupts as usual."""
    loop = asyncio.get_running_loop()
    handled = (signal.SIGINT, signal.SIGTERM)

    def release() -> None:
        for number in handled:
            loop.remove_signal_handler(number)

    def asked() -> None:
        # Wrappers pass a signal on that the terminal sent to all: the same wish may arrive twice at once.
        if not stop.is_set():
            loop.call_later(INSIST_AFTER_S, release)
        stop.set()

    if sys.platform == "win32":
        for number in handled:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        yield
        return
    for number in handled:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        release()


class Server(Protocol):
    """A server that `run` can start, wait for and stop."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def ended(self) -> None: ...


class EmbeddedServer:
    """An ASGI application on a port of this machine. Port 0 takes a free one; see `port`.

    `listener` is a bound socket to use in place of the address; whoever made it closes it. `certificate` names the
    files of a chain and of its private key (PEM), for HTTPS.

    When it stops, the port stays open while requests are being answered, at most `drain_s` seconds: what WeChat
    delivers meanwhile finds somebody. Then open requests get a few seconds more. If `others_serve`, other processes
    accept connections on the socket, and this one gives it up at once.
    """

    def __init__(
        self,
        app: Any,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        drain_s: float = 0.0,
        listener: socket.socket | None = None,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        if listener is None:
            require_free(host, port)
            port = port or free_port(host)
        self.host, self.port = host, port
        self.others_serve = False
        self._app = Guarded(app)
        self._drain_s = drain_s
        self._server = _granian(self._app, host, port, listener, certificate)
        self._shared = listener is not None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen. Raises SetupError when the application fails to start."""
        self._task = asyncio.get_running_loop().create_task(self._server.serve())
        if await self._listens(self._task):
            return
        await self.stop()
        raise SetupError(
            "应用启动失败，没有开始监听",
            "the application failed to start and does not listen",
            fix_zh="原因见上面的错误输出",
            fix_en="see the output above for the reason",
        )

    async def _listens(self, task: asyncio.Task[None]) -> bool:
        """Wait until it listens; False if it ends before. On a socket that others listen on, too, nobody can ask."""
        if not self._shared:
            return await until_listening(self.host, self.port, START_S, lambda: not task.done())
        begun = asyncio.ensure_future(self._app.begun.wait())
        await asyncio.wait({task, begun}, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        return self._app.begun.is_set() and not task.done()

    async def stop(self) -> None:
        """Stop listening, let open requests end for a moment, then let the application close what it holds."""
        if self._task is None:
            return
        if not self.others_serve:
            await self._drain()
        self._server.stop()
        for everything, patience_s in (
            (False, self._drain_s if self.others_serve else STOP_S),
            (True, CLEAN_UP_S),
        ):
            self._app.interrupt(everything=everything)
            done, _ = await asyncio.wait({self._task}, timeout=patience_s)
            if done:
                break
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    @property
    def open(self) -> int:
        """Requests being answered now: the server below does not tell of connections."""
        return self._app.open

    answering = open

    handshakes = None
    """granian makes its TLS handshakes itself, and tells of none."""

    @property
    def measured(self) -> Callable[[float], None] | None:
        """Is told how many seconds each answer took."""
        return self._app.measured

    @measured.setter
    def measured(self, told: Callable[[float], None] | None) -> None:
        self._app.measured = told

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._drain_s
        while not self._app.quiet and loop.time() < ends:  # noqa: ASYNC110 (as rare as a stop)
            await asyncio.sleep(POLL_S)

    async def ended(self) -> None:
        """Return when the server ends by itself: it never should."""
        if self._task is not None:
            await asyncio.wait({self._task})


def _granian(
    app: Any,
    host: str,
    port: int,
    listener: socket.socket | None,
    certificate: tuple[Path, Path] | None,
) -> Any:
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    server: Any = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        backlog=BACKLOG,
        backpressure=allow_files(CONNECTIONS),
        http1_settings=HTTP1Settings(
            header_read_timeout=int(HEAD_S * 1000), max_buffer_size=BUFFER_BYTES, pipeline_flush=False
        ),
        log_level=LogLevels.error,
        log_dictconfig=_LOG,
        ssl_cert=certificate[0] if certificate else None,
        ssl_key=certificate[1] if certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    if listener is not None:
        import granian.net

        holder: Any = vars(granian.net)["SocketHolder"]  # it has no type of its own
        server._shd = holder(os.dup(listener.fileno()), listener.family == socket.AF_UNIX, BACKLOG)
        server._init_shared_socket = lambda: None
    return server


async def run(
    server: Server, *, stop: asyncio.Event | None = None, ready: Callable[[], None] | None = None
) -> None:
    """Serve until Ctrl-C, SIGTERM or `stop`. Raises SetupError when the application does not start."""
    stop = stop or asyncio.Event()
    with stopping(stop):
        await server.start()
        if ready is not None:
            ready()
        asked = asyncio.ensure_future(stop.wait())
        ended = asyncio.ensure_future(server.ended())
        await asyncio.wait({asked, ended}, return_when=asyncio.FIRST_COMPLETED)
        for waiting in (asked, ended):
            waiting.cancel()
        await server.stop()
