"""TLS handshakes of the callback server: counted while they are open, bounded in number and time.

    accepted ──► open ──► done      its connection begins, and counts as one from here on
                   ├────► failed    the peer broke off, spoke something else, or took longer than `handshake_s`
                   └────► dropped   closed for a newer one: `handshakes` were open, or no connection was left

A peer that connects and says nothing costs a file and some memory before it is a connection. So there may be
`handshakes` of them; of more, the oldest is closed. Event loops tell of a connection only after its handshake, so
connections are accepted here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from ...errors import say

log = logging.getLogger("gongzhong.http")

DONE: Final = "done"
FAILED: Final = "failed"
DROPPED: Final = "dropped"
ACCEPTED_AT_ONCE: Final = 100
AGAIN_AFTER_S: Final = 1.0
"""When no connection could be accepted, such as for want of files."""


class Handshakes:
    """The handshakes of one server, on the running event loop. `ended` counts them by what became of them.

    `begin` makes the protocol of a connection, `room` says how many connections may still be opened.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        begin: Callable[[], asyncio.Protocol],
        *,
        most: int,
        seconds: float,
        room: Callable[[], int],
    ) -> None:
        self._context, self._begin, self._seconds = context, begin, seconds
        self._most, self._room = most, room
        self._loop = asyncio.get_running_loop()
        self._listening: list[socket.socket] = []
        self._open: dict[asyncio.Task[None], socket.socket] = {}
        self.ended: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many are open now."""
        return len(self._open)

    def listen(self, bound: Sequence[socket.socket], backlog: int) -> None:
        """Accept connections on these sockets, which are closed by `close`."""
        for listener in bound:
            listener.setblocking(False)
            listener.listen(backlog)
            self._listening.append(listener)
            self._loop.add_reader(listener, self._accept, listener)

    def close(self) -> None:
        """Accept no more. Handshakes under way go on."""
        for listener in self._listening:
            self._loop.remove_reader(listener)
            listener.close()
        self._listening.clear()

    def drop_all(self) -> None:
        """Close all that are open, at the end of the server."""
        while self._open:
            self._drop_oldest()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                accepted, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                log.error(say("不能接受新连接：%s", "no connection can be accepted: %s"), problem)
                self._loop.remove_reader(listener)
                self._loop.call_later(AGAIN_AFTER_S, self._accept_again, listener)
                return
            accepted.setblocking(False)
            if accepted.family != socket.AF_UNIX:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open[self._loop.create_task(self._shake(accepted))] = accepted
            while len(self._open) > max(1, min(self._most, self._room())):
                self._drop_oldest()

    def _accept_again(self, listener: socket.socket) -> None:
        if listener in self._listening:
            self._loop.add_reader(listener, self._accept, listener)

    async def _shake(self, accepted: socket.socket) -> None:
        """One handshake; afterwards the connection's own protocol has been told of it."""
        task = asyncio.current_task()
        assert task is not None
        result = FAILED
        try:
            await self._loop.connect_accepted_socket(
                self._begin, accepted, ssl=self._context, ssl_handshake_timeout=self._seconds
            )
            result = DONE
        except OSError as problem:  # broken off, foreign or overdue
            log.debug("a TLS handshake failed: %s", problem)
        finally:
            if self._open.pop(task, None) is not None:
                self.ended[result] += 1

    def _drop_oldest(self) -> None:
        oldest = next(iter(self._open))
        accepted = self._open.pop(oldest)
        self.ended[DROPPED] += 1
        with suppress(OSError):
            accepted.shutdown(socket.SHUT_RDWR)  # at once; the loop notices and closes what is its own
        oldest.cancel()
