"""What went over the wire, for the person who looks: every push and every API call, newest last.

An `Exchange` is one request and its answer. A *row* is what a person calls one event: a call of the API with its
exchange, or a `Delivery`, which is one push with its up to three attempts. Rows are numbered in the order in which they
began and are there while they are still under way; the first attempt of a push has the number of its row.

Exchanges keep raw bytes and are turned into text only when somebody reads them, so that recording costs next to
nothing. Secrets and tokens are shortened on the way out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, unquote

import msgspec

from ..errors import BadXml
from ..reasons import NOT_JSON
from ..wire import read_xml
from ..wire.masking import masked, masked_headers, secret_values

CAUSE_HEADER: Final = "x-gongzhong-push"
"""The header by which the kit tells a platform on this machine because of which push a call is made."""
PAGE = 200
"""Entries of an answer when the caller names no number."""
SHOWN_BYTES = 64 * 1024
KEPT_LETTERS = 6
"""First characters of a secret that stay readable: enough to tell one access_token from the next."""
LONGEST_BODY = 1024 * 1024
ENTRY_BYTES = 2_000
"""What an entry takes in memory beside its texts and bodies, roughly."""


class TrafficLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the traffic log is held in memory, where both limits apply, and on disk."""

    entries: Annotated[int, msgspec.Meta(ge=1)] = 20_000
    bytes: Annotated[int, msgspec.Meta(ge=1)] = 64 * 1024 * 1024
    on_disk: Annotated[int, msgspec.Meta(ge=1)] = 100_000
    """Rows in the file of a data directory."""


NORMAL = TrafficLimits()

Kind = Literal["push", "verify", "api", "web"]

BY_HAND = "x-gongzhong-debug"
"""The header of requests that somebody makes with the interface debugging tool."""

_TEXTUAL = ("json", "xml", "text", "urlencoded", "javascript")


class Verdict(msgspec.Struct, frozen=True):
    """Whether an exchange went well, in words for both languages. `kind` is a stable word to filter by."""

    ok: bool
    kind: str
    zh: str
    en: str


CUT_OFF: Final = Verdict(False, "cut_off", "平台停止，没有等到结果", "the platform stopped before it ended")


class Cause(msgspec.Struct, frozen=True):
    """The row that a row follows from."""

    number: int
    known: bool
    """Whether the program or the platform said so. Otherwise it was called about a person of whom exactly one push was
    under way at that moment, which is likely and no more."""


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
    order: int = 0
    """How many exchanges had ended before and with this one."""
    row: int = 0
    """Number of the row that it belongs to."""
    began_ms: float = 0.0
    """For an attempt: milliseconds since the push began."""
    cause: Cause | None = None
    lines: list[int] = []
    """Numbers of the chat lines that it made."""

    @property
    def query(self) -> dict[str, str]:
        """The query of its address."""
        return dict(parse_qsl(self.url.partition("?")[2], keep_blank_values=True))

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

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody made it with the interface debugging tool, and not the program."""
        return BY_HAND in self.request_headers


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


class Delivery(msgspec.Struct, kw_only=True):
    """One push from its beginning to its end; or, of kind `pause`, the moment from which nothing is pushed."""

    kind: Literal["push", "pause"] = "push"
    appid: str
    title: str
    number: int = 0
    time: float = 0.0
    person: str | None = None
    openid: str | None = None
    key: str = ""
    """What tells this push from every other: `messages.dedup_key`."""
    body: bytes = b""
    """The push as XML, not encrypted."""
    url: str = ""
    attempts: list[Exchange] = []
    """Those that have ended."""
    verdict: Verdict | None = None
    """How it ended; None while it is under way."""
    cost_ms: float = 0.0
    fault: int | None = None
    cause: Cause | None = None
    lines: list[int] = []
    """Numbers of the chat lines that it was about or made."""
    until: float = 0.0
    """For a pause: when it ends, by the platform's clock."""
    of: int = 1
    """How many attempts there may be."""


Row = Delivery | Exchange


