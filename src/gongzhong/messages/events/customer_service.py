"""Sessions between users and human agents (客服会话)."""

from __future__ import annotations

from typing import ClassVar

from ..model import Event


class KfCreateSession(Event, frozen=True, kw_only=True):
    """An agent took over a user."""

    entry: ClassVar[str] = "21"
    title_zh: ClassVar[str] = "接入客服会话"
    title_en: ClassVar[str] = "customer-service session opened"

    event: str = "kf_create_session"
    kf_account: str
    """`prefix@account id`."""


class KfCloseSession(Event, frozen=True, kw_only=True):
    """A session ended."""

    entry: ClassVar[str] = "22"
    title_zh: ClassVar[str] = "关闭客服会话"
    title_en: ClassVar[str] = "customer-service session closed"

    event: str = "kf_close_session"
    kf_account: str
    close_type: str | None = None


class KfSwitchSession(Event, frozen=True, kw_only=True):
    """A session went from one agent to another."""

    entry: ClassVar[str] = "23"
    title_zh: ClassVar[str] = "转接客服会话"
    title_en: ClassVar[str] = "customer-service session handed on"

    event: str = "kf_switch_session"
    from_kf_account: str
    to_kf_account: str
