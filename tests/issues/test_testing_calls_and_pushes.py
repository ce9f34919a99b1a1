"""`platform.calls` and `platform.pushes` hold everything, and give what a test asks about."""

from __future__ import annotations

import pytest

from gongzhong import Image, OfficialAccount, Text
from gongzhong.platform import PlatformConfig
from gongzhong.testing import Exchanges, LocalPlatform, UnknownName

MADE = 250
"""More than a page of the traffic log (200)."""


def test_calls_are_complete_and_filtered(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()
    platform.connect(oa)
    api = platform.client(oa)
    alice, bob = platform.person("alice"), platform.person("bob")
    alice.follows()
    bob.follows()
    for _ in range(MADE):
        api.base.api_addresses()
    api.customer.send_text(touser=alice.openid(), content="你好")
    api.users.get(openid=bob.openid())
    assert len(platform.calls.named("get_api_domain_ip")) == MADE
    assert len(platform.calls.named("/cgi-bin/get_api_domain_ip", "message/custom/send")) == MADE + 1
    (sent,) = platform.calls.about(alice)
    assert sent.title == "cgi-bin/message/custom/send"
    assert sent.sent == {
        "touser": alice.openid(),
        "msgtype": "text",
        "text": {"content": "你好"},
    }
    assert sent.answered == {"errcode": 0, "errmsg": "ok"}
    assert [call.title for call in platform.calls.about(bob)] == ["cgi-bin/user/info"]
    assert platform.calls.named("message/template/send").named("message/template/send") == []
    assert isinstance(platform.calls.failed, Exchanges)
    assert platform.calls.failed == []
    with pytest.raises(UnknownName, match="是不是想写 message/custom/send"):
        platform.calls.named("mesage/custom/send")


def test_pushes_by_name_and_person(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()

    @oa.on(Text)
    async def fails(message: Text) -> str:
        return "\x00" if message.content == "坏" else "好"

    platform.connect(oa)
    alice, bob = platform.person("alice"), platform.person("bob")
    alice.follows()
    bob.follows()
    for number in range(MADE):
        alice.says(str(number))
    bob.says("一")
    assert len(platform.pushes) == MADE + 3
    assert len(platform.pushes.named("text")) == MADE + 1
    assert [push.title for push in platform.pushes.about(bob)] == ["event:subscribe", "text"]
    assert platform.pushes.named("subscribe").about(alice)[0].sent["FromUserName"] == alice.openid()
    assert platform.pushes.named("text").about(alice.openid())[-1].sent["Content"] == str(MADE - 1)
    assert platform.pushes.named("text")[-1].answered["Content"] == "好"
    assert platform.pushes.named("event:CLICK", "unsubscribe") == []
    with pytest.raises(UnknownName):
        platform.pushes.named("txt")


@pytest.mark.parametrize("public", ["", "https://platform.example:8443/"])
def test_pic_url_is_absolute_from_the_configured_address_whoever_asked(public: str) -> None:
    seen: list[str] = []
    oa = OfficialAccount.from_env()

    @oa.on(Image)
    async def got(message: Image) -> None:
        seen.append(message.pic_url)

    with LocalPlatform(PlatformConfig(public_url=public)) as platform:
        platform.connect(oa)
        alice = platform.person("alice")
        alice.follows()
        alice.sends("image")
        platform.client(oa).base.api_addresses()
        alice.sends("image")
    origins = {url.partition("/_platform/")[0] for url in seen}
    assert origins == {public.rstrip("/") or "http://127.0.0.1:8700"}
