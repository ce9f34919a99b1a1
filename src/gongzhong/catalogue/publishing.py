"""Publishing (发布能力): making a draft a public page, without sending it to anybody."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .. import facts
from .articles import ArticleSet, Flag, Listing, Offsets, StoredArticle
from .fields import MediaID, always, coded
from .model import TEST, VERIFIED, Acknowledged, Call, Ok, Repeat, Reply, Spec

ArticleID = Annotated[str, coded(invalid=53600, missing=53600, min_length=1)]


class PublishSubmitted(Acknowledged, kw_only=True, frozen=True, omit_defaults=True):
    """The job has begun; the event PUBLISHJOBFINISH or `publishing.status` tells how it ended."""

    publish_id: int | str
    msg_data_id: int | str | None = None


class SubmitDraft(Call[PublishSubmitted], kw_only=True, frozen=True):
    """Publish a draft (发布草稿); it leaves the draft box when that succeeds."""

    spec = Spec(
        "POST",
        "/cgi-bin/freepublish/submit",
        document="发布草稿",
        accounts=VERIFIED | TEST,
        daily=facts.PUBLISH_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(40001, 40007, 48001, 53500, 53501, 53503, 53504, 53505),
    )
    media_id: MediaID


class PublishedAddress(msgspec.Struct, kw_only=True, frozen=True):
    """The page of one article; `idx` counts from 1."""

    idx: int
    article_url: str


class PublishedAddresses(msgspec.Struct, kw_only=True, frozen=True):
    """The pages of a publication."""

    count: int | None = None
    item: list[PublishedAddress] = always([])


class PublishStatus(Reply, kw_only=True, frozen=True, omit_defaults=True):
    """How a job stands: 0 published, 1 under way, 2 not original, 3 failed, 4 refused by review, 5 all deleted
    afterwards, 6 all banned afterwards. `article_id` and `article_detail` come with 0 only."""

    publish_id: int | str
    publish_status: int
    article_id: str | None = None
    article_detail: PublishedAddresses | None = None
    fail_idx: list[int] = always([])
    """The refused articles, from 1."""


class GetPublishStatus(Call[PublishStatus], kw_only=True, frozen=True):
    """Ask how a publish job stands (发布状态查询)."""

    spec = Spec(
        "POST",
        "/cgi-bin/freepublish/get",
        document="发布状态查询",
        accounts=VERIFIED | TEST,
        daily=facts.PUBLISH_DAILY,
        errors=(40001, 40002, 48001, 53502),
    )
    publish_id: Annotated[int | str, coded(invalid=53502, missing=53502)]


class DeletePublished(Call[Ok], kw_only=True, frozen=True):
    """Take a published article off the web for good (删除发布文章); `index` counts from 1, 0 means all."""

    spec = Spec(
        "POST",
        "/cgi-bin/freepublish/delete",
        document="删除发布文章",
        accounts=VERIFIED | TEST,
        daily=facts.PUBLISH_DELETE_DAILY,
        errors=(48001, 53600),
    )
    article_id: ArticleID
    index: Annotated[int, coded(invalid=53600, ge=0)] | None = None


class PublishedArticles(Reply, kw_only=True, frozen=True):
    """The articles of a publication."""

    news_item: list[StoredArticle]
    create_time: int | None = None
    update_time: int | None = None


class GetPublished(Call[PublishedArticles], kw_only=True, frozen=True):
    """Read a publication by its article_id (获取已发布图文信息)."""

    spec = Spec(
        "POST",
        "/cgi-bin/freepublish/getarticle",
        document="获取已发布图文信息",
        accounts=VERIFIED | TEST,
        daily=facts.PUBLISH_DAILY,
        errors=(40001, 48001, 53600),
    )
    article_id: ArticleID


class PublishedEntry(msgspec.Struct, kw_only=True, frozen=True):
    """One publication in a list."""

    article_id: str
    content: ArticleSet
    update_time: int | None = None


class PublishedPage(Listing, kw_only=True, frozen=True):
    """A page of publications, newest first."""

    item: list[PublishedEntry] = always([])


class ListPublished(Offsets[PublishedPage, PublishedEntry], kw_only=True, frozen=True):
    """List what was published (获取已发布的消息列表), 1 to 20 at once; mass-sent articles are not on it."""

    spec = Spec(
        "POST",
        "/cgi-bin/freepublish/batchget",
        document="获取已发布的消息列表",
        accounts=VERIFIED | TEST,
        daily=facts.PUBLISH_DAILY,
        errors=(40001, 40035, 48001),
    )
    no_content: Flag = always(0)
