"""Addresses that come from outside: in their parts, and without their password. Nothing here raises."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_NO_PART_OF_AN_ADDRESS: Final = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")


def split_address(text: str) -> SplitResult | None:
    """The parts of an http or https address with a host; None for anything else.

    Anything else: another scheme or none, no host, brackets that hold no IPv6 address, a port that is no number up to
    65535, blanks, control characters, backslashes, half characters.
    """
    if _NO_PART_OF_AN_ADDRESS.search(text):
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def without_password(text: str) -> str:
    """The text with `***` for what stands between a colon and the last `@`, also where it is no address, and for the
    values of a query: drivers take `?password=` there."""
    return re.sub(r"([?&][^=&#\s]+=)[^&#\s]*", r"\1***", re.sub(r":(?!//)\S*@", ":***@", text))
