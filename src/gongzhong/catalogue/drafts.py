"""Drafts (草稿箱): articles before they are published or mass-sent, which takes them out of the box."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .articles import (
    Article,
    ArticleSet,
    ArticleType,
    Flag,
    ImageInfo,
    Listing,
    Offsets,
    Picture,
    StoredArticle,
)
from .fields import MediaID, always, coded
from .model import Acknowledged, Call, Ok, Repeat, Reply, Spec

_ARTICLE_ERRORS = (40007, 41039, 44003, 45002, 45003, 45004, 45005, 45110, 45166, 53404, 53405, 53406, 88000)


class DraftAdded(Reply, kw_only=True, frozen=True):
    """Id of the draft, at most 128 characters."""

    media_id: str


class AddDraft(Call[DraftAdded], kw_only=True, frozen=True):
    """Put articles into the draft box (新增草稿)."""

    spec = Spec(
        "POST",
        "/cgi-bin/draft/add",
        document="新增草稿",
        daily=facts.DRAFT_DAILY,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, *_ARTICLE_ERRORS, 45008, 47001, 48001),
    )
    articles: Annotated[list[Article], coded(invalid=44003, missing=44003, min_length=1)]


def article_draft(
    *,
    title: str,
    content: str,
    thumb_media_id: str,
    author: str | None = None,
    digest: str | None = None,
    content_source_url: str | None = None,
    comments: Literal["closed", "open", "fans"] = "closed",
) -> AddDraft:
    """Put one article into the draft box (新增草稿: 图文); `content` is HTML, `comments` says who may write."""
    article = Article(
        title=title,
        content=content,
        thumb_media_id=thumb_media_id,
        author=author,
        digest=digest,
        content_source_url=content_source_url,
        need_open_comment=None if comments == "closed" else 1,
        only_fans_can_comment=1 if comments == "fans" else None,
    )
    return AddDraft(articles=[article])


def picture_draft(*, title: str, content: str, pictures: list[str]) -> AddDraft:
    """Put a picture message into the draft box (新增草稿: 图片消息): 1 to 20 permanent images, the cover first."""
    images = ImageInfo(image_list=[Picture(image_media_id=media_id) for media_id in pictures])
    article = Article(title=title, content=content, article_type="newspic", image_info=images)
    return AddDraft(articles=[article])


class Draft(Reply, kw_only=True, frozen=True):
    """The articles of a draft; the `url` of each is a temporary preview link."""

    news_item: list[StoredArticle]
    create_time: int | None = None
    update_time: int | None = None


class GetDraft(Call[Draft], kw_only=True, frozen=True):
    """Read a draft (获取草稿详情)."""

    spec = Spec(
        "POST",
        "/cgi-bin/draft/get",
        document="获取草稿详情",
        daily=facts.DRAFT_GET_DAILY,
        errors=(-1, 40001, 40007),
    )
    media_id: MediaID


class DeleteDraft(Call[Ok], kw_only=True, frozen=True):
    """Delete a draft for good (删除草稿)."""

    spec = Spec(
        "POST",
        "/cgi-bin/draft/delete",
        document="删除草稿",
        daily=facts.DRAFT_DAILY,
        errors=(-1, 40001, 40007),
    )
    media_id: MediaID


class UpdateDraft(Call[Ok], kw_only=True, frozen=True):
    """Replace one article of a draft (更新草稿); `index` counts from 0, `articles` is a single article."""

    spec = Spec(
        "POST",
        "/cgi-bin/draft/update",
        document="更新草稿",
        daily=facts.DRAFT_DAILY,
        errors=(-1, 40001, 40114, *_ARTICLE_ERRORS),
    )
    media_id: MediaID
    articles: Article
    index: Annotated[int, coded(invalid=40114, ge=0)] = always(0)


class DraftCount(Reply, kw_only=True, frozen=True):
    """How many drafts there are."""

    total_count: int


class CountDrafts(Call[DraftCount], kw_only=True, frozen=True):
    """Count the drafts (获取草稿总数)."""

    spec = Spec(
        "GET", "/cgi-bin/draft/count", document="获取草稿总数", daily=facts.DRAFT_DAILY, errors=(-1, 40001)
    )


class DraftEntry(msgspec.Struct, kw_only=True, frozen=True):
    """One draft in a list."""

    media_id: str
    content: ArticleSet
    update_time: int | None = None


class DraftPage(Listing, kw_only=True, frozen=True):
    """A page of drafts, newest first."""

    item: list[DraftEntry] = always([])


class ListDrafts(Offsets[DraftPage, DraftEntry], kw_only=True, frozen=True):
    """List the drafts (获取草稿列表), 1 to 20 at once; `no_content` 1 leaves the texts out."""

    spec = Spec(
        "POST",
        "/cgi-bin/draft/batchget",
        document="获取草稿列表",
        daily=facts.DRAFT_DAILY,
        errors=(-1, 40001, 40035),
    )
    no_content: Flag = always(0)


class SwitchState(Acknowledged, kw_only=True, frozen=True):
    """Whether the draft box is on."""

    is_open: int | None = None


class SwitchDrafts(Call[SwitchState], kw_only=True, frozen=True):
    """Turn the draft box on, or only ask with `checkonly` 1 (草稿箱开关); every account has it on by now."""

    spec = Spec(
        "POST",
        "/cgi-bin/draft/switch",
        document="草稿箱开关",
        query=frozenset({"checkonly"}),
        errors=(-1, 40001),
    )
    checkonly: Flag | None = None


class ProductCard(Acknowledged, kw_only=True, frozen=True, omit_defaults=True):
    """What shows a product: `dom` goes into the content unchanged, `product_key` into `product_info`."""

    product_key: str | None = None
    dom: str | None = msgspec.field(default=None, name="DOM")


class GetProductCard(Call[ProductCard], kw_only=True, frozen=True):
    """Get what shows a product of the account's shop in an article (获取商品卡片DOM结构).

    `card_type` 0 is a large card, 1 a small one, 2 a text link, 3 a bar; articles take 0 to 2, picture messages
    1 to 3.
    """

    spec = Spec(
        "POST",
        "/channels/ec/service/product/getcardinfo",
        document="获取商品卡片DOM结构",
        errors=(-1, 40001, 10170001, 10170002, 10170003),
    )
    product_id: Annotated[str, coded(invalid=10170001, missing=10170001, min_length=1)]
    article_type: Annotated[ArticleType, coded(invalid=10170002, missing=10170002)]
    card_type: Annotated[Literal[0, 1, 2, 3], coded(invalid=10170003, missing=10170003)]
