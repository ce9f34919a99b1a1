"""The messages that users send (接收普通消息)."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from .elements import Decimal
from .model import Message


class Text(Message, frozen=True, kw_only=True):
    """Words the user typed, or the option of a menu message that was tapped."""

    entry: ClassVar[str] = "2.1"
    title_zh: ClassVar[str] = "文本消息"
    title_en: ClassVar[str] = "text message"

    msg_type: str = "text"
    content: str
    bizmsgmenuid: str | None = field(default=None, name="bizmsgmenuid")
    """The option of a menu message (菜单消息) that was tapped; counts as a menu click, not as a message."""


class Image(Message, frozen=True, kw_only=True):
    """A picture."""

    entry: ClassVar[str] = "2.2"
    title_zh: ClassVar[str] = "图片消息"
    title_en: ClassVar[str] = "image message"

    msg_type: str = "image"
    pic_url: str
    media_id: str
    """Temporary media, kept for 3 days."""


class Voice(Message, frozen=True, kw_only=True):
    """A voice message, with its text while speech recognition is switched on."""

    entry: ClassVar[str] = "2.3"
    title_zh: ClassVar[str] = "语音消息"
    title_en: ClassVar[str] = "voice message"

    msg_type: str = "voice"
    media_id: str
    """Temporary media (AMR, 8 kHz), kept for 3 days."""
    format: str | None = None
    media_id_16k: str | None = field(default=None, name="MediaId16K")
    """The same voice with 16 kHz."""
    recognition: str | None = None
    """Recognised text; may be empty. Absent while recognition is switched off."""


class Video(Message, frozen=True, kw_only=True):
    """A video."""

    entry: ClassVar[str] = "2.4"
    title_zh: ClassVar[str] = "视频消息"
    title_en: ClassVar[str] = "video message"

    msg_type: str = "video"
    media_id: str
    thumb_media_id: str


class ShortVideo(Message, frozen=True, kw_only=True):
    """A short video (小视频)."""

    entry: ClassVar[str] = "2.5"
    title_zh: ClassVar[str] = "小视频消息"
    title_en: ClassVar[str] = "short video message"

    msg_type: str = "shortvideo"
    media_id: str
    thumb_media_id: str


class Location(Message, frozen=True, kw_only=True):
    """A place the user sent."""

    entry: ClassVar[str] = "2.6"
    title_zh: ClassVar[str] = "地理位置消息"
    title_en: ClassVar[str] = "location message"

    msg_type: str = "location"
    location_x: Decimal = field(name="Location_X")
    """Latitude, in degrees."""
    location_y: Decimal = field(name="Location_Y")
    """Longitude, in degrees."""
    scale: int | None = None
    """Zoom of the map."""
    label: str


class Link(Message, frozen=True, kw_only=True):
    """A page forwarded as a card. A typed address arrives as text."""

    entry: ClassVar[str] = "2.7"
    title_zh: ClassVar[str] = "链接消息"
    title_en: ClassVar[str] = "link message"

    msg_type: str = "link"
    title: str
    description: str
    url: str


class MiniProgramPage(Message, frozen=True, kw_only=True):
    """A card of a mini program; documented for mini-program customer service, which shares the format."""

    entry: ClassVar[str] = "2.8"
    title_zh: ClassVar[str] = "小程序卡片消息"
    title_en: ClassVar[str] = "mini-program card"

    msg_type: str = "miniprogrampage"
    title: str
    app_id: str
    page_path: str
    thumb_url: str | None = None
    thumb_media_id: str | None = None
