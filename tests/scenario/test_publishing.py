"""From the draft box to a page that people read: the job, its outcomes, the page, and its end."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.catalogue.articles import ImageInfo, Picture
from gongzhong.catalogue.customer_messages import material_news_message
from gongzhong.catalogue.menus import Button
from gongzhong.catalogue.model import Upload
from gongzhong.messages import PublishJobFinish
from gongzhong.platform.world import articles, publishing
from gongzhong.testing import PNG, LocalPlatform

from .conftest import Browser, Magazine, refused


def events(magazine: Magazine) -> list[Any]:
    return [push.publish_event_info for push in magazine.told if isinstance(push, PublishJobFinish)]


def test_a_draft_becomes_a_page_after_a_while(magazine: Magazine) -> None:
    api = magazine.api
    draft = magazine.draft(magazine.article(title="一"), magazine.article(title="二"))
    job = api.publishing.submit(media_id=draft)
    assert job.msg_data_id
    waiting = api.publishing.status(publish_id=job.publish_id)
    assert (waiting.publish_status, waiting.article_id, events(magazine)) == (1, None, [])
    magazine.platform.clock.advance(3)
    done = api.publishing.status(publish_id=str(job.publish_id))
    assert (done.publish_status, done.fail_idx) == (0, [])
    assert done.article_detail is not None
    assert [item.idx for item in done.article_detail.item] == [1, 2]
    (event,) = events(magazine)
    assert (event.publish_id, event.publish_status, event.article_id) == (
        int(job.publish_id),
        0,
        done.article_id,
    )
    assert [item.article_url for item in event.article_detail.item] == [
        item.article_url for item in done.article_detail.item
    ]
    with refused(40007):
        api.drafts.get(media_id=draft)


@pytest.mark.parametrize(("status", "fail_idx"), [(2, [1]), (3, []), (4, [1])])
def test_the_outcome_can_be_chosen_once(magazine: Magazine, status: Any, fail_idx: list[int]) -> None:
    publishing.plan(magazine.platform.world, magazine.state, status, [], always=False)
    failed = magazine.published()
    assert (failed.publish_status, failed.article_id, failed.fail_idx) == (status, None, fail_idx)
    assert [(event.publish_status, list(event.fail_idx)) for event in events(magazine)] == [
        (status, fail_idx)
    ]
    assert magazine.api.drafts.count().total_count == 1
    assert magazine.published().publish_status == 0


def test_the_outcome_can_be_chosen_for_good(magazine: Magazine) -> None:
    publishing.plan(magazine.platform.world, magazine.state, 4, [2], always=True)
    two = magazine.article(title="一"), magazine.article(title="二")
    assert [magazine.published(*two).fail_idx for _ in range(2)] == [[2], [2]]


def test_a_test_account_never_succeeds(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, kind="test")
    failed = magazine.published()
    assert (failed.publish_status, failed.fail_idx) == (3, [1])
    (event,) = events(magazine)
    assert (event.publish_status, event.fail_idx) == (3, ())


def test_an_unverified_account_may_write_but_not_publish(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, kind="subscription", verified=False)
    draft = magazine.draft()
    with refused(48001):
        magazine.api.publishing.submit(media_id=draft)


def test_a_draft_that_goes_while_it_is_published_fails(magazine: Magazine) -> None:
    draft = magazine.draft()
    job = magazine.api.publishing.submit(media_id=draft)
    magazine.api.drafts.delete(media_id=draft)
    magazine.platform.clock.advance(3)
    assert magazine.api.publishing.status(publish_id=job.publish_id).publish_status == 3


def test_unknown_ids(magazine: Magazine) -> None:
    api = magazine.api
    with refused(40007):
        api.publishing.submit(media_id="unknown")
    with refused(53502):
        api.publishing.status(publish_id=1)
    for call in (api.publishing.get, api.publishing.delete):
        with refused(53600):
            call(article_id="unknown")


def test_what_was_published_can_be_listed_and_read(magazine: Magazine) -> None:
    api = magazine.api
    ids = [magazine.published(magazine.article(title=title)).article_id for title in "一二三"]
    assert [entry.article_id for entry in api.publishing.walk(count=1)] == ids[::-1]
    newest = api.publishing.list(no_content=1).item[0].content.news_item[0]
    assert (newest.title, newest.content, newest.is_deleted) == ("三", None, False)
    (item,) = api.publishing.get(article_id=ids[0] or "").news_item
    assert (item.title, item.content) == ("一", "<p>花开了</p>")
    assert item.url.startswith("https://mp.weixin.qq.com/s/")


def test_mass_sent_articles_are_not_on_the_list(magazine: Magazine) -> None:
    sent = articles.from_draft(magazine.platform.world, magazine.state, magazine.draft(), "mass")
    assert magazine.api.publishing.list().total_count == 0
    assert [entry.via for entry in articles.everything(magazine.platform.world, magazine.state)] == ["mass"]
    (card,) = articles.cards(magazine.platform.world, sent)
    assert card["title"] == "春天"
    assert card["picurl"].startswith("/_platform/media/")


def test_deleting_one_and_then_the_rest(magazine: Magazine) -> None:
    api = magazine.api
    done = magazine.published(magazine.article(title="一"), magazine.article(title="二"))
    article_id = done.article_id or ""
    first, second = [item.article_url for item in (done.article_detail.item if done.article_detail else [])]
    api.publishing.delete(article_id=article_id, index=1)
    browser = Browser(magazine.platform)
    assert "该内容已被发布者删除" in browser.text(first)
    assert "花开了" in browser.text(second)
    assert [item.is_deleted for item in api.publishing.get(article_id=article_id).news_item] == [True, False]
    with refused(53600):
        api.publishing.delete(article_id=article_id, index=3)
    api.publishing.delete(article_id=article_id)
    assert api.publishing.status(publish_id=done.publish_id).publish_status == 5
    assert api.publishing.list().total_count == 0


def test_what_wechat_bans_is_gone_too(magazine: Magazine) -> None:
    done = magazine.published()
    world = magazine.platform.world
    articles.ban(world, articles.find(world, magazine.state, done.article_id or ""))
    after = magazine.api.publishing.status(publish_id=done.publish_id)
    assert (after.publish_status, after.article_id) == (6, None)
    url = done.article_detail.item[0].article_url if done.article_detail else ""
    assert "此内容因违规无法查看" in Browser(magazine.platform).text(url)


def test_the_page_shows_the_article(magazine: Magazine) -> None:
    inside = magazine.api.media.upload_image(media=Upload(PNG, "a.png")).url
    url = magazine.address(
        magazine.article(
            title="<春天>",
            author="编辑",
            content=f'<p>花开了</p><img src="{inside}">',
            content_source_url="https://example.com/a",
        )
    )
    reply = Browser(magazine.platform).opens(url)
    page = reply.body.decode()
    for shown in ("&lt;春天&gt;", "编辑", magazine.state.name, "<p>花开了</p>", "阅读原文", "阅读 0"):
        assert shown in page
    assert "script-src" not in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    (picture,) = [part.partition('"')[0] for part in page.split('<img src="')[1:]]
    assert picture.startswith("/mmbiz_png/")
    got = Browser(magazine.platform).opens(picture)
    assert (got.body, got.headers["content-type"]) == (PNG, "image/png")


def test_a_picture_message_shows_its_pictures(magazine: Magazine) -> None:
    pictures = ImageInfo(image_list=[Picture(image_media_id=magazine.picture()) for _ in range(3)])
    url = magazine.address(
        magazine.article(article_type="newspic", content="第一行\n第二行", image_info=pictures)
    )
    page = Browser(magazine.platform).text(url)
    assert page.count("<img ") == 3
    assert "<p>第一行</p><p>第二行</p>" in page


def test_a_preview_link_lives_as_long_as_the_draft(magazine: Magazine) -> None:
    draft = magazine.draft(magazine.article(title="一"), magazine.article(title="二"))
    first, second = [item.url for item in magazine.api.drafts.get(media_id=draft).news_item]
    browser = Browser(magazine.platform, "alice")
    magazine.platform.person("alice")
    assert "一" in browser.text(first)
    assert "二" in browser.text(second)
    assert "仅供预览" in browser.text(second)
    for wrong in (f"{second}0", second.replace("idx=2", "idx=x"), "/s?tempkey=unknown", "/s"):
        assert "该内容已被发布者删除" in browser.text(wrong)
    magazine.api.drafts.delete(media_id=draft)
    assert "该内容已被发布者删除" in browser.text(first)
    assert magazine.platform.world.db.value("SELECT count(*) FROM read_event") == 0


def test_readers_are_counted_with_where_they_came_from(magazine: Magazine) -> None:
    platform = magazine.platform
    url = magazine.address()
    alice, bob = platform.person("alice"), platform.person("bob")
    alice.follows()
    assert "阅读 1" in Browser(platform, "alice", magazine.state.appid).text(url)
    assert "阅读 2" in Browser(platform, "bob").text(f"{url}?from=timeline")
    assert "阅读 2" in Browser(platform).text(url)
    assert "阅读 2" in Browser(platform, "nobody").text(url)
    assert alice.reads(url, source="search") == "花开了"
    alice.shares(url, to="moments")
    rows = platform.world.db.all("SELECT openid, act, source, idx FROM read_event ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (alice.openid(), "read", "message", 1),
        (bob.openid(), "read", "moments", 1),
        (alice.openid(), "read", "search", 1),
        (alice.openid(), "share", "moments", 1),
    ]


def test_a_chat_can_carry_articles(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    alice = platform.person("alice")
    alice.follows()
    alice.says("hi")
    done = magazine.published()
    url = done.article_detail.item[0].article_url if done.article_detail else ""
    api.customer.send_article(touser=alice.openid(), article_id=done.article_id or "")
    assert (alice.inbox[-1].type, alice.inbox[-1].content["articles"][0]["url"]) == ("news", url)
    draft = magazine.draft()
    api.customer.send_material_news(touser=alice.openid(), media_id=draft)
    preview = alice.inbox[-1].content["articles"][0]["url"]
    assert "花开了" in Browser(platform, "alice").text(preview)
    with refused(53600):
        api.customer.send_article(touser=alice.openid(), article_id="unknown")
    with refused(40007):
        api.perform(material_news_message(touser=alice.openid(), media_id="unknown"))


def test_menu_buttons_send_or_open_articles_without_an_event(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    alice = platform.person("alice")
    alice.follows()
    done = magazine.published()
    url = done.article_detail.item[0].article_url if done.article_detail else ""
    draft, cover = magazine.draft(), magazine.picture()
    api.menu.create(
        button=[
            Button(name="发", type="article_id", article_id=done.article_id),
            Button(name="看", type="article_view_limited", article_id=done.article_id),
            Button(name="图", type="media_id", media_id=cover),
        ]
    )
    before = len(magazine.told)
    assert alice.taps("发").opened is None
    assert alice.inbox[-1].content["articles"][0]["url"] == url
    assert alice.taps("看").opened == url
    alice.taps("图")
    assert alice.inbox[-1].type == "image"
    api.menu.create(
        button=[
            Button(name="旧", type="view_limited", media_id=draft),
            Button(name="文", type="media_id", media_id=draft),
        ]
    )
    assert "tempkey=" in (alice.taps("旧").opened or "")
    alice.taps("文")
    assert alice.inbox[-1].type == "news"
    assert len(magazine.told) == before
