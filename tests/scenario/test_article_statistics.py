"""Who read and shared which article, told by WeChat the day after, in the current and in the older form."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.world import CHINA
from gongzhong.testing import Actor, LocalPlatform

from .conftest import Magazine

START = datetime.datetime(2026, 11, 2, 10, 0, tzinfo=CHINA)
MONDAY = {"begin_date": "2026-11-02", "end_date": "2026-11-02"}
TUESDAY = {"begin_date": "2026-11-03", "end_date": "2026-11-03"}


class Readers:
    """A magazine with three followers, and a visitor who does not follow, from Monday morning on."""

    def __init__(self) -> None:
        self.platform = LocalPlatform(PlatformConfig(start=START.timestamp()))
        self.magazine = Magazine(self.platform)
        self.followers: list[Actor] = [self.platform.person(name) for name in ("alice", "bob", "carol")]
        for person in self.followers:
            person.follows()
        self.visitor = self.platform.person("visitor")

    def mass_sent(self) -> str:
        """The address of an article that went to everybody."""
        media_id = self.magazine.draft(self.magazine.article(title="群发的"))
        self.magazine.api.mass.send_article(to_all=True, media_id=media_id)
        self.platform.clock.advance(minutes=10)
        return str(self.followers[0].inbox[-1].content["articles"][0]["url"])

    def tomorrow(self) -> None:
        self.platform.clock.advance(days=1)


@pytest.fixture
def readers() -> Iterator[Readers]:
    readers = Readers()
    yield readers
    readers.platform.close()


def test_reads_and_shares_of_a_day(readers: Readers) -> None:
    url = readers.magazine.address(readers.magazine.article(title="春天"))
    alice, bob, _ = readers.followers
    alice.reads(url)
    alice.reads(url)
    bob.reads(url, source="moments")
    readers.visitor.reads(url, source="chat")
    alice.shares(url, to="moments")
    readers.tomorrow()
    statistics = readers.magazine.api.statistics
    reads = statistics.article_reads(**MONDAY)
    (row,) = reads.rows
    assert (row.ref_date, row.msgid.endswith("_1"), row.detail.read_user) == ("2026-11-02", True, 3)
    assert [(one.scene_desc, one.user_count) for one in row.detail.read_user_source] == [
        ("全部", 3),
        ("聊天会话", 1),
        ("公众号消息", 1),
        ("朋友圈", 1),
    ]
    assert not reads.is_delay
    (shared,) = statistics.article_shares(**MONDAY).rows
    assert (shared.msgid, shared.detail.share_user) == (row.msgid, 1)
    readers.tomorrow()
    assert statistics.article_reads(**TUESDAY).rows == []
    assert statistics.article_shares(**TUESDAY).rows == []


def test_the_account_as_a_whole(readers: Readers) -> None:
    url = readers.magazine.address(readers.magazine.article(need_open_comment=1))
    readers.followers[0].reads(url)
    readers.followers[0].comments(url, "好看")
    readers.tomorrow()
    readers.followers[1].shares(url)
    readers.tomorrow()
    readers.tomorrow()
    overview = readers.magazine.api.statistics.articles_overview(
        begin_date="2026-11-01", end_date="2026-11-04"
    )
    assert [
        (
            one.ref_date,
            one.detail.read_user,
            one.detail.share_user,
            one.detail.comment_count,
            one.detail.send_page_count,
        )
        for one in overview.rows
    ] == [("2026-11-02", 1, 0, 1, 1), ("2026-11-03", 0, 1, 0, 0)]


def test_an_article_day_after_day(readers: Readers) -> None:
    url = readers.mass_sent()
    readers.followers[0].reads(url)
    readers.tomorrow()
    readers.followers[1].reads(url)
    readers.visitor.reads(url, source="search")
    readers.tomorrow()
    (article,) = readers.magazine.api.statistics.article_details(**MONDAY).rows
    assert (article.title, article.content_url, article.publish_type) == ("群发的", url, 0)
    assert [
        (one.stat_date, one.read_user, one.read_subscribe_user, one.read_delivery_rate)
        for one in article.detail_list
    ] == [("2026-11-02", 1, 1, 0.3333), ("2026-11-03", 3, 2, 0.6667)]


def test_an_article_that_was_only_published_has_no_delivery_rate(readers: Readers) -> None:
    url = readers.magazine.address()
    readers.followers[0].reads(url)
    readers.tomorrow()
    (article,) = readers.magazine.api.statistics.article_details(**MONDAY).rows
    assert (article.publish_type, article.detail_list[0].read_delivery_rate) == (1, 0.0)


def test_the_older_form(readers: Readers) -> None:
    url = readers.mass_sent()
    published = readers.magazine.address(readers.magazine.article(title="只发布"))
    for person in readers.followers:
        person.reads(url)
        person.reads(published, source="search")
    readers.followers[0].shares(url, to="friend")
    readers.tomorrow()
    old = readers.magazine.api.statistics
    (summary,) = old.old_articles(**MONDAY).rows
    assert (summary.title, summary.int_page_read_user, summary.share_count) == ("群发的", 3, 1)
    (total,) = old.old_article_totals(**MONDAY).rows
    assert [
        (one.stat_date, one.target_user, one.int_page_from_session_read_user) for one in total.details
    ] == [("2026-11-02", 3, 3)]
    reads = [
        (one.user_source, one.int_page_read_user, one.int_page_read_count)
        for one in old.old_reads(**MONDAY).rows
    ]
    assert reads == [(99999999, 3, 6), (0, 3, 3), (7, 3, 3)]
    assert {one.ref_hour for one in old.old_reads_by_hour(**MONDAY).rows} == {1000}
    assert [(one.share_scene, one.share_user) for one in old.old_shares(**MONDAY).rows] == [(1, 1)]
    assert [(one.ref_hour, one.share_scene) for one in old.old_shares_by_hour(**MONDAY).rows] == [(1000, 1)]


def test_two_readings_are_too_few_for_a_row(readers: Readers) -> None:
    url = readers.mass_sent()
    readers.followers[0].reads(url)
    readers.followers[1].reads(url)
    readers.tomorrow()
    assert readers.magazine.api.statistics.old_articles(**MONDAY).rows == []
