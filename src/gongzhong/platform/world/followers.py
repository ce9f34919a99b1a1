"""What an account may do with its followers: list them, read what is left of a profile, remark, block (用户管理)."""

from __future__ import annotations

from typing import Any

from . import people, tags
from .people import Relation
from .world import AccountState, World


def page(world: World, account: AccountState, after: str) -> list[str]:
    """OpenIDs in the order of following, from after one on; refuses a cursor that is nobody with 40003."""
    start = people.by_openid(world, account, after).id if after else 0
    return world.db.column(
        "SELECT openid FROM relation WHERE appid = ? AND subscribed = 1 AND id > ? ORDER BY id LIMIT ?",
        account.appid,
        start,
        world.rules.follower_page,
    )


def profile(world: World, account: AccountState, tie: Relation) -> dict[str, Any]:
    """The fields of user/info. Nickname, avatar and place have been empty since December 2021."""
    if not tie.subscribed:
        return {"subscribe": 0, "openid": tie.openid}
    carried = tags.tags_of(world, tie)[::-1]
    union = people.unionid(world, account, tie)
    return {
        "subscribe": 1,
        "openid": tie.openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": tie.subscribe_time,
        **({"unionid": union} if union else {}),
        "remark": tie.remark,
        "groupid": carried[0] if carried else 0,
        "tagid_list": carried,
        "subscribe_scene": tie.subscribe_scene,
        "qr_scene": tie.qr_scene,
        "qr_scene_str": tie.qr_scene_str,
    }


def remark(world: World, account: AccountState, openid: str, text: str) -> None:
    tie = people.follower(world, account, openid)
    world.db.run("UPDATE relation SET remark = ? WHERE id = ?", text, tie.id)


def blacklist_page(world: World, account: AccountState, after: str) -> tuple[int, list[str]]:
    """How many are blocked in all, and the next page of them."""
    start = people.ours(world, account, after).id if after else 0
    total = world.db.value("SELECT count(*) FROM relation WHERE appid = ? AND blacklisted = 1", account.appid)
    found = world.db.column(
        "SELECT openid FROM relation WHERE appid = ? AND blacklisted = 1 AND id > ? ORDER BY id LIMIT ?",
        account.appid,
        start,
        world.rules.blacklist_page,
    )
    return total, found


def block(world: World, account: AccountState, openids: list[str], *, blocked: bool) -> None:
    """All or none: an unknown OpenID refuses the whole request."""
    ties = [people.ours(world, account, openid) for openid in openids]
    with world.db.transaction():
        for tie in ties:
            world.db.run("UPDATE relation SET blacklisted = ? WHERE id = ?", int(blocked), tie.id)
