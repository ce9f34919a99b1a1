"""The development loop: a platform, the program that is being written, and everything between them set up.

    this process      platform + pages on one port, traffic as it happens
    child process     `gongzhong serve TARGET`, given its account in the environment

The callback URL is saved through the platform's own verification, so what works here was asked the way WeChat asks.
The program may crash, block or be restarted; the platform, its people and their chats stay.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import SetupError
from ..platform.world.settings import Kind
from .callback import PATHS, find
from .child import ChildProgram, serve_command
from .dev_account import AccountWish, choose, environment, server_settings, trust_pages_of
from .embedded import START_S, EmbeddedServer, stopping
from .listening import free_port, require_free, until_listening, url_of
from .platform_server import PORT, application, configuration, found_at, open_platform
from .target import file_of, require_there, short_name
from .watch import Watch

if TYPE_CHECKING:
    from ..platform import Platform
    from ..platform.delivery.verification import Wanted
    from ..platform.world.world import AccountState

PROBE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What to develop and how. `path` None finds the callback path; ports of 0 take a free one."""

    target: str
    host: str = "127.0.0.1"
    port: int = PORT
    app_port: int = 0
    path: str | None = None
    account: str | None = None
    kind: Kind | None = None
    verified: bool | None = None
    config: Path | None = None
    data: Path | None = None
    allow_hosts: tuple[str, ...] = ()
    """Host names, besides those of this machine, by which the platform may be used."""
    reload: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where everything is, once the callback URL is saved or could not be."""

    phone_url: str
    app_url: str
    callback_url: str | None
    account: str
    appid: str


class Screen(Protocol):
    """Who is told what happens. Texts come in both languages."""

    def ready(self, running: Running) -> None: ...

    def exchange(self, entry: dict[str, Any]) -> None:
        """A push or an API call, in the control API's form (Traffic)."""
        ...

    def note(self, zh: str, en: str) -> None: ...

    def warn(self, zh: str, en: str) -> None: ...


async def develop(wishes: Wishes, screen: Screen, *, stop: asyncio.Event | None = None) -> None:
    """Run platform and program until Ctrl-C, SIGTERM or `stop`.

    Raises SetupError when it cannot begin: also when the program ends before it listens, unless `reload` waits for a
    mended file.
    """
    require_there(wishes.target)
    stop = stop or asyncio.Event()
    config = configuration(wishes.config)
    config.allow_hosts = [*config.allow_hosts, *wishes.allow_hosts]
    platform = open_platform(config, wishes.data)
    app = application(platform, wishes.host)
    server = EmbeddedServer(app, host=wishes.host, port=wishes.port)
    require_free(wishes.host, wishes.app_port)
    url = url_of(wishes.host, server.port)
    found_at(platform, url)
    bench = Bench(wishes, screen, platform, url)
    with stopping(stop):
        await server.start()
        watching = asyncio.create_task(bench.follow_platform())
        try:
            await bench.keep_running(stop)
        finally:
            await bench.program.stop()
            watching.cancel()
            await server.stop()


