"""A host name of its own for what each person looks at with each account: one cookie jar per phone.

Browsers keep cookies by host name and not by port, so pages at 127.0.0.1 would share them between all people. The
phone therefore opens pages of this machine under a name below `gongzhong.localhost`, which browsers take for this
machine (RFC 6761, section 6.3):

    http://127.0.0.1:8000/shop   ->   http://alice-0f3c6a1b2d4e.gongzhong.localhost:8000/shop

Cookies with SameSite=Lax reach such a page because the phone itself is open at `gongzhong.localhost`: names below it
are the same site. Pages of other hosts, and https pages, stay as they are and share one jar.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

HOME: Final = "gongzhong.localhost"
"""Where the phone is open when pages get host names of their own."""
LOCAL: Final = ("127.0.0.1", "localhost", "::1")
"""Names of this machine that developers use, and that a phone's host name stands for."""
LABEL: Final = 20
"""Characters of the person's name in the host name; a label of DNS has at most 63 (RFC 1035)."""


def phone_host(person: str, appid: str) -> str:
    """The host name for the pages that a person opens from the chat with an account."""
    readable = re.sub(r"[^a-z0-9]+", "-", person.lower()).strip("-")[:LABEL].strip("-") or "p"
    digest = hashlib.sha256(f"{person}\n{appid}".encode()).hexdigest()[:12]
    return f"{readable}-{digest}.{HOME}"


def is_phone_host(name: str | None) -> bool:
    """Whether a host name, without its port, is that of some phone."""
    return name is not None and name.endswith(f".{HOME}")


def on_phone(url: str, host: str) -> str:
    """The address under a phone's host name, if it is an http page of this machine; any other stays as it is."""
    parts = _parts(url)
    if parts is None or parts.scheme != "http" or not (_is_local(parts.hostname)):
        return url
    return _at(parts, host)


def off_phone(url: str) -> str:
    """The address as the developer knows it, with the first of this machine's names."""
    return names_of(url)[0]


def names_of(url: str) -> list[str]:
    """The addresses that a page's own address stands for: with each name of this machine when it is a phone's."""
    parts = _parts(url)
    if parts is None or not is_phone_host(parts.hostname):
        return [url]
    return [_at(parts, f"[{name}]" if ":" in name else name) for name in LOCAL]


def _is_local(name: str | None) -> bool:
    return name in (*LOCAL, HOME) or is_phone_host(name)


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    return parts


def _at(parts: SplitResult, host: str) -> str:
    """The same address at another host; a name and password before the host are left out."""
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=f"{host}{port}").geturl()
