"""Which days have data, and the weeks and months made of them, in China's time."""

from __future__ import annotations

import datetime

import pytest

from gongzhong.clock import MovableClock
from gongzhong.platform.world import statistics
from gongzhong.platform.world.refusal import Refusal
from gongzhong.platform.world.statistics import Period
from gongzhong.platform.world.world import CHINA, World


def at(year: int, month: int, day: int, hour: int) -> World:
    moment = datetime.datetime(year, month, day, hour, tzinfo=CHINA)
    return World(clock=MovableClock(moment.timestamp(), frozen=True))


@pytest.mark.parametrize(
    ("hour", "last", "code"),
    [
        (10, "2026-11-22", None),
        (10, "2026-11-23", 61501),
        (7, "2026-11-22", 61503),
        (7, "2026-11-21", None),
        (0, "2026-11-23", 61501),
    ],
)
def test_what_is_ready(hour: int, last: str, code: int | None) -> None:
    world = at(2026, 11, 23, hour)
    if code is None:
        statistics.require_ready(world, last)
    else:
        with pytest.raises(Refusal) as refused:
            statistics.require_ready(world, last)
        assert refused.value.code == code


def test_the_latest_day() -> None:
    assert statistics.last_ready(at(2026, 11, 23, 8)) == "2026-11-22"
    assert statistics.last_ready(at(2026, 11, 23, 7)) == "2026-11-21"


def test_weeks_and_months_begin_within() -> None:
    world = at(2026, 11, 23, 10)
    assert statistics.weeks(world, "2026-11-07", "2026-11-16") == [
        Period("2026-11-09", "2026-11-15"),
        Period("2026-11-16", "2026-11-22"),
    ]
    assert statistics.months(world, "2026-01-20", "2026-02-03") == [Period("2026-02-01", "2026-02-28")]
    assert statistics.months(world, "2025-12-01", "2025-12-01") == [Period("2025-12-01", "2025-12-31")]


@pytest.mark.parametrize(
    ("first", "last", "code"), [("2026-11-10", "2026-11-15", 61501), ("2026-11-16", "2026-11-16", 61503)]
)
def test_weeks_that_cannot_be_told(first: str, last: str, code: int) -> None:
    with pytest.raises(Refusal) as refused:
        statistics.weeks(at(2026, 11, 22, 10), first, last)
    assert refused.value.code == code


def test_every_day() -> None:
    assert statistics.each_day("2026-02-27", "2026-03-01") == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert statistics.plus_days("2026-02-28", 1) == "2026-03-01"
