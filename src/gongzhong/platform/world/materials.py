"""Permanent material (永久素材): what is stored for good, how much of it, and what still needs it.

A picture uploaded for the body of an article is kept too, but it is not material: it has no id that a call takes, and
it is not counted.
"""

from __future__ import annotations

from typing import Any

import msgspec

from . import drafts, media, menus
from .refusal import require
from .world import AccountState, World

IN_USE, WRONG_TYPE = 48005, 40004
FILES = ("image", "voice", "video")


def add(
    world: World,
    account: AccountState,
    kind: str,
    content: bytes,
    *,
    name: str,
    title: str = "",
    description: str = "",
) -> media.File:
    """Store a file for good. Refuses what `media.accept` refuses, and a full store."""
    rules = world.rules
    media.accept(kind, content, permanent=True, name=name if rules.judge_file_names else None)
    room = rules.permanent_images if kind == "image" else rules.permanent_others
    require(_count(world, account, kind) < room, rules.material_full_code)
    return media.keep(
        world, account, kind, content, permanent=True, name=name, title=title, description=description
    )


def counts(world: World, account: AccountState) -> dict[str, int]:
    """How many of each kind; articles are those in the draft box, where news material has gone."""
    found = {kind: _count(world, account, kind) for kind in FILES}
    return {**found, "news": drafts.count(world, account)}


def _count(world: World, account: AccountState, kind: str) -> int:
    count: int = world.db.value(
        "SELECT count(*) FROM media WHERE appid = ? AND permanent = 1 AND kind = ? AND source <> ?",
        account.appid,
        kind,
        media.FOR_ARTICLES,
    )
    return count


def page(
    world: World, account: AccountState, kind: str, offset: int, count: int
) -> tuple[int, list[media.Stored]]:
    """How many files of a kind there are, and some of them, newest first; their bytes stay where they are."""
    require(kind in FILES, WRONG_TYPE)
    rows = world.db.all(
        "SELECT media_id, kind, name, content_type, created_at FROM media WHERE appid = ? AND permanent = 1 "
        "AND kind = ? AND source <> ? ORDER BY created_at DESC, rowid DESC LIMIT ? OFFSET ?",
        account.appid,
        kind,
        media.FOR_ARTICLES,
        count,
        offset,
    )
    return _count(world, account, kind), [media.Stored(**dict(row)) for row in rows]


def delete(world: World, account: AccountState, media_id: str) -> None:
    """Delete a file or a draft for good; refuses with 48005 while the menu or a draft needs it."""
    require(not _in_menu(world, account, media_id), IN_USE)
    if drafts.exists(world, account, media_id):
        drafts.delete(world, account, media_id)
        return
    media.find(world, account, media_id, permanent=True)
    require(not drafts.using(world, account, media_id), IN_USE)
    world.db.run("DELETE FROM media WHERE appid = ? AND media_id = ?", account.appid, media_id)


def _in_menu(world: World, account: AccountState, media_id: str) -> bool:
    documents = world.db.column("SELECT button FROM menu WHERE appid = ?", account.appid)
    return any(media_id in _media_ids(msgspec.json.decode(document)) for document in documents)


def _media_ids(buttons: list[menus.Button]) -> set[str]:
    found: set[str] = set()
    for button in buttons:
        children: list[dict[str, Any]] = button.get("sub_button") or []
        found |= {button["media_id"]} if button.get("media_id") else set()
        found |= _media_ids(children)
    return found
