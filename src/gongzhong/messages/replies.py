"""Passive replies (被动回复用户消息): the answer in the HTTP response of a push.

Each class writes its own elements; every text goes through `cdata`, so that none can leave its CDATA section.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from ..wire.xml import cdata
from .model import Push


class Reply(msgspec.Struct, frozen=True):
    """Base of the seven kinds of passive reply."""

    msg_type: ClassVar[str] = ""

    def elements(self) -> str:
        """What follows MsgType."""
        return ""


class TextReply(Reply, frozen=True):
    """Words; `<a href>` links and line breaks work. At most TEXT_MAX_BYTES, else nothing is delivered."""

    msg_type: ClassVar[str] = "text"

    content: str

    def elements(self) -> str:
        return f"<Content>{cdata(self.content)}</Content>"


class ImageReply(Reply, frozen=True):
    """A picture (no animated GIF); temporary or permanent media of the same account."""

    msg_type: ClassVar[str] = "image"

    media_id: str

    def elements(self) -> str:
        return f"<Image><MediaId>{cdata(self.media_id)}</MediaId></Image>"


class VoiceReply(Reply, frozen=True):
    """A voice message."""

    msg_type: ClassVar[str] = "voice"

    media_id: str

    def elements(self) -> str:
        return f"<Voice><MediaId>{cdata(self.media_id)}</MediaId></Voice>"


class VideoReply(Reply, frozen=True):
    """A video."""

    msg_type: ClassVar[str] = "video"

    media_id: str
    title: str | None = None
    description: str | None = None

    def elements(self) -> str:
        rest = _optional(("Title", self.title), ("Description", self.description))
        return f"<Video><MediaId>{cdata(self.media_id)}</MediaId>{rest}</Video>"


class MusicReply(Reply, frozen=True):
    """A piece of music. Some clients show nothing without a thumbnail, so it is required."""

    msg_type: ClassVar[str] = "music"

    thumb_media_id: str
    title: str | None = None
    description: str | None = None
    music_url: str | None = None
    hq_music_url: str | None = None
    """Preferred on Wi-Fi."""

    def elements(self) -> str:
        rest = _optional(
            ("Title", self.title),
            ("Description", self.description),
            ("MusicUrl", self.music_url),
            ("HQMusicUrl", self.hq_music_url),
        )
        return f"<Music>{rest}<ThumbMediaId>{cdata(self.thumb_media_id)}</ThumbMediaId></Music>"


class Article(msgspec.Struct, frozen=True):
    """One article of a news reply. Pictures: JPG or PNG, 360x200 for the first, 200x200 for the others."""

    title: str
    description: str = ""
    pic_url: str = ""
    url: str = ""


class NewsReply(Reply, frozen=True):
    """Articles (图文): one in answer to most messages, up to eight otherwise (`articles_allowed`)."""

    msg_type: ClassVar[str] = "news"

    articles: Sequence[Article]

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "articles", tuple(self.articles))

    def elements(self) -> str:
        items = "".join(
            f"<item><Title>{cdata(article.title)}</Title><Description>{cdata(article.description)}</Description>"
            f"<PicUrl>{cdata(article.pic_url)}</PicUrl><Url>{cdata(article.url)}</Url></item>"
            for article in self.articles
        )
        return f"<ArticleCount>{len(self.articles)}</ArticleCount><Articles>{items}</Articles>"


class TransferReply(Reply, frozen=True):
    """Hand the message over to human agents: to any free one, or to `kf_account` in whatever state."""

    msg_type: ClassVar[str] = "transfer_customer_service"

    kf_account: str | None = None
    """Full account: prefix@account id."""

    def elements(self) -> str:
        if self.kf_account is None:
            return ""
        return f"<TransInfo><KfAccount>{cdata(self.kf_account)}</KfAccount></TransInfo>"


def _optional(*elements: tuple[str, str | None]) -> str:
    return "".join(f"<{name}>{cdata(text)}</{name}>" for name, text in elements if text is not None)


def encode_reply(reply: Reply, push: Push, now: int) -> bytes:
    """The XML that answers `push`: its names swapped, `now` in unix seconds. See `reply_problem`."""
    if type(reply) is TextReply:
        receiver, sender, content = push.from_user_name, push.to_user_name, reply.content
        texts = f"{content} {receiver} {sender}"
        if texts.isprintable() and "]]>" not in texts:  # nothing that `cdata` would change
            return (
                f"<xml><ToUserName><![CDATA[{receiver}]]></ToUserName><FromUserName><![CDATA[{sender}]]>"
                f"</FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
                f"<Content><![CDATA[{content}]]></Content></xml>"
            ).encode()
    return (
        f"<xml><ToUserName>{cdata(push.from_user_name)}</ToUserName>"
        f"<FromUserName>{cdata(push.to_user_name)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[{reply.msg_type}]]></MsgType>{reply.elements()}</xml>"
    ).encode()
