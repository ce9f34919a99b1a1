"""Statistics of followers, messages and pushes (数据统计), counted from what happened on this platform.

A row stands only where something happened; days before the account existed have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from . import days, people, tally
from .days import Period
from .world import AccountState, World

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
    begin = max(period.first, tally.beginning(world, account))
    now = people.follower_count(world, account)
    found = []
    for day in days.each(begin, period.last) if begin <= period.last else []:
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
    """Pushes by day (or hour)."""
    hour = "hour" if hourly else "0"
    rows = world.db.all(
        f"SELECT day, {hour} AS at, sum(count), sum(failed), sum(total_ms), max(longest_ms) FROM callback_tally "
        "WHERE appid = ? AND day BETWEEN ? AND ? GROUP BY day, at ORDER BY day, at",
        account.appid,
        period.first,
        period.last,
    )
    return [Callbacks(*row) for row in rows]