def number_of(row: Row) -> int:
    """The number of a row."""
    return row.number if isinstance(row, Delivery) else row.seq


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries, oldest first, and how they stand to the whole log."""

    entries: list[Exchange]
    oldest: int
    """Number of the oldest entry that is still held; `last` + 1 when none is."""
    last: int
    """Number of the entry that ended last."""
    dropped: int
    """How many entries after the cursor are not held any more, of all accounts."""
    more: bool
    """Whether there are further entries after these."""


class Traffic:
    """The latest exchanges and rows, bounded in number and in bytes.

    What finds no room pushes out the oldest rows that have ended; the newest is always held.
    """

    def __init__(self, limits: TrafficLimits = NORMAL) -> None:
        self._limits = limits
        self._entries: OrderedDict[int, Exchange] = OrderedDict()
        """By `order`."""
        self._rows: OrderedDict[int, Row] = OrderedDict()
        self._attempts: dict[int, Exchange] = {}
        """Attempts whose numbers are not those of their rows."""
        self._open: dict[tuple[str, str], list[Delivery]] = {}
        """Pushes under way, by account and OpenID."""
        self._keys: dict[str, int] = {}
        """The numbers of the pushes that a call may name as its cause."""
        self._lines: dict[int, int] = {}
        """Chat line → row."""
        self._number = self._order = self._bytes = self._last = 0
        self.cleared = 0
        """How many exchanges there had been when the log was last cleared."""
        self.current: Row | None = None
        """The row for which the platform works at this moment, until it waits for something."""
        self.listener: Callable[[Exchange], None] | None = None
        """Is told of each exchange that has ended."""
        self.watcher: Callable[[Row], None] | None = None
        """Is told of each row that is new or has changed."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        """Number of the entry that ended last, 0 before the first."""
        return self._last

    @property
    def newest_number(self) -> int:
        """The highest number that was given, 0 before the first."""
        return self._number

    @property
    def ended(self) -> int:
        """How many exchanges have ended so far: a mark for `since`."""
        return self._order

    @property
    def oldest(self) -> int:
        """Number of the oldest entry that is still held; `last` + 1 when none is."""
        return next(iter(self._entries.values())).seq if self._entries else self._last + 1

    @property
    def first_order(self) -> int:
        """The `order` of the oldest exchange that is still held; `ended` + 1 when none is."""
        return next(iter(self._entries), self._order + 1)

    def number_from(self, number: int) -> None:
        """Give only numbers above this one: an earlier run gave those up to it."""
        self._number = max(self._number, number)

    def begin(self, delivery: Delivery, lines: Iterable[int] = ()) -> Delivery:
        """Number a push that begins now, and show it as under way. `lines` are the chat lines that it is about."""
        delivery.number = self._next_number()
        self._rows[delivery.number] = delivery
        for line in lines:
            self.add_line(delivery, line)
        if delivery.verdict is None and delivery.openid:
            self._open.setdefault((delivery.appid, delivery.openid), []).append(delivery)
        if delivery.key:
            self._keys[delivery.key] = delivery.number
        self._bytes += ENTRY_BYTES
        self._make_room()
        self._tell(delivery)
        return delivery

    def finish(self, delivery: Delivery, verdict: Verdict) -> None:
        """Note how a push ended."""
        delivery.verdict = verdict
        under_way = self._open.get((delivery.appid, delivery.openid or ""), [])
        if delivery in under_way:
            under_way.remove(delivery)
            if not under_way:
                del self._open[delivery.appid, delivery.openid or ""]
        self._tell(delivery)

    def add_line(self, row: Row, line: int) -> None:
        """Note a chat line that a row was about or made."""
        row.lines.append(line)
        if isinstance(row, Delivery):
            self._lines[line] = row.number

    @contextmanager
    def working_on(self, row: Row) -> Iterator[None]:
        """What the platform does within, without waiting for anything, is done for this row."""
        before, self.current = self.current, row
        try:
            yield
        finally:
            self.current = before

    def row_of_line(self, line: int) -> int | None:
        """The number of the row that made a chat line, while the row is held."""
        return self._lines.get(line)

    def record(self, entry: Exchange, delivery: Delivery | None = None) -> Exchange:
        """Number an exchange that has ended, and hold it. `delivery` is the push that it is an attempt of."""
        self._order += 1
        entry.order = self._order
        if delivery is None:
            entry.seq = entry.row = self._next_number()
            if entry.kind == "api" and entry.cause is None:
                entry.cause = self._cause_of(entry)
            self._rows[entry.seq] = entry
            for line in entry.lines:
                self._lines[line] = entry.seq
        else:
            entry.row = delivery.number
            entry.seq = self._next_number() if delivery.attempts else delivery.number
            delivery.attempts = [*delivery.attempts, entry]
            self._rows.setdefault(delivery.number, delivery)  # the log may have been cleared meanwhile
            if entry.seq != entry.row:
                self._attempts[entry.seq] = entry
        self._last = entry.seq
        _cut(entry)
        self._entries[entry.order] = entry
        self._bytes += entry.weight
        self._make_room()
        if self.listener is not None:
            self.listener(entry)
        self._tell(entry if delivery is None else delivery)
        return entry

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _tell(self, row: Row) -> None:
        if self.watcher is not None:
            self.watcher(row)

    def _cause_of(self, call: Exchange) -> Cause | None:
        """The push because of which a program made a call: the one that it names, else the only one under way of the
        person whom the call is about."""
        named = call.request_headers.get(CAUSE_HEADER)
        if named is not None:
            number = self._keys.get(unquote(named))
            return None if number is None else Cause(number, known=True)
        under_way = self._open.get((call.appid, call.openid or "")) if self._open else None
        if under_way is None or len(under_way) != 1 or call.is_lookup or call.is_by_hand:
            return None
        return Cause(under_way[0].number, known=False)

    def _make_room(self) -> None:
        while len(self._rows) > 1 and (
            len(self._entries) > self._limits.entries
            or len(self._rows) > self._limits.entries
            or self._bytes > self._limits.bytes
        ):
            ended = (number for number, row in self._rows.items() if _has_ended(row))
            number = next(ended, self._number)
            if number == self._number:
                break
            self._drop(self._rows.pop(number))

    def _drop(self, row: Row) -> None:
        exchanges = [row] if isinstance(row, Exchange) else row.attempts
        for entry in exchanges:
            self._entries.pop(entry.order, None)
            self._bytes -= entry.weight
            self._attempts.pop(entry.seq, None)
        if isinstance(row, Delivery):
            self._bytes -= ENTRY_BYTES
            if self._keys.get(row.key) == row.number:
                del self._keys[row.key]
        for line in row.lines:
            self._lines.pop(line, None)

    def after(self, seq: int = 0, *, limit: int = PAGE, appid: str = "") -> Page:
        """The first `limit` exchanges that ended after number `seq`, in the order in which they ended: the last one's
        number is the next cursor."""
        return self._page(*self._since(self._order_of(seq), limit, appid), self._order_of(seq))

    def since(self, mark: int, *, appid: str = "") -> list[Exchange]:
        """All exchanges that are held and ended after a mark, which is `ended` of that moment."""
        return self._since(mark, self._order, appid)[0]

    def _since(self, mark: int, limit: int, appid: str) -> tuple[list[Exchange], bool]:
        found: list[Exchange] = []
        for order in range(max(mark + 1, self.first_order), self._order + 1):
            entry = self._entries.get(order)
            if entry is None or (appid and entry.appid != appid):
                continue
            if len(found) == limit:
                return found, True
            found.append(entry)
        return found, False

    def _order_of(self, seq: int) -> int:
        """How many exchanges had ended with the one of a number; of one that is not held, about as many."""
        try:
            return self.find(seq).order
        except KeyError:
            return seq

    def newest(self, *, limit: int = PAGE, appid: str = "") -> Page:
        """The exchanges that ended last, the last one at the end."""
        found: list[Exchange] = []
        for entry in reversed(self._entries.values()):
            if len(found) == limit:
                break
            if not appid or entry.appid == appid:
                found.append(entry)
        return self._page(found[::-1], False, 0)

    def everything(self, seq: int = 0, *, appid: str = "") -> list[Exchange]:
        """All exchanges that are held and ended after number `seq`, in the order in which they ended."""
        return self.after(seq, limit=max(self._order, 1), appid=appid).entries

    def _page(self, found: list[Exchange], more: bool, mark: int) -> Page:
        dropped = max(0, self.first_order - 1 - max(mark, self.cleared))
        return Page(entries=found, oldest=self.oldest, last=self._last, dropped=dropped, more=more)

    def find(self, seq: int) -> Exchange:
        """The exchange of a number. Raises KeyError when it is not held (any more), or no attempt has ended yet."""
        row = self._attempts.get(seq) or self._rows[seq]
        if isinstance(row, Exchange):
            return row
        if not row.attempts:
            raise KeyError(seq)
        return row.attempts[0]

    def row(self, number: int) -> Row:
        """The row of a number, also of a later attempt's. Raises KeyError when it is not held (any more)."""
        attempt = self._attempts.get(number)
        return self._rows[number if attempt is None else attempt.row]

    def rows(self, before: int | None = None) -> Iterator[Row]:
        """The rows that are held, newest first, from the one before number `before` on."""
        for number in reversed(self._rows):
            if before is None or number < before:
                yield self._rows[number]

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        for part in (self._entries, self._rows, self._attempts, self._open, self._keys, self._lines):
            part.clear()
        self._bytes, self.cleared = 0, self._order


def _has_ended(row: Row) -> bool:
    return isinstance(row, Exchange) or row.verdict is not None


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
