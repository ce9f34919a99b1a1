"""Because of which push a call is made: told to a platform on this machine, whose pages show calls under their push.

Whatever a handler starts (tasks, threads) belongs to its push, also after the answer went out. WeChat itself, or any
other host, is told nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from ..messages import Push

PUSH: ContextVar[Push | None] = ContextVar("gongzhong.push", default=None)
"""The push whose handler runs here."""

HEADER: Final = "X-Gongzhong-Push"


def is_told(api: str) -> bool:
    """Whether the host that calls go to is on this machine."""
    from .transports.network import is_loopback

    return is_loopback(urlsplit(api).hostname or "")


def with_cause(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a call, with the key of the push whose handler makes it (`messages.dedup_key`)."""
    push = PUSH.get()
    if push is None:
        return headers
    from ..messages import dedup_key

    return {**headers, HEADER: quote(dedup_key(push), safe=":")}
