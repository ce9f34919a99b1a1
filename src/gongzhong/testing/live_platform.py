"""A platform on a port of this machine, for tests of programs in any framework and language.

Time is real: an answer takes as long as the program takes. The clock can still be moved forward; what is due on the way
happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Never, Self, TypeVar, cast

import msgspec

from ..account import Account, Hosts
from ..app import OfficialAccount
from ..client import AsyncClient, Client
from ..clock import MovableClock
from ..errors import GongzhongError, SetupError
from ..platform import Platform, PlatformConfig
from ..platform.delivery.verification import Wanted
from ..platform.world import accounts
from ..platform.world.settings import Kind
from ..platform.world.world import AccountState
from ..reasons import in_words
from ..running.child import ChildProgram
from ..running.embedded import EmbeddedServer
from ..running.http_server import CallbackServer
from ..running.listening import free_port, until_listening, url_of
from ..running.platform_server import application, found_at, make_proxy, proxy_environment
from ..running.target import kind_of
from ..running.wsgi import FromWsgi
from .hanging import StillRunning, handler_in_thread, handlers_of
from .in_process import CLOSE_S, cancel_all
from .simulated import (
    EVERYTHING,
    SimulatedPlatform,
    account_config,
    credentials,
    require_official_account,
    services_of,
)

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

HOST = "127.0.0.1"
POLL_S = 0.02
READY_S = 30.0
"""How long a program may take until it listens, in seconds."""
SHOWN_LINES = 20
FIXES: Final = {
    "form": ("改正 connect 的这个参数", "correct this argument of `connect`"),
    "dns": (
        "核对 url 里的主机名；本机写 127.0.0.1",
        "check the host name in `url`; this machine is 127.0.0.1",
    ),
    "connect": (
        "先启动程序：platform.run([…])，或用 connect(app=…)；再核对 url 的端口",
        "start the program first: platform.run([…]), or connect(app=…); check the port in `url`",
    ),
    "timeout": (
        "让程序在 5 秒内回答 GET；它和测试在同一个线程里时，用 connect(app=…)",
        "let the program answer GET within 5 seconds; if it runs in the thread of the test, use connect(app=…)",
    ),
    "status": (
        "核对 url 的路径（connect(app=…) 用 path=）和程序里的 Token，并看程序打印的错误；这个路径要接受 GET",
        "check the path in `url` (`path=` with connect(app=…)), the program's Token and what it prints; GET is asked",
    ),
    "token": (
        "让程序使用 connect 的 token=；不写 token= 时用 platform.account 的 Token",
        "give the program the `token=` of `connect`; without `token=` it is the Token of `platform.account`",
    ),
    "echo": (
        "对 GET 原样返回查询参数 echostr，不加引号和空白",
        "answer GET with the query's `echostr` as it is, without quotes or blanks",
    ),
}
"""What to do when a callback URL did not pass, by the kind of the verdict."""
STOP_LIMIT_S = 15.0
"""How long a served application may take to stop."""


class LoopThread:
    """An event loop that runs in a thread of its own until it is closed."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._hangs: StillRunning | None = None
        self._thread.start()

    @property
    def is_here(self) -> bool:
        """Whether the caller runs in this thread."""
        return threading.current_thread() is self._thread

    def run(self, work: Coroutine[Any, Any, T], limit_s: float | None = None) -> T:
        """Carry out a coroutine there; its result or exception arrives here. Raises StillRunning after `limit_s`
        seconds: then a handler blocks the loop."""
        if self._hangs is not None:
            work.close()
            raise self._hangs
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(limit_s)
        except TimeoutError:
            if future.done():
                raise
            self._hangs = StillRunning(handler_in_thread(self._thread.name))
            raise self._hangs from None

    def close(self) -> None:
        """End what is still running there, and the thread. Raises StillRunning for a handler that cannot be ended."""
        left = self.run(cancel_all(), CLOSE_S)
        self.run(self.loop.shutdown_asyncgens(), CLOSE_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        if left:
            raise StillRunning(handlers_of(left))


class LiveClock(MovableClock):
    """A running clock; when a test moves it, what has become due is done before the test goes on."""

    def __init__(self, bed: LivePlatform, start: float | None) -> None:
        super().__init__(start)
        self._bed = bed

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0, **unknown: Never
    ) -> float:
        moved = super().advance(seconds, minutes=minutes, hours=hours, days=days, **unknown)
        self._bed.catch_up()
        return moved