class Bench:
    """One session: the account, the program's process, and what has been set up between them."""

    def __init__(self, wishes: Wishes, screen: Screen, platform: Platform, platform_url: str) -> None:
        self.wishes, self.screen, self.platform = wishes, screen, platform
        self.platform_url = platform_url
        port = wishes.app_port or free_port(wishes.host)
        self._port = port
        self.app_url = url_of(wishes.host, port)
        wish = AccountWish(
            name=short_name(wishes.target), chosen=wishes.account, kind=wishes.kind, verified=wishes.verified
        )
        account = choose(platform, wish)
        self.account: AccountState = trust_pages_of(platform, account, self.app_url.partition("://")[2])
        self.settings: Wanted = server_settings(platform, self.account, self.app_url + (wishes.path or "/"))
        self.program = ChildProgram(
            serve_command(wishes.target, wishes.host, port),
            environment(self.account, self.settings, platform_url, self.app_url),
        )
        self._configured = False
        self._reset = asyncio.Event()
        platform.remember_start()

    async def follow_platform(self) -> None:
        """Pass on what happens on the platform: traffic to the screen, the time to the program."""
        async for name, data in self.platform.live.listen():
            if name == "traffic":
                self.screen.exchange(data)
            elif name == "clock":
                self._tell_time()
            elif name == "state" and data.get("reset"):
                self._reset.set()

    def _tell_time(self) -> None:
        """Let what the program caches follow the platform's clock."""
        self.program.set_clock(self.platform.clock.now() - time.time())

    async def keep_running(self, stop: asyncio.Event) -> None:
        """Start the program, set up its URL, start it again when files change, until `stop`."""
        watch = Watch(self._folder()) if self.wishes.reload else None
        first = True
        while not stop.is_set():
            await self._begin(announce=first)
            first = False
            reason = await self._reason_to_restart(stop, watch)
            if reason is not None:
                self.screen.note(*reason)
                await self.program.stop()

    def _folder(self) -> Path:
        file = file_of(self.wishes.target)
        return file.parent if file is not None and file.is_absolute() else Path.cwd()

    async def _begin(self, *, announce: bool) -> None:
        self._reset.clear()
        await self.program.start()
        self._tell_time()
        listening = await until_listening(self.wishes.host, self._port, START_S, lambda: self.program.running)
        if listening and not self._configured:
            await self._configure()
        elif not listening and self.program.running:
            self.screen.warn(
                f"程序 {START_S:g} 秒内没有开始监听", f"the program does not listen after {START_S:g} seconds"
            )
        elif not listening and not self.wishes.reload:
            status = await self.program.ended()
            raise SetupError(
                f"程序没有启动（退出码 {status}），原因见上",
                f"the program did not start (status {status}), see above",
                fix_zh="改好后重新运行；加 --reload 则保存后自动重启",
                fix_en="mend it and run again; with --reload it starts again when the file is saved",
            )
        if announce:
            self.screen.ready(
                Running(
                    phone_url=self.platform_url,
                    app_url=self.app_url,
                    callback_url=self.settings.url if self._configured else None,
                    account=self.account.name,
                    appid=self.account.appid,
                )
            )

    async def _configure(self) -> None:
        """Enter the URL in the console: the given path, or the first one that answers."""
        if self.wishes.path is None:
            found = await find(self.platform.receiver, self.app_url, self.settings.token, timeout_s=PROBE_S)
            if found is None:
                tried = " ".join(PATHS)
                self.screen.warn(
                    f"没有找到回调地址（试过 {tried}）：用 --path 指定；程序要用环境变量里的 Token",
                    f"no callback URL found (tried {tried}): name it with --path; the Token comes in the environment",
                )
                return
            self.settings = server_settings(self.platform, self.account, found)
        verdict, _ = await self.platform.configure_url(self.account, self.settings)
        self._configured = verdict.ok
        self.platform.remember_start()
        if not verdict.ok:
            self.screen.warn(
                f"服务器配置没有保存：{verdict.zh}", f"the callback URL was not saved: {verdict.en}"
            )

    async def _reason_to_restart(self, stop: asyncio.Event, watch: Watch | None) -> tuple[str, str] | None:
        """Wait for a reason to start the program again, and say it in both languages; None when it is time to stop.

        A reset of the platform is one: what the program made when it started, such as its menu, is gone.
        """
        asked = asyncio.ensure_future(stop.wait())
        reset = asyncio.ensure_future(self._reset.wait())
        ended = asyncio.ensure_future(self.program.ended())
        changed = asyncio.ensure_future(watch.wait()) if watch is not None else None
        waiting = {task for task in (asked, reset, changed) if task is not None}
        try:
            done, _ = await asyncio.wait({*waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
            if done == {ended}:
                self._tell_end(ended.result(), watch is not None)
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return None
            if changed is not None and changed.done():
                names = "、".join(path.name for path in changed.result()[:3])
                return f"{names} 有改动，重新启动", f"{names} changed, starting again"
            return "平台已重置，重新启动程序", "the platform was reset, starting the program again"
        finally:
            for task in (*waiting, ended):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def _tell_end(self, status: int, restarts: bool) -> None:
        then_zh = "改好保存后会自动重启" if restarts else "改好后重新运行（或使用 --reload）"
        then_en = (
            "save a mended file and it starts again" if restarts else "mend it and run again, or use --reload"
        )
        self.screen.warn(
            f"程序已退出（状态 {status}），原因见上；平台仍在运行。{then_zh}",
            f"the program ended with status {status}, see above; the platform still runs. {then_en}",
        )
