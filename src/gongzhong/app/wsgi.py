"""The door for WSGI servers: the same rules, run on an event loop in the background.

A request keeps its thread until the answer is known, up to the five seconds that WeChat waits.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..errors import CallbackError
from ..wire import MAX_BODY_BYTES
from .answer import Answer
from .asgi import too_large

if TYPE_CHECKING:
    from .served import Served

LENGTH_DIGITS = 18
"""A Content-Length with more digits is refused unread: no body has a quintillion bytes."""


class BodyCut(CallbackError):
    """The connection ended, or the server gave up, before the whole body was there."""

    reason = "body_cut"


class BadLength(CallbackError):
    """A Content-Length that is no number, or no way to tell where the body ends."""

    reason = "length"


class LengthRequired(BadLength):
    """A body in chunks behind a server that cannot say where it ends."""

    status = 411


class WsgiDoor:
    """A WSGI application: the callback URL, on whatever path it is mounted."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._answer(environ)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start_response(status, [(name.title(), value) for name, value in answer.headers()])
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        served = self.served
        try:
            binding = served.only or served.at(environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", ""))
        except CallbackError as problem:
            return served.refuse(problem)
        try:
            body = read_body(environ) if method == "POST" else b""
        except CallbackError as problem:
            return binding.refuse(problem)
        if environ.get("wsgi.multiprocess"):
            binding.say_several_processes()
        return binding.handle_blocking(query, body, method, gone=_looking_at(environ))


def _looking_at(environ: dict[str, Any]) -> Callable[[], bool] | None:
    """A look at the connection itself, where the server hands it over (gunicorn, werkzeug); else None."""
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket) or not hasattr(select, "poll"):
        return None

    def gone() -> bool:
        if connection.fileno() < 0:
            return True
        watch = select.poll()  # asked first: a socket under gevent waits although it is told not to
        try:
            watch.register(connection.fileno(), select.POLLIN)
            if not watch.poll(0):
                return False
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except ValueError:  # through TLS nothing can be seen
            return False
        except OSError:
            return True

    return gone


def read_body(environ: dict[str, Any]) -> bytes:
    """The body of a request, at most MAX_BODY_BYTES long. Raises a CallbackError.

    A server that sets `wsgi.input_terminated` ends its input where the body ends, so it is read to the end:
    that is the only way to a body in chunks. Otherwise Content-Length says how much to read, and without one
    there is no body.
    """
    terminated = bool(environ.get("wsgi.input_terminated"))
    chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
    announced = None if chunked else content_length(environ.get("CONTENT_LENGTH"))
    if announced is not None and announced > MAX_BODY_BYTES:
        raise too_large()
    if chunked and not terminated:
        raise LengthRequired(
            "请求体是分块传输的，而这个 WSGI 服务器不说明它在哪里结束",
            "the body comes in chunks, and this WSGI server does not say where it ends",
            fix_zh="换用支持 wsgi.input_terminated 的服务器，或让反向代理先收完请求体",
            fix_en="use a server that sets wsgi.input_terminated, or let the reverse proxy buffer the body",
        )
    if announced is None and not terminated:
        return b""
    wanted = MAX_BODY_BYTES + 1 if announced is None else announced
    body = _read(environ["wsgi.input"], wanted)
    if announced is None and len(body) > MAX_BODY_BYTES:
        raise too_large()
    if announced is not None and len(body) < announced:
        raise BodyCut(
            f"请求体不完整：应有 {announced} 字节，只收到 {len(body)} 字节",
            f"the body is cut off: {len(body)} of {announced} bytes came",
        )
    return body


def content_length(header: str | None) -> int | None:
    """The number in a Content-Length header; None without one. Raises BadLength or TooLarge."""
    text = (header or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise BadLength("Content-Length 不是非负整数", "the Content-Length is no non-negative integer")
    if len(text.lstrip("0")) > LENGTH_DIGITS:
        raise too_large()
    return int(text.lstrip("0") or "0")


def _read(stream: Any, wanted: int) -> bytes:
    """Up to `wanted` bytes, however few the stream gives at a time."""
    pieces: list[bytes] = []
    while wanted > 0:
        try:
            piece = stream.read(wanted)
        except Exception as problem:  # every server has its own error for a peer that left
            raise BodyCut(
                "读请求体时连接断了，或分块格式不对",
                "the body could not be read: cut off, or chunks malformed",
            ) from problem
        if not piece:
            break
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)
