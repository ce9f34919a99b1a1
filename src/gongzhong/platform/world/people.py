"""People and their relation to accounts: one OpenID per account, one UnionID per Open Platform account."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from .refusal import BadInput, Refusal
from .world import AccountState, World

PERSON_COLUMNS = "name, nickname, headimgurl, sex, language, closed"
NOT_OURS = 49003


class Person(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    nickname: str
    headimgurl: str
    sex: int
    language: str
    closed: bool
    """Whether the person has closed the WeChat account."""


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may know of a person. `person` is None for followers that only exist in bulk."""

    id: int
    appid: str
    openid: str
    person: str | None
    subscribed: bool
    subscribe_time: int
    subscribe_scene: str
    qr_scene: int
    qr_scene_str: str
    remark: str
    blacklisted: bool
    refuses: bool
    reports_location: bool


def create(
    world: World,
    name: str,
    *,
    nickname: str = "",
    headimgurl: str = "",
    sex: int = 0,
    language: str = "zh_CN",
) -> Person:
    """Add a person with WeChat. The same name again changes the profile."""
    if not name.strip():
        raise BadInput("名字不能为空", "the name must not be empty")
    world.db.run(
        "INSERT INTO person (name, nickname, headimgurl, sex, language) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) "
        "DO UPDATE SET nickname = excluded.nickname, headimgurl = excluded.headimgurl",
        name,
        nickname or name,
        headimgurl,
        sex,
        language,
    )
    world.announce("state", {})
    return get(world, name)


def ensure(world: World, name: str) -> None:
    """Make sure that there is a person of this name; one who is there already stays as they are."""
    world.db.run("INSERT OR IGNORE INTO person (name, nickname) VALUES (?, ?)", name, name)


def get(world: World, name: str) -> Person:
    """Raises KeyError for a name that nobody has."""
    row = world.db.one(f"SELECT {PERSON_COLUMNS} FROM person WHERE name = ?", name)
    if row is None:
        raise KeyError(name)
    return _person(row)


def everybody(world: World) -> list[Person]:
    rows = world.db.all(f"SELECT {PERSON_COLUMNS} FROM person ORDER BY rowid")
    return [_person(row) for row in rows]


def _person(row: sqlite3.Row) -> Person:
    values = dict(row)
    values["closed"] = bool(values["closed"])
    return Person(**values)


def _relation(row: sqlite3.Row) -> Relation:
    values: dict[str, Any] = dict(row)
    for flag in ("subscribed", "blacklisted", "refuses", "reports_location"):
        values[flag] = bool(values[flag])
    return Relation(**values)


def relation(world: World, account: AccountState, person: str, openid: str = "") -> Relation:
    """The relation of a person to an account, made at the first contact."""
    row = world.db.one("SELECT * FROM relation WHERE appid = ? AND person = ?", account.appid, person)
    if row is None:
        world.db.run(
            "INSERT INTO relation (appid, openid, person) VALUES (?, ?, ?)",
            account.appid,
            openid or world.ids.openid(account.appid, person),
            person,
        )
        row = world.db.one("SELECT * FROM relation WHERE appid = ? AND person = ?", account.appid, person)
    assert row is not None
    return _relation(row)


def relation_id(world: World, account: AccountState, person: str) -> int | None:
    """The id of the relation of a person to an account; None before the first contact."""
    id: int | None = world.db.value(
        "SELECT id FROM relation WHERE appid = ? AND person = ?", account.appid, person
    )
    return id


def change_relation(world: World, id: int, **values: object) -> None:
    """Set columns of one relation; the names are those of `Relation`."""
    columns = ", ".join(f"{name} = ?" for name in values)
    world.db.run(f"UPDATE relation SET {columns} WHERE id = ?", *values.values(), id)


def known_to(world: World, person: str) -> list[str]:
    """The AppIDs of the accounts at which a person has an OpenID."""
    return world.db.column("SELECT appid FROM relation WHERE person = ?", person)


def by_openid(world: World, account: AccountState, openid: str) -> Relation:
    """Raises Refusal 40003 for an OpenID that this account never saw."""
    row = world.db.one("SELECT * FROM relation WHERE appid = ? AND openid = ?", account.appid, openid)
    if row is None:
        raise Refusal(40003)
    return _relation(row)


def ours(world: World, account: AccountState, openid: str) -> Relation:
    """As `by_openid`, but an OpenID of another account is refused with 49003, as calls on batches do."""
    try:
        return by_openid(world, account, openid)
    except Refusal:
        if world.db.value("SELECT 1 FROM relation WHERE openid = ?", openid):
            raise Refusal(NOT_OURS) from None
        raise


def follower(world: World, account: AccountState, openid: str) -> Relation:
    """Someone who follows; raises Refusal 40003, or 43004 when not following."""
    tie = by_openid(world, account, openid)
    if not tie.subscribed:
        raise Refusal(43004)
    return tie


def follower_called(world: World, account: AccountState, user: str) -> Relation | None:
    """The follower with this OpenID or of this name, which is the person's WeChat id here; None if there is none."""
    row = world.db.one(
        "SELECT * FROM relation WHERE appid = ? AND (openid = ? OR person = ?) AND subscribed = 1",
        account.appid,
        user,
        user,
    )
    return None if row is None else _relation(row)


def unionid(world: World, account: AccountState, tie: Relation) -> str | None:
    """None unless the account is bound to an Open Platform account."""
    if not account.open_platform:
        return None
    return world.ids.unionid(account.open_platform, tie.person or tie.openid)


def follow(
    world: World,
    account: AccountState,
    person: str,
    *,
    how: str = "ADD_SCENE_SEARCH",
    scene: int | str | None = None,
) -> Relation:
    """The person follows, again or for the first time; the follow time and the way of coming are new each time."""
    tie = relation(world, account, person)
    number = scene if isinstance(scene, int) else 0
    text = scene if isinstance(scene, str) else ""
    # A new id puts the follower at the end of the list, in the order of following.
    (last,) = world.db.one("SELECT coalesce(max(id), 0) FROM relation") or (0,)
    with world.db.transaction():
        world.db.run("UPDATE tagging SET relation = ? WHERE relation = ?", last + 1, tie.id)
        world.db.run(
            "UPDATE relation SET id = ?, subscribed = 1, subscribe_time = ?, subscribe_scene = ?, qr_scene = ?, "
            "qr_scene_str = ? WHERE id = ?",
            last + 1,
            world.seconds(),
            how,
            number,
            text,
            tie.id,
        )
    world.announce("state", {})
    return relation(world, account, person)


def unfollow(world: World, account: AccountState, person: str) -> Relation:
    """The person leaves; tags and remark go, the OpenID stays."""
    tie = relation(world, account, person)
    with world.db.transaction():
        world.db.run("UPDATE relation SET subscribed = 0, remark = '' WHERE id = ?", tie.id)
        world.db.run("DELETE FROM tagging WHERE relation = ?", tie.id)
        world.db.run("DELETE FROM allowance WHERE appid = ? AND openid = ?", account.appid, tie.openid)
    world.announce("state", {})
    return relation(world, account, person)


def follower_count(world: World, account: AccountState) -> int:
    count: int = world.db.value(
        "SELECT count(*) FROM relation WHERE appid = ? AND subscribed = 1", account.appid
    )
    return count
