"""A bound on how often something may be fetched, whatever else goes wrong.

When a store is down or two programs keep taking the token away from each other, every call would like to
fetch one; a day's quota is then gone in seconds. A budget allows a few at once and, after that, one in a
while.
"""

from __future__ import annotations


class Budget:
    """At most `burst` at once; one more comes back every `refill_s` seconds. Its owner locks it."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self._burst, self._refill_s = burst, refill_s
        self._left = float(burst)
        self._counted_at: float | None = None

    def spend(self, now: float) -> bool:
        """Take one, if there is one."""
        self._refill(now)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """Undo one `spend`: what was planned surely did not happen."""
        self._left = min(self._burst, self._left + 1)

    def next_in_s(self, now: float) -> float:
        """Seconds until `spend` works again."""
        self._refill(now)
        return max(0.0, (1 - self._left) * self._refill_s)

    def _refill(self, now: float) -> None:
        if self._counted_at is not None:
            gone_by = max(0.0, now - self._counted_at)
            self._left = min(self._burst, self._left + gone_by / self._refill_s)
        self._counted_at = now
