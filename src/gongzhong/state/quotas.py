"""The client's counts of calls in a shared state: one budget for all processes and hosts of an account.

    counter  quota|OWNER|PATH|DAY|EPOCH         calls of one day (days since 1970 in Beijing)
    value    quota|OWNER|PATH|DAY|EPOCH|word    JSON, what WeChat said last about the quota
    value    quota|OWNER|cleared                JSON, how often which counts were cleared

OWNER is `API_BASE|APPID`. EPOCH is the number of clearings, those of all paths and those of this one, so that a cleared
count is another counter and begins at 0 for everybody. Everything expires by itself after two days.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ..client.budgets import Reported, Word
from ..reasons import NOT_JSON
from .blocking import BlockingFace
from .protocol import State, Versioned

KEPT_S: Final = 2 * 86_400.0
CLEARINGS_KEPT_S: Final = 40 * 86_400.0
ATTEMPTS: Final = 10
"""How often a write is tried again that somebody else came before."""


class Clearings(msgspec.Struct, frozen=True):
    """How often the counts of an account were cleared: all of them, and those of single paths."""

    every: int = 0
    paths: dict[str, int] = {}

    def of(self, path: str) -> int:
        return self.every + self.paths.get(path, 0)


class StateQuotaStore(BlockingFace):
    """A `QuotaStore` for clients of both kinds, in any thread. Raises StateDown when the state does."""

    def __init__(self, state: State) -> None:
        super().__init__(state, "gongzhong-quota-store")

    def report(self, owner: str, path: str, day: int, epoch: int, n: int) -> Reported:
        return self._ask(lambda: self._report(owner, path, day, epoch, n))

    def note(self, owner: str, path: str, day: int, epoch: int, word: Word) -> None:
        self._ask(lambda: self._note(named(owner, path, day, epoch) + "|word", word))

    def correct(self, owner: str, path: str, day: int, epoch: int, used: int) -> None:
        self._ask(lambda: self._correct(named(owner, path, day, epoch), used))

    def clear(self, owner: str, path: str | None) -> None:
        self._ask(lambda: self._clear(f"quota|{owner}|cleared", path))

    async def _report(self, owner: str, path: str, day: int, epoch: int, n: int) -> Reported:
        newest = read_clearings(await self._state.get(f"quota|{owner}|cleared")).of(path)
        key = named(owner, path, day, newest)
        used = await self._state.add(key, max(0, n) if newest == epoch else 0, None, KEPT_S)
        found = await self._state.get(f"{key}|word")
        return Reported(used or 0, newest, read_word(found))

    async def _note(self, key: str, word: Word) -> None:
        for _ in range(ATTEMPTS):
            found = await self._state.get(key)
            known = read_word(found)
            if known is not None and known.asked_at > word.asked_at and not word.spent:
                return
            version = found.version if found else 0
            if await self._state.put(key, msgspec.json.encode(word), replaces=version, ttl_s=KEPT_S):
                return

    async def _correct(self, key: str, used: int) -> None:
        counted = await self._state.add(key, 0, None, KEPT_S) or 0
        await self._state.add(key, used - counted, None, KEPT_S)

    async def _clear(self, key: str, path: str | None) -> None:
        for _ in range(ATTEMPTS):
            found = await self._state.get(key)
            known = read_clearings(found)
            if path is None:
                new = Clearings(known.every + 1, known.paths)
            else:
                new = Clearings(known.every, {**known.paths, path: known.paths.get(path, 0) + 1})
            version = found.version if found else 0
            if await self._state.put(key, msgspec.json.encode(new), replaces=version, ttl_s=CLEARINGS_KEPT_S):
                return


def named(owner: str, path: str, day: int, epoch: int) -> str:
    """The key of a counter."""
    return f"quota|{owner}|{path}|{day}|{epoch}"


def read_clearings(found: Versioned | None) -> Clearings:
    """What cannot be read counts as no clearing."""
    try:
        return msgspec.json.decode(found.data, type=Clearings) if found else Clearings()
    except NOT_JSON:
        return Clearings()


def read_word(found: Versioned | None) -> Word | None:
    """What cannot be read counts as unknown."""
    try:
        return msgspec.json.decode(found.data, type=Word) if found else None
    except NOT_JSON:
        return None
