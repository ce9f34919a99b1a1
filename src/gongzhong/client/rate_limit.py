"""A clock that never goes back, and a limit on how often a token may be fetched.

When the store is down, or two programs invalidate each other's token, every call needs a new one, and a day's quota
would be used up in seconds. A `RateLimit` allows a few fetches at once, then one per interval.
"""

from __future__ import annotations

import threading

from ..clock import Clock


class Elapsed:
    """Seconds that passed on a clock since this was made; a clock that is set back adds nothing.

    Pauses are measured with it: on the clock itself a pause of a minute would last a day when the clock is set back
    by a day.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._total, self._read_at = 0.0, clock.now()

    def now(self) -> float:
        with self._lock:
            at = self._clock.now()
            self._total += max(0.0, at - self._read_at)
            self._read_at = at
            return self._total


class RateLimit:
    """At most `burst` at once; one more comes back every `refill_s` seconds. Not thread-safe."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self._burst, self._refill_s = burst, refill_s
        self._left = float(burst)
        self._counted_at: float | None = None

    def spend(self, now: float) -> bool:
        """Use up one of the allowed; False when none is left."""
        self._refill(now)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """Undo one `spend`, for a request that certainly was not sent."""
        self._left = min(self._burst, self._left + 1)

    def next_in_s(self, now: float) -> float:
        """Seconds until `spend` succeeds again."""
        self._refill(now)
        return max(0.0, (1 - self._left) * self._refill_s)

    def _refill(self, now: float) -> None:
        if self._counted_at is not None:
            gone_by = max(0.0, now - self._counted_at)
            self._left = min(self._burst, self._left + gone_by / self._refill_s)
        self._counted_at = now
