"""Temporary media (临时素材), kept for three days, and pictures inside articles."""

from __future__ import annotations

from typing import Annotated, Literal

from .. import facts
from .fields import MediaID, Violation, coded
from .model import (
    TEST,
    VERIFIED,
    Answer,
    Call,
    Download,
    Repeat,
    Reply,
    Spec,
    Upload,
)

MediaType = Literal["image", "voice", "video", "thumb"]
File = Annotated[Upload, coded(invalid=41005, missing=41005)]

_LARGEST: dict[MediaType, tuple[int, int]] = {
    "image": (facts.IMAGE_BYTES, 40009),
    "voice": (facts.VOICE_BYTES, 40010),
    "video": (facts.VIDEO_BYTES, 40011),
    "thumb": (facts.THUMB_BYTES, 40012),
}
"""Kind → bytes allowed, and the code of a larger file."""


def too_large(kind: MediaType, upload: Upload) -> Violation | None:
    """The rule that a file of this kind breaks by its size, or None."""
    return _size(upload, *_LARGEST[kind])


def _size(upload: Upload, largest: int, code: int) -> Violation | None:
    size = upload.size
    if size == 0:
        return Violation(path="media", code=44001, zh="文件是空的", en="the file is empty")
    if size > largest:
        zh, en = f"文件最大 {largest} 字节, 现有 {size}", f"a file may have {largest} bytes, not {size}"
        return Violation(path="media", code=code, zh=zh, en=en)
    return None


class MediaUploaded(Reply, kw_only=True, frozen=True):
    """Id of the file; read it through `id`, thumbs carry it in a field of their own. `created_at`: unix
    seconds."""

    type: str
    media_id: str | None = None
    thumb_media_id: str | None = None
    created_at: int | None = None

    @property
    def id(self) -> str:
        return self.media_id or self.thumb_media_id or ""


class UploadMedia(Call[MediaUploaded], kw_only=True, frozen=True):
    """Upload a file for three days (新增临时素材).

    Pictures (png, jpg, gif) and videos (mp4) up to 10 MB, voices (amr, mp3) up to 2 MB and 60 s, thumbs (jpg)
    up to 64 KB. The extension of the file name matters.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/media/upload",
        document="新增临时素材",
        daily=facts.MEDIA_UPLOAD_DAILY,
        daily_test=facts.MEDIA_UPLOAD_DAILY_TEST,
        repeat=Repeat.IF_NOT_SENT,
        query=frozenset({"type"}),
        errors=(-1, 40001, 40004, 40005, 40006, 40009, 40010, 40011, 40012, 41005, 45001, 45007),
    )
    type: Annotated[MediaType, coded(invalid=40004, missing=40004)]
    media: File

    def cross_check(self) -> Violation | None:
        return too_large(self.type, self.media)


class VideoLink(Reply, kw_only=True, frozen=True):
    """Where a video can be fetched."""

    video_url: str


class GetMedia(Call[Download | VideoLink], kw_only=True, frozen=True):
    """Fetch a temporary file, or the address of a video (获取临时素材)."""

    spec = Spec(
        "GET",
        "/cgi-bin/media/get",
        document="获取临时素材",
        daily=facts.MEDIA_GET_DAILY,
        daily_test=facts.MEDIA_GET_DAILY_TEST,
        answer=Answer.BYTES,
        errors=(-1, 40001, 40007),
    )
    media_id: MediaID


class GetVoice(Call[Download], kw_only=True, frozen=True):
    """Fetch a voice recorded through the JS-SDK, as speex of 16 kHz (获取高清语音素材)."""

    spec = Spec(
        "GET",
        "/cgi-bin/media/get/jssdk",
        document="获取高清语音素材",
        accounts=VERIFIED | TEST,
        answer=Answer.BYTES,
        errors=(-1, 40001, 40007),
    )
    media_id: MediaID


class ImageAddress(Reply, kw_only=True, frozen=True):
    """Address of the picture, for use inside articles."""

    url: str


class UploadImage(Call[ImageAddress], kw_only=True, frozen=True):
    """Upload a picture for the body of an article (上传图文消息图片): jpg or png below 1 MB, not counted as
    material."""

    spec = Spec(
        "POST",
        "/cgi-bin/media/uploadimg",
        document="上传图文消息图片",
        file_kind="image",
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40005, 40009, 40137, 41005),
    )
    media: File

    def cross_check(self) -> Violation | None:
        return _size(self.media, facts.ARTICLE_IMAGE_BYTES - 1, 40009)
