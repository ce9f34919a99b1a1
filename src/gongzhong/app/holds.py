"""A budget for connections that are held past WeChat's patience.

Holding a connection makes WeChat deliver again, which buys a slow handler time; but each hold counts as a
timeout on WeChat's side, and thirty in five minutes raise an alarm and may block the account's URL for a
minute. So holds are rationed below that, for the whole account.
"""

from __future__ import annotations

from collections import deque

from .rules import ALARM_TIMEOUTS, ALARM_WINDOW_S

MOST_HOLDS = ALARM_TIMEOUTS * 2 // 3
"""Leaves a third of the alarm's count for timeouts that nobody chose."""


class Holds:
    """At most `most` holds in any `window_s` seconds."""

    def __init__(self, most: int = MOST_HOLDS, window_s: float = ALARM_WINDOW_S) -> None:
        self._most = most
        self._window_s = window_s
        self._taken: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Use one hold; False when the budget is spent."""
        while self._taken and self._taken[0] <= now - self._window_s:
            self._taken.popleft()
        if len(self._taken) >= self._most:
            return False
        self._taken.append(now)
        return True
