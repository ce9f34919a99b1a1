"""The control API's routes as declarations: verb, path, what goes in, what comes out, and the function.

The router and the OpenAPI document are both made from these, so neither can be forgotten. `build` is also the one
place that decides who may call a route (`guard.py`), how long a body may be, and what a mistake looks like:
`{"error": {"zh": …, "en": …}}`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from ....errors import GongzhongError, SetupError
from ....reasons import NOT_JSON, advised, in_words
from ...platform import Platform
from ...world.acts import NotPossible
from ...world.phone_hosts import is_phone_host
from ...world.refusal import BadInput, Refusal, require_whole
from ..guard import Forbidden, Guard, headers_of, host_name

BASE = "/_platform"
SMALL: Final = 1024 * 1024
WITH_FILES: Final = 64 * 1024 * 1024
"""Bytes of a body that carries files in base64: nine pictures of a menu button, or a video of 10 MB."""
STREAM: Final = 1024 * 1024 * 1024
COMPRESSION: Final = Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
"""Of answers in JSON from this many bytes on, where the caller takes gzip."""
LARGEST_NUMBER: Final = 2**53
JSON_TYPES: Final = ("application/json",)
STREAM_TYPES: Final = ("text/csv", "application/octet-stream")
DOUBTFUL: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
"""Escapes of surrogates and of U+0000: without one of them no escape need be looked at."""
ESCAPES: Final = re.compile(rb"\\(?:(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*)|.)", re.DOTALL)
"""Characters that JSON writes as `\\uXXXX`, as many as stand together."""
HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

Body = TypeVar("Body")
Answer = TypeVar("Answer")


class Given(msgspec.Struct, Generic[Body], frozen=True):
    """What a control function gets: the platform, path and query parameters, and the decoded body."""

    platform: Platform
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    stream: AsyncIterator[bytes] | None = None
    """The body as it comes in, for routes that read it so."""
    by_page: bool = False
    """Whether a page in a browser asks, and not a program of this machine's owner."""
    host: str = ""
    """The Host header: a name with its port, or nothing."""

    def number(self, name: str, default: int = 0) -> int:
        """A whole number of the query or the path. Raises BadInput for anything else, and beyond 2**53."""
        text = self.path.get(name) or self.query.get(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > LARGEST_NUMBER:
            raise BadInput(
                f"{name} 必须是 0 到 2**53 的整数", f"{name} must be a whole number from 0 to 2**53"
            )
        return int(text)


class Otherwise(msgspec.Struct, frozen=True):
    """An answer that is not JSON: its status, its media type (empty when there is no body), and what it is."""

    status: int
    content_type: str
    words: str


class Route(msgspec.Struct, Generic[Body, Answer], frozen=True, kw_only=True):
    """One route of the control API."""

    verb: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    function: Callable[[Given[Body]], Awaitable[Answer]]
    body: type[Body] | None = None
    largest: int = SMALL
    """The longest body in bytes; longer ones get 413."""
    streamed: bool = False
    """Whether the function reads the body itself, piece by piece, because it may be too long to hold."""
    phone: bool = False
    """Whether the phone's host names may call it, also for pages of other sites: its function checks the rest."""
    public: bool = False
    """Whether pages of other sites may show the answer, as a picture: only for files with unguessable names."""
    query: tuple[str, ...] = ()
    answer: Any = dict[str, Any]
    """The type of the answer; `Otherwise` when it is not JSON."""

    @property
    def is_json(self) -> bool:
        """Whether it answers JSON, which is worth compressing."""
        return not isinstance(self.answer, Otherwise) or self.answer.content_type == "application/json"

    @property
    def content_types(self) -> tuple[str, ...]:
        return STREAM_TYPES if self.streamed else JSON_TYPES


class NotFound(GongzhongError):
    """Something named in the path is not there."""


class TooLong(GongzhongError):
    """The body is longer than the route takes."""


def answer_http_error(request: Request, error: Exception) -> Response:
    """What the router itself refuses, an unknown path or another verb, in the form of every other error."""
    assert isinstance(error, HTTPException)
    zh = {404: "没有这个接口", 405: "这个接口不支持该方法"}.get(error.status_code, "请求有误")
    return error_answer(error.status_code, zh, error.detail)


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, dict(HEADERS), media_type="application/json")


