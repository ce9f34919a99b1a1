"""Because of which push a call is made: told to a platform on this machine, whose pages show calls under their push.

Whatever a handler starts (tasks, threads) belongs to its push, also after the answer went out. So does what the app
sends by itself to answer a push. WeChat itself, or any other host, is told nothing.
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

KEY: ContextVar[str | None] = ContextVar("gongzhong.push_key", default=None)
"""The key (`messages.dedup_key`) of the push that is answered here outside its handler, "" when it is not known. None:
PUSH says it."""

HEADER: Final = "X-Gongzhong-Push"


def is_told(api: str) -> bool:
    """Whether the host that calls go to is on this machine."""
    from .transports.network import is_loopback

    return is_loopback(urlsplit(api).hostname or "")


def with_cause(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a call, with the key of the push because of which it is made (`messages.dedup_key`)."""
    key, push = KEY.get(), PUSH.get()
    if key is None and push is not None:
        from ..messages import dedup_key

        key = dedup_key(push)
    return {**headers, HEADER: quote(key, safe=":")} if key else headers
