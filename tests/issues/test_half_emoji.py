"""Half an emoji (a lone surrogate), as programs that cut texts leave it: UTF-8 has no such character.

It goes out as U+FFFD and loses nothing around it, as in replies; a person's half character reaches the account as
WeChat sends it (three bytes) and the kit reads U+FFFD.
"""

from __future__ import annotations

import json

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text, Upload
from gongzhong.catalogue import customer_messages, listed, material, users
from gongzhong.catalogue.encoding import encode
from gongzhong.testing import LocalPlatform
from gongzhong.wire.surrogates import mended, mended_value

HALF, PAIR = "\ud83d", "\ud83d\ude00"


def official_account() -> OfficialAccount:
    return OfficialAccount(
        Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))
    )


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("好的", "好的"),
        (f"好的{HALF}", "好的\ufffd"),
        (f"{HALF}{HALF}", "\ufffd\ufffd"),
        (f"a{PAIR}b", "a\U0001f600b"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("name\udcff.png", "name\ufffd.png"),
    ],
)
def test_pairs_are_joined_and_halves_replaced(given: str, right: str) -> None:
    assert mended(given) == right
    assert mended_value({given: [given, {"n": 1}]}) == {right: [right, {"n": 1}]}


def test_json_bodies_go_out_whole() -> None:
    call = customer_messages.text_message(touser="oAlice", content=f"好的{HALF}，{PAIR}")
    body = encode(call).body
    assert isinstance(body, bytes)
    assert json.loads(body)["text"]["content"] == "好的\ufffd，\U0001f600"


def test_queries_go_out_whole() -> None:
    assert encode(users.GetUser(openid=f"o{HALF}")).query["openid"] == "o\ufffd"
    card = listed.listed("/card/create", query={"q": HALF}, body={"a": [HALF]})
    encoded = encode(card)
    assert encoded.query == {"q": "\ufffd"}
    assert encoded.body == '{"a":["\ufffd"]}'.encode()


def test_texts_beside_files_go_out_whole() -> None:
    call = material.AddMaterial(
        type="video",
        media=Upload(b"x", f"a{HALF}.mp4"),
        description=material.VideoDescription(title=f"t{HALF}", introduction=""),
    )
    body = encode(call).body
    assert body is not None
    assert '"title":"t\ufffd"'.encode() in bytes(body)


def test_a_person_who_sends_half_an_emoji_is_answered() -> None:
    bed, oa = LocalPlatform(), official_account()
    heard: list[str] = []

    @oa.on(Text)
    async def echo(message: Text) -> str:
        heard.append(message.content)
        return f"收到{message.content}{HALF}"

    try:
        bed.connect(oa)
        alice = bed.person("alice")
        alice.follows(oa)
        alice.says(f"在吗{HALF}")
        assert heard == ["在吗\ufffd"]
        assert "在吗".encode() + b"\xed\xa0\xbd" in bed.pushes[-1].request_body
        assert alice.inbox[-1].text == "收到在吗\ufffd\ufffd"
        bed.client(oa).customer.send_text(touser=alice.openid(), content=f"好的{HALF}")
        assert alice.inbox[-1].text == "好的\ufffd"
    finally:
        bed.close()
