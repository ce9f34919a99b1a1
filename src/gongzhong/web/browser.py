"""One random number per browser, in a cookie: it ties the end of a sign-in to its beginning.

The number says nothing about the person and is not a session; it only has to come back unchanged from the
same browser. A browser that already has one keeps it, so that two tabs can sign in at the same time.
"""

from __future__ import annotations

import re
import secrets
from typing import Final, Self

import msgspec

NONCE_BYTES: Final = 18
LIFETIME_S: Final = 86_400
NONCE: Final = re.compile(r"[A-Za-z0-9_-]{24}")

# The prefix makes browsers refuse the cookie from a sub-domain or over http, so that nobody can plant one.
SECURE_NAME: Final = "__Host-gongzhong-browser"
PLAIN_NAME: Final = "gongzhong-browser"


class Browser(msgspec.Struct, frozen=True):
    """The browser behind a request: its nonce, and the Set-Cookie to answer with (None: it has one)."""

    nonce: str
    set_cookie: str | None = None

    @classmethod
    def of(cls, cookie_header: str | None, *, secure: bool = True) -> Self:
        """Recognise a browser by its Cookie header, or give it a nonce; `secure=False` for http only."""
        known = nonce_of(cookie_header, secure=secure)
        if known:
            return cls(known)
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        attributes = f"Path=/; Max-Age={LIFETIME_S}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
        return cls(nonce, f"{_name(secure)}={nonce}; {attributes}")


def nonce_of(cookie_header: str | None, *, secure: bool = True) -> str:
    """The nonce in a Cookie header; an empty text when there is none, which `callback` refuses by name."""
    for part in (cookie_header or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == _name(secure) and NONCE.fullmatch(value):
            return value
    return ""


def _name(secure: bool) -> str:
    return SECURE_NAME if secure else PLAIN_NAME
