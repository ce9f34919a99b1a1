"""How often a connection may be held past WeChat's patience, so that it delivers again to a slow handler."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from .. import facts
from ..background import in_task
from ..errors import StateDown

if TYPE_CHECKING:
    from ..state import State

# 接口报警 (confirmed): this many timeouts in five minutes raise the alarm and may block the account's URL
ALARM_TIMEOUTS: Final = facts.ALARM_TIMEOUTS
ALARM_WINDOW_S: Final = facts.ALARM_WINDOW_S
MOST_HOLDS: Final = ALARM_TIMEOUTS * 2 // 3
"""Leaves a third of the alarm's count for timeouts that nobody chose."""
SHARED_HOLDS: Final = ALARM_TIMEOUTS // 2 - 1
"""Of all processes together, from the first one for ALARM_WINDOW_S; so fewer than ALARM_TIMEOUTS in any such time."""


class Holds:
    """How often a connection may be held past WeChat's patience: at most `most` times in any `window_s` seconds.

    Holding makes WeChat deliver again, which buys a slow handler time; but each hold counts as a timeout on WeChat's
    side.
    """

    def __init__(self, most: int = MOST_HOLDS, window_s: float = ALARM_WINDOW_S) -> None:
        self._most = most
        self._window_s = window_s
        self._taken: deque[float] = deque()

    def left(self, now: float) -> int:
        """How many are left at `now`, in the loop's seconds."""
        while self._taken and self._taken[0] <= now - self._window_s:
            self._taken.popleft()
        return self._most - len(self._taken)

    def take(self, now: float) -> None:
        """Use one."""
        self._taken.append(now)


class SharedHolds:
    """The same for all processes of an account together."""

    def __init__(self, state: State, appid: str) -> None:
        self._state, self._key = state, f"holds|{appid}"

    async def reserve(self) -> int:
        """1 if a connection may be held past WeChat's patience, which uses up one time of all processes' budget."""
        try:
            await in_task()
            return int(await self._state.add(self._key, 1, SHARED_HOLDS, ALARM_WINDOW_S) is not None)
        except StateDown:
            return 0

    async def give_back(self) -> None:
        """A time that was reserved is not needed. Raises StateDown."""
        await self._state.add(self._key, -1, None, ALARM_WINDOW_S)
