"""The menu bar (自定义菜单): one default menu, personalised ones before it, and which of them a person sees.

Buttons are kept as the JSON that came in, because it goes out again unchanged; their rules were checked before.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .people import Relation
from .refusal import Refusal, require
from .world import AccountState, World

DEFAULT_MENU = 0
FIRST_MENU_ID = 208_379_533
MAX_TOP, MAX_SUB = 3, 5
TOP_NAME_BYTES, SUB_NAME_BYTES = 16, 60
KEY_BYTES, URL_BYTES = 128, 1024

Button = dict[str, Any]

_NEEDS: dict[str, str] = {
    "click": "key",
    "view": "url",
    "scancode_push": "key",
    "scancode_waitmsg": "key",
    "pic_sysphoto": "key",
    "pic_photo_or_album": "key",
    "pic_weixin": "key",
    "location_select": "key",
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
    "miniprogram": "url",
}
_MISSING = {"key": 40019, "url": 40020, "media_id": 40117, "article_id": 53600}


def check(buttons: list[Button]) -> None:
    """WeChat's rules on names, counts, types and fields, each with its code."""
    require(1 <= len(buttons) <= MAX_TOP, 40016)
    for button in buttons:
        children = button.get("sub_button") or []
        name = len(str(button.get("name", "")).encode())
        require(0 < name <= TOP_NAME_BYTES, 40018)
        if children:
            require(len(children) <= MAX_SUB, 40023)
            for child in children:
                require(not child.get("sub_button"), 40022)
                require(0 < len(str(child.get("name", "")).encode()) <= SUB_NAME_BYTES, 40025)
                _check_action(child, child=True)
        else:
            _check_action(button, child=False)


def _check_action(button: Button, *, child: bool) -> None:
    needed = _NEEDS.get(str(button.get("type", "")))
    if needed is None:
        raise Refusal(40024 if child else 40017)
    value = str(button.get(needed, ""))
    limit = KEY_BYTES if needed == "key" else URL_BYTES
    shift = 7 if child and needed in ("key", "url") else 0  # 40026 and 40027 are the codes of second-level buttons
    require(0 < len(value.encode()) <= limit, _MISSING[needed] + shift)
    if needed == "url":
        require(value.startswith(("http://", "https://")), 40054 if child else 40055)
    if button.get("type") == "miniprogram":
        require(button.get("appid"), 40013)
        require(button.get("pagepath"), 40020 + shift)


def set_default(world: World, account: AccountState, buttons: list[Button]) -> None:
    """Replace the default menu; personalised menus stay."""
    check(buttons)
    _save(world, account, DEFAULT_MENU, None, buttons)


def add_conditional(
    world: World, account: AccountState, buttons: list[Button], rule: dict[str, Any]
) -> int:
    require(default(world, account) is not None, 65303)
    require(any(value not in (None, "") for value in rule.values()), 65304)
    require(buttons, 65307)
    check(buttons)
    menuid = world.db.next_number("menu", FIRST_MENU_ID)
    _save(world, account, menuid, rule, buttons)
    return menuid


def _save(
    world: World, account: AccountState, menuid: int, rule: dict[str, Any] | None, buttons: list[Button]
) -> None:
    world.db.run(
        "INSERT OR REPLACE INTO menu VALUES (?, ?, ?, ?)",
        account.appid,
        menuid,
        None if rule is None else msgspec.json.encode(rule).decode(),
        msgspec.json.encode(buttons).decode(),
    )
    world.announce("state", {})


def default(world: World, account: AccountState) -> list[Button] | None:
    document = world.db.value(
        "SELECT button FROM menu WHERE appid = ? AND menuid = ?", account.appid, DEFAULT_MENU
    )
    return None if document is None else msgspec.json.decode(document)


def conditional(world: World, account: AccountState) -> list[tuple[int, list[Button], dict[str, Any]]]:
    """Personalised menus, newest first, which is the order they are tried in."""
    rows = world.db.all(
        "SELECT menuid, button, matchrule FROM menu WHERE appid = ? AND menuid <> ? ORDER BY menuid DESC",
        account.appid,
        DEFAULT_MENU,
    )
    return [
        (row["menuid"], msgspec.json.decode(row["button"]), msgspec.json.decode(row["matchrule"])) for row in rows
    ]


def delete_conditional(world: World, account: AccountState, menuid: int) -> None:
    gone = world.db.run("DELETE FROM menu WHERE appid = ? AND menuid = ? AND menuid <> 0", account.appid, menuid)
    require(gone, 65301)
    world.announce("state", {})


def delete_all(world: World, account: AccountState) -> None:
    world.db.run("DELETE FROM menu WHERE appid = ?", account.appid)
    world.announce("state", {})


def seen_by(world: World, account: AccountState, tie: Relation) -> tuple[int, list[Button]]:
    """The menu on this person's phone: menuid (0 for the default one) and buttons."""
    last_tag = world.db.value("SELECT tag FROM tagging WHERE relation = ? ORDER BY position DESC LIMIT 1", tie.id)
    phone = world.db.value("SELECT platform FROM person WHERE name = ?", tie.person)
    for menuid, buttons, rule in conditional(world, account):
        tag = rule.get("tag_id") or rule.get("group_id")
        client = rule.get("client_platform_type")
        if (not tag or str(tag) == str(last_tag)) and (not client or str(client) == str(phone)):
            return menuid, buttons
    return DEFAULT_MENU, default(world, account) or []
