"""The budget that keeps held connections below WeChat's alarm."""

from __future__ import annotations

from gongzhong.app.holds import Holds
from gongzhong.app.rules import ALARM_TIMEOUTS, ALARM_WINDOW_S


def test_never_as_many_as_the_alarm_needs() -> None:
    holds = Holds()
    taken = sum(holds.take(now=second) for second in range(int(ALARM_WINDOW_S)))
    assert 0 < taken < ALARM_TIMEOUTS


def test_the_window_slides() -> None:
    holds = Holds(most=2, window_s=10)
    assert [holds.take(now) for now in (0, 5, 9, 10, 12, 15)] == [True, True, False, True, False, True]
