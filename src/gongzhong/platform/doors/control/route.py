"""The control API's routes as declarations: verb, path, what goes in, what comes out, and the function.

The router and the OpenAPI document are both made from these, so neither can be forgotten.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from ....errors import SetupError
from ...platform import Platform
from ...world.acts import NotPossible
from ...world.refusal import Refusal

BASE = "/_platform"


class Given(msgspec.Struct, frozen=True):
    """What a control function gets: the platform, path and query parameters, and the decoded body."""

    platform: Platform
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    stream: AsyncIterator[bytes] | None = None
    """The body as it comes in, for routes that read it so."""


Function = Callable[[Given], Awaitable[Any]]


class Otherwise(msgspec.Struct, frozen=True):
    """An answer that is not JSON: its status, its media type (empty when there is no body), and what it is."""

    status: int
    content_type: str
    words: str


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One route of the control API."""

    verb: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    function: Function
    body: type[Any] | None = None
    streamed: bool = False
    """Whether the function reads the body itself, piece by piece, because it may be too long to hold."""
    query: tuple[str, ...] = ()
    answer: Any = dict[str, Any]
    """The type of the answer; `Otherwise` when it is not JSON."""


class NotFound(Exception):
    """Something named in the path is not there."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


def answer_http_error(request: Request, error: Exception) -> Response:
    """What the router itself refuses, an unknown path or another verb, in the form of every other error."""
    assert isinstance(error, HTTPException)
    zh = {404: "没有这个接口", 405: "这个接口不支持该方法"}.get(error.status_code, "请求有误")
    return _error(error.status_code, zh, error.detail)


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _error(status: int, zh: str, en: str) -> Response:
    return _json({"error": {"zh": zh, "en": en}}, status)


def build(control: Control, platform: Platform) -> StarletteRoute:
    """The declaration as a route of the server."""
    decoder = None if control.body is None else msgspec.json.Decoder(control.body)

    async def endpoint(request: Request) -> Response:
        raw = b"" if control.streamed else await request.body()
        try:
            body = None if decoder is None else decoder.decode(raw or b"{}")
            stream = request.stream() if control.streamed else None
            given = Given(platform, request.path_params, request.query_params, body, stream)
            answer = await control.function(given)
        except msgspec.DecodeError as problem:
            return _error(400, f"请求有误：{problem}", f"mistake in the request: {problem}")
        except ClientDisconnect:
            return _error(400, "请求没有发完，未执行", "the request was cut and not carried out")
        except NotFound as problem:
            return _error(404, problem.zh, problem.en)
        except NotPossible as problem:
            return _error(409, problem.zh, problem.en)
        except Refusal as refusal:
            return _error(409, f"平台返回码 {refusal.code}", f"return code {refusal.code}")
        except SetupError as problem:
            return _error(400, problem.zh, problem.en)
        except OverflowError:
            return _error(400, "数字太大", "a number is too large")
        except ValueError as problem:
            return _error(400, str(problem), str(problem))
        return answer if isinstance(answer, Response) else _json(answer)

    return StarletteRoute(BASE + control.path, endpoint, methods=[control.verb])
