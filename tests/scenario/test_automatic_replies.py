"""The console's automatic replies: they answer while no server URL is set, and the API tells them."""

from __future__ import annotations

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.platform.world import media
from gongzhong.platform.world.settings import (
    AutoReplySettings,
    ConsoleKeyword,
    ConsoleReply,
    ConsoleRule,
    ReplyArticle,
)
from gongzhong.platform.world.world import AccountState
from gongzhong.testing import PNG, LocalPlatform

NEWS = ConsoleReply(
    type="news", content="M1", articles=[ReplyArticle(title="头条", author="编辑部", content_url="http://x/")]
)
RULES = AutoReplySettings(
    add_friend=ConsoleReply(content="欢迎"),
    default=ConsoleReply(content="稍等"),
    rules=[
        ConsoleRule(
            name="新闻",
            keywords=[ConsoleKeyword(content="新闻"), ConsoleKeyword(content="n", match="equal")],
            replies=[ConsoleReply(content="今天的新闻"), NEWS],
            create_time=1423028166,
        ),
        ConsoleRule(
            name="抽签",
            keywords=[ConsoleKeyword(content="签")],
            replies=[ConsoleReply(content="上签"), ConsoleReply(content="下签")],
            reply_mode="random_one",
        ),
    ],
)


class Desk:
    """An account with rules, and an app that echoes once it is reachable."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("tok123"))
        )
        self.oa.on(Text)(self.echo)
        self.state: AccountState = platform.connect(self.oa, autoreply=RULES)
        self.url = self.state.url
        platform.change(self.oa, url="")
        self.alice = platform.person("alice")

    async def echo(self, message: Text) -> str:
        return f"收到：{message.content}"

    def said(self, text: str) -> list[str]:
        before = len(self.alice.inbox)
        self.alice.says(text)
        return [line.text for line in self.alice.inbox[before:]]


@pytest.fixture
def desk(platform: LocalPlatform) -> Desk:
    return Desk(platform)


def test_rules_answer_while_there_is_no_server(desk: Desk) -> None:
    desk.alice.follows(desk.oa)
    assert [(line.text, line.via) for line in desk.alice.inbox] == [("欢迎", "platform")]
    assert desk.said("有什么新闻吗") == ["今天的新闻", "头条"]
    assert desk.said("n") == ["今天的新闻", "头条"]
    assert desk.said("nn") == ["稍等"]
    desk.alice.sends("image")
    assert desk.alice.inbox[-1].text == "稍等"


def test_one_by_chance(desk: Desk) -> None:
    desk.alice.follows(desk.oa)
    drawn = [desk.said("求签") for _ in range(20)]
    assert {text for answer in drawn for text in answer} == {"上签", "下签"}
    assert {len(answer) for answer in drawn} == {1}


def test_switches(desk: Desk) -> None:
    desk.platform.change(
        desk.oa, autoreply=AutoReplySettings(add_friend=ConsoleReply(content="x"), open=False)
    )
    desk.alice.follows(desk.oa)
    assert [line.text for line in desk.alice.inbox] == ["x"]
    assert desk.said("新闻") == []


def test_the_server_answers_once_it_is_set(desk: Desk) -> None:
    desk.platform.change(desk.oa, url=desk.url)
    desk.alice.follows(desk.oa)
    assert desk.said("新闻") == ["收到：新闻"]


def test_the_api_tells_the_rules(desk: Desk) -> None:
    picture = media.keep(desk.platform.world, desk.state, "image", PNG, permanent=True).media_id
    shown = AutoReplySettings(default=ConsoleReply(type="img", content=picture), rules=RULES.rules)
    desk.platform.change(desk.oa, autoreply=shown)
    api = desk.platform.async_client(desk.oa)
    first, second = (desk.platform.run(api.autoreply.get()) for _ in range(2))
    assert (first.is_add_friend_reply_open, first.is_autoreply_open) == (1, 1)
    assert first.add_friend_autoreply_info is None
    assert first.message_default_autoreply_info is not None
    assert second.message_default_autoreply_info is not None
    ids = {first.message_default_autoreply_info.content, second.message_default_autoreply_info.content}
    assert len(ids) == 2 and picture not in ids
    assert desk.platform.run(api.media.get(media_id=ids.pop())).content == PNG
    assert first.keyword_autoreply_info is not None
    news, lots = first.keyword_autoreply_info.rules
    assert (news.rule_name, news.create_time, news.reply_mode) == ("新闻", 1423028166, "reply_all")
    assert [(one.content, one.match_mode) for one in news.keyword_list_info] == [
        ("新闻", "contain"),
        ("n", "equal"),
    ]
    assert news.reply_list_info[1].news_info is not None
    assert news.reply_list_info[1].news_info.articles[0].author == "编辑部"
    assert lots.reply_mode == "random_one"


def test_nothing_configured_says_little(platform: LocalPlatform) -> None:
    oa = OfficialAccount(Account(appid="wx00000000000000bb", secret=Secret("s" * 32), token=Secret("tok123")))
    platform.connect(oa, kind="subscription", verified=False)
    answer = platform.run(platform.async_client(oa).autoreply.get())
    assert answer.keyword_autoreply_info is None and answer.message_default_autoreply_info is None