class LivePlatform(SimulatedPlatform):
    """A simulated WeChat that listens at `url`, for one test.

    Open it with `with LivePlatform() as platform:`, take pytest's fixture `live_platform`, or put `@LivePlatform()`
    above a test function, which then gets it as its argument `platform`. At the end programs and applications that it
    started are stopped. Port 0 takes a free one.
    """

    url: str
    """Where programs reach it: in place of https://api.weixin.qq.com and the other hosts."""

    def __init__(self, config: PlatformConfig | None = None, *, port: int = 0) -> None:
        super().__init__()
        self._config, self._port = config or PlatformConfig(traffic=EVERYTHING), port
        self._loop: LoopThread | None = None
        self._ending = contextlib.ExitStack()
        self._proxy: dict[str, str] | None = None
        self._clients: dict[str, tuple[AsyncClient, Client]] = {}

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in ("url", "platform", "world", "clock"):
                raise _not_open()
            return super().__getattr__(name)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as ending:
            self._loop = LoopThread("gongzhong-live-platform")
            ending.callback(self._loop.close)
            server = self._loop.run(self._open())
            ending.callback(lambda: self._home.run(server.stop()))
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    async def _open(self) -> EmbeddedServer:
        self.clock = LiveClock(self, self._config.start)
        self.platform = Platform(self._config, clock=self.clock)
        self.world = self.platform.world
        server = EmbeddedServer(application(self.platform, HOST), host=HOST, port=self._port)
        self.url = url_of(HOST, server.port)
        found_at(self.platform, self.url)
        await server.start()
        return server

    def __call__(self, function: F) -> F:
        """Open a platform for each call of a test function and give it as `platform`."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaiting(*args: Any, **values: Any) -> Any:
                with LivePlatform(self._config, port=self._port) as platform:
                    return await function(*args, platform=platform, **values)

            return cast(F, _without_platform(awaiting, function))

        @functools.wraps(function)
        def calling(*args: Any, **values: Any) -> Any:
            with LivePlatform(self._config, port=self._port) as platform:
                return function(*args, platform=platform, **values)

        return cast(F, _without_platform(calling, function))

    @property
    def _home(self) -> LoopThread:
        if self._loop is None:
            raise _not_open()
        return self._loop

    # Running

    def carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        return self._home.run(self._settled(work))

    async def _settled(self, work: Coroutine[Any, Any, T]) -> T:
        result = await work
        await self.platform.settle()
        return result

    def look(self, work: Callable[[], T]) -> T:
        async def on_the_loop() -> T:
            return work()

        return self._home.run(on_the_loop())

    def moments(self, timeout_s: float) -> Iterator[None]:
        ends = time.monotonic() + timeout_s
        yield
        while time.monotonic() < ends:
            time.sleep(POLL_S)
            yield

    def catch_up(self) -> None:
        """Do what the clock says is due, and wait for the pushes that follow from it."""
        if self._home.is_here:
            return  # the control API moved the clock, and does this itself

        async def due() -> None:
            self.platform.catch_up()

        self.carry_out(due())

    # Accounts

    def connect(
        self,
        oa: OfficialAccount | None = None,
        *,
        url: str = "",
        app: Any = None,
        path: str = "/",
        kind: Kind = "service",
        verified: bool = True,
        **settings: Any,
    ) -> AccountState:
        """Register an account; its pushes go to `url`, which must answer WeChat's verification now.

        `app` is an ASGI or WSGI application to `serve`, its callback at `path`, in place of a `url`. Without `oa` the
        credentials are those given (`appid`, `secret`, `token`, `aes_key`, `encryption`), else those of `account`. An
        OfficialAccount brings its own; without `url` and `app` it is served by itself. Further settings are those of
        `AccountConfig`. Without all three nothing is pushed. The answer's `url` is the address that was verified.

        Raises SetupError for a setting that does not exist, and when the verification fails.
        """
        if oa is not None:
            require_official_account(oa)
            own = self._attach(oa)
        else:
            own = self._credentials(settings)
        values = {"name": own["appid"] or f"account-{len(self.world.accounts) + 1}", **own, **settings}
        config = account_config({**values, "kind": kind, "verified": verified})
        served = oa if app is None else app
        if served is not None and not url:
            url = self.serve(served) + path
        state = self.look(lambda: accounts.create(self.world, config))
        return self._verified(state, url) if url else state

    @property
    def account(self) -> Account:
        """Credentials for a program under test, with this platform's address: what `run` puts into its environment and
        `connect` registers unless told otherwise."""
        return msgspec.structs.replace(Account.for_tests(), hosts=Hosts.local(self.url))

    def _credentials(self, given: Mapping[str, Any]) -> dict[str, Any]:
        ours = _fields(self.account)
        if ours["appid"] in self.world.accounts or "appid" in given:
            ours.update(appid="", secret="")
        if any(name in given for name in ("token", "aes_key", "encryption")):
            ours["aes_key"] = given.get("aes_key", "")
            ours["encryption"] = "safe" if ours["aes_key"] else "plain"
        return ours

    def _attach(self, oa: OfficialAccount) -> dict[str, Any]:
        account = msgspec.structs.replace(credentials(oa), hosts=Hosts.local(self.url))
        if account.appid not in self._clients:
            api, blocking = AsyncClient(account, clock=self.clock), Client(account, clock=self.clock)
            self._clients[account.appid] = api, blocking
            self._connected[account.appid] = oa
            services = services_of(oa, clock=self.clock, api=api, blocking_api=blocking)
            binding = self._ending.enter_context(oa.bound_to(oa.bind(account, services)))
            self._ending.callback(blocking.close)
            self._ending.callback(lambda: self._home.run(api.close(), CLOSE_S))
            self._ending.callback(binding.close, CLOSE_S)
        return _fields(account)

    def _verified(self, state: AccountState, url: str) -> AccountState:
        wanted = Wanted(url=url, token=state.token, aes_key=state.aes_key, encryption=state.encryption)
        verdict, _ = self.carry_out(self.platform.configure_url(state, wanted))
        if verdict.ok:
            return self.world.accounts[state.appid]
        fix = FIXES[verdict.kind]
        raise SetupError(
            f"{url} 没有通过 URL 验证：{verdict.zh}",
            f"{url} did not pass the verification: {verdict.en}",
            fix_zh=fix[0],
            fix_en=fix[1],
        )

    def client(self, oa: OfficialAccount | None = None) -> Client:
        """A blocking client of the account, over a real connection."""
        account = self.account if oa is None else credentials(oa)
        client = Client(msgspec.structs.replace(account, hosts=Hosts.local(self.url)), clock=self.clock)
        self._ending.callback(client.close)
        return client

    # Programs

    def serve(self, app: Any, *, port: int = 0) -> str:
        """Serve an OfficialAccount, an ASGI or a WSGI application of this process until the test ends; returns its
        address. It runs in a thread of its own. Raises SetupError for anything else, and when it does not start."""
        kind = kind_of(app)
        if kind in (None, "program"):
            raise SetupError(
                f"{type(app).__name__} 不能作为服务运行",
                f"a {type(app).__name__} cannot be served",
                fix_zh="给出 OfficialAccount、app.bind(…)、ASGI 应用或 WSGI 应用；其他程序用 platform.run([…])",
                fix_en="give an OfficialAccount, app.bind(…), an ASGI or a WSGI application; other programs: "
                "platform.run([…])",
            )

        async def begin() -> CallbackServer | EmbeddedServer:
            server: CallbackServer | EmbeddedServer
            if kind == "account":
                server = CallbackServer(app, host=HOST, port=port)
            else:
                server = EmbeddedServer(FromWsgi(app) if kind == "wsgi" else app, host=HOST, port=port)
            await server.start()
            return server

        thread = LoopThread("gongzhong-live-app")
        try:
            server = thread.run(begin())
        except BaseException:
            thread.close()
            raise
        self._ending.callback(thread.close)
        self._ending.callback(lambda: thread.run(server.stop(), STOP_LIMIT_S))
        if isinstance(app, OfficialAccount):
            self._ending.callback(lambda: thread.run(app.binding.shutdown(CLOSE_S), STOP_LIMIT_S))
        return url_of(HOST, server.port)

    def run(
        self,
        command: Sequence[str],
        *,
        port: int = 0,
        env: Mapping[str, str] | None = None,
        folder: str | Path | None = None,
        ready_s: float = READY_S,
    ) -> str:
        """Start a program and wait until it listens; returns its address. It is stopped when the test ends.

        The program learns its port from PORT in its environment or from `{port}` in the command, and the platform's
        address and `account` from GONGZHONG_API_BASE, GONGZHONG_APPID, _SECRET, _TOKEN, _AES_KEY and _ENCRYPTION; `env`
        adds to these. What it prints appears in the test's output at the end. Raises SetupError, with its last lines,
        when it ends or does not listen within `ready_s` seconds.
        """
        port = port or free_port(HOST)
        words = [word.replace("{port}", str(port)) for word in command]
        output = self._ending.enter_context(cast(IO[bytes], tempfile.TemporaryFile()))  # noqa: SIM115
        self._ending.callback(_print, output)
        environment = {**self._environment(), "PORT": str(port), **(env or {})}
        program = ChildProgram(words, environment, output=output, folder=Path(folder or os.curdir))
        try:
            self._home.run(program.start())
        except OSError as problem:
            raise _not_started(words, in_words(problem), output) from None
        self._ending.callback(lambda: self._home.run(program.stop()))
        if not self._home.run(until_listening(HOST, port, ready_s, lambda: program.running)):
            late = f"等了 {ready_s:g} 秒", f"waited {ready_s:g} s"
            raise _not_started(words, late if program.running else ("程序已退出", "it ended"), output)
        return url_of(HOST, port)

    def proxy_environment(self) -> dict[str, str]:
        """Variables for a program whose SDK has https://api.weixin.qq.com built in: a proxy of this platform that
        answers for WeChat's host names, and the certificate to trust (HTTPS_PROXY, SSL_CERT_FILE, REQUESTS_CA_BUNDLE,
        NODE_EXTRA_CA_CERTS, CURL_CA_BUNDLE). For `run(…, env=platform.proxy_environment())`, or pytest's
        `monkeypatch.setenv` when the SDK runs in the test's process."""
        if self._proxy is None:
            folder = Path(self._ending.enter_context(tempfile.TemporaryDirectory()))
            proxy = make_proxy(self.platform, HOST, 0, folder)
            self._home.run(proxy.start())
            self._ending.callback(lambda: self._home.run(proxy.stop()))
            self._proxy = proxy_environment(proxy)
        return dict(self._proxy)

    def _environment(self) -> dict[str, str]:
        fields = _fields(self.account)
        values = {f"GONGZHONG_{name.upper()}": value for name, value in fields.items()}
        more = {"GONGZHONG_API_BASE": self.url, "GONGZHONG_REPLAY_WINDOW": "off", "PYTHONUNBUFFERED": "1"}
        return {**values, **more}

    def close(self) -> None:
        """Stop what was started here, then the platform. What happened stays readable in `pushes` and `calls`."""
        self._ending.close()
        self._failures.close()


