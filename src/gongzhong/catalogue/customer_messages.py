"""Customer-service messages (客服消息): free messages to a person who has just done something.

One call takes every kind of content; the functions below it build the call for one kind each.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .fields import MediaID, OpenID, Violation, always, coded
from .model import TEST, VERIFIED, Call, Ok, Repeat, Spec

MessageType = Literal[
    "text",
    "image",
    "voice",
    "video",
    "music",
    "news",
    "mpnews",
    "mpnewsarticle",
    "msgmenu",
    "wxcard",
    "miniprogrampage",
]


class TextContent(msgspec.Struct, kw_only=True, frozen=True):
    """Text; `<a href>` links, also into mini programs, work inside."""

    content: Annotated[
        str, coded(invalid=45002, missing=44004, certain=False, max_bytes=facts.CUSTOMER_TEXT_BYTES)
    ]

    def cross_check(self) -> Violation | None:
        if self.content:
            return None
        return Violation(path="content", code=44004, zh="文本消息的内容是空的", en="the text is empty")


class MediaContent(msgspec.Struct, kw_only=True, frozen=True):
    """A picture, voice or article by its id, temporary or permanent."""

    media_id: MediaID


class VideoContent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A video and its cover."""

    media_id: MediaID
    thumb_media_id: MediaID | None = None
    title: str | None = None
    description: str | None = None


class MusicContent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A link to music; `hqmusicurl` is taken on Wi-Fi."""

    musicurl: str
    thumb_media_id: MediaID
    title: str = always("")
    description: str = always("")
    hqmusicurl: str = always("")


class Article(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A card that opens `url`."""

    title: str
    url: str
    description: str | None = None
    picurl: str | None = None


class NewsContent(msgspec.Struct, kw_only=True, frozen=True):
    """Exactly one article since 2018."""

    articles: Annotated[
        list[Article], coded(invalid=45008, missing=44003, min_length=1, max_length=facts.CUSTOMER_ARTICLES)
    ]


class PublishedArticle(msgspec.Struct, kw_only=True, frozen=True):
    """An article of this account by the id that publishing gave it."""

    article_id: Annotated[str, coded(invalid=53600, missing=53600, min_length=1)]


class MenuOption(msgspec.Struct, kw_only=True, frozen=True):
    """One line to tap; it comes back as a text message with `bizmsgmenuid` = id."""

    id: str
    content: str


class MenuContent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A question with lines to tap."""

    head_content: str = always("")
    options: Annotated[list[MenuOption], coded(invalid=44005, missing=44005, min_length=1)] = msgspec.field(
        name="list"
    )
    tail_content: str = always("")


class CardContent(msgspec.Struct, kw_only=True, frozen=True):
    """A coupon of WeChat's card system, without codes of your own."""

    card_id: Annotated[str, coded(missing=41012)]


class MiniProgramContent(msgspec.Struct, kw_only=True, frozen=True):
    """A card of a mini program that is linked to the account; cover of 520×416."""

    title: str
    appid: Annotated[str, coded(invalid=40013)]
    pagepath: Annotated[str, coded(invalid=40165)]
    thumb_media_id: MediaID


class Agent(msgspec.Struct, kw_only=True, frozen=True):
    """The agent in whose name the message goes out, such as `a1@gh_x`."""

    kf_account: Annotated[str, coded(invalid=61452, min_length=1)]


