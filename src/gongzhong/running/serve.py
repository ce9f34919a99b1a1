"""The production server: one command from `module:oa` to a listening callback URL.

A bare OfficialAccount, `Accounts` with several, one of their doors, or an `App` at work for the accounts of the
configuration, is served by the callback server, the shortest way from the socket to a handler; applications over ASGI
and WSGI by granian. One worker is this process itself; several are processes of their own behind one socket, see
`supervisor`. They need a state that they share: what lies in the memory of one process only would let each of them run
a handler for the same message.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from ..app.accounts import Accounts
from ..app.asgi import AsgiDoor
from ..app.binding import Binding
from ..app.served import Served
from ..app.wsgi import WsgiDoor
from ..config import Alarms, Log
from ..errors import SetupError, StateDown, say
from .alarms import alarmed
from .collector import spare_the_collector
from .configured import configured, is_program, require_named
from .embedded import EmbeddedServer, run, run_loop
from .http_server import DRAIN_S, CallbackServer
from .listening import url_of, where
from .metrics import Admin, Health, Measures, Totals
from .systemd import Systemd, inherited
from .target import Target, resolve
from .upkeep import Tending
from .wsgi import FromWsgi

logger = logging.getLogger("gongzhong.serve")

ALARMS: Final = Alarms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to listen. What only the callback server can do is refused for applications."""

    host: str = "127.0.0.1"
    port: int = 8000
    unix_socket: Path | None = None
    """Listen here instead of on a port. One worker has it only for an OfficialAccount, as the next four."""
    certificate: Path | None = None
    """PEM, the whole chain: HTTPS without a reverse proxy."""
    key: Path | None = None
    reuse_port: bool = False
    """Several processes may listen on the port: a new one can start before the old one is stopped."""
    access_log: bool = False
    """One log line for each request, without its query."""
    supervised: bool = False
    """Whether a single worker has a supervisor, too, which replaces it as it does several."""
    hang_s: float = 30.0
    """With several workers: one whose event loop is blocked for so many seconds is replaced."""
    deaths_per_minute: int = 0
    """With several workers: how many may end right after their start within a minute; 0: five for each."""
    drain_s: float | None = None
    """How long open requests, and then handlers, may take at a stop; None: 30 s, and the accounts' own setting."""
    admin: str = ""
    """Where /metrics, /healthz and /readyz are: `127.0.0.1:9100` or the path of a Unix socket; empty: nowhere."""
    alarms: Alarms = ALARMS
    """Limits and receivers of the alarms; without receivers they stand in the log only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The server listens: what it serves, where, and in which process (with several workers that of the supervisor)."""

    spec: str
    kind: str
    url: str
    pid: int
    workers: int = 1


TELL_EVERY_S = 1.0
LOOK_AGAIN_S = 1.0
"""How often a store that does not answer at the start is asked again."""
SAY_AGAIN_S = 30.0
LOOK_FOR_TURN_S = 0.1

Announce: TypeAlias = Callable[[Ready], None]
LOG: Final = Log()


def serve(
    target: str,
    options: Options | None = None,
    *,
    workers: int = 1,
    announce: Announce | None = None,
    log: Log = LOG,
) -> None:
    """Serve until Ctrl-C or SIGTERM; running handlers may finish. `announce` is called once the server listens.

    Several workers log to standard error by themselves, as `log` says.

    Raises SetupError for a target that cannot be served, an address that cannot be listened on, and several workers
    without a state that they share; GongzhongError when workers end again and again.
    """
    if workers < 1:
        raise SetupError(f"workers 至少是 1，不能是 {workers}", f"workers must be at least 1, not {workers}")
    options = options or Options()
    if workers > 1 or options.supervised:
        from .supervisor.runner import supervise

        supervise(target, options, workers=workers, announce=announce, log=log)
        return
    listener = inherited(os.environ)
    found = resolve(target)
    run_loop(_serve(found, options, listener, announce))


async def _serve(
    found: Target, options: Options, listener: socket.socket | None, announce: Announce | None
) -> None:
    """One worker in this process, with its own admin address."""
    serving, stop, systemd = Serving(found, options, listener), asyncio.Event(), Systemd(os.environ)
    measures = Measures(serving)
    listens = False

    def ready() -> None:
        nonlocal listens
        listens = True
        systemd.ready(serving.url)
        if announce is not None:
            announce(Ready(spec=found.spec, kind=found.kind, url=serving.url, pid=os.getpid()))

    def health() -> Health:
        reasons = [] if listens and not stop.is_set() else ["stopping" if listens else "starting"]
        return Health(
            not reasons and measures.state_up, (*reasons, *([] if measures.state_up else ["state"]))
        )

    async with AsyncExitStack() as held:
        if options.admin:
            admin = Admin(options.admin, lambda: Totals.of(measures.snapshot()), health)
            held.push_async_callback(admin.close)
            await admin.start()
        await serving.prepare()
        measures.start()
        held.callback(measures.close)
        await held.enter_async_context(alarmed(lambda: serving.accounts, measures.too_late, options.alarms))
        held.callback((watching := asyncio.ensure_future(_tell(systemd, stop))).cancel)
        await serving.run(stop=stop, ready=ready)
        assert not watching.done() or watching.result() is None


