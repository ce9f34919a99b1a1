"""Statistics of mass-sent articles in the older form (图文分析); WeChat maintains `article_statistics` instead."""

from __future__ import annotations

import msgspec

from .. import facts
from .model import TEST, VERIFIED, Reply, Spec
from .statistics import DATED_ERRORS, DatedCall, Row


class Activity(msgspec.Struct, kw_only=True, frozen=True):
    """People and times: reads of the page and of the original, shares, favourites."""

    int_page_read_user: int = 0
    int_page_read_count: int = 0
    ori_page_read_user: int = 0
    ori_page_read_count: int = 0
    share_user: int = 0
    share_count: int = 0
    add_to_fav_user: int = 0
    add_to_fav_count: int = 0


class ArticleActivity(Activity, kw_only=True, frozen=True):
    """One article that was read on a day; `msgid` is `<msg id>_<index from 1>`."""

    ref_date: str
    msgid: str
    title: str
    user_source: int = 0


class ArticleActivityList(Reply, kw_only=True, frozen=True):
    """One row per article."""

    rows: list[ArticleActivity] = msgspec.field(name="list")


class GetArticleActivity(DatedCall[ArticleActivityList], kw_only=True, frozen=True):
    """Read what happened to mass-sent articles on a day (获取图文群发每日数据); no longer maintained."""

    spec = Spec(
        "POST",
        "/datacube/getarticlesummary",
        document="获取图文群发每日数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.OLD_ARTICLE_DAY_SPAN


class ArticleActivityTotal(Activity, kw_only=True, frozen=True):
    """An article from its sending to the end of `stat_date`: to how many it went, and from where it was read."""

    stat_date: str
    target_user: int = 0
    int_page_from_session_read_user: int = 0
    int_page_from_session_read_count: int = 0
    int_page_from_hist_msg_read_user: int = 0
    int_page_from_hist_msg_read_count: int = 0
    int_page_from_feed_read_user: int = 0
    int_page_from_feed_read_count: int = 0
    int_page_from_friends_read_user: int = 0
    int_page_from_friends_read_count: int = 0
    int_page_from_other_read_user: int = 0
    int_page_from_other_read_count: int = 0
    int_page_from_kanyikan_read_user: int = 0
    int_page_from_kanyikan_read_count: int = 0
    int_page_from_souyisou_read_user: int = 0
    int_page_from_souyisou_read_count: int = 0
    feed_share_from_session_user: int = 0
    feed_share_from_session_cnt: int = 0
    feed_share_from_feed_user: int = 0
    feed_share_from_feed_cnt: int = 0
    feed_share_from_other_user: int = 0
    feed_share_from_other_cnt: int = 0


class ArticleTotal(Row, kw_only=True, frozen=True):
    """One article, sent on `ref_date`, in up to seven days."""

    msgid: str
    title: str
    details: list[ArticleActivityTotal]


class ArticleTotalList(Reply, kw_only=True, frozen=True):
    """One row per article that was sent on the day."""

    rows: list[ArticleTotal] = msgspec.field(name="list")


class GetArticleTotals(DatedCall[ArticleTotalList], kw_only=True, frozen=True):
    """Read how the articles sent on a day did in seven days (获取图文群发总数据); no longer maintained."""

    spec = Spec(
        "POST",
        "/datacube/getarticletotal",
        document="获取图文群发总数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.OLD_ARTICLE_DAY_SPAN


class SourceActivity(Activity, kw_only=True, frozen=True):
    """Reads of a day from one place.

    `user_source`: 99999999 all, 0 chat, 1 friends, 2 Moments, 4 history page, 5 other, 6 Top Stories, 7 search.
    """

    ref_date: str
    user_source: int


class SourceActivityList(Reply, kw_only=True, frozen=True):
    """One row per day and place."""

    rows: list[SourceActivity] = msgspec.field(name="list")


class GetReadActivity(DatedCall[SourceActivityList], kw_only=True, frozen=True):
    """Read from where articles were read each day (获取图文阅读概况数据); up to 3 days, no longer maintained."""

    spec = Spec(
        "POST",
        "/datacube/getuserread",
        document="获取图文阅读概况数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.OLD_ARTICLE_READ_SPAN


class HourlySourceActivity(SourceActivity, kw_only=True, frozen=True):
    """As SourceActivity, for one hour: 0, 100 … 2300."""

    ref_hour: int


class HourlySourceActivityList(Reply, kw_only=True, frozen=True):
    """One row per hour and place."""

    rows: list[HourlySourceActivity] = msgspec.field(name="list")


class GetHourlyReadActivity(DatedCall[HourlySourceActivityList], kw_only=True, frozen=True):
    """Read from where articles were read each hour (获取图文阅读分时数据); no longer maintained."""

    spec = Spec(
        "POST",
        "/datacube/getuserreadhour",
        document="获取图文阅读分时数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.OLD_ARTICLE_DAY_SPAN


class ShareActivity(Row, kw_only=True, frozen=True):
    """Shares of a day to one place: `share_scene` 1 friends, 2 Moments, 255 other."""

    share_scene: int
    share_count: int
    share_user: int


class ShareActivityList(Reply, kw_only=True, frozen=True):
    """One row per day and place."""

    rows: list[ShareActivity] = msgspec.field(name="list")


class GetShareActivity(DatedCall[ShareActivityList], kw_only=True, frozen=True):
    """Read where articles were shared to each day (获取图文转发概况数据); up to 7 days, no longer maintained."""

    spec = Spec(
        "POST",
        "/datacube/getusershare",
        document="获取图文转发概况数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.OLD_ARTICLE_SHARE_SPAN


class HourlyShareActivity(ShareActivity, kw_only=True, frozen=True):
    """As ShareActivity, for one hour: 0, 100 … 2300."""

    ref_hour: int


class HourlyShareActivityList(Reply, kw_only=True, frozen=True):
    """One row per hour and place."""

    rows: list[HourlyShareActivity] = msgspec.field(name="list")


class GetHourlyShareActivity(DatedCall[HourlyShareActivityList], kw_only=True, frozen=True):
    """Read where articles were shared to each hour (获取图文转发分时数据); no longer maintained."""

    spec = Spec(
        "POST",
        "/datacube/getusersharehour",
        document="获取图文转发分时数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.OLD_ARTICLE_DAY_SPAN
