"""Subscription notices (订阅通知): templates in use, what each person allowed, and sending within it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from . import chats, people
from .keywords import complaint
from .notice_library import CATEGORIES, LONG_TERM, NOTICES, LibraryKeyword, LibraryNotice
from .refusal import Refusal, require
from .templates import SHOWN_LENGTH
from .world import AccountState, World

FULL, BANNED, NO_SUCH_TID, WRONG_KEYWORDS, TAKEN = 200012, 200013, 200014, 200020, 200022
WRONG_CATEGORY, NO_SUCH_TEMPLATE, NOT_ALLOWED, WRONG_VALUE = 200019, 40037, 43101, 47003
SERVICE_NOTICES = "服务通知"


class Template(msgspec.Struct, frozen=True):
    """A template of this account: what it was taken from, and the keywords in the order of their numbers."""

    template_id: str
    notice: LibraryNotice
    keywords: tuple[LibraryKeyword, ...]
    scene: str

    @property
    def content(self) -> str:
        return "".join(f"{one.name}:{{{{{one.code}.DATA}}}}\n" for one in self.keywords)

    @property
    def example(self) -> str:
        return "".join(f"{one.name}:{one.example}\n" for one in self.keywords)


def titles(category_ids: Sequence[int]) -> list[LibraryNotice]:
    """The library of some categories. Refuses with 200019 for one that the account does not have."""
    require(all(one in CATEGORIES for one in category_ids), WRONG_CATEGORY)
    return [notice for notice in NOTICES.values() if notice.category in category_ids]


def of_library(tid: str) -> LibraryNotice:
    """Refuses with 200014."""
    notice = NOTICES.get(int(tid)) if tid.isascii() and tid.isdigit() else None
    if notice is None:
        raise Refusal(NO_SUCH_TID)
    return notice


def add(world: World, account: AccountState, tid: str, kids: Sequence[int], scene: str) -> str:
    """Take a template into use; returns its id. Refuses with 200012 to 200014, 200020 and 200022."""
    notice = of_library(tid)
    require(not notice.banned, BANNED)
    known = all(notice.keyword(kid) for kid in kids)
    require(known and len(set(kids)) == len(kids), WRONG_KEYWORDS)
    mine = listing(world, account)
    require(len(mine) < world.rules.notice_templates, FULL)
    same = any(
        one.notice is notice and {keyword.kid for keyword in one.keywords} == set(kids) for one in mine
    )
    require(not same, TAKEN)
    template_id = world.ids.template_id()
    world.db.run(
        "INSERT INTO notice_template VALUES (?, ?, ?, ?, ?)",
        account.appid,
        template_id,
        notice.tid,
        msgspec.json.encode(list(kids)).decode(),
        scene,
    )
    return template_id


def listing(world: World, account: AccountState) -> list[Template]:
    rows = world.db.all("SELECT * FROM notice_template WHERE appid = ? ORDER BY rowid", account.appid)
    return [_template(dict(row)) for row in rows]


def _template(row: dict[str, Any]) -> Template:
    notice = NOTICES[row["tid"]]
    chosen = {kid: notice.keyword(kid) for kid in msgspec.json.decode(row["kids"], type=list[int])}
    keywords = tuple(keyword for keyword in chosen.values() if keyword is not None)
    return Template(row["template_id"], notice, keywords, row["scene"])


def find(world: World, account: AccountState, template_id: str) -> Template:
    """Refuses with 40037."""
    row = world.db.one(
        "SELECT * FROM notice_template WHERE appid = ? AND template_id = ?", account.appid, template_id
    )
    if row is None:
        raise Refusal(NO_SUCH_TEMPLATE)
    return _template(dict(row))


def delete(world: World, account: AccountState, template_id: str) -> None:
    """Refuses with 40037; what people allowed for it is void."""
    find(world, account, template_id)
    for table in ("notice_template", "notice_allowance"):
        world.db.run(f"DELETE FROM {table} WHERE appid = ? AND template_id = ?", account.appid, template_id)


def allow(world: World, account: AccountState, openid: str, template: Template) -> None:
    """The person accepts once more: one more message, or for a long-term template from now on."""
    world.db.run(
        "INSERT INTO notice_allowance VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET remaining = remaining + 1",
        account.appid,
        openid,
        template.template_id,
    )


def forbid(world: World, account: AccountState, openid: str, template: Template) -> None:
    """The person takes everything back that was allowed for a template."""
    world.db.run(
        "DELETE FROM notice_allowance WHERE appid = ? AND openid = ? AND template_id = ?",
        account.appid,
        openid,
        template.template_id,
    )


def remaining(world: World, account: AccountState, openid: str, template: Template) -> int:
    """How many messages the person still allows; for a long-term template 1 means any number."""
    left: int | None = world.db.value(
        "SELECT remaining FROM notice_allowance WHERE appid = ? AND openid = ? AND template_id = ?",
        account.appid,
        openid,
        template.template_id,
    )
    return left or 0


def send(
    world: World,
    account: AccountState,
    openid: str,
    template: Template,
    data: Mapping[str, str],
    jump: dict[str, Any],
) -> None:
    """Show a notice and use up the permission. Refuses with 40003, 43101 and 47003."""
    tie = people.by_openid(world, account, openid)
    _check_values(template, data)
    require(not tie.refuses and remaining(world, account, openid, template) > 0, NOT_ALLOWED)
    if template.notice.type != LONG_TERM:
        world.db.run(
            "UPDATE notice_allowance SET remaining = remaining - 1 WHERE appid = ? AND openid = ? AND template_id = ?",
            account.appid,
            openid,
            template.template_id,
        )
    lines = [
        {"label": one.name, "value": data[one.code].replace("\n", " ")[:SHOWN_LENGTH]}
        for one in template.keywords
    ]
    show(world, account, tie, title=template.notice.title, lines=lines, **jump)


def _check_values(template: Template, data: Mapping[str, str]) -> None:
    for one in template.keywords:
        value = data.get(one.code, "")
        words = complaint(one.code, value)
        if not words and one.choices and value not in one.choices:
            words = f"argument invalid! data.{one.code}.value invalid"
        require(not words, WRONG_VALUE, words)


def show(world: World, account: AccountState, tie: people.Relation, **card: Any) -> None:
    """A card on the person's phone: in the chat of a follower, otherwise in 服务通知."""
    if tie.person is not None:
        place = {} if tie.subscribed else {"note": SERVICE_NOTICES}
        chats.add(world, account, tie.person, "account", "template", "template", **card, **place)