async def _tell(systemd: Systemd, stop: asyncio.Event) -> None:
    """Say to systemd that this process lives, and when it begins to stop."""
    loop, said = asyncio.get_running_loop(), False
    while True:
        systemd.alive(loop.time())
        if stop.is_set() and not said:
            said = True
            systemd.stopping()
        with suppress(TimeoutError):
            async with asyncio.timeout(TELL_EVERY_S):
                await (asyncio.sleep(TELL_EVERY_S) if said else stop.wait())


class Serving:
    """A target being served in this process and on the running event loop.

    `listener` is a bound socket that others may listen on, too; without it the address of `options` is used. Raises
    SetupError for a target or options that cannot be served.
    """

    def __init__(self, found: Target, options: Options, listener: socket.socket | None = None) -> None:
        self.found = found
        self.served = _bare(found.value)
        self._listener, self._drain_s = listener, options.drain_s
        if self.served is not None:
            require_named(self.served)
            self.served.check()
        else:
            _check(options, shared=listener is not None)
        self._found = [] if self.served is not None else _every_account()
        spare_the_collector()
        self.server = (
            self._application(options) if self.served is None else self._callback(self.served, options)
        )

    async def prepare(self, turn: int | None = None) -> None:
        """Wait until every account's store and state answer: what cannot be remembered must not be taken.

        `turn` is an open file that workers lock, so that one after the other looks at the tables of the store: the
        first makes them. Raises SetupError for a database or an address that cannot be used.
        """
        for account in self.accounts:
            say_at = 0.0
            while True:
                try:
                    async with _turn(turn):
                        await asyncio.to_thread(getattr, account, "store")
                    await account.ready()
                    break
                except StateDown as problem:
                    if time.monotonic() >= say_at:
                        say_at = time.monotonic() + SAY_AGAIN_S
                        logger.warning(say("还不能接收请求：%s", "not ready yet: %s"), problem)
                    await asyncio.sleep(LOOK_AGAIN_S)

    async def run(
        self, *, stop: asyncio.Event | None = None, ready: Callable[[], None] | None = None
    ) -> None:
        """Serve until a signal or `stop`, then let handlers finish."""
        tending = Tending(lambda: self.accounts)
        tending.start()
        try:
            await run(self.server, stop=stop, ready=ready)
        finally:
            await tending.close()
            await asyncio.gather(*(account.shutdown(self._drain_s) for account in self.accounts))

    @property
    def url(self) -> str:
        if isinstance(self.server, CallbackServer):
            return self.server.url
        if self._listener is not None:
            return where(self._listener)
        return url_of(self.server.host, self.server.port)

    @property
    def accounts(self) -> list[Binding]:
        """Every account of the program that is known by now."""
        if isinstance(self.served, Accounts):
            return [one.only for one in self.served]
        only = None if self.served is None else self.served.only
        return self._found if only is None else [only]

    def _callback(self, served: Served, options: Options) -> CallbackServer:
        return CallbackServer(
            served,
            host=options.host,
            port=options.port,
            unix_socket=options.unix_socket,
            certificate=options.certificate,
            key=options.key,
            reuse_port=options.reuse_port,
            listener=self._listener,
            access_log=options.access_log,
            busy=lambda: served.busy,
            drain_s=DRAIN_S if options.drain_s is None else options.drain_s,
        )

    def _application(self, options: Options) -> EmbeddedServer:
        app = FromWsgi(self.found.value) if self.found.kind == "wsgi" else self.found.value
        return EmbeddedServer(
            app,
            host=options.host,
            port=options.port,
            drain_s=DRAIN_S if options.drain_s is None else options.drain_s,
            listener=self._listener,
        )


@asynccontextmanager
async def _turn(file: int | None) -> AsyncIterator[None]:
    """Within it, no other process has the lock of this open file. None: nobody else asks for it."""
    if file is None:
        yield
        return
    import fcntl

    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            await asyncio.sleep(LOOK_FOR_TURN_S)
    try:
        yield
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN)


def _every_account() -> list[Binding]:
    """The accounts that an application has made: it does not say which."""
    return [one for one in gc.get_objects() if issubclass(type(one), Binding)]


def _bare(value: Any) -> Served | None:
    """The accounts, if that is all there is to serve: `oa`, one of its doors, or an `App` for the configuration's."""
    if is_program(value):
        return configured(value)
    if isinstance(value, AsgiDoor | WsgiDoor):
        return value.served
    return value if isinstance(value, Served) else None


def _check(options: Options, *, shared: bool) -> None:
    """Raises SetupError for options that an application's server does not have; `shared` if it is given a socket."""
    standard = Options(host=options.host, port=options.port)
    address = () if shared else ("unix_socket", "reuse_port")
    for name in (*address, "certificate", "key", "access_log"):
        if getattr(options, name) != getattr(standard, name):
            option = "--" + name.replace("_", "-")
            raise SetupError(
                f"{option} 只用于直接运行 OfficialAccount",
                f"{option} is for an OfficialAccount that is served by itself",
                fix_zh="ASGI 和 WSGI 应用用 granian、uvicorn 或 gunicorn 自己的选项，或放在反向代理后面",
                fix_en="use the options of granian, uvicorn or gunicorn for applications, or a reverse proxy",
            )
