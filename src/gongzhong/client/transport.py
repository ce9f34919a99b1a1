"""The one seam between this package and the network.

A transport carries bytes to a URL and brings bytes back; it knows nothing of WeChat. Everything that
replaces the network (a platform in the same process, a recording, another HTTP library) is a class with
`send` and `close`.

A transport never follows redirects (the query carries a token), never repeats a request by itself, and
raises only `NotReached` when the request surely was not written and `OutcomeUnknown` when it may have been:
whether a call may be repeated is decided from that difference.
"""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias, runtime_checkable
from urllib.parse import quote, urlencode

from ..catalogue.multipart import Pieces
from ..errors import NotReached, OutcomeUnknown
from ..reasons import in_words
from .answer_file import AnswerSink

PROXY_REFUSED: Final = 407
"""A proxy that wants a user and a password: the request went no further."""

_UNSAFE: Final = re.compile(r"[^!-~]")
_TUNNEL: Final = re.compile(r"Tunnel connection failed: (\d{3})")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~\-]*")
_INFLATED: Final = ("gzip", "x-gzip", "deflate")
_MOST_LAYERS: Final = 2
"""How often an answer may be compressed."""
_GZIP_OR_ZLIB: Final = 47
"""The window of zlib that recognizes both by itself."""
_GZIP: Final = b"\x1f\x8b"
_IN_ADDRESS: Final = "!#$%&'()*+,/:;=?@[]~"

LARGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of an answer that is held in memory, unless `CallPolicy.answer_bytes` says otherwise."""

SLOWEST_FILE: Final = 16 * 1024
"""Bytes a second: a file may take its `timeout_s` longer by what it needs at this speed."""


def _as_text(query: Mapping[str, str]) -> str:
    """As `urlencode`, but quick where nothing is to be escaped: in nearly every call the query is one token."""
    for name, value in query.items():
        if not (_PLAIN.fullmatch(value) and _PLAIN.fullmatch(name)):
            return urlencode(query)
    return "&".join([f"{name}={value}" for name, value in query.items()])


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class WireRequest:
    """One HTTP request. Query and body may hold credentials, so it shows neither."""

    method: str
    url: str
    """Address without a query."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Pieces | None = None
    """`Pieces` are to be sent one after another, with their `size` as Content-Length (`length`)."""
    timeout_s: float = 10.0
    """Seconds until the whole answer must be there; files get longer by their size (`SLOWEST_FILE`)."""
    limit_bytes: int = LARGEST_ANSWER
    """A longer answer is an error, unless it goes to an `answer_file`."""
    connect_s: float | None = None
    """Seconds that connecting may take, TLS included; None for as long as the whole exchange may."""
    answer_file: AnswerSink | None = None
    """Where the answer's body goes, piece by piece; without one it is `WireReply.body`."""

    @property
    def length(self) -> dict[str, str]:
        """The Content-Length header that a body in pieces needs: WeChat refuses bodies of unknown length."""
        return {"Content-Length": str(self.body.size)} if isinstance(self.body, Pieces) else {}

    @property
    def allowed_s(self) -> float:
        """Seconds that the exchange may take before any of a file's answer came."""
        return self.timeout_s + (self.body.size / SLOWEST_FILE if isinstance(self.body, Pieces) else 0)

    def target(self) -> str:
        """The address with its query, in characters that a head may have."""
        url = quote(self.url, safe=_IN_ADDRESS, errors="replace") if _UNSAFE.search(self.url) else self.url
        return f"{url}?{_as_text(self.query)}" if self.query else url

    @property
    def origin(self) -> str:
        """Scheme, host and port: the address up to its path."""
        end = self.url.find("/", self.url.find("://") + 3)
        return self.url if end < 0 else self.url[:end]

    @property
    def path(self) -> str:
        return self.url[len(self.origin) :]

    @property
    def host(self) -> str:
        """Host and port, without a user and password; also of what is no address (`http://[::1`)."""
        return self.origin.rpartition("://")[2].rpartition("@")[2]

    def __repr__(self) -> str:
        return f"WireRequest({self.method} {self.host}{self.path})"


@dataclass(frozen=True, slots=True, repr=False)
class WireReply:
    """One HTTP answer; header names are in lower case. The body may hold a token, so it is not shown."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Media type without parameters, in lower case; empty when the answer names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def __repr__(self) -> str:
        return f"WireReply({self.status}, {len(self.body)} bytes of {self.content_type or 'unnamed type'})"


@runtime_checkable
class Transport(Protocol):
    """What `Client` sends through. `send` may be called from many threads at once."""

    def send(self, request: WireRequest, /) -> WireReply:
        """Carry one request; raises `NotReached` or `OutcomeUnknown`."""
        ...

    def close(self) -> None:
        """Close all connections. A later `send` may open new ones."""
        ...


@runtime_checkable
class AsyncTransport(Protocol):
    """What `AsyncClient` sends through. `send` may be awaited by many tasks at once."""

    async def send(self, request: WireRequest, /) -> WireReply:
        """Carry one request; raises `NotReached` or `OutcomeUnknown`."""
        ...

    async def close(self) -> None:
        """Close all connections. A later `send` may open new ones."""
        ...


class Unusable(Exception):
    """What came is no usable answer, or what was to go out is no request: the reason in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = zh, en


class TooLong(Unusable):
    """The answer is longer than `limit_bytes`."""

    def __init__(self, request: WireRequest) -> None:
        limit = request.limit_bytes
        super().__init__(f"超过 {limit} 字节", f"more than {limit} bytes")


