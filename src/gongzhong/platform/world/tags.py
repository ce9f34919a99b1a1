"""Tags on followers (用户标签管理): at most 100 an account and 20 a person; ids 0 to 2 belong to the system."""

from __future__ import annotations

from collections.abc import Iterable

from . import people
from .people import Relation
from .refusal import Refusal, require
from .world import AccountState, World

STAR_GROUP = 2
SYSTEM_TAGS = {0: "", 1: "黑名单", STAR_GROUP: "星标组"}
FIRST_OWN_ID = 100
PROTECTED, NAME_TAKEN, TOO_MANY, NO_SUCH_TAG = 45058, 45157, 45056, 45159
TOO_MANY_ON_ONE, TOO_MANY_TO_DELETE, SOME_FAILED = 45059, 45057, 45171


def create(world: World, account: AccountState, name: str) -> int:
    """A new tag; refuses a taken name or the 101st."""
    require(name, NAME_TAKEN)
    _name_is_free(world, account, name)
    count = world.db.value("SELECT count(*) FROM tag WHERE appid = ?", account.appid)
    require(count < world.rules.tags_per_account, TOO_MANY)
    return _add(world, account, name)


def _add(world: World, account: AccountState, name: str, id: int = 0) -> int:
    number = id or world.db.next_number(f"tag {account.appid}", FIRST_OWN_ID)
    if not id and world.db.value("SELECT 1 FROM tag WHERE appid = ? AND id = ?", account.appid, number):
        return _add(world, account, name)
    world.db.run("INSERT INTO tag VALUES (?, ?, ?)", account.appid, number, name)
    return number


def ensure(world: World, account: AccountState, name: str, id: int = 0) -> int:
    """The tag of this name, made if need be: for configuration files."""
    if name == SYSTEM_TAGS[STAR_GROUP]:
        return STAR_GROUP
    known: int | None = world.db.value("SELECT id FROM tag WHERE appid = ? AND name = ?", account.appid, name)
    return known if known is not None else _add(world, account, name, id)


def _name_is_free(world: World, account: AccountState, name: str, besides: int = -1) -> None:
    taken = world.db.value(
        "SELECT 1 FROM tag WHERE appid = ? AND name = ? AND id <> ?", account.appid, name, besides
    )
    require(not taken and name not in SYSTEM_TAGS.values(), NAME_TAKEN)


def _own(world: World, account: AccountState, id: int) -> None:
    require(id not in SYSTEM_TAGS, PROTECTED)
    _exists(world, account, id)


def _exists(world: World, account: AccountState, id: int) -> None:
    known = id == STAR_GROUP or world.db.value(
        "SELECT 1 FROM tag WHERE appid = ? AND id = ?", account.appid, id
    )
    require(known, NO_SUCH_TAG)


def rename(world: World, account: AccountState, id: int, name: str) -> None:
    _own(world, account, id)
    require(name, NAME_TAKEN)
    _name_is_free(world, account, name, besides=id)
    world.db.run("UPDATE tag SET name = ? WHERE appid = ? AND id = ?", name, account.appid, id)


def delete(world: World, account: AccountState, id: int) -> None:
    _own(world, account, id)
    carriers = world.db.value("SELECT count(*) FROM tagging WHERE appid = ? AND tag = ?", account.appid, id)
    require(carriers <= world.rules.tag_delete_limit, TOO_MANY_TO_DELETE)
    with world.db.transaction():
        world.db.run("DELETE FROM tagging WHERE appid = ? AND tag = ?", account.appid, id)
        world.db.run("DELETE FROM tag WHERE appid = ? AND id = ?", account.appid, id)


def listing(world: World, account: AccountState) -> list[tuple[int, str, int]]:
    """id, name and count of every tag, the star group first."""
    counts = {
        row["tag"]: row["n"]
        for row in world.db.all(
            "SELECT tag, count(*) AS n FROM tagging WHERE appid = ? GROUP BY tag", account.appid
        )
    }
    own = world.db.all("SELECT id, name FROM tag WHERE appid = ? ORDER BY id", account.appid)
    named = [(STAR_GROUP, SYSTEM_TAGS[STAR_GROUP]), *((row["id"], row["name"]) for row in own)]
    return [(id, name, counts.get(id, 0)) for id, name in named]


def put_on(world: World, account: AccountState, tag: int, tie: Relation) -> bool:
    """Tag one follower. False if the person already carries as many as allowed."""
    carried = tags_of(world, tie)
    if tag in carried:
        return True
    if len(carried) >= world.rules.tags_per_user:
        return False
    position = world.db.next_number("tagging", 1)
    world.db.run("INSERT INTO tagging VALUES (?, ?, ?, ?)", account.appid, tag, tie.id, position)
    return True


def change(world: World, account: AccountState, tag: int, openids: Iterable[str], *, put: bool) -> None:
    """Tag or untag several. Refuses with 45059 or 45171 that names those for whom it failed; the others are done.

    Of the system's tags only the star group can be given; the black list has calls of its own.
    """
    require(tag == STAR_GROUP or tag not in SYSTEM_TAGS, PROTECTED)
    _exists(world, account, tag)
    ties = [_follower(world, account, openid) for openid in openids]
    failed: list[str] = []
    with world.db.transaction():
        for tie in ties:
            if not put:
                world.db.run(
                    "DELETE FROM tagging WHERE appid = ? AND tag = ? AND relation = ?",
                    account.appid,
                    tag,
                    tie.id,
                )
            elif not put_on(world, account, tag, tie):
                failed.append(tie.openid)
    if failed and len(ties) == 1:
        raise Refusal(TOO_MANY_ON_ONE)
    if failed:
        raise Refusal(SOME_FAILED, fail_openid_list=failed)


def _follower(world: World, account: AccountState, openid: str) -> Relation:
    tie = people.ours(world, account, openid)
    require(tie.subscribed, 40003)
    return tie


def tags_of(world: World, tie: Relation) -> list[int]:
    """The tags of one person, the one put on last first."""
    return world.db.column("SELECT tag FROM tagging WHERE relation = ? ORDER BY position DESC", tie.id)


def carriers(world: World, account: AccountState, tag: int, after: str, limit: int) -> list[str]:
    """OpenIDs that carry a tag, from after one on. Refuses with 45159 a tag that is not there."""
    _exists(world, account, tag)
    start = people.by_openid(world, account, after).id if after else 0
    return world.db.column(
        "SELECT relation.openid FROM tagging JOIN relation ON relation.id = tagging.relation "
        "WHERE tagging.appid = ? AND tagging.tag = ? AND tagging.relation > ? ORDER BY tagging.relation LIMIT ?",
        account.appid,
        tag,
        start,
        limit,
    )
