"""The event that WeChat's console fires to try out a callback URL."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ..model import Event


class DebugDemo(Event, frozen=True, kw_only=True):
    """A test event from the console's request tool (请求构造)."""

    entry: ClassVar[str] = "65"
    title_zh: ClassVar[str] = "调试事件"
    title_en: ClassVar[str] = "debug event"

    event: str = "debug_demo"
    debug_str: str = field(name="debug_str")
