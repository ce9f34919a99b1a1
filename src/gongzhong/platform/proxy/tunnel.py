"""Bytes from one connection to another, unread: for hosts that the proxy was told to let through."""

from __future__ import annotations

import asyncio
from typing import cast

IDLE_S = 300.0
"""A tunnel through which nothing came in either direction for so long is closed."""


class Pipe(asyncio.Protocol):
    """One end of a tunnel: what arrives here leaves at the other end."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Pipe | None = None
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._moved()

    def data_received(self, data: bytes) -> None:
        self._moved()
        if self.other is not None and self.other.transport is not None:
            self.other._moved()
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """One side has nothing more to say; the other may still answer."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """This end cannot keep up, so the other one stops taking in."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def _moved(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self.transport is not None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.transport.abort)


def join(near: Pipe, far: Pipe) -> None:
    """Make two ends one tunnel."""
    near.other, far.other = far, near
