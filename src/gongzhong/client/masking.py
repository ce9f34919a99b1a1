"""Credentials taken out of text that somebody else wrote: answers that quote a request, debug lines of libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_PARAMETER: Final = re.compile(
    r"\b((?:access_token|refresh_token|secret|appsecret|code|ticket)=)[^&\s\"'\\]+", re.IGNORECASE
)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets and without the value of any query parameter that is one."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _PARAMETER.sub(r"\1***", text)
