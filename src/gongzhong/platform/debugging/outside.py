"""The seam to WeChat itself: who runs the platform may hand in something that calls the real API.

The platform opens no connection to WeChat. It knows which AppID would be used and where, never the secret; what comes
back has lost its secrets before it arrives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from ...catalogue.model import Call, Host
from ...errors import GongzhongError


class OutsideAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What WeChat answered, and where it was asked. No secret stands in it."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    request_headers: Mapping[str, str]
    request_body: bytes


class NoAnswer(GongzhongError):
    """WeChat was not reached, or did not answer. `sent` says whether the request may have arrived."""

    def __init__(self, zh: str, en: str, *, sent: bool, fix_zh: str = "", fix_en: str = "") -> None:
        super().__init__(zh, en, fix_zh=fix_zh, fix_en=fix_en)
        self.sent = sent


class Outside(Protocol):
    """Makes calls of WeChat itself as one account, whose credentials the operator put into the environment."""

    @property
    def appid(self) -> str: ...

    def base(self, host: Host) -> str:
        """Where calls go: https://api.weixin.qq.com and so on, unless the operator named another address."""
        ...

    @property
    def prefix(self) -> str:
        """How the names of the environment's variables begin."""
        ...

    async def send(self, call: type[Call[Any]], values: Mapping[str, Any]) -> OutsideAnswer:
        """Make a call once, with these values as they are. Raises NoAnswer."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
