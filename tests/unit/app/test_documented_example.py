"""The example of docs/app.md runs as it stands, and the page names every counter."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any, cast

import pytest

from gongzhong.app import Accounts, OfficialAccount, Services, official_account
from gongzhong.messages import encode
from gongzhong.testing import LocalPlatform
from gongzhong.wire import PushWriter, read_xml

from .conftest import APPID, SECRET, TOKEN, FakeApi, Make, WeChat, click, shown, subscribe, text

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "app.md").read_text("utf-8")


@pytest.fixture
def oa(monkeypatch: pytest.MonkeyPatch) -> OfficialAccount:
    for name, value in {"APPID": APPID, "SECRET": SECRET, "TOKEN": TOKEN}.items():
        monkeypatch.setenv(f"GONGZHONG_{name}", value)
    found = re.search(r"<!-- example: shop -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "docs/app.md", "exec"), names)
    return cast(OfficialAccount, names["oa"])


async def test_the_example_answers(oa: OfficialAccount, make: Make) -> None:
    wechat = WeChat(oa, FakeApi())
    api = cast(Any, wechat.api)
    services = Services(api=api, blocking_api=api, clock=make().oa.clock)
    with oa.bound_to(oa.bind(oa.account, services)):
        await the_example_answers(oa, wechat)


async def the_example_answers(oa: OfficialAccount, wechat: WeChat) -> None:
    assert shown(await wechat.push(subscribe())) == "欢迎！"
    assert shown(await wechat.push(subscribe("qrscene_shop"))) == "欢迎！你从 shop 来。"
    assert await wechat.say("天气 北京") == "北京：晴"
    assert [shown(await wechat.push(click("ORDER"))) for _ in range(2)] == [
        "这是你的第 1 单。",
        "这是你的第 2 单。",
    ]
    assert await wechat.say("新闻") == "马上就来。"
    await oa.shutdown()
    assert [call.msgtype for call in wechat.api.sent] == ["news"]
    assert await wechat.say("回声") == "回声"


def test_the_page_names_every_counter() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(official_account.__file__).parent.glob("*.py"))
    counted = set(re.findall(r"counters\[f?\"([a-z_]+)", source))
    assert counted
    assert [name for name in sorted(counted) if f"`{name}" not in PAGE] == []


def test_the_dialogue_works_as_it_stands(platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GONGZHONG_APPID", raising=False)
    found = re.search(r"<!-- example: dialogue -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "docs/app.md", "exec"), names)
    platform.connect(names["oa"])
    alice = platform.person("alice")
    alice.follows(names["oa"])
    for word in ("报名", "小王", "十八", "18", "13800138000"):
        alice.says(word)
    assert [line.text for line in alice.inbox][1:] == [
        "几岁？",
        "请填数字。",
        "手机号？",
        "小王，18 岁，13800138000：已登记。",
    ]
    alice.says("报名")
    platform.clock.advance(minutes=11)
    before = len(alice.inbox)
    alice.says("小王")
    assert len(alice.inbox) == before  # nobody takes it any more


def test_several_accounts_work_as_they_stand() -> None:
    found = re.search(r"<!-- example: accounts -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "docs/app.md", "exec"), names)
    accounts: Accounts = names["accounts"]
    for number, path, host in ((1, "/shop/1", "x"), (2, "/", "shop2.example.com")):
        push = text("在吗")
        query, body = PushWriter(f"token{number}", "", "", "plain").seal(
            encode(push), int(time.time()), str(number), push.openid
        )
        answer = accounts.handle_blocking(path, query, body, host=host)
        assert read_xml(answer.body)["Content"] == f"wx{number:016x}: 在吗"
    accounts.close()


async def test_the_page_answers_from_elsewhere(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"APPID": APPID, "SECRET": SECRET, "TOKEN": TOKEN}.items():
        monkeypatch.setenv(f"GONGZHONG_{name}", value)
    found = re.search(r"<!-- example: late -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "docs/app.md", "exec"), names)
    oa = names["oa"]
    wechat = WeChat(oa, FakeApi())
    services = Services(api=cast(Any, wechat.api), clock=make().oa.clock)
    with oa.bound_to(oa.bind(oa.account, services)):
        asked = asyncio.ensure_future(wechat.say("多少"))
        await asyncio.sleep(1)
        [(question, ticket)] = names["jobs"]
        await asyncio.to_thread(names["job"], question, ticket)
        assert await asked == "多少：42"
