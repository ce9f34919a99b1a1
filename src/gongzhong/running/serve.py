"""The production server: one command from `module:oa` to a listening callback URL.

A bare OfficialAccount, `Accounts` with several, or one of their doors, is served by the callback server, the shortest
way from the socket to a handler; applications over ASGI or WSGI by granian. Everything runs in this one process:
killed, it leaves nothing behind that keeps the port. What a reply window knows lies in this process's memory, so a
second process would run handlers twice: it is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ..app.asgi import AsgiDoor
from ..app.served import Served
from ..app.wsgi import WsgiDoor
from ..errors import SetupError
from .collector import spare_the_collector
from .embedded import EmbeddedServer, run, run_loop
from .http_server import DRAIN_S, CallbackServer
from .listening import url_of
from .target import Target, resolve
from .wsgi import FromWsgi


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to listen. What only the callback server can do is refused for applications."""

    host: str = "127.0.0.1"
    port: int = 8000
    unix_socket: Path | None = None
    """Listen here instead of on a port. Only for an OfficialAccount, as the next four."""
    certificate: Path | None = None
    """PEM, the whole chain: HTTPS without a reverse proxy."""
    key: Path | None = None
    reuse_port: bool = False
    """Several processes may listen on the port: a new one can start before the old one is stopped."""
    access_log: bool = False
    """One log line for each request, without its query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The server listens: where, and with which settings."""

    target: Target
    url: str
    pid: int


Announce: TypeAlias = Callable[[Ready], None]


def serve(
    target: str, options: Options | None = None, *, workers: int = 1, announce: Announce | None = None
) -> None:
    """Serve until Ctrl-C or SIGTERM; running handlers may finish. `announce` is called once the server listens.

    Raises SetupError for more than one worker, a target that cannot be served, or an address that cannot be
    listened on.
    """
    _only_one(workers)
    options = options or Options()
    found = resolve(target)
    served = _bare(found.value)
    if served is not None:
        served.check()
        run_loop(_serve_accounts(served, found, options, announce))
    else:
        _check(options)
        run_loop(_serve_app(found, options, announce))


def _bare(value: Any) -> Served | None:
    """The accounts, if that is all there is to serve: `oa`, or `app = oa.asgi`, or `app = oa.wsgi`."""
    if isinstance(value, AsgiDoor | WsgiDoor):
        return value.served
    return value if isinstance(value, Served) else None


async def _serve_accounts(served: Served, found: Target, options: Options, announce: Announce | None) -> None:
    spare_the_collector()
    server = CallbackServer(
        served,
        host=options.host,
        port=options.port,
        unix_socket=options.unix_socket,
        certificate=options.certificate,
        key=options.key,
        reuse_port=options.reuse_port,
        access_log=options.access_log,
        busy=lambda: served.busy,
    )
    try:
        await run(server, ready=_ready(found, lambda: server.url, announce))
    finally:
        await served.shutdown()


async def _serve_app(found: Target, options: Options, announce: Announce | None) -> None:
    spare_the_collector()
    app = FromWsgi(found.value) if found.kind == "wsgi" else found.value
    server = EmbeddedServer(app, host=options.host, port=options.port, drain_s=DRAIN_S)
    await run(server, ready=_ready(found, lambda: url_of(options.host, server.port), announce))


def _ready(found: Target, url: Callable[[], str], announce: Announce | None) -> Callable[[], None] | None:
    if announce is None:
        return None
    return lambda: announce(Ready(target=found, url=url(), pid=os.getpid()))


def _check(options: Options) -> None:
    """Raises SetupError for options that an application's server does not have."""
    standard = Options(host=options.host, port=options.port)
    for name in ("unix_socket", "certificate", "key", "reuse_port", "access_log"):
        if getattr(options, name) != getattr(standard, name):
            option = "--" + name.replace("_", "-")
            raise SetupError(
                f"{option} 只用于直接运行 OfficialAccount",
                f"{option} is for an OfficialAccount that is served by itself",
                fix_zh="ASGI 和 WSGI 应用用 granian、uvicorn 或 gunicorn 自己的选项，或放在反向代理后面",
                fix_en="use the options of granian, uvicorn or gunicorn for applications, or a reverse proxy",
            )


def _only_one(workers: int) -> None:
    if workers == 1:
        return
    if workers < 1:
        raise SetupError(f"workers 至少是 1，不能是 {workers}", f"workers must be at least 1, not {workers}")
    raise SetupError(
        f"serve 现在只能用一个进程，不能是 {workers} 个：正在处理的消息只记在进程的内存里，同一条消息会被处理几遍",
        f"serve runs one process today, not {workers}: messages in work are known in its memory only, and several "
        "processes would handle one several times",
        fix_zh="去掉 --workers；一个进程每秒能处理上千条推送",
        fix_en="leave --workers out; one process handles more than a thousand pushes a second",
    )
