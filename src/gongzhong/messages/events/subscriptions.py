"""Subscription notifications of service accounts (订阅通知): what users allow, and what was sent."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ..elements import Element
from ..model import Event


class SubscribeChoice(Element, frozen=True, kw_only=True):
    """One template that a user allowed or refused."""

    template_id: str
    subscribe_status_string: str
    """`accept` or `reject`."""
    popup_scene: int | None = None
    """Where the user was asked: 1 a web page, 2 an article."""

    @property
    def accepted(self) -> bool:
        return self.subscribe_status_string == "accept"


class SubscribeChoices(Element, frozen=True, kw_only=True):
    """The templates a user decided about."""

    list: tuple[SubscribeChoice, ...] = ()


class SubscribeMsgPopup(Event, frozen=True, kw_only=True):
    """A user answered the question whether notifications may be sent."""

    entry: ClassVar[str] = "18"
    title_zh: ClassVar[str] = "用户操作订阅通知弹窗"
    title_en: ClassVar[str] = "subscription pop-up answered"

    event: str = "subscribe_msg_popup_event"
    subscribe_msg_popup_event: SubscribeChoices


class SubscribeMsgChange(Event, frozen=True, kw_only=True):
    """A user changed subscriptions on the management page; only refusals are pushed."""

    # An old official sample names the container after the pop-up event.
    aliases: ClassVar[dict[str, str]] = {"subscribemsgpopupevent": "SubscribeMsgChangeEvent"}
    entry: ClassVar[str] = "19"
    title_zh: ClassVar[str] = "用户管理订阅通知"
    title_en: ClassVar[str] = "subscriptions changed"

    event: str = "subscribe_msg_change_event"
    subscribe_msg_change_event: SubscribeChoices


class SubscribeSent(Element, frozen=True, kw_only=True):
    """What became of one notification."""

    template_id: str
    msg_id: int = field(name="MsgID")
    error_code: int
    """0: delivered."""
    error_status: str


class SubscribeSents(Element, frozen=True, kw_only=True):
    """The notifications reported on."""

    list: tuple[SubscribeSent, ...] = ()


class SubscribeMsgSent(Event, frozen=True, kw_only=True):
    """Subscription notifications arrived, or did not."""

    entry: ClassVar[str] = "20"
    title_zh: ClassVar[str] = "发送订阅通知结果"
    title_en: ClassVar[str] = "subscription notification finished"

    event: str = "subscribe_msg_sent_event"
    subscribe_msg_sent_event: SubscribeSents