def _not_open() -> SetupError:
    return SetupError(
        "LivePlatform 还没有打开",
        "the LivePlatform is not open",
        fix_zh="写成 with LivePlatform() as platform:",
        fix_en="write `with LivePlatform() as platform:`",
    )


def _fields(account: Account) -> dict[str, Any]:
    return {
        "appid": account.appid,
        "secret": account.secret.reveal(),
        "token": account.token.reveal(),
        "aes_key": account.aes_key.reveal(),
        "encryption": account.encryption,
    }


def _without_platform(wrapper: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Hide the argument `platform`, which pytest would take for its fixture."""
    signature = inspect.signature(function)
    if "platform" not in signature.parameters:
        raise SetupError(
            f"{function.__qualname__} 没有参数 platform",
            f"{function.__qualname__} has no argument `platform`",
            fix_zh="加上它：def test(platform): …",
            fix_en="add it: def test(platform): …",
        )
    others = [parameter for name, parameter in signature.parameters.items() if name != "platform"]
    wrapper.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return wrapper


def _read(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode("utf-8", "replace")


def _print(output: IO[bytes]) -> None:
    """Show what a program printed, where pytest keeps it for tests that fail."""
    sys.stderr.write(_read(output))


def _not_started(words: Sequence[str], reason: tuple[str, str], output: IO[bytes]) -> GongzhongError:
    last = "\n".join(_read(output).splitlines()[-SHOWN_LINES:])
    shown = f"\n{last}" if last else ""
    return SetupError(
        f"程序没有开始监听（{reason[0]}）：{' '.join(words)}{shown}",
        f"the program does not listen ({reason[1]}): {' '.join(words)}{shown}",
        fix_zh="让它监听环境变量 PORT 的端口，或在命令里写 {port}；启动慢就加上 ready_s=60",
        fix_en="let it listen on the port in PORT, or write {port} in the command; ready_s=60 if it starts slowly",
    )
