"""What an article is made of, for every chapter that carries articles: drafts, publishing, news materials.

`Article` is what goes in, `StoredArticle` what comes back. The lists of these chapters are read by offset and
count; `Offsets` follows them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import msgspec

from .. import facts
from .fields import INVALID, MediaID, Violation, always, coded
from .model import PagedCall, Reply

ArticleType = Literal["news", "newspic"]
Flag = Annotated[Literal[0, 1], coded(invalid=INVALID)]
Crop = Annotated[
    str, coded(invalid=INVALID, pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)(_(0(\.\d{1,6})?|1(\.0{1,6})?)){3}$")
]
"""A rectangle inside the unit square as `X1_Y1_X2_Y2`, up to six decimals."""
Coordinate = Annotated[str, coded(invalid=INVALID, pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$")]

_BAD_SOURCE_URL: Final = 41039
_BAD_MEDIA_ID: Final = 40007
_HTTP: Final = re.compile(r"https?://[^\s/]+", re.IGNORECASE)


class Picture(msgspec.Struct, kw_only=True, frozen=True):
    """One picture of a picture message, a permanent image."""

    image_media_id: MediaID


class ImageInfo(msgspec.Struct, kw_only=True, frozen=True):
    """The pictures of a picture message; the first is its cover."""

    image_list: Annotated[list[Picture], coded(invalid=INVALID, min_length=1, max_length=facts.PICTURES)]


class CropPercent(msgspec.Struct, kw_only=True, frozen=True):
    """One way to cut the cover: two corners inside the unit square."""

    ratio: Annotated[Literal["1_1", "16_9", "2.35_1"], coded(invalid=INVALID)]
    x1: Coordinate
    y1: Coordinate
    x2: Coordinate
    y2: Coordinate


class CoverInfo(msgspec.Struct, kw_only=True, frozen=True):
    """How the cover is cut."""

    crop_percent_list: list[CropPercent]


class FooterProduct(msgspec.Struct, kw_only=True, frozen=True):
    """A product at the foot of the article; the key comes from getcardinfo."""

    product_key: Annotated[str, coded(invalid=53405)]


class ProductInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Products beside the text."""

    footer_product_info: FooterProduct | None = None


class Article(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An article (`news`) or a picture message (`newspic`) to be stored.

    `content` is HTML, below 1 MB; scripts are removed, and so are pictures that do not
    come from uploadimg. An article needs `thumb_media_id` (a permanent image), a picture message `image_info`.
    """

    title: Annotated[
        str, coded(invalid=45003, missing=44003, min_length=1, max_length=facts.ARTICLE_TITLE_LENGTH)
    ]
    content: Annotated[
        str,
        coded(
            invalid=45002,
            missing=44003,
            min_length=1,
            max_bytes=facts.ARTICLE_CONTENT_BYTES - 1,
        ),
    ]
    article_type: Annotated[ArticleType, coded(invalid=INVALID)] | None = None
    """`news` when left out."""
    author: Annotated[str, coded(invalid=45110, max_length=facts.ARTICLE_AUTHOR_LENGTH)] | None = None
    digest: (
        Annotated[str, coded(invalid=45004, certain=False, max_length=facts.ARTICLE_DIGEST_LENGTH)] | None
    ) = None
    """Of a single article; the first 54 characters of the text when left out."""
    content_source_url: (
        Annotated[str, coded(invalid=45005, max_bytes=facts.ARTICLE_SOURCE_URL_BYTES)] | None
    ) = None
    """Where "read the original" leads."""
    thumb_media_id: Annotated[str, coded(invalid=40007, max_length=facts.MEDIA_ID_LENGTH)] | None = None
    need_open_comment: Flag | None = None
    only_fans_can_comment: Flag | None = None
    show_cover_pic: Flag | None = None
    """Of older clients; without effect."""
    pic_crop_235_1: Crop | None = None
    pic_crop_1_1: Crop | None = None
    image_info: ImageInfo | None = None
    cover_info: CoverInfo | None = None
    product_info: ProductInfo | None = None

    @property
    def is_pictures(self) -> bool:
        return self.article_type == "newspic"

    def cross_check(self) -> Violation | None:
        if self.content_source_url and not _HTTP.match(self.content_source_url):
            zh, en = "原文链接须以 http:// 或 https:// 开头", "the source must begin with http:// or https://"
            return Violation(path="content_source_url", code=_BAD_SOURCE_URL, zh=zh, en=en)
        if self.is_pictures and self.image_info is None:
            zh, en = "图片消息需要 image_info", "a picture message needs image_info"
            return Violation(path="image_info", code=_BAD_MEDIA_ID, zh=zh, en=en)
        if not self.is_pictures and not self.thumb_media_id:
            zh, en = "图文消息需要永久素材的 thumb_media_id", "an article needs a permanent thumb_media_id"
            return Violation(path="thumb_media_id", code=_BAD_MEDIA_ID, zh=zh, en=en)
        return None


class StoredArticle(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An article as WeChat keeps it. `url` is a preview link in drafts, the public page once published."""

    title: str = always("")
    author: str = always("")
    digest: str = always("")
    content: str | None = None
    """Absent where a list was asked for without contents."""
    content_source_url: str = always("")
    thumb_media_id: str = always("")
    thumb_url: str = always("")
    show_cover_pic: int = always(0)
    need_open_comment: int = always(0)
    only_fans_can_comment: int = always(0)
    url: str = always("")
    article_type: str | None = None
    image_info: ImageInfo | None = None
    cover_info: CoverInfo | None = None
    product_info: ProductInfo | None = None
    is_deleted: bool | None = None
    """Only of published articles."""


class ArticleSet(msgspec.Struct, kw_only=True, frozen=True):
    """The articles of one draft or publication; times are unix seconds."""

    news_item: list[StoredArticle] = always([])
    create_time: int | None = None
    update_time: int | None = None


class Listing(Reply, kw_only=True, frozen=True, omit_defaults=True):
    """A page of a list: how many entries there are in all, and how many are here."""

    total_count: int
    item_count: int


L = TypeVar("L", bound=Listing)
T = TypeVar("T")


class Offsets(PagedCall[L, T], kw_only=True, frozen=True, omit_defaults=True):
    """A list read from `offset` on, 1 to 20 entries at once; an offset beyond the end gives an empty page."""

    offset: Annotated[int, coded(invalid=40035, ge=0)] = always(0)
    count: Annotated[int, coded(invalid=40035, ge=1, le=facts.LIST_PAGE)] = msgspec.field(
        default_factory=lambda: facts.LIST_PAGE
    )

    def items(self, page: L) -> Sequence[T]:
        listed: Any = page
        return list(listed.item)

    def following(self, page: L) -> Self | None:
        reached = self.offset + len(self.items(page))
        more = self.offset < reached < page.total_count
        return msgspec.structs.replace(self, offset=reached) if more else None
