"""The menu bar (自定义菜单): one default menu, personalised ones before it, and which of them a person sees.

Buttons are kept as the JSON that came in; the catalogue declares and checks what they must look like.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .people import Relation
from .refusal import require
from .world import AccountState, World

DEFAULT_MENU = 0
FIRST_MENU_ID = 208_379_533
Button = dict[str, Any]


def set_default(world: World, account: AccountState, buttons: list[Button]) -> None:
    """Replace the default menu; personalised menus stay."""
    _save(world, account, DEFAULT_MENU, None, buttons)


def add_conditional(world: World, account: AccountState, buttons: list[Button], rule: dict[str, Any]) -> int:
    require(default(world, account) is not None, 65303)
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
        (row["menuid"], msgspec.json.decode(row["button"]), msgspec.json.decode(row["matchrule"]))
        for row in rows
    ]


def delete_conditional(world: World, account: AccountState, menuid: int) -> None:
    gone = world.db.run(
        "DELETE FROM menu WHERE appid = ? AND menuid = ? AND menuid <> 0", account.appid, menuid
    )
    require(gone, 65301)
    world.announce("state", {})


def delete_all(world: World, account: AccountState) -> None:
    world.db.run("DELETE FROM menu WHERE appid = ?", account.appid)
    world.announce("state", {})


def seen_by(world: World, account: AccountState, tie: Relation) -> tuple[int, list[Button]]:
    """The menu on this person's phone: menuid (0 for the default one) and buttons."""
    last_tag = world.db.value(
        "SELECT tag FROM tagging WHERE relation = ? ORDER BY position DESC LIMIT 1", tie.id
    )
    phone = world.db.value("SELECT platform FROM person WHERE name = ?", tie.person)
    for menuid, buttons, rule in conditional(world, account):
        tag = rule.get("tag_id") or rule.get("group_id")
        client = rule.get("client_platform_type")
        if (not tag or str(tag) == str(last_tag)) and (not client or str(client) == str(phone)):
            return menuid, buttons
    return DEFAULT_MENU, default(world, account) or []
