"""A conversation on the pages becomes a test that plays it again, and fails when the program answers differently."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gongzhong.client import WireRequest
from gongzhong.platform.world import menus
from gongzhong.running.target import resolve
from gongzhong.testing import PNG, LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

pytestmark = pytest.mark.heavy

PROGRAM = """
from gongzhong import Account, Click, Image, OfficialAccount, Secret, Subscribe, Text

oa = OfficialAccount(
    Account(appid="wx00000000000000c1", secret=Secret("s" * 32), token=Secret("tok123"), aes_key=Secret("a" * 43))
)


@oa.on(Subscribe)
async def welcome(event):
    return f"欢迎，来自 {event.event_key.removeprefix('qrscene_') or '搜索'}"


@oa.click("SONG")
async def song(event):
    yield "点歌成功"
    yield "正在播放"


@oa.on(Image)
async def picture(message, api):
    await api.customer.send_text(touser=message.from_user_name, content="收到图片")


@oa.text("坏掉")
async def breaks(message):
    return {"not": "a reply"}


@oa.default
async def echo(message):
    return f"你说：{message.content}"
"""

MENU = [{"name": "音乐", "sub_button": [{"type": "click", "name": "点歌", "key": "SONG"}]}]


class Pages:
    """The pages' side of the control API."""

    def __init__(self, platform: LocalPlatform) -> None:
        self._platform, self._wire = platform, InProcessTransport(platform.server)

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        request = WireRequest(
            method=method,
            url=f"http://127.0.0.1:8700/_platform/{path}",
            headers={"content-type": "application/json"},
            query=query,
            body=b"" if body is None else json.dumps(body).encode(),
        )
        reply = self._platform.run(self._wire.send(request))
        is_json = reply.content_type == "application/json"
        return json.loads(reply.body) if is_json else reply.body.decode()

    def act(self, verb: str, person: str = "小明", **body: object) -> Any:
        return self.ask("POST", f"people/{person}/{verb}", {"appid": "wx00000000000000c1", **body}, wait="1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(PROGRAM, "utf-8")
    # Another test's program of the same name must not be taken for this one.
    sys.modules.pop("shop", None)
    return tmp_path


@pytest.fixture
def pages(platform: LocalPlatform, folder: Path) -> Pages:
    oa = resolve(f"{folder / 'shop.py'}:oa").value
    account = platform.connect(oa, name="商店")
    menus.set_default(platform.world, account, MENU)
    for name in ("小明", "Bob Lee"):
        platform.person(name)
    return Pages(platform)


def talk(platform: LocalPlatform, pages: Pages) -> str:
    """One of everything; returns the test."""
    pages.act("follow", person="Bob Lee")
    pages.ask("POST", "recording/start", {"appid": "商店"})
    pages.act("follow", scene="vip")
    pages.act("say", content="在吗\"'\\")
    platform.clock.advance(hours=2)
    pages.act("tap", path=[0, 0])
    pages.act("say", type="image", file=base64.b64encode(PNG).decode())
    pages.act("say", type="location", latitude=31.2, longitude=121.5, label="外滩")
    pages.act("say", person="Bob Lee", content="我也在")
    pages.act("unfollow", person="Bob Lee")
    assert pages.ask("POST", "recording/stop")["length"] == 7
    pages.act("say", content="不在录制里")
    return str(pages.ask("GET", "recording/test", target="shop:oa"))


def replay(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_recorded.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_what_was_recorded_runs_as_a_test(platform: LocalPlatform, pages: Pages, folder: Path) -> None:
    source = talk(platform, pages)
    assert "platform.clock.advance(seconds=72" in source
    assert '小明.follows(scene="vip")' in source
    assert "不在录制里" not in source
    ast.parse(source)
    (folder / "test_recorded.py").write_text(source, "utf-8")
    done = replay(folder)
    assert done.returncode == 0, f"{source}\n{done.stdout}{done.stderr}"
    (folder / "shop.py").write_text(PROGRAM.replace("你说：", "您说："), "utf-8")
    assert replay(folder).returncode == 1


def test_a_menu_comes_back_without_the_files_that_it_shows(
    platform: LocalPlatform, pages: Pages, folder: Path
) -> None:
    shows = {"name": "图", "type": "media_id", "media_id": "stored-where-it-was-recorded"}
    menus.set_default(platform.world, platform.account_of(), [*MENU, shows])
    (folder / "test_recorded.py").write_text(talk(platform, pages), "utf-8")
    done = replay(folder)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_an_empty_or_unstarted_recording_says_so(pages: Pages) -> None:
    assert "error" in pages.ask("GET", "recording/test")
    assert "error" in pages.ask("POST", "recording/stop")
    assert pages.ask("GET", "recording") == {"running": False, "appid": None, "length": 0}
    assert "error" in pages.ask("POST", "recording/start", {"appid": "nobody"})
    pages.ask("POST", "recording/start", {"appid": "商店"})
    assert pages.ask("GET", "recording")["running"] is True
    assert "error" in pages.ask("GET", "recording/test")


def test_a_name_of_a_program_is_checked(pages: Pages) -> None:
    pages.ask("POST", "recording/start", {"appid": "商店"})
    pages.act("follow")
    for target in ("shop", "shop:", "shop:a b", "", "import os; x:oa"):
        assert "error" in pages.ask("GET", "recording/test", target=target)
    assert 'oa = load_account("shop.py:oa", near=__file__)' in pages.ask(
        "GET", "recording/test", target="shop.py:oa"
    )
    assert 'oa = load_account("my.shop:account", near=__file__)' in pages.ask(
        "GET", "recording/test", target="my.shop:account"
    )
