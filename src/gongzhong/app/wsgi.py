"""The door for WSGI servers: the same rules, run on an event loop in the background.

A request keeps its thread until the answer is known, up to the five seconds that WeChat waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..wire import MAX_BODY_BYTES
from .answer import Answer
from .asgi import too_large

if TYPE_CHECKING:
    from .official_account import OfficialAccount


class WsgiDoor:
    """A WSGI application: the callback URL, on whatever path it is mounted."""

    def __init__(self, oa: OfficialAccount) -> None:
        self._oa = oa

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._answer(environ)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start_response(status, [(name.title(), value) for name, value in answer.headers()])
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        body = b""
        if method == "POST":
            announced = environ.get("CONTENT_LENGTH") or "0"
            length = int(announced) if announced.isdecimal() else 0
            if length > MAX_BODY_BYTES:
                return self._oa.refuse(too_large())
            body = environ["wsgi.input"].read(length)
        return self._oa.handle_blocking(query, body, method)
