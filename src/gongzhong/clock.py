"""Time as a parameter.

Everything that reads the time takes a `Clock`, so that a token can expire and a 48-hour window can close in a
test without anybody waiting. `Clock` is the machine's; `MovableClock` is one that a test or the platform's
control page can advance or freeze.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import ClassVar, Never

from .errors import ArgumentError, say


def step_s(seconds: float, minutes: float, hours: float, days: float, unknown: Iterable[str] = ()) -> float:
    """How far a clock is to be moved, in seconds.

    Raises ArgumentError for `unknown` units, ValueError for a step back.
    """
    for unit in unknown:
        raise ArgumentError(
            f"时钟不能按 {unit} 拨",
            f"a clock is not moved by {unit}",
            fix_zh="用 seconds、minutes、hours 或 days，例如 advance(days=730)",
            fix_en="use seconds, minutes, hours or days, such as advance(days=730)",
        )
    step = seconds + 60 * minutes + 3600 * hours + 86400 * days
    if step < 0:
        raise ValueError(say("时钟只能向前拨", "a clock moves forward only"))
    return step


class Clock:
    """The wall clock, in unix seconds."""

    ahead_s: ClassVar[float] = 0.0
    """Seconds that every `Clock` of this process is ahead of the machine's: 0 except in programs that `gongzhong dev`
    runs, whose tokens, tickets and sessions expire by the time of the platform."""

    def now(self) -> float:
        return time.time() + Clock.ahead_s


class MovableClock(Clock):
    """A clock that runs like the wall clock, shifted by what `advance` added, until it is frozen."""

    def __init__(self, start: float | None = None, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        begin = time.time()
        self._offset = 0.0 if start is None else start - begin
        self._frozen_at: float | None = begin + self._offset if frozen else None
        self.moved: Callable[[], None] = lambda: None
        """Called after every change of the setting, by the thread that made it."""

    def now(self) -> float:
        with self._lock:
            return time.time() + self._offset if self._frozen_at is None else self._frozen_at

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0, **unknown: Never
    ) -> float:
        """Move forward and return the new time. Backwards is refused: WeChat's clock never does that."""
        step = step_s(seconds, minutes, hours, days, unknown)
        with self._lock:
            if self._frozen_at is None:
                self._offset += step
            else:
                self._frozen_at += step
        return self._told()

    def turn_to(self, moment: float) -> float:
        """Show another time, also an earlier one: for a world that was restored together with its time."""
        with self._lock:
            if self._frozen_at is None:
                self._offset = moment - time.time()
            else:
                self._frozen_at = moment
        return self._told()

    def follow_machine(self) -> float:
        """Run with the machine's clock again, without any shift; this may be a step back."""
        self.restore(0.0, None)
        return self._told()

    def setting(self) -> tuple[float, float | None]:
        """Seconds ahead of the wall clock, and the moment at which the clock stands if it is frozen."""
        with self._lock:
            return self._offset, self._frozen_at

    def restore(self, ahead: float, frozen_at: float | None) -> None:
        """Take over a `setting` that another clock had."""
        with self._lock:
            self._offset, self._frozen_at = ahead, frozen_at

    def _told(self) -> float:
        self.moved()
        return self.now()

    def freeze(self) -> None:
        """Stop the clock where it is; `advance` still moves it."""
        now = self.now()
        with self._lock:
            self._frozen_at = now
        self.moved()

    def resume(self) -> None:
        """Let a frozen clock run on from where it stands."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - time.time()
                self._frozen_at = None
        self.moved()

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None


class RelayClock(Clock):
    """A clock that passes on the time of whichever clock `source` gives when it is asked."""

    def __init__(self, source: Callable[[], Clock]) -> None:
        self._source = source

    def now(self) -> float:
        return self._source().now()
