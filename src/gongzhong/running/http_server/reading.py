"""From the bytes of a connection to complete requests, or to a refusal in words. Does no I/O.

llhttp checks the syntax in its strict mode: CRLF at every line end, no folded headers, no blank before a colon, one
Content-Length of digits, no Content-Length beside Transfer-Encoding, chunk sizes in hexadecimal. What it leaves open
and two servers could read differently is refused here: Transfer-Encoding other than `chunked` or in HTTP/1.0, more or
less than one Host, HTTP/0.9, a fragment in the address.

A request is handed on when its last byte is there, never before: one that is cut off anywhere does not exist.

Two readers: `RequestReader.whole` takes the shape that nearly every push has, one POST that arrives alone and in one
piece, with two regular expressions; whatever it is not sure about goes to llhttp (`RequestReader.feed`). What it takes,
llhttp reads identically (a test holds them to it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache

import httptools
import msgspec

from .limits import Limits

_OTHER = (
    rb"(?:(?i:Connection: keep-alive\r\n)"
    rb"|(?!(?i:Host|Content-Length|Transfer-Encoding|Connection|Proxy-Connection|Upgrade|Expect):)"
    rb"[\w-]++: [!-~][ -~]*+\r\n)*+"
)
"""Headers on which it does not depend where a request ends and what may follow."""
_ONE_HOST, _ONE_LENGTH = rb"(?i:Host): ([!-~]++)\r\n", rb"(?i:Content-Length): ([0-9]{1,7}+)\r\n"
_POST, _VERSION = b"POST /", b" HTTP/1.1\r\n"
_VISIBLE = bytes(range(0x21, 0x7F)).replace(b"#", b"")
"""What the address of a usual request is made of."""
_USUAL_HEADERS = re.compile(
    _OTHER
    + rb"(?:%b%b%b|%b%b%b)" % (_ONE_HOST, _OTHER, _ONE_LENGTH, _ONE_LENGTH, _OTHER, _ONE_HOST)
    + _OTHER
    + rb"\r\n"
)
_END = b"\r\n\r\n"
_HEADERS_KEPT = 256
"""How many different blocks of headers are remembered, each shorter than `RequestReader._short` bytes."""

_HOST, _ENCODING, _LENGTH, _EXPECT = b"host", b"transfer-encoding", b"content-length", b"expect"
_WATCHED = frozenset({_HOST, _ENCODING, _LENGTH, _EXPECT})
_WATCHED_SIZES = frozenset(len(name) for name in _WATCHED)
_SHORTEST_HEADER = len(b"a: b\r\n")
_SEPARATORS = 4
"""A colon, a blank and CRLF: what a header line has beside its name and value."""


@lru_cache(maxsize=_HEADERS_KEPT)
def _usual_headers(block: bytes) -> tuple[bytes, int] | None:
    """Host and Content-Length of the headers of a usual request, their empty line included; None for any others.

    Remembered, because one peer writes the same headers again and again.
    """
    found = _USUAL_HEADERS.fullmatch(block)
    if found is None:
        return None
    host, length, length_first, host_last = found.groups()
    return host or host_last, int(length or length_first)


class Refusal(Exception):
    """A request that is not answered by the application: status, reason phrase, and what is wrong in both languages.

    The connection ends with it, because where the next request would begin is no longer certain.
    """

    def __init__(self, status: int, phrase: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.status, self.phrase, self.zh, self.en = status, phrase, zh, en


class Request(msgspec.Struct, gc=False):
    """One complete request."""

    method: str
    target: bytes
    body: bytes
    keep_alive: bool = True
    """Whether the peer lets the connection stay open."""
    old: bool = False
    """HTTP/1.0: an open connection has to be promised."""
    host: bytes = b""
    """The Host header, as it came."""

    @property
    def query(self) -> bytes:
        """What follows the first question mark, also of an address in absolute form."""
        return self.target.partition(b"?")[2]

    @property
    def path(self) -> bytes:
        """What precedes the first question mark."""
        return self.target.partition(b"?")[0]

    @property
    def address(self) -> tuple[str, str]:
        """Host and path; of a target in absolute form (RFC 9112, 3.2.2) its own."""
        host, path = self.host.decode("latin-1"), self.path.decode("latin-1")
        if path.startswith("/"):
            return host, path
        host, slash, rest = path.partition("://")[2].partition("/")
        return host, slash + rest


class Part(Enum):
    """Which part of a request is expected next."""

    START = "start"
    HEAD = "head"
    BODY = "body"


class RequestReader:
    """The requests of one connection, in order. `complete` is called with each; it must not call back."""

    __slots__ = (
        "_body",
        "_body_limit",
        "_complete",
        "_completed",
        "_encoded",
        "_head_bytes",
        "_headers",
        "_host",
        "_hosts",
        "_length",
        "_limits",
        "_old",
        "_parser",
        "_raw",
        "_refusal",
        "_short",
        "_target",
        "ended",
        "expects",
        "part",
    )

    def __init__(self, limits: Limits, complete: Callable[[Request], None]) -> None:
        self._limits, self._complete = limits, complete
        self._body_limit = limits.body
        self._short = min(limits.target, limits.head, _SHORTEST_HEADER * limits.headers)
        """A head of this many bytes is within every limit."""
        self._parser = httptools.HttpRequestParser(self)
        self._refusal: Refusal | None = None
        self._completed = self._old = False
        self.part = Part.START
        self.ended = False
        """Whether the peer said that it sends no further request, or asked for another protocol."""
        self.expects = False
        """Whether the peer waits for `100 Continue` before it sends the body."""
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._body = b""
        self._length: int | None = None
        self._encoded = False
        self._host = b""
        self._hosts = self._headers = self._head_bytes = self._raw = 0

    def whole(self, data: bytes) -> Request | None:
        """The request that `data` is, in the usual shape and with nothing behind it. None: give the data to `feed`.

        Only for the beginning of a request. Keeps nothing of `data`.
        """
        line = data.find(_VERSION)
        target = data[5:line]
        if data[:6] != _POST or target.translate(None, _VISIBLE):
            return None
        start = line + 11
        end = data.find(_END, start - 2) + 4
        if end <= self._short:
            usual = _usual_headers(data[start:end])
        elif self._allows(len(target), end, data.count(b"\n", 0, end)):
            usual = _usual_headers.__wrapped__(data[start:end])  # too long to be remembered
        else:
            return None
        if usual is None:
            return None
        host, size = usual
        if size != len(data) - end or size > self._body_limit:
            return None
        return Request("POST", target, data[end:], True, False, host)

    def _allows(self, target: int, head: int, headers: int) -> bool:
        limits = self._limits
        return target <= limits.target and head <= limits.head and headers <= limits.headers

    def feed(self, data: bytes) -> None:
        """Read on. Raises Refusal; nothing may be fed after that, nor once `ended` is set."""
        self._completed = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.ended = True
        except httptools.HttpParserError as problem:
            if self._refusal is not None:
                raise self._refusal from None
            if not self.ended:  # bytes after the last request are nobody's
                raise _unreadable(problem) from None
        if self.part is not Part.START and not self._completed:  # else an unknown share belongs to others
            self._count(len(data))

    def _count(self, received: int) -> None:
        """Bound what llhttp keeps for itself: a header without an end, chunk extensions."""
        self._raw += received
        if self.part is Part.HEAD:
            if self._raw > self._limits.head:
                raise self._long_head()
        elif self._raw > self._limits.head + self._limits.body + self._limits.framing:
            raise _too_large(self._limits.body)

    # What llhttp calls. An exception here stops it; `feed` raises the refusal.

    def on_message_begin(self) -> None:
        self._begin()
        self.part = Part.HEAD

    def on_url(self, piece: bytes) -> None:
        self._target = target = self._target + piece if self._target else piece
        if len(target) > self._limits.target:
            self._refuse(Refusal(414, "URI Too Long", "请求地址太长", "the address is too long"))

    def on_header(self, name: bytes, value: bytes | None) -> None:
        value = value or b""
        self._headers += 1
        self._head_bytes += len(name) + len(value) + _SEPARATORS
        if self._headers > self._limits.headers or self._head_bytes > self._limits.head:
            self._refuse(self._long_head())
        if len(name) in _WATCHED_SIZES and self.part is Part.HEAD:
            name = name.lower()
            if name in _WATCHED:
                self._watch(name, value.strip(b" \t"))

    def _watch(self, name: bytes, value: bytes) -> None:
        if name == _HOST:
            self._hosts, self._host = self._hosts + 1, value
        elif name == _LENGTH:
            self._length = int(value)  # llhttp has let through digits below 2⁶⁴ only
        elif name == _ENCODING:
            if self._encoded or value.lower() != b"chunked":
                self._refuse(
                    _bad("Transfer-Encoding 只能是 chunked", "the only Transfer-Encoding is chunked")
                )
            self._encoded = True
        elif value.lower() == b"100-continue":
            self.expects = True
        else:
            self._refuse(Refusal(417, "Expectation Failed", "不支持的 Expect", "an Expect that is not known"))

    def on_headers_complete(self) -> None:
        version = self._parser.get_http_version()
        self._old = version == "1.0"
        if version != "1.1":
            self._check_old(version)
        elif self._hosts != 1:
            self._refuse(_bad("必须有且只有一个 Host", "exactly one Host is needed"))
        if b"#" in self._target:
            self._refuse(_bad("请求地址里不能有 #", "an address in a request has no #"))
        if self._length is not None and self._length > self._limits.body:
            self._refuse(_too_large(self._limits.body))
        self.part, self._raw = Part.BODY, 0

    def _check_old(self, version: str) -> None:
        if not self._old:
            self._refuse(_bad("不支持的 HTTP 版本", "a version of HTTP that is not served"))
        if self._encoded:
            self._refuse(_bad("HTTP/1.0 没有 Transfer-Encoding", "HTTP/1.0 has no Transfer-Encoding"))
        if self._hosts > 1:
            self._refuse(_bad("只能有一个 Host", "there is more than one Host"))
        self.expects = False

    def on_body(self, piece: bytes) -> None:
        self.expects = False
        self._body = body = self._body + piece if self._body else piece
        if len(body) > self._limits.body:
            self._refuse(_too_large(self._limits.body))

    def on_message_complete(self) -> None:
        parser = self._parser
        keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        self.ended = not keep_alive
        self.part, self.expects, self._completed = Part.START, False, True
        method = parser.get_method().decode("ascii")
        self._complete(Request(method, self._target, self._body, keep_alive, self._old, self._host))

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal
        raise refusal

    def _long_head(self) -> Refusal:
        zh, en = "请求头太大或太多", "the headers are too large or too many"
        return Refusal(431, "Request Header Fields Too Large", zh, en)


def timed_out() -> Refusal:
    """A request that does not get on."""
    return Refusal(408, "Request Timeout", "请求没有按时发完", "the request was not sent in time")


def _bad(zh: str, en: str) -> Refusal:
    return Refusal(400, "Bad Request", zh, en)


def _too_large(limit: int) -> Refusal:
    zh = f"请求超过 {limit} 字节，不是微信的推送"
    return Refusal(
        413, "Content Too Large", zh, f"the request has more than {limit} bytes: no push of WeChat"
    )


def _unreadable(problem: httptools.HttpParserError) -> Refusal:
    """llhttp's words are fixed texts that never quote the request."""
    if isinstance(problem, httptools.HttpParserInvalidMethodError):
        return Refusal(501, "Not Implemented", "没有这种请求方法", "there is no such method")
    what = " ".join(str(problem).split()) or "malformed"
    return _bad(f"不是合格的 HTTP 请求（{what}）", f"not a well-formed HTTP request ({what})")
