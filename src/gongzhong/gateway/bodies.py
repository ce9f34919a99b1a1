"""Bodies that pass through the gateway, in bounded memory: small ones are held, longer ones wait in a temporary file.

A request is taken whole before it goes to WeChat: WeChat wants its length, a slow client keeps no connection to WeChat
open, and it can be sent again when the token was replaced. An answer is held until it is whole or longer than 64 KiB;
a longer one goes on to the client while it comes in, and what the client does not take yet waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from tempfile import TemporaryFile
from typing import IO, Any, Final, TypeAlias

from ..catalogue.files import PIECE_BYTES
from ..catalogue.multipart import Pieces
from ..client.answer_file import NO_HEADERS, DiskError

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

HELD_BYTES: Final = 64 * 1024
"""Of an answer, before it is sent on in pieces; longer answers are no refusals."""
IN_MEMORY: Final = 1024 * 1024
"""Of one body, before it goes to a file."""

NOT_PASSED_ON: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
    | {"content-length", "content-encoding", "set-cookie", "server", "date"}
)
"""Headers of an answer that belong to one connection, or to WeChat's server. The rest goes on as it is."""


class TooLarge(Exception):
    """A body is longer than the gateway takes."""


class HungUp(Exception):
    """The client went away before its request was whole: half a request is none."""


class StoredBody(Pieces):
    """A long request body in a temporary file, which ends with it."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__(())
        self._file, self.size = file, size

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while at < self.size:
            self._file.seek(at)
            piece = self._file.read(PIECE_BYTES)
            if not piece:
                return
            at += len(piece)
            yield piece


async def read_body(receive: Receive, promised: int | None, limit: int) -> bytes | StoredBody:
    """The whole body of a request. Raises TooLarge, and HungUp when less came than `promised` (Content-Length)."""
    if promised is not None and promised > limit:
        raise TooLarge
    pieces: list[bytes] = []
    held = size = 0
    file: IO[bytes] | None = None
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        piece, more = message.get("body", b""), message.get("more_body", False)
        pieces.append(piece)
        held, size = held + len(piece), size + len(piece)
        if size > limit:
            raise TooLarge
        if held > IN_MEMORY or (file is not None and not more):
            file = file or TemporaryFile()  # noqa: SIM115 (closed with the body)
            await asyncio.to_thread(file.writelines, pieces)
            pieces, held = [], 0
    if promised is not None and size != promised:
        raise HungUp
    return b"".join(pieces) if file is None else StoredBody(file, size)


class Backlog:
    """Bytes that wait to be read, first in, first out: in memory, beyond `IN_MEMORY` in a temporary file."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._file: IO[bytes] | None = None
        self._read = self._written = 0

    def put(self, piece: bytes) -> None:
        """Raises OSError when the disk refuses."""
        if self._written == self._read and self._held + len(piece) <= IN_MEMORY:
            self._pieces.append(piece)
            self._held += len(piece)
            return
        self._file = self._file or TemporaryFile()  # noqa: SIM115 (closed with the answer)
        self._file.seek(self._written)
        self._file.write(piece)
        self._written += len(piece)

    def take(self) -> bytes:
        """The next bytes; none when nothing waits."""
        if self._pieces:
            piece = self._pieces.popleft()
            self._held -= len(piece)
            return piece
        if self._file is None or self._read == self._written:
            return b""
        self._file.seek(self._read)
        piece = self._file.read(min(PIECE_BYTES, self._written - self._read))
        self._read += len(piece)
        if self._read == self._written:
            self._file.truncate(0)
            self._read = self._written = 0
        return piece


class AnswerRelay:
    """Takes WeChat's answer (an `AnswerSink`) and sends it to the client.

    `finish` sends what is still here; `break_off` stops when the rest will not come.
    """

    def __init__(self, send: Send, limit: int) -> None:
        self._send, self._limit = send, limit
        self._held = bytearray()
        self._status, self._headers = 0, NO_HEADERS
        self._stream: _Stream | None = None
        self.size = 0
        """Bytes of the answer's body that came."""

    @property
    def passed_on(self) -> bool:
        return self._stream is not None

    @property
    def words(self) -> bytes:
        return b"" if self.passed_on else bytes(self._held)

    def begin(self, status: int, headers: Mapping[str, str], /) -> None:
        self._status, self._headers = status, headers
        self._held.clear()
        self.size = 0

    def write(self, piece: bytes, /) -> None:
        self.size += len(piece)
        if self.size > self._limit:
            raise TooLarge
        try:
            if self._stream is not None:
                self._stream.put(piece)
                return
            self._held += piece
            if len(self._held) > HELD_BYTES:
                self._stream = _Stream(self._send, self._head())
                self._stream.put(bytes(self._held))
                self._held.clear()
        except OSError as error:
            raise DiskError(error) from error

    async def finish(self, status: int, headers: Mapping[str, str]) -> None:
        """The answer is whole: send it, or the rest of it."""
        if self._stream is not None:
            await self._stream.finish()
            return
        body = bytes(self._held)
        await self._send(start(status, headers, len(body)))
        await self._send({"type": "http.response.body", "body": body})

    async def break_off(self) -> None:
        """The rest of an answer that is being sent will not come.

        It is left without its end: the server closes the connection, so no client takes it for a whole one.
        """
        if self._stream is not None:
            await self._stream.cancel()

    def _head(self) -> Message:
        length = self._headers.get("content-length", "")
        known = length.isdigit() and "content-encoding" not in self._headers
        return start(self._status, self._headers, int(length) if known else None)


class _Stream:
    """An answer that goes to the client while it comes in. What the client does not take yet waits in a `Backlog`."""

    def __init__(self, send: Send, head: Message) -> None:
        self._send, self._head = send, head
        self._backlog, self._news = Backlog(), asyncio.Event()
        self._ended = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    def put(self, piece: bytes) -> None:
        """Raises OSError when the disk refuses."""
        self._backlog.put(piece)
        self._news.set()

    async def finish(self) -> None:
        """Nothing more comes; returns when the client has all of it."""
        self._ended = True
        self._news.set()
        await self._task

    async def cancel(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await self._send(self._head)
        while True:
            piece = self._backlog.take()
            if piece:
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            elif self._ended:
                break
            else:
                self._news.clear()
                await self._news.wait()
        await self._send({"type": "http.response.body", "body": b""})


def start(status: int, headers: Mapping[str, str], length: int | None) -> Message:
    """The head of an answer with WeChat's headers."""
    passed = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
        if name not in NOT_PASSED_ON
    ]
    if length is not None:
        passed.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": status, "headers": passed}
