"""Statistics of published articles (发表内容数据): reads, shares, the account as a whole, article by article.

`is_delay` false means that the data are final.
"""

from __future__ import annotations

import msgspec

from .. import facts
from .fields import always
from .model import TEST, VERIFIED, Reply, Spec
from .statistics import DATED_ERRORS, DatedCall, Row


class ReadSource(msgspec.Struct, kw_only=True, frozen=True):
    """Readers by the place where they met the article, such as 全部, 公众号消息, 聊天会话, 朋友圈."""

    user_count: int
    scene_desc: str


class Reads(msgspec.Struct, kw_only=True, frozen=True):
    """Readers in all and by place."""

    read_user: int
    read_user_source: list[ReadSource]


class ArticleReads(Row, kw_only=True, frozen=True):
    """Readers of one article in a day; `msgid` is `<msg_data_id>_<index from 1>`."""

    msgid: str
    detail: Reads


class ArticleReadsList(Reply, kw_only=True, frozen=True):
    """One row per article that was read."""

    rows: list[ArticleReads] = msgspec.field(name="list")
    is_delay: bool | None = None


class GetArticleReads(DatedCall[ArticleReadsList], kw_only=True, frozen=True):
    """Read who read which article on a day (获取发表内容每日阅读数据); since November 2025."""

    spec = Spec(
        "POST",
        "/datacube/getarticleread",
        document="获取发表内容每日阅读数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.ARTICLE_DAY_SPAN


class Shares(msgspec.Struct, kw_only=True, frozen=True):
    """How many people shared."""

    share_user: int


class ArticleShares(Row, kw_only=True, frozen=True):
    """People who shared one article in a day."""

    msgid: str
    detail: Shares


class ArticleSharesList(Reply, kw_only=True, frozen=True):
    """One row per article that was shared."""

    rows: list[ArticleShares] = msgspec.field(name="list")
    is_delay: bool | None = None


class GetArticleShares(DatedCall[ArticleSharesList], kw_only=True, frozen=True):
    """Read how many people shared which article on a day (获取发表内容每日分享数据)."""

    spec = Spec(
        "POST",
        "/datacube/getarticleshare",
        document="获取发表内容每日分享数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.ARTICLE_DAY_SPAN


class Overview(Reads, kw_only=True, frozen=True):
    """Everything that happened to the articles of an account in a day.

    `zaikan_user` hearts, `like_user` thumbs, `collection_user` favourites, `redirect_ori_page_user` went on to the
    original page, `send_page_count` articles published.
    """

    share_user: int
    zaikan_user: int
    like_user: int
    comment_count: int
    collection_user: int
    redirect_ori_page_user: int
    send_page_count: int


class OverviewRow(Row, kw_only=True, frozen=True):
    """One day."""

    detail: Overview


class OverviewList(Reply, kw_only=True, frozen=True):
    """One row per day on which something happened."""

    rows: list[OverviewRow] = msgspec.field(name="list")
    is_delay: bool | None = None


class GetArticlesOverview(DatedCall[OverviewList], kw_only=True, frozen=True):
    """Read how all articles did, day by day (获取发表内容概况总数据); up to 30 days."""

    spec = Spec(
        "POST",
        "/datacube/getbizsummary",
        document="获取发表内容概况总数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.ACCOUNT_OVERVIEW_SPAN


class JumpPosition(msgspec.Struct, kw_only=True, frozen=True):
    """Share of readers who left in one fifth (1 to 5) of the article."""

    position: int
    rate: float


class ArticleDay(Reads, kw_only=True, frozen=True):
    """An article from its publishing to the end of `stat_date`: `praise_money` in cents, `read_avg_activetime` in
    minutes."""

    stat_date: str
    share_user: int
    zaikan_user: int
    like_user: int
    comment_count: int
    collection_user: int
    praise_money: int
    read_subscribe_user: int
    read_delivery_rate: float
    read_finish_rate: float
    read_avg_activetime: float
    read_jump_position: list[JumpPosition]


class ArticleDetail(Row, kw_only=True, frozen=True):
    """One article, published on `ref_date`; `publish_type` 0 with a message to followers, 1 without."""

    msgid: str
    publish_type: int
    title: str = always("")
    content_url: str = always("")
    detail_list: list[ArticleDay]


class ArticleDetailList(Reply, kw_only=True, frozen=True):
    """One row per article that was published on the day."""

    rows: list[ArticleDetail] = msgspec.field(name="list")
    is_delay: bool | None = None


class GetArticleDetails(DatedCall[ArticleDetailList], kw_only=True, frozen=True):
    """Read how the articles of one day did, up to 30 days on (获取发表内容详细数据)."""

    spec = Spec(
        "POST",
        "/datacube/getarticletotaldetail",
        document="获取发表内容详细数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.ARTICLE_DAY_SPAN
