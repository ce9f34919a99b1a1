"""What went over the wire, for the person who looks: every push and every API call, newest last.

Entries keep raw bytes and are turned into text only when somebody reads them, so that recording costs next to nothing.
Secrets and tokens are shortened on the way out.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

KEPT = 5_000
SHOWN_BYTES = 64 * 1024

Kind = Literal["push", "verify", "api", "web"]

_IN_QUERY = re.compile(
    r"((?:access_token|secret|appsecret|refresh_token|component_access_token)=)([^&\s]{9,})"
)
_IN_JSON = re.compile(r'("(?:access_token|secret|appsecret|refresh_token|ticket)"\s*:\s*")([^"]{9,})(")')
_TEXTUAL = ("json", "xml", "text", "urlencoded", "javascript")


class Verdict(msgspec.Struct, frozen=True):
    """Whether an exchange went well, in words for both languages. `kind` is a stable word to filter by."""

    ok: bool
    kind: str
    zh: str
    en: str


class Exchange(msgspec.Struct, kw_only=True):
    """One request and its answer."""

    kind: Kind
    appid: str
    title: str
    method: str
    url: str
    seq: int = 0
    time: float = 0.0
    person: str | None = None
    openid: str | None = None
    attempt: int | None = None
    of: int | None = None
    request_headers: Mapping[str, str] = {}
    request_body: bytes = b""
    decrypted: bytes | None = None
    status: int | None = None
    response_headers: Mapping[str, str] = {}
    response_body: bytes = b""
    response_decrypted: bytes | None = None
    verdict: Verdict = Verdict(True, "ok", "正常", "ok")
    cost_ms: float = 0.0
    rid: str | None = None
    errcode: int | None = None
    fault: int | None = None
    """Number of the fault that struck, when one was ordered."""


def shorten(text: str) -> str:
    """The text with the values of secrets and tokens cut to their first characters."""
    text = _IN_QUERY.sub(lambda found: f"{found[1]}{found[2][:6]}…", text)
    return _IN_JSON.sub(lambda found: f"{found[1]}{found[2][:6]}…{found[3]}", text)


def readable(body: bytes, headers: Mapping[str, str]) -> str | dict[str, Any]:
    """A body as text, or its size and type when it is a file."""
    content_type = headers.get("content-type", "")
    if body and (not content_type or any(word in content_type for word in _TEXTUAL)):
        try:
            return shorten(
                body[:SHOWN_BYTES].decode("utf-8", "strict" if len(body) <= SHOWN_BYTES else "ignore")
            )
        except UnicodeDecodeError:
            pass
    return {"bytes": len(body), "content_type": content_type} if body else ""


def present(entry: Exchange) -> dict[str, Any]:
    """The JSON form of an entry (control API: Traffic)."""
    return {
        "seq": entry.seq,
        "time": entry.time,
        "kind": entry.kind,
        "appid": entry.appid,
        "title": entry.title,
        "person": entry.person,
        "openid": entry.openid,
        "attempt": entry.attempt,
        "of": entry.of,
        "request": {
            "method": entry.method,
            "url": shorten(entry.url),
            "headers": dict(entry.request_headers),
            "body": readable(entry.request_body, entry.request_headers),
        },
        "decrypted": None if entry.decrypted is None else readable(entry.decrypted, {}),
        "response": _response(entry),
        "response_decrypted": None
        if entry.response_decrypted is None
        else readable(entry.response_decrypted, {}),
        "verdict": {
            "ok": entry.verdict.ok,
            "class": entry.verdict.kind,
            "zh": entry.verdict.zh,
            "en": entry.verdict.en,
        },
        "cost_ms": round(entry.cost_ms, 3),
        "rid": entry.rid,
        "errcode": entry.errcode,
        "fault": entry.fault,
    }


def _response(entry: Exchange) -> dict[str, Any] | None:
    if entry.status is None:
        return None
    return {
        "status": entry.status,
        "headers": dict(entry.response_headers),
        "body": readable(entry.response_body, entry.response_headers),
    }


class Traffic:
    """The latest exchanges, bounded. `listener` is called with each new one while somebody looks."""

    def __init__(self) -> None:
        self._entries: deque[Exchange] = deque(maxlen=KEPT)
        self._last = 0
        self.listener: Callable[[Exchange], None] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        """Number of the newest entry, 0 before the first."""
        return self._last

    def record(self, entry: Exchange) -> Exchange:
        self._last += 1
        entry.seq = self._last
        self._entries.append(entry)
        if self.listener is not None:
            self.listener(entry)
        return entry

    def after(self, seq: int = 0, *, limit: int = 200, appid: str = "") -> list[Exchange]:
        """Entries newer than `seq`, oldest first; of many the newest `limit`."""
        found = [entry for entry in self._entries if entry.seq > seq and (not appid or entry.appid == appid)]
        return found[-limit:]

    def find(self, seq: int) -> Exchange:
        """Raises KeyError when it is not kept (any more)."""
        for entry in reversed(self._entries):
            if entry.seq == seq:
                return entry
        raise KeyError(seq)

    def clear(self) -> None:
        self._entries.clear()
