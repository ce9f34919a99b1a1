"""What a campaign sends: the kinds of messages, and the call that each of them takes.

    kind       one call reaches            repeated after doubt                  result events
    template   one person                  within 10 min by client_msg_id        TEMPLATESENDJOBFINISH, by msgid
    notice     one person                  never                                 subscribe_msg_sent_event, by person
    customer   one person                  never                                 none
    mass       up to 10,000 OpenIDs        within 24 h by clientmsgid            MASSSENDJOBFINISH, by msg_id
    broadcast  all followers, or a tag     within 24 h by clientmsgid            MASSSENDJOBFINISH, by msg_id

In texts and addresses `{name}` stands for the recipient's variable of that name. Mass messages are the same for
everybody and have none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, TypeAlias

import msgspec

from .. import facts
from ..catalogue.customer_messages import (
    Article,
    MediaContent,
    NewsContent,
    PublishedArticle,
    SendCustomerMessage,
    TextContent,
)
from ..catalogue.mass import (
    Audience,
    MassCall,
    MassImages,
    MassMedia,
    MassText,
    MassVideo,
    PreviewMass,
    SendMass,
    SendMassToUsers,
)
from ..catalogue.model import Call
from ..catalogue.subscriptions import SendNotice
from ..catalogue.templates import MiniProgram, SendTemplate, TemplateValue
from ..errors import ArgumentError, SetupError

Given: TypeAlias = tuple[str, Mapping[str, str]]
"""A recipient of a call: their OpenID and variables."""

VARIABLE: Final = re.compile(r"\{([^{}\s]+)\}")
MARGIN_S: Final = 120.0
"""Less this much an attempt in doubt is repeated: clocks differ, and a call takes its time."""
UNLIMITED: Final = 10**9
"""The quota of a call for which the official pages name none."""


class Content(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """What all kinds have in common."""

    kind: ClassVar[str] = ""
    once_s: ClassVar[float] = 0.0
    """So long after the first try WeChat carries out the same id only once, less a margin; 0: there is no such id."""
    daily: ClassVar[int] = UNLIMITED
    """Calls a day, unless the plan says more or less."""
    chunk: ClassVar[int] = 500
    """Recipients of one chunk."""
    together: ClassVar[bool] = False
    """Whether one call goes to all recipients of a chunk."""
    has_msgid: ClassVar[bool] = True
    """Whether the answer names the message, and the result event names it again."""

    def texts(self) -> list[str]:
        """The texts in which variables may stand."""
        return []

    def variables(self) -> set[str]:
        """The names that every recipient must have."""
        return {name for text in self.texts() for name in VARIABLE.findall(text)}

    def call(self, to: Sequence[Given], key: str) -> Call[Any]:
        """The call for these recipients. Raises ArgumentError when a variable is missing or the call cannot be made."""
        raise NotImplementedError

    def trial(self, openid: str, variables: Mapping[str, str], key: str) -> Call[Any]:
        """The call that shows the message to one person before all others. Raises as `call`."""
        return self.call([(openid, variables)], key)

    def msgid(self, answer: Any) -> int:
        """The number by which the result event names the message; 0: it names none."""
        return int(getattr(answer, "msgid", 0))

    @property
    def template(self) -> str:
        """The template by which result events are recognised where they name no known message."""
        return ""

    @property
    def monthly(self) -> int:
        """Messages a month, unless the plan says otherwise; 0: they are counted by the day."""
        return 0


class TemplateMessage(Content, frozen=True, kw_only=True, tag="template"):
    """A template message (模板消息), by 发送模板消息."""

    kind: ClassVar[str] = "template"
    once_s: ClassVar[float] = facts.TEMPLATE_ONCE_S - MARGIN_S
    daily: ClassVar[int] = facts.TEMPLATE_DAILY

    template_id: str
    data: dict[str, str]
    """Keyword of the template → text."""
    url: str = ""
    miniprogram: MiniProgram | None = None

    def texts(self) -> list[str]:
        return [*self.data.values(), self.url]

    def call(self, to: Sequence[Given], key: str) -> SendTemplate:
        [(openid, variables)] = to
        return SendTemplate(
            touser=openid,
            template_id=self.template_id,
            data=_data(self.data, variables),
            url=filled(self.url, variables) or None,
            miniprogram=self.miniprogram,
            client_msg_id=key,
        )


class Notice(Content, frozen=True, kw_only=True, tag="notice"):
    """A subscription notice (订阅通知) to people who allowed it, by 发送订阅通知."""

    kind: ClassVar[str] = "notice"
    has_msgid: ClassVar[bool] = False

    template_id: str
    data: dict[str, str]
    page: str = ""
    miniprogram: MiniProgram | None = None

    def texts(self) -> list[str]:
        return [*self.data.values(), self.page]

    def call(self, to: Sequence[Given], key: str) -> SendNotice:
        [(openid, variables)] = to
        return SendNotice(
            touser=openid,
            template_id=self.template_id,
            data=_data(self.data, variables),
            page=filled(self.page, variables) or None,
            miniprogram=self.miniprogram,
        )

    @property
    def template(self) -> str:
        return self.template_id


class CustomerMessage(Content, frozen=True, kw_only=True, tag="customer"):
    """A customer-service message (客服消息) to people who wrote within 48 hours: exactly one of the contents."""

    kind: ClassVar[str] = "customer"
    daily: ClassVar[int] = facts.CUSTOMER_MESSAGE_DAILY
    has_msgid: ClassVar[bool] = False

    text: str = ""
    image: str = ""
    """A media_id."""
    article: str = ""
    """The article_id of a published article."""
    card: dict[str, str] = {}
    """`title` and `url`, perhaps `description` and `picurl`."""

    def __post_init__(self) -> None:
        _exactly_one(self, ("text", "image", "article", "card"))

    def texts(self) -> list[str]:
        return [self.text, *self.card.values()]

    def call(self, to: Sequence[Given], key: str) -> SendCustomerMessage:
        [(openid, variables)] = to
        if self.text:
            text = TextContent(content=filled(self.text, variables))
            return SendCustomerMessage(touser=openid, msgtype="text", text=text)
        if self.image:
            image = MediaContent(media_id=self.image)
            return SendCustomerMessage(touser=openid, msgtype="image", image=image)
        if self.article:
            article = PublishedArticle(article_id=self.article)
            return SendCustomerMessage(touser=openid, msgtype="mpnewsarticle", mpnewsarticle=article)
        card = Article(**{name: filled(text, variables) for name, text in self.card.items()})
        return SendCustomerMessage(touser=openid, msgtype="news", news=NewsContent(articles=[card]))


class MassContent(Content, frozen=True, kw_only=True):
    """A mass message (群发): exactly one of the contents, the same for everybody."""

    once_s: ClassVar[float] = facts.MASS_ONCE_S - MARGIN_S
    daily: ClassVar[int] = facts.MASS_DAILY
    chunk: ClassVar[int] = facts.MASS_OPENIDS_MAX
    together: ClassVar[bool] = True

    text: str = ""
    article: str = ""
    """The media_id of a draft, or of articles that were uploaded."""
    images: list[str] = []
    """The media_ids of pictures."""
    voice: str = ""
    video: str = ""
    """The media_id that 上传群发视频素材 gave."""
    even_if_reprint: bool = False

    def __post_init__(self) -> None:
        _exactly_one(self, ("text", "article", "images", "voice", "video"))

    def trial(self, openid: str, variables: Mapping[str, str], key: str) -> PreviewMass:
        return PreviewMass(touser=openid, **self._content())

    def msgid(self, answer: Any) -> int:
        return int(getattr(answer, "msg_id", 0))

    def _content(self) -> dict[str, Any]:
        if self.text:
            return {"msgtype": "text", "text": MassText(content=self.text)}
        if self.article:
            return {"msgtype": "mpnews", "mpnews": MassMedia(media_id=self.article)}
        if self.images:
            return {"msgtype": "image", "images": MassImages(media_ids=self.images)}
        if self.voice:
            return {"msgtype": "voice", "voice": MassMedia(media_id=self.voice)}
        return {"msgtype": "mpvideo", "mpvideo": MassVideo(media_id=self.video)}

    def _rest(self, key: str) -> dict[str, Any]:
        return {**self._content(), "send_ignore_reprint": int(self.even_if_reprint), "clientmsgid": key}


class MassMessage(MassContent, frozen=True, kw_only=True, tag="mass"):
    """By 根据OpenID群发消息: 2 to 10,000 people a call, service accounts only."""

    kind: ClassVar[str] = "mass"

    def call(self, to: Sequence[Given], key: str) -> MassCall:
        if len(to) < facts.MASS_OPENIDS_MIN:
            raise ArgumentError(
                f"群发至少要 {facts.MASS_OPENIDS_MIN} 个 OpenID",
                f"a mass message takes at least {facts.MASS_OPENIDS_MIN} OpenIDs",
            )
        return SendMassToUsers(touser=[openid for openid, _ in to], **self._rest(key))


class Broadcast(MassContent, frozen=True, kw_only=True, tag="broadcast"):
    """By 根据标签群发消息: WeChat knows the recipients, so the report has one line for each call."""

    kind: ClassVar[str] = "broadcast"

    tag: int | None = None
    """The tag whose carriers get it; None: all followers."""

    @property
    def monthly(self) -> int:
        return facts.MASS_MONTHLY if self.tag is None else 0

    def call(self, to: Sequence[Given], key: str) -> MassCall:
        audience = Audience(is_to_all=self.tag is None, tag_id=self.tag)
        return SendMass(filter=audience, **self._rest(key))


AnyContent: TypeAlias = TemplateMessage | Notice | CustomerMessage | MassMessage | Broadcast
RESULT_KINDS: Final = {"broadcast": "mass"}
"""Kinds whose result events are those of another kind."""


def result_kind(kind: str) -> str:
    """Under which kind results of a campaign are kept."""
    return RESULT_KINDS.get(kind, kind)


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables. Raises ArgumentError when one is missing."""
    if "{" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise ArgumentError(f"收件人没有变量 {found[1]}", f"the recipient has no variable {found[1]}")
        return variables[found[1]]

    return VARIABLE.sub(value, text)


def _data(texts: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, TemplateValue]:
    return {keyword: TemplateValue(value=filled(text, variables)) for keyword, text in texts.items()}


def _exactly_one(content: Content, names: Sequence[str]) -> None:
    given = [name for name in names if getattr(content, name)]
    if len(given) != 1:
        raise SetupError(
            f"{content.kind} 的内容须是其中一项：{'、'.join(names)}",
            f"the content of a {content.kind} message is one of: {', '.join(names)}",
        )
