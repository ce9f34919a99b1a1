"""Days of China, as statistics are asked for: which are ready, and the weeks and months made of them."""

from __future__ import annotations

import datetime
from typing import Final

import msgspec

from .refusal import Refusal, require
from .world import CHINA, World

OUT_OF_RANGE: Final = 61501
NOT_READY: Final = 61503
ONE_DAY: Final = datetime.timedelta(days=1)


class Period(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both included, as `YYYY-MM-DD`."""

    first: str
    last: str


def require_ready(world: World, last: str) -> None:
    """Refuse with 61501 a day that is not over, with 61503 yesterday before its data are ready."""
    now = datetime.datetime.fromtimestamp(world.now(), CHINA)
    yesterday = str(now.date() - ONE_DAY)
    require(last <= yesterday, OUT_OF_RANGE, "end_date must be before today")
    require(last < yesterday or now.hour >= world.rules.statistics_ready_hour, NOT_READY)


def last_ready(world: World) -> str:
    """The latest day whose data are ready."""
    now = datetime.datetime.fromtimestamp(world.now(), CHINA)
    early = now.hour < world.rules.statistics_ready_hour
    return str(now.date() - ONE_DAY * (2 if early else 1))


def each(first: str, last: str) -> list[str]:
    """Every day of a period."""
    start = datetime.date.fromisoformat(first)
    count = (datetime.date.fromisoformat(last) - start).days + 1
    return [str(start + ONE_DAY * number) for number in range(count)]


def plus(day: str, number: int) -> str:
    return str(datetime.date.fromisoformat(day) + ONE_DAY * number)


def _is_monday(day: str) -> bool:
    return datetime.date.fromisoformat(day).weekday() == 0


def _end_of_month(day: str) -> str:
    next_month = datetime.date.fromisoformat(day).replace(day=1) + ONE_DAY * 31
    return str(next_month.replace(day=1) - ONE_DAY)


def weeks(world: World, first: str, last: str) -> list[Period]:
    """The weeks that begin within a period; refuses with 61501 if none does, with 61503 while one is not over."""
    return _whole(world, [Period(day, plus(day, 6)) for day in each(first, last) if _is_monday(day)])


def months(world: World, first: str, last: str) -> list[Period]:
    """The months that begin within a period; refuses as `weeks` does."""
    found = [Period(day, _end_of_month(day)) for day in each(first, last) if day.endswith("-01")]
    return _whole(world, found)


def _whole(world: World, periods: list[Period]) -> list[Period]:
    if not periods:
        raise Refusal(OUT_OF_RANGE, "the dates must hold the first day of a week or month")
    require(periods[-1].last <= last_ready(world), NOT_READY)
    return periods
