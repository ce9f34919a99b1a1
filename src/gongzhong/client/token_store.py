"""Where tokens are kept, so that calls, processes and machines can share them.

A record is written by compare-and-swap on its generation, so that of two writers at the same
time one fails. The lease only saves requests (it keeps others from fetching meanwhile); nothing goes wrong without
it. It expires by itself when its holder ends.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

import msgspec

from .. import facts
from ..account import Secret
from ..clock import Clock

DISPLACED_WITHIN_S: Final = 3600.0
DISPLACED_KEPT: Final = 5
DISPLACED_OFTEN: Final = 3
"""So many values that were refused too early within an hour are no accident (a forced refresh by hand is one)."""


class TokenRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An access_token or ticket. Times are unix seconds; a higher generation is a newer value."""

    value: Secret
    generation: int
    fetched_at: float
    expires_at: float
    displaced: tuple[float, ...] = ()
    """When earlier values were refused although they should still have held, the last few times: somebody else has
    tokens made for the account."""

    def displaced_lately(self, now: float) -> int:
        """How many values were refused too early within an hour before `now`."""
        return sum(now - DISPLACED_WITHIN_S <= at <= now for at in self.displaced)

    def after(self, rejected: TokenRecord | None, now: float) -> tuple[float, ...]:
        """What `displaced` is of the record that takes the place of this one; `rejected` is what WeChat refused."""
        mine = (
            rejected is not None and rejected.generation == self.generation and rejected.value == self.value
        )
        early = mine and self.expires_at - now > facts.TOKEN_OVERLAP_S
        return (*self.displaced, now)[-DISPLACED_KEPT:] if early else self.displaced

    def newer_than(self, other: TokenRecord) -> bool:
        """Whether this one may take the place of the other, which WeChat rejected.

        While the store is down two programs may count the same generation for different values. Which is the newer of
        them nobody knows, since their clocks may differ: the one that was not rejected is worth a try.
        """
        if self.generation != other.generation:
            return self.generation > other.generation
        return self.value != other.value

    def renew_at(self, ahead_s: float) -> float:
        """From when on a new one should be fetched: `ahead_s` before the end, later for short lives."""
        return self.expires_at - min(ahead_s, (self.expires_at - self.fetched_at) / 2)


class TokenStore(Protocol):
    """A shared place for records, one for each key. Methods may be called from any thread.

    `waits` says whether they may wait for a disk or a network: an awaiting client then asks in a thread.
    What they raise counts as "store down": the client goes on alone.
    """

    waits: bool

    def get(self, key: str, /) -> TokenRecord | None:
        """The newest record of a key; None when there is none."""
        ...

    def put(self, key: str, record: TokenRecord, /, *, replaces: int) -> bool:
        """Write if the stored generation is `replaces` (0: nothing stored); False when it is not."""
        ...

    def lease(self, key: str, holder: str, /, *, seconds: float) -> bool:
        """Take the right to fetch for so many seconds; False while another holder has it."""
        ...

    def release(self, key: str, holder: str, /) -> None:
        """Give up the lease, if `holder` still has it."""
        ...


class MemoryTokenStore:
    """For one process: shared by all its threads, tasks and clients, forgotten at its end."""

    waits = False

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._records: dict[str, TokenRecord] = {}
        self._leases: dict[str, tuple[str, float]] = {}

    def get(self, key: str, /) -> TokenRecord | None:
        with self._lock:
            return self._records.get(key)

    def put(self, key: str, record: TokenRecord, /, *, replaces: int) -> bool:
        with self._lock:
            stored = self._records.get(key)
            if (stored.generation if stored else 0) != replaces:
                return False
            self._records[key] = record
            return True

    def lease(self, key: str, holder: str, /, *, seconds: float) -> bool:
        now = self._clock.now()
        with self._lock:
            owner, until = self._leases.get(key, (holder, now))
            if owner != holder and now < until <= now + seconds:  # later: the clock was set back
                return False
            self._leases[key] = (holder, now + seconds)
            return True

    def release(self, key: str, holder: str, /) -> None:
        with self._lock:
            if self._leases.get(key, ("", 0.0))[0] == holder:
                del self._leases[key]
