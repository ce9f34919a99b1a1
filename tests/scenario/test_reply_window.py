"""Handlers without a deadline, told from the person's side: the answer comes, once, whatever it takes."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong import Account, OfficialAccount, Secret, Subscribe, Text
from gongzhong.testing import LocalPlatform


class Shop:
    """An account with quick and slow handlers; `runs` counts how often the slow one began."""

    def __init__(self) -> None:
        self.runs = 0
        self.oa = OfficialAccount(
            Account(
                appid="wx00000000000000aa",
                secret=Secret("s" * 32),
                token=Secret("tok123"),
                aes_key=Secret("a" * 43),
                encryption="safe",
            )
        )
        self.oa.on(Subscribe)(self.welcome)
        self.oa.text(r"慢 (?P<seconds>\d+)")(self.slow)
        self.oa.text("线程")(self.plain)
        self.oa.default(self.echo)

    async def welcome(self, event: Subscribe) -> str:
        return "欢迎关注！"

    async def slow(self, message: Text, seconds: str) -> str:
        self.runs += 1
        await asyncio.sleep(float(seconds))
        return f"{seconds} 秒之后"

    def plain(self, message: Text) -> str:
        return "来自线程"

    async def echo(self, message: Text) -> str:
        return message.content


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_quick_answers_are_passive_replies(platform: LocalPlatform, shop: Shop) -> None:
    platform.connect(shop.oa)
    alice = platform.person("alice")
    alice.follows(shop.oa)
    assert alice.inbox[-1].text == "欢迎关注！"
    alice.says("你好")
    assert (alice.inbox[-1].text, alice.inbox[-1].via) == ("你好", "passive")
    alice.says("线程")
    assert alice.inbox[-1].text == "来自线程"


def test_twelve_seconds_end_in_a_customer_service_message(platform: LocalPlatform, shop: Shop) -> None:
    platform.connect(shop.oa)
    alice = platform.person("alice")
    alice.follows(shop.oa)
    before = platform.clock.now()
    alice.says("慢 12")
    assert (alice.inbox[-1].text, alice.inbox[-1].via) == ("12 秒之后", "customer")
    assert shop.runs == 1
    assert [entry.attempt for entry in platform.pushes if entry.title == "text"] == [1]
    assert 12 <= platform.clock.now() - before < 13


@pytest.mark.parametrize("carried_out", [True, False])
def test_after_system_busy_the_answer_is_never_shown_twice(
    platform: LocalPlatform, shop: Shop, carried_out: bool
) -> None:
    """-1 does not say whether the message was sent: shown at most once, on record, and what comes next arrives."""
    platform.connect(shop.oa)
    alice = platform.person("alice")
    alice.follows(shop.oa)
    platform.trouble("api", "errcode", "message/custom/send", times=1, carried_out=carried_out)
    alice.says("慢 12")
    platform.clock.advance(60)
    shown = [one.text for one in alice.inbox if one.text == "12 秒之后"]
    assert len(shown) == carried_out
    sends = [one for one in platform.calls if one.title == "cgi-bin/message/custom/send"]
    assert len(sends) == 1
    assert [str(one.reason) for one in shop.oa.undelivered] == ["in_doubt"]
    alice.says("慢 11")
    assert alice.inbox[-1].text == "11 秒之后"


def test_twelve_seconds_end_in_the_third_delivery_without_that_permission(
    platform: LocalPlatform, shop: Shop
) -> None:
    platform.connect(shop.oa, kind="subscription", verified=False)
    alice = platform.person("alice")
    alice.follows(shop.oa)
    alice.says("慢 12")
    assert (alice.inbox[-1].text, alice.inbox[-1].via) == ("12 秒之后", "passive")
    assert shop.runs == 1
    texts = [entry for entry in platform.pushes if entry.title == "text"]
    assert [(entry.attempt, entry.verdict.kind) for entry in texts] == [
        (1, "timeout"),
        (2, "timeout"),
        (3, "replied"),
    ]
    assert len({entry.decrypted for entry in texts}) == 1


def test_an_answer_that_misses_every_delivery_waits_for_the_next_message(
    platform: LocalPlatform, shop: Shop
) -> None:
    platform.connect(shop.oa, kind="subscription", verified=False)
    alice = platform.person("alice")
    alice.follows(shop.oa)
    alice.says("慢 40")
    assert "回复“继续”" in alice.inbox[-1].text
    platform.clock.advance(minutes=1)
    alice.says("好了吗")
    assert alice.inbox[-1].text == "40 秒之后\n\n好了吗"
    assert shop.runs == 1


def test_the_grey_line_when_the_server_is_gone(platform: LocalPlatform, shop: Shop) -> None:
    account = platform.connect(shop.oa)
    alice = platform.person("alice")
    alice.follows(shop.oa)
    platform.change(shop.oa, url="http://nobody.test/")
    alice.says("在吗")
    assert alice.screen[-1].text == "该公众号提供的服务出现故障，请稍后再试"
    assert [entry.verdict.kind for entry in platform.pushes[-3:]] == ["connect"] * 3
    assert account.name == "wx00000000000000aa"
