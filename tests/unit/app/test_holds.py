"""The budget that keeps held connections below WeChat's alarm."""

from __future__ import annotations

from gongzhong.app.holds import ALARM_TIMEOUTS, ALARM_WINDOW_S, Holds


def taken(holds: Holds, now: float) -> bool:
    if holds.left(now) <= 0:
        return False
    holds.take(now)
    return True


def test_never_as_many_as_the_alarm_needs() -> None:
    holds = Holds()
    count = sum(taken(holds, second) for second in range(int(ALARM_WINDOW_S)))
    assert 0 < count < ALARM_TIMEOUTS


def test_the_window_slides() -> None:
    holds = Holds(most=2, window_s=10)
    assert [taken(holds, now) for now in (0, 5, 9, 10, 12, 15)] == [True, True, False, True, False, True]
