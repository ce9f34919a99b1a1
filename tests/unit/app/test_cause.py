"""What the app sends by itself names the push that it answers, to a platform on this machine and to nobody else."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Mapping
from urllib.parse import unquote

import msgspec
import pytest

from gongzhong.account import Hosts
from gongzhong.app import OfficialAccount
from gongzhong.app.inbox import read_answer
from gongzhong.client import AsyncClient, Tokens
from gongzhong.client.cause import HEADER, KEY, PUSH, with_cause
from gongzhong.messages import Push, Text, TextReply, dedup_key
from gongzhong.store import Stage, Work
from gongzhong.testing.virtual_time import VirtualClock

from ..client.conftest import AwaitingRoad, Weixin
from .conftest import ALICE, APPID, START, FakeApi, WeChat, account, text

pytestmark = pytest.mark.anyio

QUOTA, SEND = "cgi-bin/openapi/quota/get", "cgi-bin/message/custom/send"


class Shop:
    """An account whose calls go to `address`, with what was sent there."""

    def __init__(self, address: str) -> None:
        self.weixin = Weixin()
        quota = {"daily_limit": 500, "used": 0, "remain": 500}
        self.weixin.will(f"/{QUOTA}", {"errcode": 0, "errmsg": "ok", "quota": quota})
        clock = VirtualClock(asyncio.get_running_loop(), START)
        here = msgspec.structs.replace(account(), hosts=Hosts.local(address))
        api = AsyncClient(here, AwaitingRoad(self.weixin), Tokens(clock=clock), clock)
        self.oa = OfficialAccount(here, api=api, clock=clock)
        self.oa.text("慢")(self.slow)
        self.oa.text()(self.twice)

    async def slow(self, message: Text) -> str:
        await asyncio.sleep(12)
        return "慢"

    async def twice(self, message: Text) -> AsyncIterator[str]:
        yield "一"
        yield "二"

    async def push(self, *pushes: Push) -> None:
        """Deliver at once, once each, and let everything be sent."""
        wechat = WeChat(self.oa, FakeApi())
        await asyncio.gather(*(wechat.deliver(push) for push in pushes))
        await asyncio.sleep(30)

    def named(self) -> list[tuple[str, str | None]]:
        """Each call with the key that it names, without the fetches of tokens."""
        calls = [one for one in self.weixin.requests if one not in self.weixin.fetches()]
        keys = [one.headers.get(HEADER) for one in calls]
        paths = [one.url.partition("//")[2].partition("/")[2] for one in calls]
        return [(path, None if key is None else unquote(key)) for path, key in zip(paths, keys, strict=True)]


@pytest.mark.parametrize("words", ["慢", "两句"])
async def test_a_platform_on_this_machine_is_told(words: str) -> None:
    shop, push = Shop("http://127.0.0.1:8700"), text(words)
    await shop.push(push)
    assert shop.named() == [(QUOTA, dedup_key(push)), (SEND, dedup_key(push))]


@pytest.mark.parametrize("words", ["慢", "两句"])
async def test_another_host_is_told_nothing(words: str) -> None:
    shop = Shop("http://wx.test")
    await shop.push(text(words))
    assert shop.named() == [(QUOTA, None), (SEND, None)]


async def test_in_one_line_each_message_names_its_own_push() -> None:
    shop, first, second = Shop("http://127.0.0.1:8700"), text("慢"), text("慢")
    await shop.push(first, second)
    keys = [key for path, key in shop.named() if path == SEND]
    assert keys == [dedup_key(first), dedup_key(second)]


def test_an_answer_of_an_earlier_version_is_of_no_push_whatever_runs() -> None:
    old = ("TextReply", {"content": "旧"}, "quota", START, "")
    row = Work(
        id=1,
        account=APPID,
        kind="answer",
        line=ALICE,
        key="k",
        data=msgspec.msgpack.encode(old),
        stage=Stage.WAITING,
        due=START,
        attempts=0,
        fence=0,
        holder="",
        reason="",
        created_at=START,
    )
    answer = read_answer(row)
    assert (answer.reply, answer.key) == (TextReply(content="旧"), "")

    def said() -> tuple[Mapping[str, str], Mapping[str, str]]:
        PUSH.set(text("别的"))
        handler = with_cause({})
        KEY.set(answer.key)
        return handler, with_cause({})

    handler, sender = contextvars.copy_context().run(said)
    assert HEADER in handler
    assert sender == {}
