"""网页授权: codes, web tokens and what they may read.

A code is used once within five minutes. The web access_token belongs to one account, one person and one scope;
it is unrelated to the access_token of the API.
"""

from __future__ import annotations

import sqlite3

import msgspec

from . import people, privacy
from .refusal import Refusal, require
from .world import AccountState, World

BASE, USERINFO = "snsapi_base", "snsapi_userinfo"
CODE_LENGTH = 32
ENDED_BY_PERSON = 42007


class WebToken(msgspec.Struct, frozen=True):
    refresh_token: str
    access_token: str
    appid: str
    openid: str
    scope: str
    snapshot: int
    expires_at: float
    refresh_expires_at: float


def grant(world: World, account: AccountState, person: str, scope: str, *, snapshot: bool = False) -> str:
    """The person agreed (or need not be asked): a fresh code for the redirect."""
    tie = people.relation(world, account, person)
    openid = world.ids.openid(account.appid, f"snapshot:{person}") if snapshot else tie.openid
    code = world.ids.fresh(CODE_LENGTH)
    world.db.run(
        "INSERT INTO grant_code (code, appid, openid, scope, snapshot, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        code,
        account.appid,
        openid,
        scope,
        int(snapshot),
        world.now() + world.rules.code_lifetime_s,
    )
    if scope == USERINFO and not snapshot:
        world.db.run(
            "INSERT OR REPLACE INTO consent VALUES (?, ?, ?, ?)", account.appid, openid, scope, world.now()
        )
    return code


def exchange(world: World, account: AccountState, code: str) -> WebToken:
    """A code for a token. Refuses with 40029 unknown, 40163 used before, 42003 too old."""
    require(code, 41008)
    row = world.db.one("SELECT * FROM grant_code WHERE code = ?", code)
    if row is None or row["appid"] != account.appid:
        raise Refusal(40029)
    require(not row["used"], 40163)
    require(row["expires_at"] > world.now(), 42003)
    world.db.run("UPDATE grant_code SET used = 1 WHERE code = ?", code)
    rules = world.rules
    token = WebToken(
        refresh_token=world.ids.token(),
        access_token=world.ids.token(),
        appid=account.appid,
        openid=row["openid"],
        scope=row["scope"],
        snapshot=row["snapshot"],
        expires_at=world.now() + rules.web_token_lifetime_s,
        refresh_expires_at=world.now() + rules.refresh_token_lifetime_s,
    )
    world.db.run("INSERT INTO web_token VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *msgspec.structs.astuple(token))
    return token


def refresh(world: World, account: AccountState, refresh_token: str) -> WebToken:
    """Prolong a valid token, or replace an expired one. Refuses with 40030 (unknown), 42002 (too old) or
    42007 (ended by the person)."""
    require(refresh_token, 41003)
    row = world.db.one(
        "SELECT * FROM web_token WHERE refresh_token = ? AND appid = ?", refresh_token, account.appid
    )
    if row is None:
        raise Refusal(40030)
    old, now = _token(row), world.now()
    require(not privacy.token_ended(world, old.refresh_token), ENDED_BY_PERSON)
    require(old.refresh_expires_at > now, 42002)
    value = old.access_token if old.expires_at > now else world.ids.token()
    fresh = msgspec.structs.replace(
        old, access_token=value, expires_at=now + world.rules.web_token_lifetime_s
    )
    world.db.run(
        "UPDATE web_token SET access_token = ?, expires_at = ? WHERE refresh_token = ?",
        fresh.access_token,
        fresh.expires_at,
        refresh_token,
    )
    return fresh


def _token(row: sqlite3.Row) -> WebToken:
    return WebToken(**dict(row))


def check(world: World, access_token: str, openid: str) -> WebToken:
    """The token, if it is valid and belongs to this OpenID. Refuses with 40001, 42001, 40003,
    42007."""
    require(access_token, 41001)
    require(openid, 41009)
    row = world.db.one("SELECT * FROM web_token WHERE access_token = ?", access_token)
    if row is None:
        raise Refusal(40001)
    token = _token(row)
    require(not privacy.token_ended(world, token.refresh_token), ENDED_BY_PERSON)
    require(token.expires_at > world.now(), 42001)
    require(token.openid == openid, 40003)
    return token
