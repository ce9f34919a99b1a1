"""Sessions in any shared state: what a handler remembers about a person, for all processes and hosts of an account.

The key is `session|APPID:OPENID`; the value is JSON, as `app.sessions` writes it.
"""

from __future__ import annotations

from .protocol import State


class StateSessionStore:
    """A session store of the app with exact compare-and-swap. Raises StateDown when the state does."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def load(self, key: str) -> bytes | None:
        found = await self._state.get(_named(key))
        return found.data if found else None

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None:
        while True:
            found = await self._state.get(_named(key))
            replaces = found.version if found else 0
            if await self._state.put(_named(key), data, replaces=replaces, ttl_s=lifetime_s) is not None:
                return

    async def delete(self, key: str) -> None:
        while found := await self._state.get(_named(key)):
            if await self._state.delete(_named(key), replaces=found.version):
                return

    async def swap(self, key: str, loaded: bytes | None, data: bytes | None, lifetime_s: float) -> bool:
        """Save `data` (None: delete) if the key still holds `loaded` (None: nothing); False if it does not."""
        found = await self._state.get(_named(key))
        if (found.data if found else None) != loaded:
            return False
        replaces = found.version if found else 0
        if data is not None:
            version = await self._state.put(_named(key), data, replaces=replaces, ttl_s=lifetime_s)
            return version is not None
        return found is None or await self._state.delete(_named(key), replaces=replaces)


def _named(key: str) -> str:
    return f"session|{key}"
