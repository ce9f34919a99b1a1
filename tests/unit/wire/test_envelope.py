from __future__ import annotations

from contextlib import suppress
from re import fullmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.errors import BadCipher, BadXml, TooLarge
from gongzhong.wire import MAX_BODY_BYTES
from gongzhong.wire.envelope import ciphertext_of
from gongzhong.wire.reading import read_tree

USUAL = """<xml>
<ToUserName><![CDATA[gh_a1b2c3d4e5f6]]></ToUserName>
<Encrypt><![CDATA[abcd+/==]]></Encrypt>
</xml>"""


@pytest.mark.parametrize(
    "text",
    [
        USUAL,
        USUAL.replace("\n", ""),
        USUAL.replace("\n<", "\n\t  <") + "\n",
        USUAL.replace("<![CDATA[abcd+/==]]>", "abcd+/=="),
        USUAL.replace("gh_", "公众号"),
        USUAL.replace("</xml>", "<AgentID>1</AgentID></xml>"),
        "<xml><Encrypt>abcd+/==</Encrypt></xml>",
    ],
)
def test_every_spelling_of_the_envelope(text: str) -> None:
    assert ciphertext_of(text.encode(), MAX_BODY_BYTES) == "abcd+/=="


@pytest.mark.parametrize(
    "text", ["<xml><A>1</A></xml>", USUAL.replace("abcd+/==", ""), USUAL.replace("Encrypt", "E")]
)
def test_no_ciphertext(text: str) -> None:
    with pytest.raises(BadCipher):
        ciphertext_of(text.encode(), MAX_BODY_BYTES)


def test_size_is_limited() -> None:
    with pytest.raises(TooLarge):
        ciphertext_of(USUAL.encode(), len(USUAL) - 1)


PIECES = st.sampled_from(
    [
        "<Encrypt>",
        "</Encrypt>",
        "<![CDATA[",
        "]]>",
        "]",
        "abcd",
        "=",
        "&",
        "&amp;",
        "<",
        "\0",
        "汉",
        "\n",
        "<A>1</A>",
    ]
)


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=5).map("".join))
def test_whatever_can_be_base64_is_read_as_by_the_full_reader(inside: str) -> None:
    body = USUAL.replace("abcd+/==", inside).encode()
    text = ""
    with suppress(BadXml, BadCipher):
        text = ciphertext_of(body, MAX_BODY_BYTES)
    if fullmatch("[A-Za-z0-9+/=]+", text):
        assert str(read_tree(body)["Encrypt"]).strip() == text
