"""The client's token store over any shared state: one fetch for all processes and hosts of an account.

The record is JSON under `token|KEY`, where KEY is what the client calls it (`API_BASE|APPID|access_token`, …), so that
programs in other languages may read it:

    {"value": "…", "generation": 3, "fetched_at": 1790000000.0, "expires_at": 1790007200.0, "displaced": []}

A higher generation is a newer value; times are unix seconds. `displaced` holds when earlier values were refused before
their time: somebody else has tokens made for the account. The lease has the same key. Who fetches holds the lease
and writes with its fence, so a fetcher that slept for too long cannot overwrite what came after it.
"""

from __future__ import annotations

import msgspec

from ..account import Secret
from ..client.token_store import TokenRecord
from ..reasons import NOT_JSON
from .blocking import BlockingFace
from .protocol import State

KEPT_AFTER_EXPIRY_S = 86_400.0
"""An expired record stays for so long, so that generations go on growing."""


class StoredToken(msgspec.Struct, frozen=True):
    """A record as it is written."""

    value: str
    generation: int
    fetched_at: float
    expires_at: float
    displaced: tuple[float, ...] = ()
    """When earlier values were refused before their time, the last few."""

    def __repr__(self) -> str:
        return f"StoredToken(generation={self.generation})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # rich would show all fields, the token among them.
        return [("generation", self.generation)]


class StateTokenStore(BlockingFace):
    """A `TokenStore` for clients of both kinds, in any thread.

    Raises StateDown when the state does; the client then goes on alone, within its fetch budget.
    """

    waits = True

    def __init__(self, state: State) -> None:
        super().__init__(state, "gongzhong-token-store")
        self._fences: dict[str, tuple[str, int]] = {}
        """Who holds a lease through this store, and its number."""

    def get(self, key: str, /) -> TokenRecord | None:
        found = self._ask(lambda: self._state.get(named(key)))
        return read(found.data) if found else None

    def put(self, key: str, record: TokenRecord, /, *, replaces: int) -> bool:
        return self._ask(lambda: self._put(key, record, replaces))

    def lease(self, key: str, holder: str, /, *, seconds: float) -> bool:
        fence = self._ask(lambda: self._state.lease(named(key), holder, seconds))
        if fence is not None:
            self._fences[key] = holder, fence
        return fence is not None

    def release(self, key: str, holder: str, /) -> None:
        held_by, fence = self._fences.get(key, ("", 0))
        if held_by == holder:
            del self._fences[key]
            self._ask(lambda: self._state.release(named(key), fence))

    def _forget(self) -> None:
        self._fences = {}

    async def _put(self, key: str, record: TokenRecord, replaces: int) -> bool:
        found = await self._state.get(named(key))
        stored = read(found.data) if found else None
        if (stored.generation if stored else 0) != replaces:
            return False
        _, fence = self._fences.get(key, ("", 0))
        left_s = max(0.0, record.expires_at - self._state.clock.now())
        version = await self._state.put(
            named(key),
            written(record),
            replaces=found.version if found else 0,
            ttl_s=left_s + KEPT_AFTER_EXPIRY_S,
            fence=(named(key), fence) if fence else None,
        )
        return version is not None


def named(key: str) -> str:
    """The key of a record and of its lease in the state."""
    return f"token|{key}"


def written(record: TokenRecord) -> bytes:
    return msgspec.json.encode(
        StoredToken(
            record.value.reveal(), record.generation, record.fetched_at, record.expires_at, record.displaced
        )
    )


def read(data: bytes) -> TokenRecord | None:
    """The record; None for one that means nothing, which is then fetched anew."""
    try:
        stored = msgspec.json.decode(data, type=StoredToken)
    except NOT_JSON:
        return None
    return TokenRecord(
        value=Secret(stored.value),
        generation=stored.generation,
        fetched_at=stored.fetched_at,
        expires_at=stored.expires_at,
        displaced=stored.displaced,
    )
