"""The lines of a chat as the control API shows them: one type for each kind of content, told apart by `type`."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ...world.chats import Side, Via


class Line(msgspec.Struct, kw_only=True, tag_field="type"):
    """What every line of a chat has. `seq` counts over all chats; `time` in unix seconds."""

    seq: int
    time: float
    appid: str
    person: str
    side: Side
    via: Via
    kf: str | UnsetType = UNSET
    """Nickname of the agent (客服) who wrote it, when one is named."""
    note: str | UnsetType = UNSET
    """A grey word beside the line, such as 服务通知 for what reaches somebody who does not follow."""
    row: int | UnsetType | None = UNSET
    """In a chat: number of the row of the log that was about it or made it, as far as it is held."""


class TextLine(Line, tag="text", kw_only=True):
    content: str


class MediaLine(Line, kw_only=True):
    """A file of the media library; `url` is where the pages find its bytes, empty without one."""

    media_id: str | None
    url: str


class ImageLine(MediaLine, tag="image", kw_only=True):
    pass


class VoiceLine(MediaLine, tag="voice", kw_only=True):
    content: str | UnsetType = UNSET


class VideoLine(MediaLine, tag="video", kw_only=True):
    title: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET


class ShortVideoLine(MediaLine, tag="shortvideo", kw_only=True):
    pass


class LocationLine(Line, tag="location", kw_only=True):
    latitude: float
    longitude: float
    scale: int
    label: str


class LinkLine(Line, tag="link", kw_only=True):
    """A link that the person sent, or a page that a friend passed on (`sharer`: the friend's nickname)."""

    title: str
    description: str
    url: str
    picurl: str | UnsetType = UNSET
    sharer: str | UnsetType = UNSET


class MusicLine(Line, tag="music", kw_only=True):
    title: str | None
    description: str | None
    url: str | None
    thumb_url: str


class ArticleCard(msgspec.Struct, kw_only=True):
    title: str
    description: str
    url: str
    picurl: str


class ArticlesLine(Line, tag="news", kw_only=True):
    articles: list[ArticleCard]


class MenuOption(msgspec.Struct, kw_only=True):
    id: str
    content: str


class MenuLine(Line, tag="msgmenu", kw_only=True):
    """A menu message (菜单消息): what stands above, the choices, what stands below."""

    head: str
    options: list[MenuOption] = msgspec.field(name="list")
    tail: str


class MiniProgramTarget(msgspec.Struct, kw_only=True):
    appid: str
    pagepath: str | UnsetType | None = UNSET


class TemplateValue(msgspec.Struct, kw_only=True):
    label: str
    value: str


class TemplateLine(Line, tag="template", kw_only=True):
    title: str
    lines: list[TemplateValue]
    url: str | UnsetType | None = UNSET
    miniprogram: MiniProgramTarget | UnsetType | None = UNSET


class MiniProgramLine(Line, tag="miniprogrampage", kw_only=True):
    title: str | None
    miniprogram: MiniProgramTarget
    thumb_url: str


class CardLine(Line, tag="wxcard", kw_only=True):
    """A coupon (卡券), which has no content here but its id."""

    card_id: str
    title: str


class EventLine(Line, tag="event", kw_only=True):
    """A grey line of WeChat's own, such as 你已关注这个公众号."""

    content: str


class FailureLine(Line, tag="failure", kw_only=True):
    """该公众号提供的服务出现故障，请稍后再试"""

    content: str


ChatLine = (
    TextLine
    | ImageLine
    | VoiceLine
    | VideoLine
    | ShortVideoLine
    | LocationLine
    | LinkLine
    | MusicLine
    | ArticlesLine
    | MenuLine
    | TemplateLine
    | MiniProgramLine
    | CardLine
    | EventLine
    | FailureLine
)
"""Every kind of line."""
