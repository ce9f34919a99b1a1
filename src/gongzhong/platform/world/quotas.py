"""Daily and monthly counts (接口调用次数限制): what was called how often, and what is left.

A count belongs to a natural day (or month) in China; the next one starts at zero by itself.
"""

from __future__ import annotations

from typing import Literal

from ...catalogue.model import Spec
from ...catalogue.registry import CALLS
from . import people
from .refusal import Refusal
from .world import AccountState, World

CLEAR_ALL = "clear_quota"
CLEAR_ONE = "openapi/quota/clear"
CLEARINGS_USED_UP = 48006
MINUTE_PREFIX = "minute:"

# These have an allowance of their own, or must answer when everything else is used up.
UNCOUNTED = frozenset(
    {
        "/cgi-bin/clear_quota",
        "/cgi-bin/clear_quota/v2",
        "/cgi-bin/openapi/quota/clear",
        "/cgi-bin/openapi/quota/get",
    }
)


def limit(account: AccountState, spec: Spec) -> int | None:
    """The daily quota of this account for one call; None means that none is published, hence unlimited here."""
    configured = account.call_limits.get(spec.path)
    return spec.daily_for(account.type) if configured is None else configured


def grown(world: World, account: AccountState, spec: Spec) -> int | None:
    """The daily quota with what the number of followers adds to it, where it adds anything."""
    daily, rules = limit(account, spec), world.rules
    if daily is None or spec.path in account.call_limits or spec.path not in rules.growing_quotas:
        return daily
    followers = people.follower_count(world, account)
    return daily * max((factor for many, factor in rules.quota_growth.items() if followers > many), default=1)


def used(world: World, account: AccountState, path: str) -> int:
    count = world.db.value(
        "SELECT used FROM quota WHERE appid = ? AND period = ? AND path = ?",
        account.appid,
        world.today(),
        path,
    )
    return count or 0


def _count(world: World, account: AccountState, period: str, path: str, allowed: int | None) -> bool:
    """Count one use; False, and nothing is counted, when `allowed` is used up."""
    if allowed is not None and allowed <= 0:
        return False
    counted = world.db.value(
        "INSERT INTO quota VALUES (?, ?, ?, 1) "
        "ON CONFLICT DO UPDATE SET used = used + 1 WHERE ? IS NULL OR used < ? RETURNING used",
        account.appid,
        period,
        path,
        allowed,
        allowed,
    )
    return counted is not None


def begin_at(world: World, account: AccountState, path: str, count: int) -> None:
    """Have `count` calls of today as made already."""
    world.db.run(
        "INSERT OR REPLACE INTO quota VALUES (?, ?, ?, ?)", account.appid, world.today(), path, count
    )


def spend(world: World, account: AccountState, path: str, allowed: int | None) -> None:
    """Count one call of today; refuses with 45009 when `allowed` is used up."""
    if not _count(world, account, world.today(), path, allowed):
        raise Refusal(45009)


def spend_today(world: World, account: AccountState, spec: Spec) -> None:
    """Count one call of today; refuses with 45009. Followers are only counted when the plain quota is used up."""
    try:
        spend(world, account, spec.path, limit(account, spec))
    except Refusal:
        spend(world, account, spec.path, grown(world, account, spec))


def spend_minute(world: World, account: AccountState, path: str, allowed: int | None) -> None:
    """Count one call of this minute; refuses with 45011."""
    if allowed is None:
        return
    period = f"{MINUTE_PREFIX}{world.seconds() // 60}"
    if not _count(world, account, period, path, allowed):
        raise Refusal(45011)


def spend_month(world: World, account: AccountState, what: str, allowed: int) -> None:
    """Count one clearing of this month; refuses with 48006."""
    if not _count(world, account, world.month(), what, allowed):
        raise Refusal(CLEARINGS_USED_UP)


def clear(world: World, account: AccountState, scope: Literal["all", "one"], path: str = "") -> None:
    """Set today's counts back to zero, within the month's allowance of clearings."""
    rules = world.rules
    if scope == "all":
        spend_month(world, account, CLEAR_ALL, rules.clear_quota_per_month)
        world.db.run("DELETE FROM quota WHERE appid = ? AND period = ?", account.appid, world.today())
    else:
        spend_month(world, account, CLEAR_ONE, rules.clear_one_quota_per_month)
        world.db.run(
            "DELETE FROM quota WHERE appid = ? AND period = ? AND path = ?",
            account.appid,
            world.today(),
            path,
        )


def of_today(world: World, account: AccountState) -> dict[str, int]:
    """Every path called today with its count."""
    rows = world.db.all(
        "SELECT path, used FROM quota WHERE appid = ? AND period = ? ORDER BY path",
        account.appid,
        world.today(),
    )
    return {row["path"]: row["used"] for row in rows}


def table(world: World, account: AccountState) -> list[dict[str, object]]:
    """Every call with a quota or with calls today, as the console shows it."""
    counted = of_today(world, account)
    rows: list[dict[str, object]] = []
    for call in CALLS:
        path, daily = call.spec.path, grown(world, account, call.spec)
        if account.type in call.spec.accounts and (daily is not None or path in counted):
            rows.append({"path": path, "daily": daily, "used": counted.get(path, 0)})
    return rows
