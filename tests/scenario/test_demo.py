"""The demo account, played by a person: everything it promises in its help text."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from gongzhong.cli.outcome import DONE, run
from gongzhong.client import WireReply, WireRequest
from gongzhong.testing import Actor, LocalPlatform, NotPossible
from gongzhong.testing.in_process import InProcessTransport

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"
PUBLIC_URL = "http://demo.example"
ENVIRONMENT = {
    "GONGZHONG_APPID": "wx00000000000000dd",
    "GONGZHONG_SECRET": "f" * 32,
    "GONGZHONG_TOKEN": "demotoken",
    "GONGZHONG_AES_KEY": "a" * 43,
    "GONGZHONG_PUBLIC_URL": PUBLIC_URL,
}


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_under_test", DEMO)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def demo(platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    module = load()
    platform.connect(module.oa, oauth_domain="demo.example", js_domains=["demo.example"])
    running = module.app.router.lifespan_context(module.app)
    platform.run(running.__aenter__())
    yield module
    platform.run(running.__aexit__(None, None, None))


@pytest.fixture
def alice(platform: LocalPlatform, demo: ModuleType) -> Actor:
    alice = platform.person("alice", nickname="小爱")
    alice.follows()
    return alice


def test_it_welcomes_and_helps(alice: Actor) -> None:
    assert alice.inbox[-1].text.startswith("欢迎关注！")
    alice.says("帮助")
    assert "天气 北京" in alice.inbox[-1].text


def test_it_knows_where_a_follower_came_from(platform: LocalPlatform, demo: ModuleType) -> None:
    bob = platform.person("bob")
    bob.follows(scene="shop42")
    assert "shop42" in bob.inbox[-1].text


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("天气 北京", ["北京：小雨，15°C（演示数据）"]),
        ("慢", ["12 秒过去了，答案在这里：微信只等 5 秒，你不用管。"]),
        ("客服", ["这一条是被动回复。", "这一条是客服消息。", "两秒之后，再来一条。"]),
        ("图文", ["演示公众号的网页"]),
        ("记数", ["这是你第 1 次说“记数”。"]),
        ("随便", ["你说：随便"]),
    ],
)
def test_it_answers(alice: Actor, said: str, heard: list[str]) -> None:
    before = len(alice.inbox)
    alice.says(said)
    lines = [line.text for line in alice.inbox[before:]]
    if said.startswith("天气"):
        assert [line.split("：")[0] for line in lines] == ["北京"]
    else:
        assert lines == heard


def test_it_returns_pictures_and_understands_places(alice: Actor) -> None:
    alice.sends("image")
    assert alice.inbox[-1].type == "image"
    alice.sends("location", latitude=31.2, longitude=121.5, label="外滩")
    assert "外滩" in alice.inbox[-1].text


def test_its_menu_is_there_and_every_button_works(alice: Actor) -> None:
    assert alice.taps("网页", "我的资料").opened == f"{PUBLIC_URL}/me"
    assert alice.taps("网页", "JS-SDK").opened == f"{PUBLIC_URL}/js-sdk"
    alice.taps("帮助")
    assert "试试这些" in alice.inbox[-1].text
    alice.taps("工具", "扫一扫")
    assert alice.inbox[-1].text.startswith("扫描结果：")


def test_an_order_is_confirmed_by_a_template_message(platform: LocalPlatform, alice: Actor) -> None:
    for _ in range(2):
        platform.clock.advance(seconds=2)
        before = len(alice.inbox)
        alice.taps("工具", "订单通知")
        notice, reply = sorted(alice.inbox[before:], key=lambda line: line.via != "template")
        assert (notice.type, notice.content["title"]) == ("template", "订单状态通知")
        assert "一杯咖啡" in notice.text
        assert reply.text == "下单成功，通知已经发出。"


class Phone:
    """A browser inside WeChat: knows the demo's pages and WeChat's own, keeps the demo's cookie."""

    def __init__(self, platform: LocalPlatform, demo: ModuleType, person: str) -> None:
        self.platform, self.person = platform, person
        self.pages = InProcessTransport(cast(Any, demo.app))
        self.wechat = InProcessTransport(platform.server)
        self.cookie = ""

    def opens(self, url: str, method: str = "GET", body: bytes | None = None) -> WireReply:
        ours = url.startswith(PUBLIC_URL)
        address, _, query = url.partition("#")[0].partition("?")
        cookie = self.cookie if ours else f"gongzhong_person={self.person}"
        request = WireRequest(
            method=method, url=address, query=dict(parse_qsl(query)), headers={"cookie": cookie}, body=body
        )
        reply = self.platform.run((self.pages if ours else self.wechat).send(request))
        if ours and "set-cookie" in reply.headers:
            self.cookie = reply.headers["set-cookie"].partition(";")[0]
        return reply


