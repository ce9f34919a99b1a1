"""客服消息下发规则: five messages within 48 hours of a message, whoever sent them.

A handler that sends by itself uses up the same five that its late answer is sent from.
"""

from __future__ import annotations

from gongzhong import AsyncClient, Client, OfficialAccount, Text
from gongzhong.errors import QuotaError
from gongzhong.testing import LocalPlatform


def test_what_handlers_send_by_themselves_counts_with_either_client(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()
    left: list[int | None] = []

    def note(message: Text) -> None:
        left.append(oa.binding.allowance.left(message.openid, oa.clock.now()))

    @oa.text("一")
    async def awaiting(message: Text, api: AsyncClient) -> None:
        note(message)
        for number in range(3):
            await api.customer.send_text(touser=message.openid, content=f"{number}")
        note(message)

    @oa.text("二")
    def blocking(message: Text, api: Client) -> None:
        note(message)
        for number in range(6):
            try:
                api.customer.send_text(touser=message.openid, content=f"{number}")
            except QuotaError:
                break
        note(message)

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("一")
    assert left == [5, 2]
    alice.says("二")
    assert left[2:] == [5, 0]


def test_a_call_that_was_refused_uses_up_nothing(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()
    left: list[int | None] = []

    @oa.text(".*")
    async def sends(message: Text, api: AsyncClient) -> None:
        try:
            await api.customer.send_text(touser=message.openid, content="")
        except Exception:
            left.append(oa.binding.allowance.left(message.openid, oa.clock.now()))

    platform.connect(oa)
    platform.person("alice").follows(oa)
    platform.person("alice").says("你好")
    assert left == [5]