def error_answer(status: int, zh: str, en: str) -> Response:
    """A mistake in the one form that all of them have."""
    return _json({"error": {"zh": zh, "en": en}}, status)


def _of_error(error: GongzhongError, status: int) -> Response:
    return error_answer(status, error.text("zh"), error.text("en"))


def build(route: Route[Any, Any], platform: Platform, guard: Guard) -> StarletteRoute:
    """The declaration as a route of the server."""
    decoder = None if route.body is None else msgspec.json.Decoder(route.body)

    async def endpoint(request: Request) -> Response:
        try:
            admit(request, guard, route)
            pieces = _bounded(request.stream(), STREAM if route.streamed else route.largest)
            raw = b"" if route.streamed else b"".join([piece async for piece in pieces])
            _require_whole_texts(raw, (*request.path_params.values(), *request.query_params.values()))
            body = None if decoder is None else _decoded(decoder, raw or b"{}")
            given = Given(
                platform,
                request.path_params,
                request.query_params,
                body,
                pieces if route.streamed else None,
                by_page="sec-fetch-site" in request.headers or "origin" in request.headers,
                host=request.headers.get("host", ""),
            )
            answer = await route.function(given)
        except Exception as problem:
            refused = _refused(problem)
            if refused is None:
                raise
            return refused
        if not isinstance(answer, Response):
            return _json(answer)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return StarletteRoute(
        BASE + route.path,
        endpoint,
        methods=[route.verb],
        middleware=[COMPRESSION] if route.is_json else None,
    )


def admit(request: Request, guard: Guard, route: Route[Any, Any]) -> None:
    """Raises Forbidden unless this machine's owner may have sent the request."""
    headers = headers_of(request.headers.raw)
    guard.check_host(headers, phone=route.phone)
    on_phone = route.phone and is_phone_host(host_name(headers.get("host", "")))
    if not (route.public or on_phone):
        guard.check_site(headers)
    guard.check_type(request.method, headers, route.content_types)


def _refused(problem: Exception) -> Response | None:
    """The answer to a mistake of the caller; None for one of ours."""
    match problem:
        case Forbidden():
            return _of_error(problem, problem.status)
        case TooLong():
            return _of_error(problem, 413)
        case NotFound():
            return _of_error(problem, 404)
        case BadInput() | SetupError():
            return _of_error(problem, 400)
        case NotPossible():
            return error_answer(409, problem.zh, problem.en)
        case Refusal():
            return error_answer(409, f"平台返回码 {problem.code}", f"return code {problem.code}")
        case msgspec.DecodeError() | UnicodeDecodeError() | RecursionError():
            zh, en = in_words(problem)
            return error_answer(400, f"请求有误：{zh}", f"mistake in the request: {en}")
        case ClientDisconnect():
            return error_answer(400, "请求没有发完，未执行", "the request was cut and not carried out")
        case OverflowError():
            return error_answer(400, "数字太大", "a number is too large")
    return None


def _decoded(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    """Raises BadInput for a body of another form, with the choices, names or bounds that would have been right."""
    try:
        return decoder.decode(raw)
    except NOT_JSON as problem:
        zh, en = advised(problem, decoder.type, raw)
        raise BadInput(f"请求有误：{zh}", f"mistake in the request: {en}") from None


async def _bounded(stream: AsyncIterator[bytes], largest: int) -> AsyncIterator[bytes]:
    size = 0
    async for piece in stream:
        size += len(piece)
        if size > largest:
            raise TooLong(
                f"请求体超过 {largest // SMALL} MB", f"the body is longer than {largest // SMALL} MB"
            )
        yield piece


def _require_whole_texts(raw: bytes, texts: Iterable[Any]) -> None:
    """Raises BadInput for a text of the body (JSON), the path or the query that can be neither kept nor sent."""
    for text in texts:
        require_whole(str(text))
    if DOUBTFUL.search(raw) is None:  # nearly always, also of the files of 40 MB that a body may hold
        return
    for found in ESCAPES.finditer(raw):
        if found[1] is None:
            continue
        # Each escape is one unit of UTF-16: pairs of surrogates become one character, half ones stay.
        units = bytes.fromhex(found[1].replace(b"\\u", b"").removeprefix(b"u").decode())
        require_whole(units.decode("utf-16-be", "surrogatepass"))
