"""A WSGI application (PEP 3333) as an ASGI one, on threads of its own.

A request gets its thread when its body is there, never before: bodies that stop arriving hold no thread. A thread that
waits (for a slow handler) costs little, so there may be many: a push that is held keeps one for five seconds. When all
are busy, further requests wait a moment, then they are refused with 503 and `Retry-After`.

The threads do not keep the process alive: a function that hangs cannot hold up a stop.
"""

from __future__ import annotations

import asyncio
import io
import logging
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import IO, Any, TypeAlias
from urllib.parse import unquote_to_bytes

from ..errors import say
from .guarded import Message, Receive, Send

Environ: TypeAlias = dict[str, Any]
Application: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("gongzhong.http")

THREADS = 2_000
"""Requests that run at once."""
WAIT_S = 2.0
"""How long a request waits for a thread, in seconds: WeChat waits five in all."""
IDLE_S = 30.0
"""A thread that has nothing to do for so many seconds ends."""
STACK_BYTES = 512 * 1024
"""Of each thread; the memory is taken when it is used."""
BODY_BYTES = 100 * 1024 * 1024
"""The longest body; longer ones get 413."""
MEMORY_BYTES = 1024 * 1024
"""Longer bodies go to a temporary file."""


class Threads:
    """Daemon threads that are started when they are needed, at most `most` at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = self._free = 0

    def run(self, task: Callable[[], None]) -> None:
        """Have a thread run this. The caller sees to it that not more than `most` are under way."""
        with self._lock:
            self._tasks.put(task)
            if self._free >= self._tasks.qsize() or self._count >= self._most:
                return
            self._count += 1
        before = threading.stack_size(STACK_BYTES)
        try:
            threading.Thread(target=self._work, name="gongzhong-wsgi", daemon=True).start()
        finally:
            threading.stack_size(before)

    def _work(self) -> None:
        while True:
            with self._lock:
                self._free += 1
            try:
                task = self._tasks.get(timeout=IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._tasks.empty():
                        self._free -= 1
                        self._count -= 1
                        return
                    self._free -= 1
                continue
            with self._lock:
                self._free -= 1
            task()


class FromWsgi:
    """An ASGI application around a WSGI one. Runs in one event loop."""

    def __init__(self, app: Application, *, threads: int = THREADS, wait_s: float = WAIT_S) -> None:
        self._app, self._wait_s = app, wait_s
        self._threads = Threads(threads)
        self._room = asyncio.Semaphore(threads)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as body:
            length = await _read(receive, body)
            if length is None:
                return
            if length > BODY_BYTES:
                await _refuse(send, 413, f"请求超过 {BODY_BYTES} 字节", f"more than {BODY_BYTES} bytes")
                return
            if not await self._got_room():
                await _refuse(send, 503, "服务正忙，请稍后再试", "too many requests at once, try again later")
                return
            try:
                await self._run(environ(scope, body, length), send)
            finally:
                self._room.release()

    async def _got_room(self) -> bool:
        if not self._room.locked():
            return await self._room.acquire()
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._room.acquire()
        except TimeoutError:
            return False

    async def _run(self, environ: Environ, send: Send) -> None:
        """Run the application in a thread, and send what it gives as it comes."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[list[Message] | BaseException | None] = asyncio.Queue()
        taken = threading.Semaphore(2)  # the application is never more than two pieces ahead of its peer
        gone = threading.Event()

        def give(piece: list[Message] | BaseException | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def offer(messages: list[Message]) -> None:
            taken.acquire()
            if gone.is_set():
                raise PeerGone("the peer has gone")
            give(messages)

        self._threads.run(lambda: _call(self._app, environ, offer, give))
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                for message in piece:
                    await send(message)
                taken.release()
        finally:
            gone.set()
            taken.release(2)


def _call(
    app: Application,
    environ: Environ,
    offer: Callable[[list[Message]], None],
    give: Callable[[BaseException | None], None],
) -> None:
    """In a thread: call the application and hand its answer on. Gives None at the end, or the exception."""
    try:
        _Response(offer).send(app, environ)
    except PeerGone:
        give(None)
    except BaseException as problem:  # SystemExit in a handler must not leave the peer without an answer
        give(problem if isinstance(problem, Exception) else RuntimeError(f"{type(problem).__name__} in WSGI"))
    else:
        give(None)


class PeerGone(ConnectionError):
    """Nobody waits for the answer any more; raised where the application gives the next piece."""


class _Response:
    """The answer of one call: holds the head back until the first bytes of the body, as PEP 3333 wants it.

    Both go to the event loop together: each time that a thread wakes it costs more than the rest of a short answer.
    """

    def __init__(self, offer: Callable[[list[Message]], None]) -> None:
        self._offer = offer
        self._head: Message | None = None
        self._head_sent = self._complete = False
        self._left: int | None = None
        """Bytes that the announced length still wants; None without one."""

    def send(self, app: Application, environ: Environ) -> None:
        result = app(environ, self.start)
        try:
            for piece in result:
                if piece and not self._complete:
                    self.write(piece)
            if not self._complete:
                self._offer([*self._unsent_head(), {"type": "http.response.body", "body": b""}])
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
        if exc_info is not None:
            if self._head_sent:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self._head is not None:
            raise AssertionError("start_response was called twice")
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        length = dict(fields).get(b"content-length", b"")
        self._left = int(length) if length.isdigit() else None
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": fields}
        return self.write

    def write(self, piece: bytes) -> None:
        head = self._unsent_head()
        if self._left is not None:
            self._left -= len(piece)
            self._complete = self._left <= 0
        self._offer([*head, {"type": "http.response.body", "body": piece, "more_body": not self._complete}])

    def _unsent_head(self) -> list[Message]:
        if self._head is None:
            raise AssertionError("the application answered without start_response")
        if self._head_sent:
            return []
        self._head_sent = True
        return [self._head]


def environ(scope: Message, body: IO[bytes], length: int) -> Environ:
    """What PEP 3333 tells an application about a request. Header names with an underscore are left out: they could
    pass for others."""
    server, client = scope.get("server") or ("", None), scope.get("client")
    path = scope.get("raw_path") or scope["path"].encode()
    found: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": _unquoted(path.partition(b"?")[0]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0] or "localhost",
        "SERVER_PORT": str(server[1] or 80),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if client:
        found["REMOTE_ADDR"], found["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH", "TRANSFER_ENCODING"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found and key.startswith("HTTP_") else text
    found.pop("TRANSFER_ENCODING", None)
    found["CONTENT_LENGTH"] = str(length)
    return found


def _unquoted(path: bytes) -> str:
    return unquote_to_bytes(path).decode("latin-1")


async def _read(receive: Receive, body: IO[bytes]) -> int | None:
    """Write the body and rewind; its length, one more than allowed if it is too long, None if the peer has gone."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        length += len(piece)
        if length > BODY_BYTES:
            return BODY_BYTES + 1
        body.write(piece)
        more = message.get("more_body", False)
    body.seek(0, io.SEEK_SET)
    return length


async def _lifespan(receive: Receive, send: Send) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


async def _refuse(send: Send, status: int, zh: str, en: str) -> None:
    body = f"{say(zh, en)}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"5"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
