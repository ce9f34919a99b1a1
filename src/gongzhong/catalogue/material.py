"""Permanent material (永久素材): files that stay until they are deleted, made by API or in the console.

News material moved into the draft box in 2022: its ids still work where a material is read, its own two calls
are retired.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .articles import ArticleSet, Flag, Listing, Offsets, StoredArticle
from .fields import MediaID, Violation, always, coded
from .files import FileLike
from .media import File, MediaType, too_large
from .model import (
    Answer,
    Call,
    Download,
    Ok,
    Repeat,
    Reply,
    Spec,
    Status,
    Upload,
)


class VideoDescription(msgspec.Struct, kw_only=True, frozen=True):
    """What is shown with a video."""

    title: str
    introduction: str = ""


class MaterialAdded(Reply, kw_only=True, frozen=True, omit_defaults=True):
    """Id of the file; for pictures also an address, which shows only on pages of WeChat."""

    media_id: str
    url: str | None = None
    item: list[StoredArticle] | None = None
    """Always empty; newer answers carry it."""


class AddMaterial(Call[MaterialAdded], kw_only=True, frozen=True):
    """Store a file for good (上传永久素材); a video needs `description`.

    Pictures (bmp, png, jpg, gif) and videos (mp4) up to 10 MB, voices (mp3, wma, wav, amr) up to 2 MB and 60 s,
    thumbs (jpg) up to 64 KB. `Upload.of` takes paths and open files as well as bytes.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/material/add_material",
        document="上传永久素材",
        repeat=Repeat.IF_NOT_SENT,
        query=frozenset({"type"}),
        errors=(
            *(-1, 40001, 40004, 40005, 40006, 40007, 40009, 40010, 40011, 40012, 40113, 41005, 45001, 45007),
            *(45034, 45074),
        ),
    )
    type: Annotated[MediaType, coded(invalid=40004, missing=40004)]
    media: File
    description: VideoDescription | None = None

    def cross_check(self) -> Violation | None:
        return too_large(self.type, self.media)


def _upload(file: Upload | FileLike, filename: str | None) -> Upload:
    return file if isinstance(file, Upload) else Upload.of(file, filename)


def image_material(*, file: Upload | FileLike, filename: str | None = None) -> AddMaterial:
    """Store a picture for good (上传永久素材: 图片)."""
    return AddMaterial(type="image", media=_upload(file, filename))


def voice_material(*, file: Upload | FileLike, filename: str | None = None) -> AddMaterial:
    """Store a voice for good (上传永久素材: 语音)."""
    return AddMaterial(type="voice", media=_upload(file, filename))


def video_material(
    *, file: Upload | FileLike, title: str, introduction: str = "", filename: str | None = None
) -> AddMaterial:
    """Store a video with its words for good (上传永久素材: 视频)."""
    described = VideoDescription(title=title, introduction=introduction)
    return AddMaterial(type="video", media=_upload(file, filename), description=described)


def thumb_material(*, file: Upload | FileLike, filename: str | None = None) -> AddMaterial:
    """Store a small cover for good (上传永久素材: 缩略图)."""
    return AddMaterial(type="thumb", media=_upload(file, filename))


class MaterialNews(Reply, kw_only=True, frozen=True):
    """Articles kept as material."""

    news_item: list[StoredArticle]
    create_time: int | None = None
    update_time: int | None = None


class MaterialVideo(Reply, kw_only=True, frozen=True):
    """A video and where it can be fetched."""

    down_url: str
    title: str = ""
    description: str = ""


class GetMaterial(Call[MaterialNews | MaterialVideo | Download], kw_only=True, frozen=True):
    """Fetch permanent material (获取永久素材): articles, the address of a video, or the file itself."""

    spec = Spec(
        "POST",
        "/cgi-bin/material/get_material",
        document="获取永久素材",
        answer=Answer.BYTES,
        errors=(-1, 40001, 40007),
    )
    media_id: MediaID


class DeleteMaterial(Call[Ok], kw_only=True, frozen=True):
    """Delete permanent material (删除永久素材), made in the console or by API; refused while it is in use."""

    spec = Spec(
        "POST",
        "/cgi-bin/material/del_material",
        document="删除永久素材",
        errors=(-1, 40001, 40007, 45060, 48005),
    )
    media_id: MediaID


class MaterialCount(Reply, kw_only=True, frozen=True):
    """How much of each kind is stored, the console's included."""

    voice_count: int
    video_count: int
    image_count: int
    news_count: int


class CountMaterial(Call[MaterialCount], kw_only=True, frozen=True):
    """Count the permanent material of each kind (获取永久素材总数)."""

    spec = Spec("GET", "/cgi-bin/material/get_materialcount", document="获取永久素材总数", errors=(-1, 40001))


class Material(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One entry: a file has `name` (and `url`, if a picture), news has `content`."""

    media_id: str
    update_time: int | None = None
    name: str | None = None
    url: str | None = None
    tags: list[str] | None = None
    content: ArticleSet | None = None


class MaterialPage(Listing, kw_only=True, frozen=True):
    """A page of materials of one kind, newest first."""

    item: list[Material] = always([])


class ListMaterial(Offsets[MaterialPage, Material], kw_only=True, frozen=True):
    """List the permanent material of one kind (获取永久素材列表), 1 to 20 entries at once, newest first."""

    spec = Spec(
        "POST",
        "/cgi-bin/material/batchget_material",
        document="获取永久素材列表",
        errors=(-1, 40001, 40004, 40007),
    )
    type: Annotated[Literal["image", "video", "voice", "news"], coded(invalid=40004, missing=40004)]


class NewsArticle(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An article of the retired calls."""

    title: str
    thumb_media_id: str
    content: str
    author: str = ""
    digest: str = ""
    content_source_url: str = ""
    show_cover_pic: Flag = 0
    need_open_comment: Flag = 0
    only_fans_can_comment: Flag = 0


class NewsAdded(Reply, kw_only=True, frozen=True):
    """Id of the news material."""

    media_id: str


class AddNews(Call[NewsAdded], kw_only=True, frozen=True):
    """Store articles as material (新增永久图文素材); retired in February 2022: use `drafts.add`."""

    spec = Spec(
        "POST",
        "/cgi-bin/material/add_news",
        document="新增永久图文素材",
        repeat=Repeat.IF_NOT_SENT,
        errors=(45106,),
        status=Status.RETIRED,
    )
    articles: Annotated[list[NewsArticle], coded(min_length=1, max_length=facts.OLD_NEWS_ARTICLES)]


class UpdateNews(Call[Ok], kw_only=True, frozen=True):
    """Change an article of news material (修改永久图文素材); retired in February 2022: use `drafts.update`."""

    spec = Spec(
        "POST",
        "/cgi-bin/material/update_news",
        document="修改永久图文素材",
        errors=(45106,),
        status=Status.RETIRED,
    )
    media_id: MediaID
    articles: NewsArticle
    index: int = 0
