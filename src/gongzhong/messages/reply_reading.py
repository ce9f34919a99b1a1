"""Reading a passive reply as strictly as WeChat: what is refused here fails in the user's chat."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import BadXml
from .model import Push
from .replies import (
    Article,
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)

if TYPE_CHECKING:
    from ..wire.xml import Fields

_DIGITS = re.compile(r"[0-9]{1,19}")


def parse_reply(fields: Fields, push: Push | None = None) -> Reply:
    """The typed reply. With `push`, its names must be that push's, swapped.

    Raises BadXml with the element at fault: missing, empty, repeated, or not a number.
    """
    to_user, from_user = _required(fields, "ToUserName"), _required(fields, "FromUserName")
    if push is not None:
        _check_name("ToUserName", to_user, push.from_user_name)
        _check_name("FromUserName", from_user, push.to_user_name)
    _number(fields, "CreateTime")
    kind = _required(fields, "MsgType")
    read = _READERS.get(kind)
    if read is None:
        kinds = ", ".join(_READERS)
        raise BadXml(
            f"回复的 MsgType 不能是 {kind[:40]}",
            f"a reply's MsgType cannot be {kind[:40]}",
            fix_zh=f"可用的类型：{kinds}",
            fix_en=f"it may be one of {kinds}",
        )
    return read(fields)


def _check_name(element: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise BadXml(
            f"回复的 {element} 应为 {wanted}，收到 {found[:64]}",
            f"the reply's {element} should be {wanted}, not {found[:64]}",
            fix_zh="把收到的 ToUserName 和 FromUserName 对调（FromUserName 是公众号原始 ID，不是 AppID）",
            fix_en="swap the push's two names (FromUserName is the account's original id, not its AppID)",
        )


def _optional(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise BadXml(
        f"回复的 {name} 应只出现一次且只含文字", f"the reply's {name} must stand once and hold only text"
    )


def _present(fields: Fields, name: str) -> str:
    value = _optional(fields, name)
    if value is None:
        raise BadXml(f"回复缺少 {name}", f"the reply lacks {name}")
    return value


def _required(fields: Fields, name: str) -> str:
    value = _present(fields, name)
    if not value:
        raise BadXml(f"回复的 {name} 是空的", f"the reply's {name} is empty")
    return value


def _number(fields: Fields, name: str) -> int:
    text = _required(fields, name).strip()
    if not _DIGITS.fullmatch(text):
        raise BadXml(f"回复的 {name} 不是整数：{text[:40]}", f"the reply's {name} is no integer: {text[:40]}")
    return int(text)


def _container(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    if isinstance(value, dict):
        return value
    raise BadXml(f"回复缺少 {name} 及其内容", f"the reply lacks {name} with its elements")


def _text(fields: Fields) -> Reply:
    return TextReply(_required(fields, "Content"))


def _image(fields: Fields) -> Reply:
    return ImageReply(_required(_container(fields, "Image"), "MediaId"))


def _voice(fields: Fields) -> Reply:
    return VoiceReply(_required(_container(fields, "Voice"), "MediaId"))


def _video(fields: Fields) -> Reply:
    video = _container(fields, "Video")
    return VideoReply(_required(video, "MediaId"), _optional(video, "Title"), _optional(video, "Description"))


def _music(fields: Fields) -> Reply:
    music = _container(fields, "Music")
    return MusicReply(
        thumb_media_id=_required(music, "ThumbMediaId"),
        title=_optional(music, "Title"),
        description=_optional(music, "Description"),
        music_url=_optional(music, "MusicUrl"),
        hq_music_url=_optional(music, "HQMusicUrl"),
    )


def _news(fields: Fields) -> Reply:
    count = _number(fields, "ArticleCount")
    found = _container(fields, "Articles").get("item")
    items = found if isinstance(found, list) else [found]
    articles = [_article(item) for item in items if isinstance(item, dict)]
    if count != len(items) or count != len(articles):
        raise BadXml(
            f"ArticleCount 是 {count}，Articles 里有 {len(articles)} 篇图文",
            f"ArticleCount is {count}, but Articles holds {len(articles)}",
        )
    return NewsReply(articles)


def _article(item: Fields) -> Article:
    title, description = _present(item, "Title"), _present(item, "Description")
    return Article(title, description, _present(item, "PicUrl"), _present(item, "Url"))


def _transfer(fields: Fields) -> Reply:
    if "TransInfo" not in fields:
        return TransferReply()
    return TransferReply(_required(_container(fields, "TransInfo"), "KfAccount"))


_READERS: dict[str, Callable[[Fields], Reply]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "music": _music,
    "news": _news,
    "transfer_customer_service": _transfer,
}