class Deadline:
    """When one exchange must be over, on the monotonic clock. An answer that goes to a file moves it as it comes."""

    def __init__(self, request: WireRequest) -> None:
        self._until = time.monotonic() + request.allowed_s

    def left_s(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def moved(self, count: int) -> None:
        """So many bytes of a file came."""
        self._until += count / SLOWEST_FILE


class Inflater:
    """Takes the compression off an answer: gzip or deflate, which some proxies apply although nobody asked for it.

    `encoding` is the Content-Encoding header; an answer that is compressed twice is unpacked twice. Raises Unusable
    for any other encoding (`br`, `zstd`), TooLong, and zlib.error for a damaged answer.
    """

    def __init__(self, request: WireRequest, encoding: str) -> None:
        names = [name for one in encoding.split(",") if (name := one.strip().lower()) not in ("", "identity")]
        if len(names) > _MOST_LAYERS or any(name not in _INFLATED for name in names):
            raise Unusable(
                f"应答以 {encoding[:40]!r} 压缩，无法解开", f"the answer is packed as {encoding[:40]!r}"
            )
        self._request = request
        self._layers = [_Layer(request) for _ in names]

    def take(self, piece: bytes, held: int = 0) -> bytes:
        """The plain bytes of the next piece; `held` are already in memory, 0 when they go to a file."""
        limit = self._request.limit_bytes - held
        for layer in self._layers:
            piece = layer.take(piece, limit)
        if len(piece) > limit:
            raise TooLong(self._request)
        return piece

    def finish(self) -> None:
        """Raises EOFError when the compressed answer was cut off."""
        if any(not layer.whole for layer in self._layers):
            raise EOFError("compressed answer cut off")


class _Layer:
    """One compression of an answer."""

    def __init__(self, request: WireRequest) -> None:
        self._request, self._zlib = request, zlib.decompressobj(_GZIP_OR_ZLIB)

    @property
    def whole(self) -> bool:
        return self._zlib.eof

    def take(self, piece: bytes, limit: int) -> bytes:
        """The next piece without this compression. Raises TooLong when it has over `limit` bytes."""
        plain = self._zlib.decompress(piece, max(1, limit + 1))
        while self._zlib.unused_data.startswith(_GZIP):  # gzip may come in several members, RFC 1952, 2.2
            rest, self._zlib = self._zlib.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
            plain += self._zlib.decompress(rest, max(1, limit + 1 - len(plain)))
        if self._zlib.unconsumed_tail:
            raise TooLong(self._request)
        return plain


async def read_awaiting(body: Pieces, threads: Executor | None = None) -> AsyncIterator[bytes]:
    """The pieces of a body for an event loop: a disk is waited for in a thread."""
    pieces, loop = iter(body), asyncio.get_running_loop()
    while (piece := await loop.run_in_executor(threads, next, pieces, None)) is not None:
        yield piece


Reason: TypeAlias = str | tuple[str, str]
"""Why a request failed: in Chinese and English, or a text that is the same in both (`HTTP 502`)."""


CUT_OFF: Final = "应答不完整，连接已断开", "the connection ended before the whole answer"
DAMAGED: Final = "应答的压缩内容已损坏", "the compressed answer is damaged"


def not_reached(request: WireRequest, reason: Reason) -> NotReached:
    """The error for a request that was surely not written. `reason` must hold no URL (it has secrets)."""
    zh, en = _both(reason)
    return NotReached(
        f"连接不上 {request.host}（{zh}），请求没有发出",
        f"could not connect to {request.host} ({en}); the request was not sent",
        fix_zh="检查网络、代理 HTTPS_PROXY、证书 SSL_CERT_FILE 和 GONGZHONG_API_BASE；可以放心重试",
        fix_en="check the network, HTTPS_PROXY, SSL_CERT_FILE and GONGZHONG_API_BASE; repeating is safe",
    )


def outcome_unknown(request: WireRequest, reason: Reason) -> OutcomeUnknown:
    """The error for a request that was at least partly written. `reason` must hold no URL."""
    path, host = request.path, request.host
    zh, en = _both(reason)
    return OutcomeUnknown(
        f"请求 {path} 已发往 {host}，但没有收到完整应答（{zh}），可能已经执行",
        f"{path} was sent to {host} but no whole answer came ({en}); it may have been carried out",
        fix_zh="发送类接口不要直接重发：先查询结果，或使用 clientmsgid、client_msg_id 防止重复",
        fix_en="do not blindly repeat a send: look up its result first, or use clientmsgid / client_msg_id",
    )


def _both(reason: Reason) -> tuple[str, str]:
    return (reason, reason) if isinstance(reason, str) else reason


def plain_reason(error: BaseException) -> Reason:
    """Why something failed, in Chinese and English, without a URL: the system's words, else the kind of error."""
    seen: BaseException | None = error
    for _ in range(6):
        if seen is None:
            break
        if isinstance(seen, Unusable):
            return seen.words
        if isinstance(seen, OSError) and seen.strerror and "://" not in seen.strerror:
            return in_words(seen)
        if status := _TUNNEL.match(str(seen)) or getattr(seen, "status", None):
            return f"HTTP {status[1] if isinstance(status, re.Match) else status}"
        nested = next((a for a in seen.args if isinstance(a, BaseException)), None)
        seen = nested or seen.__cause__ or seen.__context__
    if isinstance(error, EOFError):
        return CUT_OFF
    if isinstance(error, zlib.error):
        return DAMAGED
    if isinstance(error, TimeoutError):
        return in_words(error)
    kind = type(error).__name__
    return f"网络库报告 {kind}", f"the network library reports {kind}"
