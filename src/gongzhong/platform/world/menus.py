"""The menu bar (自定义菜单): one default menu, personalised ones before it, and which of them a person sees.

Buttons are kept as the JSON that came in; the catalogue declares and checks what they must look like.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from . import articles, drafts, media
from .people import Relation
from .refusal import require
from .world import AccountState, World

DEFAULT_MENU = 0
FIRST_MENU_ID = 208_379_533
Button = dict[str, Any]
BAD_LINK, BAD_SUB_LINK, TOO_MANY_HOSTS = 40055, 40054, 65316


def set_default(world: World, account: AccountState, buttons: list[Button]) -> None:
    """Replace the default menu; personalised menus stay. Refuses with 40055 or 40054 what is no web address."""
    _hosts(buttons)
    _save(world, account, DEFAULT_MENU, None, buttons)


def _second_level(buttons: list[Button]) -> list[Button]:
    return [sub for button in buttons for sub in button.get("sub_button", ())]


def require_stored(world: World, account: AccountState, buttons: list[Button]) -> None:
    """Everything that the buttons show is there: a permanent file, a draft, a published article.

    Refuses with 40007 or 53600. Apart from setting a menu, because a recorded one comes back without its files.
    """
    for button in (*buttons, *_second_level(buttons)):
        media_id, article_id = button.get("media_id"), button.get("article_id")
        if media_id and not drafts.exists(world, account, media_id):
            media.find(world, account, media_id, permanent=True)
        if article_id:
            articles.find(world, account, article_id)


def _hosts(buttons: list[Button]) -> set[str]:
    """The hosts that a menu links to."""
    return {
        _host(button["url"], code)
        for level, code in ((buttons, BAD_LINK), (_second_level(buttons), BAD_SUB_LINK))
        for button in level
        if button.get("url")
    }


def _host(url: str, code: int) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    require(host, code)
    return host or ""


def add_conditional(world: World, account: AccountState, buttons: list[Button], rule: dict[str, Any]) -> int:
    """A personalised menu; all of them together may link to few hosts. Refuses with 65303 or 65316."""
    require(default(world, account) is not None, 65303)
    hosts = _hosts(buttons).union(*(_hosts(others) for _, others, _ in conditional(world, account)))
    require(len(hosts) <= world.rules.conditional_menu_hosts, TOO_MANY_HOSTS)
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
