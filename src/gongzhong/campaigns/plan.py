"""When and how fast a campaign sends: stored with its content as JSON, without data of people."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from .. import facts
from ..errors import SetupError
from .contents import AnyContent
from .decision import Rules

CHINA: Final = timezone(timedelta(seconds=facts.CHINA_AHEAD_S))
CHINA_ZONE: Final = "Asia/Shanghai"
HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")


class Quota(msgspec.Struct, frozen=True):
    """How many calls an account may make in a day or month of China, and when the next one begins (unix seconds)."""

    name: str
    most: int
    resets_at: float
    by_month: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Content and pace of a campaign. Raises SetupError for values that mean nothing."""

    content: AnyContent
    rate: float = 0.0
    """Calls a second, all workers together; 0: as fast as they can."""
    daily: int = 0
    """The account's daily quota of the call, which grows with its followers; 0: that of a new account."""
    monthly: int = 0
    """How often a month the account may send a broadcast to everybody; 0: as often as a service account."""
    share: float = 1.0
    """The part of the daily quota that campaigns may use, above 0 to 1."""
    start_at: float = 0.0
    """Nothing is sent before; unix seconds."""
    hours: str = ""
    """The hours of the day in which it sends, such as 09:00-21:30; empty: all."""
    zone: str = CHINA_ZONE
    """The account's time zone, for `hours`."""

    def __post_init__(self) -> None:
        if not (min(self.rate, self.daily, self.monthly) >= 0 and 0 < self.share <= 1):
            raise SetupError(
                "rate、daily 和 monthly 不能为负，share 须大于 0、不超过 1",
                "rate, daily and monthly are not negative, share is above 0 and at most 1",
            )
        read_hours(self.hours)
        read_zone(self.zone)

    @property
    def kind(self) -> str:
        return self.content.kind

    def quota(self, now: float) -> Quota:
        """What a call is charged to that is made at this moment."""
        if self.content.monthly:
            most = self.monthly or self.content.monthly
            return Quota(f"everybody {day_of(now)[:7]}", most, next_month(now), by_month=True)
        most = int((self.daily or self.content.daily) * self.share)
        return Quota(f"{self.kind} {day_of(now)}", most, next_day(now))

    @property
    def rules(self) -> Rules:
        """How sends may be tried again, and how many go at once: no more than the rate allows in a second."""
        most = Rules().unit if not self.rate else min(Rules().unit, max(1, int(self.rate)))
        return Rules(once_s=self.content.once_s, unit=1 if self.content.together else most)

    def opens_at(self, now: float) -> float:
        """The first moment, from `now` on, at which it may send; both in unix seconds."""
        at = max(now, self.start_at)
        opening, closing = read_hours(self.hours)
        if opening == closing:
            return at
        local = datetime.fromtimestamp(at, read_zone(self.zone))
        minute = local.hour * 60 + local.minute
        inside = opening <= minute < closing if opening < closing else minute >= opening or minute < closing
        if inside:
            return at
        opened = local.replace(hour=opening // 60, minute=opening % 60, second=0, microsecond=0)
        if opened <= local:
            opened += timedelta(days=1)
        return opened.timestamp()


def read_hours(text: str) -> tuple[int, int]:
    """Opening and closing as minutes of the day; both 0 for all hours. Raises SetupError for anything else."""
    if not text:
        return 0, 0
    found = HOURS.fullmatch(text.strip())
    opening, closing = (
        (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
    )
    if opening == closing or closing > 24 * 60:
        raise SetupError(
            f"hours={text!r}：应是一段时间，例如 09:00-21:30",
            f"hours={text!r}: expected two different times of the day, such as 09:00-21:30",
        )
    return opening, closing


def read_zone(name: str) -> tzinfo:
    """A time zone by its name. Raises SetupError for one that this machine does not know."""
    if name == CHINA_ZONE:
        return CHINA
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SetupError(
            f"没有时区 {name!r}",
            f"there is no time zone {name!r}",
            fix_zh="例如 Asia/Shanghai",
            fix_en="such as Asia/Shanghai",
        ) from None


def next_day(now: float) -> float:
    """Midnight in China, when WeChat's daily quotas begin anew."""
    shifted = now + facts.CHINA_AHEAD_S
    return shifted - shifted % 86_400 + 86_400 - facts.CHINA_AHEAD_S


def next_month(now: float) -> float:
    """Midnight in China before the first day of the next month."""
    first = datetime.fromtimestamp(now, CHINA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=31)).replace(day=1).timestamp()


def day_of(now: float) -> str:
    """The day in China to which a call is counted."""
    return datetime.fromtimestamp(now, CHINA).date().isoformat()
