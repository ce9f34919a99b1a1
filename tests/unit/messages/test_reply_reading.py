"""A reply is refused for the reasons WeChat has, with the element at fault in the message."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.errors import BadXml
from gongzhong.messages import MASS_SEND_STATUSES, NewsReply, Text, TextReply, parse_reply

PUSH = Text(to_user_name="gh_1", from_user_name="o1", create_time=1, content="hi", msg_id=1)
COMMON = {"ToUserName": "o1", "FromUserName": "gh_1", "CreateTime": "5"}
ITEM = {"Title": "t", "Description": "d", "PicUrl": "", "Url": ""}


def reply(kind: str = "text", /, **elements: Any) -> dict[str, Any]:
    return {**COMMON, "MsgType": kind, **elements}


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def test_elements_we_do_not_know_are_ignored() -> None:
    assert parse_reply(reply(Content="a", FuncFlag="0")) == TextReply("a")


def test_blanks_around_the_time_are_ignored() -> None:
    assert parse_reply(reply(Content="a", CreateTime=" 5\n")) == TextReply("a")


@pytest.mark.parametrize("name", ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"])
def test_each_required_element(name: str) -> None:
    whole = reply(Content="a")
    with pytest.raises(BadXml, match=name):
        parse_reply(without(whole, name))
    with pytest.raises(BadXml, match=name):
        parse_reply({**whole, name: ""})
    with pytest.raises(BadXml, match=name):
        parse_reply({**whole, name: ["1", "1"]})


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (reply(Content={"b": "x"}), "Content"),
        (reply(Content="a", CreateTime="5.5"), "CreateTime"),
        (reply(Content="a", CreateTime="-5"), "CreateTime"),
        (reply(Content="a", CreateTime="٥"), "CreateTime"),
        (reply("file", Content="a"), "MsgType"),
        (reply("image", MediaId="m"), "Image"),
        (reply("image", Image=""), "Image"),
        (reply("image", Image={"MediaId": ""}), "MediaId"),
        (reply("voice", Voice={"Media": "m"}), "MediaId"),
        (reply("video", Video={"Title": "t"}), "MediaId"),
        (reply("video", Video={"MediaId": "m", "Title": ["a", "b"]}), "Title"),
        (reply("music", Music={"Title": "t"}), "ThumbMediaId"),
        (reply("news", Articles={"item": ITEM}), "ArticleCount"),
        (reply("news", ArticleCount="1"), "Articles"),
        (reply("news", ArticleCount="0", Articles=""), "Articles"),
        (reply("news", ArticleCount="2", Articles={"item": ITEM}), "ArticleCount"),
        (reply("news", ArticleCount="1", Articles={"item": [ITEM, ITEM]}), "ArticleCount"),
        (reply("news", ArticleCount="1", Articles={"item": "x"}), "ArticleCount"),
        (reply("news", ArticleCount="0", Articles={"entry": "x"}), "ArticleCount"),
        (reply("news", ArticleCount="1", Articles={"item": without(ITEM, "Url")}), "Url"),
        (reply("transfer_customer_service", TransInfo={"KfAccount": ""}), "KfAccount"),
        (reply("transfer_customer_service", TransInfo=""), "TransInfo"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadXml) as refused:
        parse_reply(fields)
    assert fault in refused.value.zh
    assert fault in refused.value.en


def test_the_names_must_be_those_of_the_push_swapped() -> None:
    assert parse_reply(reply(Content="a"), PUSH) == TextReply("a")
    with pytest.raises(BadXml, match="FromUserName") as refused:
        parse_reply(reply(Content="a", FromUserName="wx0123456789abcdef"), PUSH)
    assert "gh_1" in refused.value.en
    with pytest.raises(BadXml, match="ToUserName"):
        parse_reply(reply(Content="a", ToUserName="o2"), PUSH)


def test_one_article_needs_no_list() -> None:
    parsed = parse_reply(reply("news", ArticleCount="1", Articles={"item": ITEM}))
    assert isinstance(parsed, NewsReply)
    assert len(parsed.articles) == 1


def test_messages_do_not_repeat_long_input() -> None:
    with pytest.raises(BadXml) as refused:
        parse_reply(reply("x" * 10_000, Content="a"))
    assert len(refused.value.en) < 200


def test_statuses_of_mass_sends_are_told_in_both_languages() -> None:
    assert all(zh and en for zh, en in MASS_SEND_STATUSES.values())
