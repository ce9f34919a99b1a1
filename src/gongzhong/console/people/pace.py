"""How much a key may ask in one minute, counted for all processes of the people API where they share a state.

While the state is out of reach each process counts by itself: a stolen key must not get more then.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ...clock import Clock
from ...errors import StateDown

if TYPE_CHECKING:
    from ...state import State

MINUTE_S: Final = 60.0


class Pace:
    """Counts requests. `state`: the address of the shared state; empty: this process counts alone.

    Raises SetupError for a wrong address.
    """

    def __init__(self, per_minute: int, clock: Clock, state: str = "") -> None:
        self._per_minute, self._clock = per_minute, clock
        self._state: State | None = None
        if state:
            from ...state import open_state

            self._state = open_state(state, clock)
        self._alone: Counter[str] = Counter()
        self._minute = 0

    async def spend(self, key: str) -> float:
        """Count a request of a key: 0 when it may be made, else in how many seconds the next one may."""
        minute, gone_s = divmod(self._clock.now(), MINUTE_S)
        left_s = MINUTE_S - gone_s
        allowed = self._spend_alone(key, int(minute))
        if allowed and self._state is not None:
            name = f"people-api|{key}|{minute:.0f}"
            with suppress(StateDown):
                allowed = await self._state.add(name, 1, self._per_minute, left_s + MINUTE_S) is not None
        return 0.0 if allowed else left_s

    async def close(self) -> None:
        if self._state is not None:
            await self._state.close()

    def _spend_alone(self, key: str, minute: int) -> bool:
        if minute != self._minute:
            self._alone.clear()
            self._minute = minute
        self._alone[key] += 1
        return self._alone[key] <= self._per_minute
