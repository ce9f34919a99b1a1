"""What went over the wire, for the person who looks: every push and every API call, newest last.

Entries keep raw bytes and are turned into text only when somebody reads them, so that recording costs next to nothing.
Secrets and tokens are shortened on the way out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec

from ..errors import BadXml
from ..reasons import NOT_JSON
from ..wire import read_xml
from ..wire.masking import masked, masked_headers, secret_values

PAGE = 200
"""Entries of an answer when the caller names no number."""
SHOWN_BYTES = 64 * 1024
KEPT_LETTERS = 6
"""First characters of a secret that stay readable: enough to tell one access_token from the next."""
LONGEST_BODY = 1024 * 1024
ENTRY_BYTES = 2_000
"""What an entry takes in memory beside its texts and bodies, roughly."""


class TrafficLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the traffic log is held: both limits apply."""

    entries: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    bytes: Annotated[int, msgspec.Meta(ge=1)] = 64 * 1024 * 1024


NORMAL = TrafficLimits()

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
    request_bytes: int = 0
    response_bytes: int = 0
    """Lengths of the bodies as they were sent; very long ones are held only in part."""
    weight: int = 0
    """Bytes of memory that the log counts for this entry."""

    @property
    def sent(self) -> Any:
        """The body of the request, decrypted: JSON as Python values, a push as the dict of its elements, else bytes."""
        return _read(self.request_body if self.decrypted is None else self.decrypted)

    @property
    def answered(self) -> Any:
        """The body of the answer, read like `sent`."""
        return _read(self.response_body if self.response_decrypted is None else self.response_decrypted)

    @property
    def is_lookup(self) -> bool:
        """Whether the kit asked by itself, for a token or a permission, and not the program."""
        return "x-gongzhong-lookup" in self.request_headers


def _read(body: bytes) -> Any:
    try:
        return read_xml(body) if body.lstrip().startswith(b"<xml") else msgspec.json.decode(body)
    except (BadXml, *NOT_JSON):
        return body


def readable(
    body: bytes, headers: Mapping[str, str], known: Iterable[str] = (), size: int = 0
) -> str | dict[str, Any]:
    """A body as text, of long ones the beginning; or its size and type when it is a file.

    Secrets, and these `known` ones, are shortened. `size` is the length of a body that is held only in part.
    """
    content_type = headers.get("content-type", "")
    if body and (not content_type or any(word in content_type for word in _TEXTUAL)):
        whole = size <= len(body) <= SHOWN_BYTES
        try:
            text = body[:SHOWN_BYTES].decode("utf-8", "strict" if whole else "ignore")
        except UnicodeDecodeError:
            pass
        else:
            return masked(text, known, keep=KEPT_LETTERS)
    return {"bytes": size or len(body), "content_type": content_type} if body else ""


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
            "body": readable(entry.request_body, entry.request_headers, known, entry.request_bytes),
            "bytes": entry.request_bytes,
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
        "body": readable(entry.response_body, entry.response_headers, known, entry.response_bytes),
        "bytes": entry.response_bytes,
    }


def _secrets_of(entry: Exchange) -> set[str]:
    bodies = (entry.request_body, entry.response_body)
    texts = [entry.url, *(body[:SHOWN_BYTES].decode("utf-8", "replace") for body in bodies)]
    return set().union(*map(secret_values, texts))


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries, oldest first, and how they stand to the whole log."""

    entries: list[Exchange]
    oldest: int
    """Number of the oldest entry that is still held; `last` + 1 when none is."""
    last: int
    """Number of the newest entry so far."""
    dropped: int
    """How many entries after the cursor are not held any more, of all accounts."""
    more: bool
    """Whether there are further entries after these."""


class Traffic:
    """The latest exchanges, bounded in number and in bytes. `listener` is called with each new one.

    An exchange without room for it pushes out the oldest ones; the newest is always held.
    """

    def __init__(self, limits: TrafficLimits = NORMAL) -> None:
        self._limits = limits
        self._entries: OrderedDict[int, Exchange] = OrderedDict()
        self._last = self._bytes = 0
        self.cleared = 0
        """Number of the newest entry when the log was last cleared."""
        self.listener: Callable[[Exchange], None] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        """Number of the newest entry, 0 before the first."""
        return self._last

    @property
    def oldest(self) -> int:
        """Number of the oldest entry that is still held; `last` + 1 when none is."""
        return next(iter(self._entries), self._last + 1)

    def record(self, entry: Exchange) -> Exchange:
        """Number an exchange that has ended, and hold it."""
        self._last += 1
        entry.seq = self._last
        _cut(entry)
        self._entries[entry.seq] = entry
        self._bytes += entry.weight
        while len(self._entries) > 1 and (
            len(self._entries) > self._limits.entries or self._bytes > self._limits.bytes
        ):
            self._bytes -= self._entries.popitem(last=False)[1].weight
        if self.listener is not None:
            self.listener(entry)
        return entry

    def after(self, seq: int = 0, *, limit: int = PAGE, appid: str = "") -> Page:
        """The first `limit` entries after number `seq`, oldest first: the last one's number is the next cursor."""
        found: list[Exchange] = []
        more = False
        for number in range(max(seq + 1, self.oldest), self._last + 1):
            entry = self._entries[number]
            if appid and entry.appid != appid:
                continue
            if len(found) == limit:
                more = True
                break
            found.append(entry)
        return self._page(found, seq, more)

    def newest(self, *, limit: int = PAGE, appid: str = "") -> Page:
        """The last `limit` entries, oldest first."""
        found: list[Exchange] = []
        for entry in reversed(self._entries.values()):
            if len(found) == limit:
                break
            if not appid or entry.appid == appid:
                found.append(entry)
        return self._page(found[::-1], 0, more=False)

    def everything(self, seq: int = 0, *, appid: str = "") -> list[Exchange]:
        """All entries after number `seq` that are held, oldest first."""
        return self.after(seq, limit=self._last, appid=appid).entries

    def _page(self, found: list[Exchange], seq: int, more: bool) -> Page:
        dropped = max(0, self.oldest - 1 - max(seq, self.cleared))
        return Page(entries=found, oldest=self.oldest, last=self._last, dropped=dropped, more=more)

    def find(self, seq: int) -> Exchange:
        """Raises KeyError when it is not held (any more)."""
        return self._entries[seq]

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self._entries.clear()
        self._bytes, self.cleared = 0, self._last


def _cut(entry: Exchange) -> None:
    """Note how long the bodies were, and keep of very long ones only what is shown."""
    entry.request_bytes, entry.response_bytes = len(entry.request_body), len(entry.response_body)
    entry.weight = _weight(entry)
    if entry.weight > LONGEST_BODY:
        for name in ("request_body", "decrypted", "response_body", "response_decrypted"):
            body = getattr(entry, name)
            if body is not None and len(body) > LONGEST_BODY:
                setattr(entry, name, body[:SHOWN_BYTES])
        entry.weight = _weight(entry)


def _weight(entry: Exchange) -> int:
    """Bytes of memory that an entry takes, roughly. Written out, because every call and every push pays for it."""
    weight = ENTRY_BYTES + len(entry.url) + len(entry.title)
    weight += len(entry.request_body) + len(entry.decrypted or b"")
    weight += len(entry.response_body) + len(entry.response_decrypted or b"")
    for headers in (entry.request_headers, entry.response_headers):
        for name, value in headers.items():
            weight += len(name) + len(value)
    return weight
