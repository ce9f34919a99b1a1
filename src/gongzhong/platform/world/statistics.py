"""Statistics of followers, messages and pushes (数据统计), counted from what happened on this platform.

A row stands only where something happened; days before the account existed have none.

Every act is counted when it happens; nothing is estimated. Days, weeks and months are China's.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

import msgspec

from . import people
from .refusal import Refusal, require
from .world import CHINA, AccountState, World

INTERVALS: Final = ((5, 1), (10, 2))
"""Messages of one person up to … → count_interval; more is 3."""
MANY: Final = 3


class Change(msgspec.Struct, frozen=True):
    day: str
    source: int
    came: int
    went: int


class Messages(msgspec.Struct, frozen=True):
    day: str
    hour: int
    type: int
    people: int
    count: int


class Callbacks(msgspec.Struct, frozen=True):
    day: str
    hour: int
    count: int
    failed: int
    total_ms: int
    longest_ms: int


def changes(world: World, account: AccountState, period: Period) -> list[Change]:
    """Who came and went, by day and way of coming."""
    rows = world.db.all(
        "SELECT day, source, came, went FROM follow_tally WHERE appid = ? AND day BETWEEN ? AND ? "
        "ORDER BY day, source",
        account.appid,
        period.first,
        period.last,
    )
    return [Change(*row) for row in rows]


def totals(world: World, account: AccountState, period: Period) -> list[tuple[str, int]]:
    """Followers at the end of each day: those of now, less what changed since."""
    begin = max(period.first, beginning(world, account))
    now = people.follower_count(world, account)
    found = []
    for day in each_day(begin, period.last) if begin <= period.last else []:
        since = world.db.value(
            "SELECT coalesce(sum(came - went), 0) FROM follow_tally WHERE appid = ? AND day > ?",
            account.appid,
            day,
        )
        found.append((day, now - since))
    return found


def messages(world: World, account: AccountState, period: Period, *, hourly: bool = False) -> list[Messages]:
    """Messages by day (or hour) and type."""
    hour = "hour" if hourly else "0"
    rows = world.db.all(
        f"SELECT day, {hour} AS at, type, count(DISTINCT openid), sum(count) FROM message_tally "
        "WHERE appid = ? AND day BETWEEN ? AND ? GROUP BY day, at, type ORDER BY day, at, type",
        account.appid,
        period.first,
        period.last,
    )
    return [Messages(*row) for row in rows]


def messages_of_periods(world: World, account: AccountState, periods: Iterable[Period]) -> list[Messages]:
    """Messages by period and type; the period goes by its first day."""
    found = []
    for period in periods:
        rows = world.db.all(
            "SELECT ?, 0, type, count(DISTINCT openid), sum(count) FROM message_tally "
            "WHERE appid = ? AND day BETWEEN ? AND ? GROUP BY type ORDER BY type",
            period.first,
            account.appid,
            period.first,
            period.last,
        )
        found += [Messages(*row) for row in rows]
    return found


def senders(world: World, account: AccountState, periods: Iterable[Period]) -> list[tuple[str, int, int]]:
    """How many people sent few or many messages in each period: first day, count_interval, people."""
    found = []
    for period in periods:
        counts = world.db.column(
            "SELECT sum(count) FROM message_tally WHERE appid = ? AND day BETWEEN ? AND ? GROUP BY openid",
            account.appid,
            period.first,
            period.last,
        )
        intervals = [_interval(count) for count in counts]
        found += [(period.first, one, intervals.count(one)) for one in sorted(set(intervals))]
    return found


def _interval(count: int) -> int:
    return next((interval for most, interval in INTERVALS if count <= most), MANY)


def callbacks(
    world: World, account: AccountState, period: Period, *, hourly: bool = False
) -> list[Callbacks]:
    """Pushes to the account's server by day (or hour): how many, how many failed, how long they took."""
    hour = "hour" if hourly else "0"
    rows = world.db.all(
        f"SELECT day, {hour} AS at, sum(count), sum(failed), sum(total_ms), max(longest_ms) FROM callback_tally "
        "WHERE appid = ? AND day BETWEEN ? AND ? GROUP BY day, at ORDER BY day, at",
        account.appid,
        period.first,
        period.last,
    )
    return [Callbacks(*row) for row in rows]


