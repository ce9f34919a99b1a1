"""What an account remembers about a user between two messages.

A `Session` is a dict for handlers that ask for one: loaded before, saved after, gone when nobody has
written for a while. The store behind it sees only bytes under a key, so that a table or a cache server can
take its place; values must therefore be JSON. Handlers that run for one user at the same time share one
live session: neither overwrites what the other wrote.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec

from ..clock import Clock

LIFETIME_S = 3600.0
"""How long an untouched session lives by default, in seconds."""


class SessionStore(Protocol):
    """Where sessions are kept. Keys are opaque; an expired or unknown key loads as None."""

    async def load(self, key: str) -> bytes | None: ...

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None: ...

    async def delete(self, key: str) -> None: ...


class MemorySessionStore:
    """Sessions of one process: gone with it, and the longest untouched go first when there are too many."""

    def __init__(self, clock: Clock | None = None, most: int = 100_000) -> None:
        self._clock = clock or Clock()
        self._most = most
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def load(self, key: str) -> bytes | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        data, expires_at = kept
        if expires_at <= self._clock.now():
            del self._kept[key]
            return None
        return data

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None:
        self._kept[key] = (data, self._clock.now() + lifetime_s)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    async def delete(self, key: str) -> None:
        self._kept.pop(key, None)


class Session(dict[str, Any]):
    """A user's dict. Values must be JSON: texts, numbers, booleans, None, lists and dicts of these."""

    def __init__(self, data: bytes | None = None) -> None:
        super().__init__(msgspec.json.decode(data, type=dict[str, Any]) if data else {})
        self.stored = data is not None

    def encoded(self) -> bytes:
        """The bytes to store. Raises TypeError for a value that is not JSON."""
        try:
            return msgspec.json.encode(dict(self))
        except TypeError as problem:
            raise TypeError(
                f"会话里只能放 JSON 能表示的值 / a session holds only JSON values: {problem}"
            ) from None


class Loan:
    """One live session and how many handlers hold it."""

    def __init__(self, loading: asyncio.Task[Session]) -> None:
        self.loading = loading
        self.holders = 0


class Sessions:
    """Lends each user's session to the handlers that ask for it."""

    def __init__(self, store: SessionStore, appid: str, lifetime_s: float = LIFETIME_S) -> None:
        self._store = store
        self._appid = appid
        self._lifetime_s = lifetime_s
        self._loans: dict[str, Loan] = {}

    @asynccontextmanager
    async def borrow(self, openid: str) -> AsyncIterator[Session]:
        """The user's session while a handler runs; saved at the end, also when the handler failed."""
        key = f"{self._appid}:{openid}"
        loan = self._loans.get(key)
        if loan is None:
            loan = self._loans[key] = Loan(asyncio.ensure_future(self._load(key)))
        loan.holders += 1
        try:
            session = await asyncio.shield(loan.loading)
            try:
                yield session
            finally:
                await self._save(key, session)
        finally:
            loan.holders -= 1
            if not loan.holders:
                del self._loans[key]

    async def _load(self, key: str) -> Session:
        return Session(await self._store.load(key))

    async def _save(self, key: str, session: Session) -> None:
        if session:
            await self._store.save(key, session.encoded(), self._lifetime_s)
        elif session.stored:
            await self._store.delete(key)
        session.stored = bool(session)
