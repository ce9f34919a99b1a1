"""What handlers return, and what the user sees of it."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.app.results import as_reply
from gongzhong.errors import HandlerError
from gongzhong.messages import Article, ImageReply, NewsReply, TextReply, TransferReply

from .conftest import Make, click, text

pytestmark = pytest.mark.anyio


class Giver:
    """Who returned the result, as errors name it."""

    name = "shop (bot.py:7)"


class Shout(str):
    """A text of a program's own kind."""


ARTICLE = Article(title="题", description="述", pic_url="https://a.example/p.jpg", url="https://a.example")


@pytest.mark.parametrize(
    ("result", "reply"),
    [
        (None, None),
        ("", None),
        ("好", TextReply(content="好")),
        (Shout("好"), TextReply(content="好")),
        (ImageReply(media_id="m"), ImageReply(media_id="m")),
        ([ARTICLE], NewsReply(articles=[ARTICLE])),
        ((ARTICLE,), NewsReply(articles=[ARTICLE])),
        (TransferReply(), TransferReply()),
    ],
)
def test_results_become_replies(result: Any, reply: Any) -> None:
    assert as_reply(result, text("?"), Giver()) == reply


@pytest.mark.parametrize("result", [3, b"bytes", {"a": 1}, [], ["text"], [ARTICLE, "text"], True])
def test_anything_else_is_an_error(result: Any) -> None:
    with pytest.raises(HandlerError, match=r"bot\.py:7.*只能返回"):
        as_reply(result, text("?"), Giver())


@pytest.mark.parametrize("result", [TextReply(content=""), ImageReply(media_id=""), NewsReply(articles=[])])
def test_a_reply_that_wechat_would_fail_on_is_an_error(result: Any) -> None:
    with pytest.raises(HandlerError, match=r"bot\.py:7.*空"):
        as_reply(result, text("?"), Giver())


async def test_more_articles_than_an_answer_may_have_follow_one_by_one(make: Make) -> None:
    wechat = make(customer_service=True)

    @wechat.oa.default
    async def news() -> list[Article]:
        return [Article(title=f"第{number}篇", url="https://a.example") for number in (1, 2, 3)]

    push = text("新闻")
    reply = await wechat.push(push)
    assert isinstance(reply, NewsReply)
    assert [article.title for article in reply.articles] == ["第1篇"]
    await wechat.oa.shutdown()
    assert [call.news.articles[0].title for call in wechat.api.sent if call.news] == ["第2篇", "第3篇"]
    whole = await wechat.push(click("NEWS"))
    assert isinstance(whole, NewsReply)
    assert len(whole.articles) == 3


async def test_a_wrong_result_is_a_failure_of_the_handler(make: Make) -> None:
    wechat = make(failure_text="坏了")

    @wechat.oa.default
    async def wrong() -> Any:
        return {"not": "a reply"}

    assert await wechat.say("?") == "坏了"
    assert wechat.oa.counters["handler_errors"] == 1


async def test_a_reply_that_cannot_be_written_is_a_failure_of_the_handler(make: Make) -> None:
    wechat = make(failure_text="坏了")

    @wechat.oa.default
    async def wrong() -> ImageReply:
        return ImageReply(media_id=12345)  # type: ignore[arg-type]

    assert await wechat.say("?") == "坏了"
    assert wechat.oa.counters["handler_errors"] == 1
