"""access_token of both kinds, with their true lifetimes (获取接口调用凭据, 获取稳定版接口调用凭据).

The plain kind is new at each request and leaves its predecessor five more minutes. The stable kind stays the same until
five minutes before its end; only a forced refresh kills it at once. The two kinds never touch each other.
"""

from __future__ import annotations

from typing import Literal

from . import accounts, quotas
from .ids import TOKEN_PREFIX
from .refusal import Refusal, require
from .world import AccountState, World

Kind = Literal["plain", "stable"]
FORCED_REFRESH = "stable_token?force_refresh"


def credentials(world: World, appid: str, secret: str) -> AccountState:
    """The account that these credentials belong to."""
    require(appid, 41002)
    account = accounts.get(world, appid)
    require(secret, 41004)
    require(secret == account.secret, 40125)
    require(not account.secret_frozen, 40243)
    return account


def issue(world: World, account: AccountState) -> tuple[str, int]:
    """A new token of the plain kind; the one before it stays valid for `token_overlap_s`."""
    return _new(world, account, "plain", dies_in=world.rules.token_overlap_s)


def stable(world: World, account: AccountState, *, force: bool) -> tuple[str, int]:
    """The token of the stable kind and the seconds it has left."""
    now = world.now()
    row = world.db.one(
        "SELECT value, issued_at, expires_at FROM token WHERE appid = ? AND kind = 'stable' AND replaced_at IS NULL "
        "AND expires_at > ? ORDER BY issued_at DESC LIMIT 1",
        account.appid,
        now,
    )
    if force and (row is None or now - row["issued_at"] >= world.rules.forced_refresh_gap_s):
        quotas.spend(world, account, FORCED_REFRESH, world.rules.forced_refreshes_per_day)
        return _new(world, account, "stable", dies_in=0)
    if row is not None and row["expires_at"] - now > world.rules.token_overlap_s:
        return row["value"], int(row["expires_at"] - now)
    return _new(world, account, "stable", dies_in=world.rules.token_overlap_s)


def _new(world: World, account: AccountState, kind: Kind, *, dies_in: int) -> tuple[str, int]:
    now, lifetime = world.now(), world.rules.token_lifetime_s
    value = world.ids.token()
    with world.db.transaction():
        # Also tokens that were replaced before: none outlives the end that this one sets.
        world.db.run(
            "UPDATE token SET replaced_at = ? WHERE appid = ? AND kind = ? AND coalesce(replaced_at, ?) >= ?",
            now + dies_in,
            account.appid,
            kind,
            now + dies_in,
            now + dies_in,
        )
        world.db.run(
            "INSERT INTO token VALUES (?, ?, ?, ?, ?, NULL)", value, account.appid, kind, now, now + lifetime
        )
    return value, lifetime


def check(world: World, token: str | None) -> AccountState:
    """Whose token it is. Refuses with 41001, 40014, 40001 or 42001, which mean different things."""
    require(token, 41001)
    row = world.db.one("SELECT appid, expires_at, replaced_at FROM token WHERE value = ?", token)
    if row is None:
        raise _unknown(token)
    now = world.now()
    require(row["replaced_at"] is None or now < row["replaced_at"], 40001)
    require(now < row["expires_at"], 42001)
    return accounts.get(world, row["appid"])


def of_web_token(world: World, value: str | None) -> AccountState:
    """The account of a call that carries a web access_token (网页授权) in its place."""
    require(value, 41001)
    appid = world.db.value("SELECT appid FROM web_token WHERE access_token = ?", value)
    if appid is None:
        raise _unknown(value)
    return accounts.get(world, appid)


def _unknown(value: str | None) -> Refusal:
    """40001 for what could have been a token, 40014 for what never was one."""
    return Refusal(40001 if str(value).startswith(TOKEN_PREFIX) else 40014)


def ticket(world: World, account: AccountState, kind: str) -> tuple[str, int]:
    """The ticket of a kind (`jsapi`, `wx_card`) and the seconds it has left; a new one when none is valid."""
    now = world.now()
    row = world.db.one(
        "SELECT value, expires_at FROM ticket WHERE appid = ? AND kind = ? AND expires_at > ?",
        account.appid,
        kind,
        now,
    )
    if row is not None:
        return row["value"], int(row["expires_at"] - now)
    lifetime, value = world.rules.ticket_lifetime_s, world.ids.ticket()
    world.db.run("INSERT INTO ticket VALUES (?, ?, ?, ?)", value, account.appid, kind, now + lifetime)
    return value, lifetime


def owner(world: World, value: str) -> str:
    """The AppID that a token was made for, valid or not; empty for what never was a token."""
    appid: str | None = world.db.value(
        "SELECT appid FROM token WHERE value = ? UNION ALL SELECT appid FROM web_token WHERE access_token = ?",
        value,
        value,
    )
    return appid or ""
