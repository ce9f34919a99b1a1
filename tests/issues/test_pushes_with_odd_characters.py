"""What a phone lets people type arrives at the app as it was typed, in every mode.

WeChat copies typed text byte by byte into a CDATA section, control characters included, which XML 1.0 forbids
(reports of developers; delivery.md: a signed push is WeChat's, whatever it holds).
"""

from __future__ import annotations

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.account import Encryption
from gongzhong.testing import LocalPlatform

ODD = [
    "早\x02安",
    "\x08",
    "一\x0b二",
    "三\x10",
    "\x1d四",
    "五\0六",
    "七\uffff",
    "\ufffe",
    "第一行\r\n第二行\r",
    "\x85\u2028\u200b\u202e",
    "]]>",
    "a]]>b]]",
    "]]></Content><MsgType><![CDATA[event]]></MsgType><Content><![CDATA[",
    "<Content>&lt;&#65;&amp;",
    "👨\u200d👩\u200d👧",
]


def account(mode: Encryption) -> Account:
    key = "" if mode == "plain" else "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    return Account(
        appid="wx00000000000000aa",
        secret=Secret("s" * 32),
        token=Secret("tok123"),
        aes_key=Secret(key),
        encryption=mode,
    )


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_what_was_typed_arrives_and_its_bytes_stood_in_the_push(
    platform: LocalPlatform, mode: Encryption
) -> None:
    oa = OfficialAccount(account(mode))
    heard: list[str] = []

    @oa.on(Text)
    async def hear(message: Text) -> None:
        heard.append(message.content)

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    for typed in ODD:
        alice.says(typed)
    assert heard == ODD
    sent = [entry.decrypted or entry.request_body for entry in platform.pushes]
    for typed in ODD:
        section = typed.replace("]]>", "]]]]><![CDATA[>")
        assert any(f"<Content><![CDATA[{section}]]></Content>".encode() in body for body in sent), typed
