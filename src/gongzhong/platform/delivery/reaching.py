"""What the pages ask about a developer's program: whether it listens, and whether the phone may show one of its pages.

The phone shows pages in a frame, WeChat does not. A page that forbids frames (`X-Frame-Options`, or `frame-ancestors`
of Content-Security-Policy, https://www.w3.org/TR/CSP3/#directive-frame-ancestors) looks like a dead server there, and
a script cannot tell the two apart; the headers can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec

from ..world.domains import DEFAULT_PORTS, address_of
from .receiver import Answered, Receiver, Unanswered

PATIENCE_S: Final = 2.0
MOST_REDIRECTS: Final = 5
NO_HEAD: Final = frozenset({405, 501})
"""Statuses of servers that do not know HEAD."""
WECHAT_PATHS: Final = ("/connect/oauth2/authorize", "/mp/subscribemsg")
"""Pages on which WeChat asks a person: nobody else follows a redirect there."""


class PageLook(msgspec.Struct, frozen=True, kw_only=True):
    """How a page answers: `problem` when it does not, `forbids` with the header that keeps it out of the frame."""

    status: int = 0
    problem: str = ""
    forbids: str = ""


async def listens(url: str) -> bool | None:
    """Whether somebody accepts connections where an account's URL points; None for an address that is none."""
    address = address_of(url)
    if address is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(
                address.hostname, address.port or DEFAULT_PORTS[address.scheme]
            )
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def look_at(receiver: Receiver, url: str, phone: str) -> PageLook:
    """Ask for a page as its own address, without cookies, and see whether `phone` (an origin) may frame it.

    Redirects are followed as far as a page that only the person's own browser may visit.
    """
    answer: Answered | None = None
    for _ in range(MOST_REDIRECTS):
        try:
            answer = await _ask(receiver, url)
        except Unanswered as problem:
            return PageLook(problem=problem.detail or problem.kind)
        target = urljoin(url, answer.headers.get("location", ""))
        if not 300 <= answer.status < 400 or urlsplit(target).path in WECHAT_PATHS:
            break
        url = target
    assert answer is not None
    return PageLook(status=answer.status, forbids=forbids(answer.headers, url, phone))


async def _ask(receiver: Receiver, url: str) -> Answered:
    answer = await receiver.send("HEAD", url, b"", timeout_s=PATIENCE_S, connect_s=PATIENCE_S)
    if answer.status not in NO_HEAD:
        return answer
    return await receiver.send("GET", url, b"", timeout_s=PATIENCE_S, connect_s=PATIENCE_S)


def forbids(headers: Mapping[str, str], page: str, phone: str) -> str:
    """The header, with its value, that keeps `page` out of a frame on `phone`; empty when none does."""
    policy = headers.get("content-security-policy", "")
    directives = (part.split() for part in policy.replace(",", ";").split(";"))
    sources = next(
        (words[1:] for words in directives if words and words[0].lower() == "frame-ancestors"), None
    )
    if sources is not None:  # then X-Frame-Options does not count
        allowed = any(_matches(source, page, urlsplit(phone)) for source in sources)
        return "" if allowed else f"Content-Security-Policy: frame-ancestors {' '.join(sources)}".strip()
    option = headers.get("x-frame-options", "").strip()
    if option.lower() == "deny" or (option.lower() == "sameorigin" and not _same_origin(page, phone)):
        return f"X-Frame-Options: {option}"
    return ""


def _matches(source: str, page: str, phone: SplitResult) -> bool:
    """Whether a source expression of the policy covers the phone."""
    word = source.lower()
    if word == "'self'":
        return _same_origin(page, phone.geturl())
    if word == "*" or word == f"{phone.scheme}:":
        return True
    scheme, _, rest = word.rpartition("://")
    host, _, port = rest.partition(":")
    right_port = port == "*" or (port or "80") == str(phone.port or DEFAULT_PORTS.get(phone.scheme, 80))
    name = phone.hostname or ""
    right_host = name.endswith(host[1:]) if host.startswith("*.") else name == host
    return right_host and right_port and scheme in ("", phone.scheme)


def _same_origin(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower())
