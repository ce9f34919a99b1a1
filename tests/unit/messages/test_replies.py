"""Replies are written as in the documentation, and no text can leave its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.messages import (
    Article,
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    Text,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
    encode_reply,
    parse_reply,
)
from gongzhong.wire import Fields, read_xml

PUSH = Text(
    to_user_name="gh_a1b2c3d4e5f6",
    from_user_name="oABCD1234efgh5678ijkl9012mnop",
    create_time=1700000001,
    content="hi",
    msg_id=1,
)


def test_names_are_swapped_and_the_time_is_ours() -> None:
    assert encode_reply(TextReply("Thanks"), PUSH, 1700000011) == (
        b"<xml><ToUserName><![CDATA[oABCD1234efgh5678ijkl9012mnop]]></ToUserName>"
        b"<FromUserName><![CDATA[gh_a1b2c3d4e5f6]]></FromUserName><CreateTime>1700000011</CreateTime>"
        b"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[Thanks]]></Content></xml>"
    )


def test_each_sample_is_written_as_it_was_read(reply_sample: Fields) -> None:
    reply = parse_reply(reply_sample)
    written = read_xml(encode_reply(reply, PUSH, int(str(reply_sample["CreateTime"]))))
    assert written == reply_sample
    assert list(written) == list(reply_sample)


@pytest.mark.parametrize(
    "reply",
    [
        TextReply("好的\n<a href='https://example.com'>link</a> ]]> &amp; 😀"),
        ImageReply("m"),
        VoiceReply("m"),
        VideoReply("m"),
        VideoReply("m", title="t"),
        MusicReply(thumb_media_id="t"),
        MusicReply("t", "Song", "", "https://a", "https://b"),
        NewsReply([Article("a"), Article("b", "]]>", "https://p", "https://u")]),
        TransferReply(),
        TransferReply("anna@shopid"),
    ],
)
def test_what_is_written_can_be_read(reply: Reply) -> None:
    assert parse_reply(read_xml(encode_reply(reply, PUSH, 1)), PUSH) == reply


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
    )
)
def test_any_text_arrives(content: str) -> None:
    assert parse_reply(read_xml(encode_reply(TextReply(content), PUSH, 1))) == TextReply(content)


def test_characters_that_xml_cannot_carry_do_not_break_the_reply() -> None:
    assert parse_reply(read_xml(encode_reply(TextReply("a\x00b\ud800c"), PUSH, 1))) == TextReply(
        "a\ufffdb\ufffdc"
    )


def test_names_cannot_leave_their_place_either() -> None:
    forged: Any = Text(to_user_name="gh_1", from_user_name="o]]><b/>", create_time=1, content="", msg_id=1)
    assert read_xml(encode_reply(TextReply("a"), forged, 1))["ToUserName"] == "o]]><b/>"


def test_articles_cannot_be_changed_afterwards() -> None:
    articles = [Article("a")]
    reply = NewsReply(articles)
    articles.append(Article("b"))
    assert reply.articles == (Article("a"),)
