"""Another kit, unchanged, sends to many: what it writes is understood, and it understands the answers."""

from __future__ import annotations

import asyncio

import pytest
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from gongzhong.platform.world import chats, people

from .conftest import APPID, SECRET, LivePlatform
from .test_wechatpy import ToPlatform


@pytest.fixture
def other(live: LivePlatform) -> WeChatClient:
    made = WeChatClient(APPID, SECRET)
    made._http.mount("https://api.weixin.qq.com", ToPlatform(live.url))
    return made


def finish(live: LivePlatform) -> None:
    """Let what is due within a minute happen."""

    async def pass_time() -> None:
        live.platform.clock.advance(minutes=1)
        live.platform.catch_up()
        await asyncio.sleep(0)

    live.run(pass_time())


def test_to_everybody(live: LivePlatform, other: WeChatClient) -> None:
    sent = other.message.send_mass_text(None, "大家好", is_to_all=True)
    assert sent["errmsg"] == "send job submission success"
    assert other.message.get_mass(sent["msg_id"])["msg_status"] == "SENDING"
    finish(live)
    assert other.message.get_mass(sent["msg_id"])["msg_status"] == "SEND_SUCCESS"
    line = chats.read(live.platform.world, APPID, "alice")[-1]
    assert (line["content"], line["via"]) == ("大家好", "mass")
    with pytest.raises(WeChatClientException) as refused:
        other.message.send_mass_text(None, "又来了", is_to_all=True)
    assert refused.value.errcode == 45028


def test_to_a_tag_a_list_and_one_reader_first(live: LivePlatform, other: WeChatClient) -> None:
    world, account = live.platform.world, live.platform.account("demo")
    alice = people.relation(world, account, "alice").openid
    people.create(world, "bob")
    bob = people.follow(world, account, "bob").openid
    assert other.message.send_mass_text(alice, "预览", preview=True)["errmsg"] == "preview success"
    assert chats.read(world, APPID, "alice")[-1]["content"] == "预览"
    assert other.message.send_mass_text([alice, bob], "两位好")["msg_id"] > 0
    assert other.message.send_mass_text(2, "星标")["msg_id"] > 0
    with pytest.raises(WeChatClientException) as refused:
        other.message.send_mass_text([alice], "一位")
    assert refused.value.errcode == 40130
    finish(live)
    assert chats.read(world, APPID, "bob")[-1]["content"] == "两位好"


def test_the_automatic_replies(other: WeChatClient) -> None:
    rules = other.message.get_autoreply_info()
    assert (rules["is_add_friend_reply_open"], "keyword_autoreply_info" in rules) == (1, False)
