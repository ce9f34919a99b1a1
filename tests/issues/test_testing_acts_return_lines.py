"""Every act returns the lines that it brought: an ignored message shows nothing, not the previous answer."""

from __future__ import annotations

import asyncio

import pytest

import gongzhong.testing
from gongzhong import AsyncClient, OfficialAccount, Subscribe, Text
from gongzhong.catalogue.menus import Button, CreateMenu
from gongzhong.testing import Actor, Answer, Line, Lines, LocalPlatform, NothingCame

PAGE = "https://shop.example/orders"


@pytest.fixture
def oa(platform: LocalPlatform) -> OfficialAccount:
    oa = OfficialAccount.from_env()

    @oa.on(Subscribe)
    async def welcome() -> str:
        return "欢迎"

    @oa.text("你好")
    async def hello() -> str:
        return "你好呀"

    @oa.text("慢")
    async def slow() -> str:
        await asyncio.sleep(12)
        return "久等了"

    @oa.text("一会儿")
    async def later(message: Text, api: AsyncClient) -> None:
        async def write() -> None:
            await asyncio.sleep(300)
            await api.customer.send_text(touser=message.from_user_name, content="到了")

        later.task = asyncio.get_running_loop().create_task(write())  # type: ignore[attr-defined]

    @oa.text("坏")
    async def broken() -> str:
        raise KeyError("库存")

    @oa.click("HELP")
    async def help_() -> str:
        return "帮助"

    platform.connect(oa)
    return oa


@pytest.fixture
def alice(platform: LocalPlatform, oa: OfficialAccount) -> Actor:
    alice = platform.person("alice")
    assert alice.follows(oa).texts == ["欢迎"]
    return alice


def test_an_ignored_message_shows_nothing_and_not_the_previous_answer(alice: Actor) -> None:
    assert alice.says("你好").text == "你好呀"
    ignored = alice.says("谁理我")
    assert ignored == []
    assert not ignored
    assert alice.inbox[-1].text == "你好呀"
    with pytest.raises(NothingCame, match=r"没有收到任何消息.*推送 text"):
        ignored.text  # noqa: B018


def test_every_act_returns_a_list_of_lines(
    alice: Actor, platform: LocalPlatform, oa: OfficialAccount
) -> None:
    platform.client(oa).perform(
        CreateMenu(
            button=[
                Button(name="帮助", type="click", key="HELP"),
                Button(name="订单", type="view", url=PAGE),
                Button(name="扫", type="scancode_waitmsg", key="SCAN"),
            ]
        )
    )
    tapped = alice.taps("帮助")
    assert (tapped.texts, tapped.opened) == (["帮助"], None)
    assert isinstance(tapped[0], Line)
    viewed = alice.taps("订单")
    assert (viewed, viewed.opened) == ([], PAGE)
    asked = alice.taps("扫", answer=Answer(scan_result="6901"))
    bob = platform.person("bob")
    acts = [
        asked,
        alice.sends("image"),
        alice.enters(),
        alice.scans(platform.code(oa, "poster")),
        bob.follows(scene="poster"),
        bob.unfollows(),
        alice.unfollows(),
    ]
    assert all(isinstance(lines, Lines) for lines in acts)
    assert [lines.texts for lines in acts] == [[], [], [], [], ["欢迎"], [], []]


def test_a_late_answer_belongs_to_its_act_and_a_failure_is_seen(alice: Actor) -> None:
    (late,) = alice.says("慢")
    assert (late.text, late.via) == ("久等了", "customer")
    failed = alice.says("坏")
    assert len(failed) == 1
    assert failed[0].side in ("account", "system")


def test_waiting_for_what_comes_later_moves_the_clock(alice: Actor, platform: LocalPlatform) -> None:
    assert alice.says("一会儿") == []
    before = platform.clock.now()
    assert alice.waits(timeout_s=600).text == "到了"
    assert 150 <= platform.clock.now() - before <= 600
    with pytest.raises(NothingCame, match="10 秒内 alice 收到 0 条消息"):
        alice.waits()


def test_lines_of_one_account_are_not_those_of_another(platform: LocalPlatform) -> None:
    shop, news = OfficialAccount.from_env(), OfficialAccount.from_env("NEWS_")

    @shop.text
    async def sold() -> str:
        return "商店"

    @news.text
    async def told() -> str:
        return "新闻"

    alice = platform.person("alice")
    alice.follows(shop)
    alice.follows(news)
    assert alice.says("?", to=shop).texts == ["商店"]
    assert alice.says("?", to=news).texts == ["新闻"]


def test_what_an_agent_does_returns_what_the_person_got(alice: Actor, platform: LocalPlatform) -> None:
    agent = platform.agent("li", "小李")
    agent.accepts(alice)
    assert agent.says("在的", to=alice).texts == ["在的"]
    with pytest.raises(gongzhong.testing.NotPossible, match="65413"):
        agent.says("在吗", to=platform.person("bob"))


def test_everything_public_is_there_and_described() -> None:
    for name in gongzhong.testing.__all__:
        thing = getattr(gongzhong.testing, name)
        assert name == "PNG" or thing.__doc__
