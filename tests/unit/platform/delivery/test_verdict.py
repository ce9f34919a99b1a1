"""What counts as an answer to a push, and what is a failure of the response."""

from __future__ import annotations

import pytest

from gongzhong.account import Encryption

from .conftest import AES_KEY, APPID, ORIGINAL_ID, TOKEN, Bed

pytestmark = pytest.mark.anyio
TEXT = "<MsgType>text</MsgType><Content>好</Content>"


@pytest.mark.parametrize(
    "body",
    [
        b"Success",
        b"success\n",
        b" ",
        b"ok",
        b'{"errcode":0}',
        b"<html><body>hello</body></html>",
        b"<xml>",
        b"<xml></xml>",
        b"\xff\xfe",
        b"<?xml version='1.0'?><xml></xml>",
    ],
)
async def test_answers_that_are_none(bed: Bed, body: bytes) -> None:
    bed.server.says = [body]
    outcome = await bed.says()
    assert (outcome.verdict.kind, outcome.verdict.ok) == ("response", False)
    assert outcome.verdict.zh.startswith("回应失败")


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n", b" ", b"<?xml version='1.0'?>"])
async def test_nothing_may_stand_before_the_xml(bed: Bed, before: bytes) -> None:
    bed.server.says = [before + bed.reply()]
    assert (await bed.says()).verdict.kind == "response"


@pytest.mark.parametrize(
    "inside",
    [
        "<MsgType>text</MsgType>",
        "<MsgType>text</MsgType><Content></Content>",
        "<Content>好</Content>",
        "<MsgType>dance</MsgType><Content>好</Content>",
        "<MsgType>image</MsgType><Image></Image>",
        "<MsgType>news</MsgType><ArticleCount>1</ArticleCount>",
    ],
)
async def test_a_reply_must_be_whole(bed: Bed, inside: str) -> None:
    bed.server.says = [bed.reply(inside)]
    assert (await bed.says()).verdict.kind == "response"


@pytest.mark.parametrize(
    "names", [{"by": APPID}, {"by": "gh_other"}, {"to": ORIGINAL_ID}, {"to": "somebody"}]
)
async def test_the_names_must_be_swapped(bed: Bed, names: dict[str, str]) -> None:
    bed.server.says = [bed.reply(TEXT, **names)]
    outcome = await bed.says()
    assert outcome.verdict.kind == "response"
    assert "UserName" in outcome.verdict.en


@pytest.mark.parametrize(
    ("mode", "kind"), [("plain", "replied"), ("compatible", "replied"), ("safe", "response")]
)
async def test_plain_text_is_no_reply_in_safe_mode(bed: Bed, mode: Encryption, kind: str) -> None:
    bed.change(encryption=mode)
    bed.server.says = [bed.reply()]
    assert (await bed.says()).verdict.kind == kind


async def test_a_sealed_reply_is_none_in_plain_mode(bed: Bed) -> None:
    bed.change(encryption="safe")
    bed.server.says = [bed.sealed("safe")]
    assert (await bed.says()).verdict.kind == "replied"
    bed.change(encryption="plain")
    assert (await bed.says()).verdict.kind == "response"


@pytest.mark.parametrize("setting", ["token", "aes_key"])
async def test_a_reply_sealed_with_other_keys(bed: Bed, setting: str) -> None:
    """The server still has the old setting."""
    bed.change(encryption="safe")
    bed.server.says = [bed.sealed("safe")]
    assert (await bed.says()).verdict.kind == "replied"
    changed = {"token": TOKEN[::-1], "aes_key": AES_KEY[::-1]}[setting]
    bed.change(**{setting: changed})
    assert (await bed.says()).verdict.kind == "response"


async def test_a_text_that_is_too_long_is_not_shown(bed: Bed) -> None:
    bed.server.says = [bed.reply(f"<MsgType>text</MsgType><Content>{'x' * 2049}</Content>")]
    before = len(bed.screen)
    outcome = await bed.says()
    assert (outcome.verdict.kind, len(bed.screen)) == ("ignored", before + 1)
