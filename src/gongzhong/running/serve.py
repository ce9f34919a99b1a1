"""The production server: one command from `module:oa` to a listening callback URL.

A bare OfficialAccount is served over RSGI, the shortest way from the socket to a handler; applications over the
interface that they have. What a reply window knows lies in this process's memory, so a second process would run
handlers twice: it is refused, not tolerated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import SetupError
from .collector import spare_the_collector
from .embedded import EmbeddedServer, run, run_loop
from .http_server import CallbackServer
from .listening import free_port, require_free, url_of
from .target import Target, resolve


def serve(
    target: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 1,
    announce: Callable[[Target, str], None] | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; running handlers may finish. `announce` is given the URL.

    Raises SetupError for more than one worker, a target that cannot be served, or an address that cannot be
    listened on.
    """
    _only_one(workers)
    found = resolve(target)
    if found.kind == "wsgi":
        _serve_wsgi(found, host, port, announce)
    elif found.kind == "account":
        run_loop(_serve_account(found, host, port, announce))
    else:
        run_loop(_serve_asgi(found, host, port, announce))


async def _serve_account(
    found: Target, host: str, port: int, announce: Callable[[Target, str], None] | None
) -> None:
    spare_the_collector()
    server = CallbackServer(found.value, host=host, port=port)
    ready = None if announce is None else lambda: announce(found, url_of(host, server.port))
    try:
        await run(server, ready=ready)
    finally:
        await found.value.shutdown()


async def _serve_asgi(
    found: Target, host: str, port: int, announce: Callable[[Target, str], None] | None
) -> None:
    spare_the_collector()
    server = EmbeddedServer(found.value, host=host, port=port)
    await run(server, ready=None if announce is None else lambda: announce(found, url_of(host, server.port)))


def _serve_wsgi(found: Target, host: str, port: int, announce: Callable[[Target, str], None] | None) -> None:
    """WSGI needs threads, which the server runs in a process of its own."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    require_free(host, port)
    port = port or free_port(host)
    server = Server(
        found.spec, address=host, port=port, interface=Interfaces.WSGI, workers=1, log_level=LogLevels.error
    )
    if announce is not None:
        server.on_startup(lambda: announce(found, url_of(host, port)))
    server.serve(target_loader=_load_wsgi)


def _load_wsgi(spec: str) -> Any:
    return resolve(spec).value


def _only_one(workers: int) -> None:
    if workers == 1:
        return
    if workers < 1:
        raise SetupError(f"workers 至少是 1，不能是 {workers}", f"workers must be at least 1, not {workers}")
    raise SetupError(
        f"状态只在内存里时不能用 {workers} 个进程：同一条消息会被处理多次",
        f"{workers} processes cannot share state that is kept in memory: a message would be handled several times",
        fix_zh="用 workers=1；一个进程每秒能处理上千条推送",
        fix_en="use workers=1; one process handles more than a thousand pushes a second",
    )
