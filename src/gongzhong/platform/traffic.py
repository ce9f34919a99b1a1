"""What went over the wire, for the person who looks: every push and every API call, newest last.

Entries keep raw bytes and are turned into text only when somebody reads them, so that recording costs next to nothing.
Secrets and tokens are shortened on the way out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from ..wire.masking import masked, masked_headers, secret_values

KEPT = 5_000
SHOWN_BYTES = 64 * 1024
KEPT_LETTERS = 6
"""First characters of a secret that stay readable: enough to tell one access_token from the next."""

Kind = Literal["push", "verify", "api", "web"]

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


def readable(body: bytes, headers: Mapping[str, str], known: Iterable[str] = ()) -> str | dict[str, Any]:
    """A body as text, or its size and type when it is a file. Secrets, and these `known` ones, are shortened."""
    content_type = headers.get("content-type", "")
    if body and (not content_type or any(word in content_type for word in _TEXTUAL)):
        try:
            text = body[:SHOWN_BYTES].decode("utf-8", "strict" if len(body) <= SHOWN_BYTES else "ignore")
        except UnicodeDecodeError:
            pass
        else:
            return masked(text, known, keep=KEPT_LETTERS)
    return {"bytes": len(body), "content_type": content_type} if body else ""


def present(entry: Exchange) -> dict[str, Any]:
    """The JSON form of an entry (control API: Traffic).

    A secret that stands behind a name anywhere in the entry is hidden in all of it.
    """
    known = _secrets_of(entry)
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
            "url": masked(entry.url, known, keep=KEPT_LETTERS),
            "headers": masked_headers(entry.request_headers, known, keep=KEPT_LETTERS),
            "body": readable(entry.request_body, entry.request_headers, known),
        },
        "decrypted": None if entry.decrypted is None else readable(entry.decrypted, {}, known),
        "response": _response(entry, known),
        "response_decrypted": None
        if entry.response_decrypted is None
        else readable(entry.response_decrypted, {}, known),
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


def _response(entry: Exchange, known: Iterable[str]) -> dict[str, Any] | None:
    if entry.status is None:
        return None
    return {
        "status": entry.status,
        "headers": masked_headers(entry.response_headers, known, keep=KEPT_LETTERS),
        "body": readable(entry.response_body, entry.response_headers, known),
    }


def _secrets_of(entry: Exchange) -> set[str]:
    bodies = (entry.request_body, entry.response_body)
    texts = [entry.url, *(body[:SHOWN_BYTES].decode("utf-8", "replace") for body in bodies)]
    return set().union(*map(secret_values, texts))


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
