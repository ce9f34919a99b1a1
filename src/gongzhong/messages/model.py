"""The roots of everything WeChat pushes: what all pushes share, what makes a message, what makes an event."""

from __future__ import annotations

from typing import ClassVar

from .elements import Element


class Push(Element, frozen=True, kw_only=True):
    """Anything WeChat sends to the callback URL."""

    entry: ClassVar[str] = ""
    """Number of the entry in the list of messages (2.x) or events (1–65); empty for what no list has."""
    title_zh: ClassVar[str] = ""
    title_en: ClassVar[str] = ""
    substitutes: ClassVar[dict[str, int]] = {"CreateTime": 0, "MsgId": 0}
    answerable: ClassVar[bool] = False
    """Whether a passive reply to it is shown to the user."""

    to_user_name: str
    """Original id of the account (原始ID, `gh_…`)."""
    from_user_name: str
    """Who sent it: the user's OpenID; for some events a user of the platform itself."""
    create_time: int
    """Unix seconds; 0 if the push does not say."""
    msg_type: str

    @property
    def openid(self) -> str:
        """OpenID of the user this push is about: the sender, unless the class says otherwise."""
        return self.from_user_name


class Message(Push, frozen=True, kw_only=True):
    """Something a user sent. Every message may be answered."""

    answerable: ClassVar[bool] = True

    msg_id: int
    """64 bits: more than a floating-point number holds. 0 if the push does not say."""
    msg_data_id: str | None = None
    """Only from inside an article: the article's data id."""
    idx: int | None = None
    """Only with `msg_data_id`: which article of the message, from 1."""


class Event(Push, frozen=True, kw_only=True):
    """Something that happened. Most events may not be answered."""

    msg_type: str = "event"
    event: str
    """The event's name in the letter case in which it was sent."""


class UnknownMessage(Message, frozen=True, kw_only=True):
    """A message of a type without a class, or one without the elements that make its type (a place without
    coordinates).

    What can be read is in the attributes, everything else in `extra`.
    """

    title_zh: ClassVar[str] = "未知消息"
    title_en: ClassVar[str] = "unknown message"

    to_user_name: str = ""
    from_user_name: str = ""
    create_time: int = 0
    msg_type: str = ""
    msg_id: int = 0


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event without a class, or one without the elements that make it (a location report without coordinates);
    see `extra`."""

    title_zh: ClassVar[str] = "未知事件"
    title_en: ClassVar[str] = "unknown event"

    to_user_name: str = ""
    from_user_name: str = ""
    create_time: int = 0
    event: str = ""
    event_key: str | None = None