SOURCES: Final = {
    "ADD_SCENE_SEARCH": 1,
    "ADD_SCENE_PROFILE_CARD": 17,
    "ADD_SCENE_QR_CODE": 30,
    "ADD_SCENE_PROFILE_LINK": 57,
    "ADD_SCENE_PROFILE_ITEM": 57,
    "ADD_SCENE_WECHAT_ADVERTISEMENT": 100,
    "ADD_SCENE_REPRINT": 161,
    "ADD_SCENE_LIVESTREAM": 201,
    "ADD_SCENE_CHANNELS": 200,
    "ADD_SCENE_MINI_PROGRAM": 149,
}
"""Way of coming → user_source of the statistics; all others are 0."""

MESSAGE_TYPES: Final = {"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4, "link": 6}
"""Kind of message → msg_type of the statistics; places have none."""


def day_and_hour(world: World) -> tuple[str, int]:
    """Day and hour in China."""
    now = datetime.datetime.fromtimestamp(world.now(), CHINA)
    return now.strftime("%Y-%m-%d"), now.hour


def begin(world: World, appid: str) -> None:
    """An account exists from now on."""
    world.db.run("INSERT OR IGNORE INTO account_beginning VALUES (?, ?)", appid, world.today())


def beginning(world: World, account: AccountState) -> str:
    day: str | None = world.db.value("SELECT day FROM account_beginning WHERE appid = ?", account.appid)
    return day or world.today()


def _follower(world: World, account: AccountState, how: str, came: int, went: int) -> None:
    world.db.run(
        "INSERT INTO follow_tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET came = came + excluded.came, "
        "went = went + excluded.went",
        account.appid,
        world.today(),
        SOURCES.get(how, 0),
        came,
        went,
    )


def followed(world: World, account: AccountState, how: str) -> None:
    """Count a new follower; `how` is the subscribe_scene."""
    _follower(world, account, how, 1, 0)


def unfollowed(world: World, account: AccountState, how: str) -> None:
    """Count a follower who left; `how` is the subscribe_scene by which they had come."""
    _follower(world, account, how, 0, 1)


def said(world: World, account: AccountState, openid: str, kind: str) -> None:
    """Count a message that a person sent."""
    if kind not in MESSAGE_TYPES:
        return
    day, hour = day_and_hour(world)
    world.db.run(
        "INSERT INTO message_tally VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        account.appid,
        day,
        hour,
        MESSAGE_TYPES[kind],
        openid,
    )


def pushed(world: World, account: AccountState, *, ok: bool, began: float) -> None:
    """A request to the account's server has ended, on the world's clock; `began` is when it began."""
    day, hour = day_and_hour(world)
    cost_ms = round((world.now() - began) * 1000)
    world.db.run(
        "INSERT INTO callback_tally VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + 1, "
        "failed = failed + excluded.failed, total_ms = total_ms + excluded.total_ms, "
        "longest_ms = max(longest_ms, excluded.longest_ms)",
        account.appid,
        day,
        hour,
        int(not ok),
        cost_ms,
        cost_ms,
    )


def reached(world: World, msg_data_id: int, count: int) -> None:
    """A mass send of articles came to so many phones."""
    world.db.run("INSERT OR REPLACE INTO mass_tally VALUES (?, ?)", msg_data_id, count)


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


def each_day(first: str, last: str) -> list[str]:
    """Every day of a period."""
    start = datetime.date.fromisoformat(first)
    count = (datetime.date.fromisoformat(last) - start).days + 1
    return [str(start + ONE_DAY * number) for number in range(count)]


def plus_days(day: str, number: int) -> str:
    return str(datetime.date.fromisoformat(day) + ONE_DAY * number)


def _is_monday(day: str) -> bool:
    return datetime.date.fromisoformat(day).weekday() == 0


def _end_of_month(day: str) -> str:
    next_month = datetime.date.fromisoformat(day).replace(day=1) + ONE_DAY * 31
    return str(next_month.replace(day=1) - ONE_DAY)


def weeks(world: World, first: str, last: str) -> list[Period]:
    """The weeks that begin within a period; refuses with 61501 if none does, with 61503 while one is not over."""
    return _whole(world, [Period(day, plus_days(day, 6)) for day in each_day(first, last) if _is_monday(day)])


def months(world: World, first: str, last: str) -> list[Period]:
    """The months that begin within a period; refuses as `weeks` does."""
    found = [Period(day, _end_of_month(day)) for day in each_day(first, last) if day.endswith("-01")]
    return _whole(world, found)


def _whole(world: World, periods: list[Period]) -> list[Period]:
    if not periods:
        raise Refusal(OUT_OF_RANGE, "the dates must hold the first day of a week or month")
    require(periods[-1].last <= last_ready(world), NOT_READY)
    return periods