class AIMessageContext(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """`is_ai_msg` 1 adds a line that says the content was made by an AI of a third party."""

    is_ai_msg: Literal[0, 1] | None = None
    msgid: str | None = None


class SendCustomerMessage(Call[Ok], kw_only=True, frozen=True):
    """Send a free message to somebody who has just written, tapped, followed or scanned (发送客服消息).

    The content stands in the field named like `msgtype`. After a message 5 are allowed within 48 hours, after
    a menu tap, following or a scan 3 within a minute.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/message/custom/send",
        document="发送客服消息",
        accounts=VERIFIED | TEST,
        daily=facts.CUSTOMER_MESSAGE_DAILY,
        daily_test=facts.CUSTOMER_MESSAGE_DAILY_TEST,
        repeat=Repeat.IF_NOT_SENT,
        errors=(
            *(-1, 40001, 40003, 40007, 40008, 40013, 43004, 43019, 44004, 45002, 45008, 45015, 45047),
            *(48001, 48002, 50002, 53600, 61451, 61452, 70000),
        ),
    )
    touser: OpenID
    msgtype: Annotated[MessageType, coded(invalid=40008, missing=40008)]
    text: TextContent | None = None
    image: MediaContent | None = None
    voice: MediaContent | None = None
    video: VideoContent | None = None
    music: MusicContent | None = None
    news: NewsContent | None = None
    mpnews: MediaContent | None = None
    mpnewsarticle: PublishedArticle | None = None
    msgmenu: MenuContent | None = None
    wxcard: CardContent | None = None
    miniprogrampage: MiniProgramContent | None = None
    customservice: Agent | None = None
    aimsgcontext: AIMessageContext | None = None

    def cross_check(self) -> Violation | None:
        if getattr(self, self.msgtype, None) is not None:
            return None
        zh, en = (
            f"msgtype 是 {self.msgtype}, 却没有 {self.msgtype}",
            f"msgtype is {self.msgtype}, but there is no {self.msgtype}",
        )
        return Violation(path=self.msgtype, code=40008, zh=zh, en=en)


class SetTyping(Call[Ok], kw_only=True, frozen=True):
    """Show or end "the other side is typing" (客服输入状态); needs a message within the last 30 seconds."""

    spec = Spec(
        "POST",
        "/cgi-bin/message/custom/typing",
        document="客服输入状态",
        accounts=VERIFIED | TEST,
        errors=(-1, 40001, 40003, 40200, 45015, 45072, 45080, 45081),
    )
    touser: OpenID
    command: Annotated[Literal["Typing", "CancelTyping"], coded(invalid=45072, missing=45072)]


def _agent(kf_account: str | None) -> Agent | None:
    return None if kf_account is None else Agent(kf_account=kf_account)


def text_message(
    *, touser: str, content: str, kf_account: str | None = None, made_by_ai: bool = False
) -> SendCustomerMessage:
    """Send text (客服消息: 文本)."""
    return SendCustomerMessage(
        touser=touser,
        msgtype="text",
        text=TextContent(content=content),
        customservice=_agent(kf_account),
        aimsgcontext=AIMessageContext(is_ai_msg=1) if made_by_ai else None,
    )


def image_message(*, touser: str, media_id: str, kf_account: str | None = None) -> SendCustomerMessage:
    """Send a picture (客服消息: 图片)."""
    content = MediaContent(media_id=media_id)
    return SendCustomerMessage(
        touser=touser, msgtype="image", image=content, customservice=_agent(kf_account)
    )


def voice_message(*, touser: str, media_id: str, kf_account: str | None = None) -> SendCustomerMessage:
    """Send a voice message (客服消息: 语音)."""
    content = MediaContent(media_id=media_id)
    return SendCustomerMessage(
        touser=touser, msgtype="voice", voice=content, customservice=_agent(kf_account)
    )


def video_message(
    *,
    touser: str,
    media_id: str,
    thumb_media_id: str | None = None,
    title: str | None = None,
    description: str | None = None,
    kf_account: str | None = None,
) -> SendCustomerMessage:
    """Send a video (客服消息: 视频)."""
    content = VideoContent(
        media_id=media_id, thumb_media_id=thumb_media_id, title=title, description=description
    )
    return SendCustomerMessage(
        touser=touser, msgtype="video", video=content, customservice=_agent(kf_account)
    )


def music_message(
    *,
    touser: str,
    musicurl: str,
    thumb_media_id: str,
    title: str = "",
    description: str = "",
    hqmusicurl: str = "",
    kf_account: str | None = None,
) -> SendCustomerMessage:
    """Send a link to music (客服消息: 音乐)."""
    content = MusicContent(
        musicurl=musicurl,
        thumb_media_id=thumb_media_id,
        title=title,
        description=description,
        hqmusicurl=hqmusicurl or musicurl,
    )
    return SendCustomerMessage(
        touser=touser, msgtype="music", music=content, customservice=_agent(kf_account)
    )


def news_message(
    *,
    touser: str,
    title: str,
    url: str,
    description: str | None = None,
    picurl: str | None = None,
    kf_account: str | None = None,
) -> SendCustomerMessage:
    """Send a card that opens a link (客服消息: 图文, 点击跳转到外链)."""
    article = Article(title=title, url=url, description=description, picurl=picurl)
    return SendCustomerMessage(
        touser=touser,
        msgtype="news",
        news=NewsContent(articles=[article]),
        customservice=_agent(kf_account),
    )


def material_news_message(
    *, touser: str, media_id: str, kf_account: str | None = None
) -> SendCustomerMessage:
    """Send an article by media_id (客服消息: mpnews); being replaced by article_message."""
    content = MediaContent(media_id=media_id)
    return SendCustomerMessage(
        touser=touser, msgtype="mpnews", mpnews=content, customservice=_agent(kf_account)
    )


def article_message(*, touser: str, article_id: str, kf_account: str | None = None) -> SendCustomerMessage:
    """Send a published article (客服消息: mpnewsarticle)."""
    content = PublishedArticle(article_id=article_id)
    return SendCustomerMessage(
        touser=touser, msgtype="mpnewsarticle", mpnewsarticle=content, customservice=_agent(kf_account)
    )


def menu_message(
    *,
    touser: str,
    options: dict[str, str],
    head_content: str = "",
    tail_content: str = "",
    kf_account: str | None = None,
) -> SendCustomerMessage:
    """Send a question with lines to tap (客服消息: 菜单); `options` is id → text."""
    content = MenuContent(
        head_content=head_content,
        options=[MenuOption(id=key, content=text) for key, text in options.items()],
        tail_content=tail_content,
    )
    return SendCustomerMessage(
        touser=touser, msgtype="msgmenu", msgmenu=content, customservice=_agent(kf_account)
    )


def card_message(*, touser: str, card_id: str, kf_account: str | None = None) -> SendCustomerMessage:
    """Send a coupon (客服消息: 卡券)."""
    content = CardContent(card_id=card_id)
    return SendCustomerMessage(
        touser=touser, msgtype="wxcard", wxcard=content, customservice=_agent(kf_account)
    )


def miniprogram_message(
    *,
    touser: str,
    title: str,
    appid: str,
    pagepath: str,
    thumb_media_id: str,
    kf_account: str | None = None,
) -> SendCustomerMessage:
    """Send a card of a mini program (客服消息: 小程序卡片)."""
    content = MiniProgramContent(title=title, appid=appid, pagepath=pagepath, thumb_media_id=thumb_media_id)
    return SendCustomerMessage(
        touser=touser,
        msgtype="miniprogrampage",
        miniprogrampage=content,
        customservice=_agent(kf_account),
    )
