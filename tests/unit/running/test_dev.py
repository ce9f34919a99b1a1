"""The development loop with real processes: set up, crash, reload, stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gongzhong.running.control import Control
from gongzhong.running.dev import Running, Wishes, develop
from gongzhong.running.listening import PortInUse

pytestmark = [pytest.mark.anyio, pytest.mark.heavy]

BOT = """
from gongzhong.app import OfficialAccount
from gongzhong.messages import Text

oa = OfficialAccount.from_env()

@oa.on(Text)
async def answer(message: Text) -> str:
    return str(oa.clock.now()) if message.content == "TIME" else "ANSWER" + message.content
"""
WEB = """
from starlette.applications import Starlette
from starlette.routing import Mount
from dev_bot import oa

app = Starlette(routes=[Mount("/wechat", app=oa.asgi)])
"""

DAY_S = 86_400


class Recorder:
    """Keeps what it was told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.running: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
        self.exchanges: list[dict[str, Any]] = []
        self.told: list[str] = []
        self._news = asyncio.Event()

    def ready(self, running: Running) -> None:
        self.running.set_result(running)

    def exchange(self, entry: dict[str, Any]) -> None:
        self.exchanges.append(entry)
        self._news.set()

    def note(self, zh: str, en: str) -> None:
        self.told.append(en)
        self._news.set()

    def warn(self, zh: str, en: str) -> None:
        self.note(zh, en)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def developing(**wishes: Any) -> AsyncIterator[tuple[Recorder, Running]]:
    stop, screen = asyncio.Event(), Recorder()
    work = asyncio.create_task(develop(Wishes(port=0, **wishes), screen, stop=stop))
    await asyncio.wait({work, screen.running}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    if work.done():
        await work
    try:
        yield screen, await screen.running
    finally:
        stop.set()
        await asyncio.wait_for(work, 30)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dev_bot.py").write_text(BOT, "utf-8")
    (tmp_path / "dev_web.py").write_text(WEB, "utf-8")
    return tmp_path


async def say(running: Running, content: str) -> list[str]:
    """What the account answers to a text of 小明."""
    control = Control(running.phone_url)
    body = {"appid": running.appid, "content": content}
    answer = await asyncio.to_thread(control.post, "people/小明/say?wait=1", body)
    return [item["content"] for item in answer["items"] if item["side"] != "person"]


async def test_an_account_is_made_configured_and_answers(project: Path) -> None:
    async with developing(target="dev_bot:oa") as (screen, running):
        assert running.account == "dev_bot"
        assert running.callback_url == running.app_url + "/"
        assert screen.exchanges[0]["kind"] == "verify"
        await asyncio.to_thread(
            Control(running.phone_url).post, "people/小明/follow", {"appid": running.appid}
        )
        assert await say(running, "hi") == ["ANSWERhi"]
        await screen.until(lambda: screen.exchanges[-1]["title"] == "text")
        assert screen.exchanges[-1]["verdict"]["ok"]
        assert screen.told == []


async def test_the_callback_path_of_an_application_is_found(project: Path) -> None:
    async with developing(target="dev_web.py:app") as (_, running):
        assert running.callback_url == running.app_url + "/wechat/"


async def test_a_path_that_is_wrong_is_told(project: Path) -> None:
    async with developing(target="dev_web:app", path="/elsewhere") as (screen, running):
        assert running.callback_url is None
        assert "the callback URL was not saved" in screen.told[0]


async def test_a_crash_leaves_the_platform_and_a_mended_file_starts_again(project: Path) -> None:
    bot = project / "dev_bot.py"
    bot.write_text("raise RuntimeError('broken')", "utf-8")
    async with developing(target="dev_bot:oa", reload=True) as (screen, running):
        assert running.callback_url is None
        await screen.until(lambda: any("ended with status 3" in line for line in screen.told))
        assert (await asyncio.to_thread(Control(running.phone_url).get, "state"))["people"]
        bot.write_text(BOT, "utf-8")
        await screen.until(lambda: bool(screen.exchanges))
        await asyncio.to_thread(
            Control(running.phone_url).post, "people/小明/follow", {"appid": running.appid}
        )
        assert await say(running, "2") == ["ANSWER2"]
        bot.write_text(BOT.replace("ANSWER", "NEW"), "utf-8")
        await screen.until(lambda: screen.told[-1] == "dev_bot.py changed, starting again")


async def test_a_port_in_use_ends_it_before_anything_starts(project: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(PortInUse):
        await develop(Wishes(target="dev_bot:oa", port=port), Recorder())
    server.close()


async def test_what_the_program_caches_follows_the_platforms_clock(project: Path) -> None:
    async with developing(target="dev_bot:oa") as (_, running):
        control = Control(running.phone_url)
        await asyncio.to_thread(control.post, "people/小明/follow", {"appid": running.appid})
        before = float((await say(running, "TIME"))[0])
        await asyncio.to_thread(control.post, "clock", {"advance": DAY_S})
        after = float((await say(running, "TIME"))[0])
        assert DAY_S <= after - before < DAY_S + 60


async def test_a_reset_starts_the_program_again_with_its_account_and_url(project: Path) -> None:
    async with developing(target="dev_bot:oa") as (screen, running):
        control = Control(running.phone_url)
        url = (await asyncio.to_thread(control.account))["url"]
        await asyncio.to_thread(control.post, "reset", {})
        await screen.until(lambda: "the platform was reset, starting the program again" in screen.told)
        assert (await asyncio.to_thread(control.account))["url"] == url
        await asyncio.to_thread(control.post, "people/小明/follow", {"appid": running.appid})
        async with asyncio.timeout(30):
            while "ANSWERhi" not in await say(running, "hi"):  # noqa: ASYNC110  (another process)
                await asyncio.sleep(0.1)
