"""Menu, templates and automatic replies are read from WeChat and held against the norms, too."""

from __future__ import annotations

import asyncio

from gongzhong import Account, AsyncClient, OfficialAccount
from gongzhong.catalogue.menus import Button
from gongzhong.norms.texts import texts_of
from gongzhong.testing import LivePlatform


def test_texts_that_wechat_holds_are_read(live_platform: LivePlatform) -> None:
    oa = OfficialAccount(Account.for_tests())
    live_platform.connect(oa)
    live_platform.template("T" * 43, "限时秒杀", "商品：{{thing1.DATA}}")
    client = live_platform.client(oa)
    client.menu.create(button=[Button(type="click", name="分享领红包", key="SHARE")])

    async def read() -> tuple[list[tuple[str, str]], list[str]]:
        async with AsyncClient(oa.account) as api:
            lines, refused = await texts_of(api)
            return [(line.where.partition(":")[0], line.text) for line in lines], refused

    lines, refused = asyncio.run(read())
    assert ("menu.current", "分享领红包") in lines
    assert ("template.list", "限时秒杀") in lines
    assert ("template.list", "商品：{{thing1.DATA}}") in lines
    assert refused == []
