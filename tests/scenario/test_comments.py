"""Readers write under an article; the account selects, answers and deletes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong import CallError
from gongzhong.platform.world import articles
from gongzhong.platform.world.acts import NotPossible
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import LocalPlatform

from .conftest import Browser, Magazine, refused


class Article:
    """A published article that takes comments, as calls name it."""

    def __init__(self, magazine: Magazine, **fields: Any) -> None:
        self.magazine = magazine
        self.url = magazine.address(magazine.article(**{"need_open_comment": 1, **fields}))
        world = magazine.platform.world
        page = articles.page(world, self.url)
        assert page is not None
        self.publication = articles.of_page(world, page)
        self.named = {"msg_data_id": self.publication.msg_data_id, "index": 0}

    def contents(self, **fields: Any) -> list[str]:
        return [one.content for one in self.magazine.api.comments.list(**self.named, **fields).comment]


@pytest.fixture
def article(magazine: Magazine) -> Article:
    magazine.platform.person("alice").follows()
    return Article(magazine)


def test_a_comment_is_read_selected_and_answered(magazine: Magazine, article: Article) -> None:
    api, platform = magazine.api, magazine.platform
    alice = platform.person("alice")
    number = alice.comments(article.url, "好文")
    (comment,) = api.comments.list(**article.named).comment
    assert (comment.user_comment_id, comment.openid, comment.content) == (number, alice.openid(), "好文")
    assert (comment.comment_type, comment.reply) == (0, None)
    assert "好文" in Browser(platform, "alice").text(article.url)
    assert "好文" not in Browser(platform, "bob").text(article.url)
    api.comments.select(**article.named, user_comment_id=number)
    api.comments.reply(**article.named, user_comment_id=number, content="谢谢")
    (comment,) = api.comments.list(**article.named, type=2).comment
    assert comment.reply is not None
    assert (comment.comment_type, comment.reply.content) == (1, "谢谢")
    page = Browser(platform, "bob").text(article.url)
    assert "好文" in page
    assert "谢谢" in page
    with refused(88005):
        api.comments.reply(**article.named, user_comment_id=number, content="再谢")
    api.comments.delete_reply(**article.named, user_comment_id=number)
    with refused(88009):
        api.comments.delete_reply(**article.named, user_comment_id=number)
    api.comments.unselect(**article.named, user_comment_id=number)
    assert (article.contents(type=1), article.contents(type=2)) == (["好文"], [])
    api.comments.delete(**article.named, user_comment_id=number)
    assert article.contents() == []


def test_the_form_on_the_page(magazine: Magazine, article: Article) -> None:
    platform = magazine.platform
    browser = Browser(platform, "alice")
    assert f'action="/s/{article.url[-22:]}/comment"' in browser.text(article.url)
    sent = browser.opens(f"{article.url}/comment", {"content": "<b>从网页</b>"})
    assert (sent.status, sent.headers["location"]) == (303, f"/s/{article.url[-22:]}#comments")
    assert article.contents() == ["<b>从网页</b>"]
    assert "&lt;b&gt;从网页" in browser.text(article.url)
    assert "留言须有 1 到" in browser.opens(f"{article.url}/comment", {"content": " "}).body.decode()
    stranger = Browser(platform)
    assert "<form" not in stranger.text(article.url)
    assert "请在微信客户端留言" in stranger.opens(f"{article.url}/comment", {"content": "x"}).body.decode()
    assert len(article.contents()) == 1


def test_comments_can_be_closed_and_opened(magazine: Magazine, article: Article) -> None:
    alice = magazine.platform.person("alice")
    magazine.api.comments.close(**article.named)
    with pytest.raises(NotPossible, match="没有开放留言"):
        alice.comments(article.url, "好")
    assert "<form" not in Browser(magazine.platform, "alice").text(article.url)
    magazine.api.comments.open(**article.named)
    alice.comments(article.url, "好")


def test_an_article_takes_none_unless_it_says_so(magazine: Magazine) -> None:
    closed = Article(magazine, need_open_comment=0)
    with pytest.raises(NotPossible):
        magazine.platform.person("alice").comments(closed.url, "好")


def test_only_fans_may_comment_where_that_is_asked(magazine: Magazine) -> None:
    article = Article(magazine, only_fans_can_comment=1)
    alice = magazine.platform.person("alice")
    with pytest.raises(NotPossible, match="关注后"):
        alice.comments(article.url, "好")
    alice.follows()
    alice.comments(article.url, "好")


def test_pages_of_comments(magazine: Magazine, article: Article) -> None:
    alice = magazine.platform.person("alice")
    words = [f"第{number}条" for number in range(51)]
    for word in words:
        alice.comments(article.url, word)
    api = magazine.api
    assert [one.content for one in api.comments.walk(**article.named)] == words[::-1]
    page = api.comments.list(**article.named, begin=49, count=1)
    assert (page.total, [one.content for one in page.comment]) == (51, ["第1条"])
    for count in (0, 50, -1):
        with refused(88010):
            api.comments.list(**article.named, count=count)
    magazine.platform.world.rules = Rules(comment_page=50)
    assert len(article.contents(count=50)) == 50


def test_a_refused_list_still_has_its_empty_fields(magazine: Magazine) -> None:
    with pytest.raises(CallError) as caught:
        magazine.api.comments.list(msg_data_id=1)
    assert caught.value.errcode == 88001
    body = json.loads(magazine.platform.calls[-1].response_body)
    assert (body["total"], body["comment"]) == (0, [])


def test_what_the_writer_took_back(magazine: Magazine, article: Article) -> None:
    alice = magazine.platform.person("alice")
    number = alice.comments(article.url, "说错了")
    with pytest.raises(NotPossible):
        magazine.platform.person("bob").withdraws_comment(article.url, number)
    alice.withdraws_comment(article.url, number)
    assert article.contents() == []
    for call in (magazine.api.comments.select, magazine.api.comments.unselect):
        with refused(88004):
            call(**article.named, user_comment_id=number)


def test_codes_of_comments(platform: LocalPlatform) -> None:
    platform.world.rules = Rules(selected_comments=1, comment_reply_length=5)
    magazine = Magazine(platform)
    article = Article(magazine)
    api, alice = magazine.api, platform.person("alice")
    first, second = (alice.comments(article.url, word) for word in ("一", "二"))
    api.comments.select(**article.named, user_comment_id=first)
    api.comments.select(**article.named, user_comment_id=first)
    with refused(88003):
        api.comments.select(**article.named, user_comment_id=second)
    for content in ("", " ", "太长了太长了"):
        with refused(88007):
            api.comments.reply(**article.named, user_comment_id=first, content=content)
    for call in (api.comments.select, api.comments.delete, api.comments.delete_reply):
        with refused(88008):
            call(**article.named, user_comment_id=999)
    with refused(88001):
        api.comments.open(msg_data_id=article.publication.msg_data_id, index=1)


def test_a_banned_article_is_limited_and_a_deleted_one_is_gone(magazine: Magazine, article: Article) -> None:
    articles.ban(magazine.platform.world, article.publication)
    with refused(88002):
        magazine.api.comments.open(**article.named)
    magazine.api.publishing.delete(article_id=article.publication.article_id)
    with refused(88001):
        magazine.api.comments.open(**article.named)


def test_who_may_not(platform: LocalPlatform) -> None:
    without = Magazine(platform, comments=False)
    with refused(88000):
        without.api.comments.list(msg_data_id=1)
    unverified = Magazine(platform, "wx00000000000000bb", kind="subscription", verified=False)
    with refused(48001):
        unverified.api.comments.list(msg_data_id=1)


def test_comments_of_another_account(platform: LocalPlatform, magazine: Magazine, article: Article) -> None:
    other = Magazine(platform, "wx00000000000000bb")
    with refused(88001):
        other.api.comments.list(**article.named)