def test_a_page_shows_who_is_looking(platform: LocalPlatform, demo: ModuleType, alice: Actor) -> None:
    phone = Phone(platform, demo, "alice")
    to_wechat = phone.opens(f"{PUBLIC_URL}/me")
    assert to_wechat.status == 307
    consent = to_wechat.headers["location"].partition("#")[0]
    agreed = phone.opens(consent.replace("/authorize?", "/authorize/decision?"), "POST", b"decision=allow")
    back = phone.opens(agreed.headers["location"])
    assert (back.status, back.headers["location"]) == (307, "/me")
    shown = phone.opens(f"{PUBLIC_URL}/me").body.decode()
    assert "小爱" in shown
    assert alice.openid() in shown
    stranger = Phone(platform, demo, "bob").opens(f"{PUBLIC_URL}/me")
    assert stranger.status == 307


def test_a_forged_return_is_explained(platform: LocalPlatform, demo: ModuleType) -> None:
    reply = Phone(platform, demo, "bob").opens(f"{PUBLIC_URL}/signed-in?code=c&state=s")
    assert reply.status == 400
    assert "再试一次" in reply.body.decode()


def test_a_page_is_signed_for_the_js_sdk(platform: LocalPlatform, demo: ModuleType) -> None:
    shown = Phone(platform, demo, "alice").opens(f"{PUBLIC_URL}/js-sdk").body.decode()
    assert '"signature"' in shown
    assert urlsplit(demo.oa.account.hosts.res).netloc in shown


def test_the_menu_comes_as_soon_as_the_api_answers(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    module = load()
    platform.connect(module.oa)
    platform.change(module.oa, secret="0" * 32)
    running = module.app.router.lifespan_context(module.app)
    platform.run(running.__aenter__())
    alice = platform.person("alice")
    alice.follows()
    assert alice.inbox[-1].text.startswith("欢迎关注！")
    with pytest.raises(NotPossible):
        alice.taps("帮助")
    platform.change(module.oa, secret=ENVIRONMENT["GONGZHONG_SECRET"])
    platform.clock.advance(minutes=10)
    alice.taps("帮助")
    platform.run(running.__aexit__(None, None, None))


def test_an_account_without_menus_works_without(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    module = load()
    platform.connect(module.oa, kind="subscription", verified=False)
    running = module.app.router.lifespan_context(module.app)
    platform.run(running.__aenter__())
    assert "不能创建菜单" in caplog.text
    alice = platform.person("alice")
    alice.follows()
    alice.says("慢")
    assert alice.inbox[-1].text.startswith("12 秒过去了")
    platform.run(running.__aexit__(None, None, None))


def test_it_keeps_the_norms(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(DEMO.parents[1])
    assert run(["norms", f"{DEMO}:oa", "--json"]) == DONE
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {one["norm"] for one in findings if one["verdict"] == "doubtful"} <= {"protection", "deletion"}


def test_who_unsubscribes_is_forgotten(alice: Actor) -> None:
    alice.says("记数")
    alice.unfollows()
    alice.follows()
    assert [line.text for line in alice.says("记数")] == ["这是你第 1 次说“记数”。"]
