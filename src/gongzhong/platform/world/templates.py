"""Template messages (模板消息): the library, the templates in use, and what a phone shows of one.

Since May 2023 the phone leaves out the first line, the remark and all colours, and cuts every value; the call
itself still succeeds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from . import chats, people
from .keywords import complaint
from .library import LIBRARY, LibraryTemplate
from .refusal import Refusal, require
from .world import AccountState, World

PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
SHOWN_LENGTH = 20
NOT_SHOWN = ("first", "remark")
EMOJI = re.compile("[\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]")
BLOCKED, WRONG_VALUE = 43116, 47003


class Template(msgspec.Struct, frozen=True):
    template_id: str
    title: str
    content: str
    example: str
    primary_industry: str
    deputy_industry: str
    blocked: int


def _room(world: World, account: AccountState) -> None:
    rules = world.rules
    most = rules.templates_in_use_test if account.kind == "test" else rules.templates_in_use
    count = world.db.value("SELECT count(*) FROM template WHERE appid = ?", account.appid)
    require(count < most, 45026)


def add(world: World, account: AccountState, short_id: str, keywords: list[str] | None) -> str:
    """Take a template of the library into use; returns its id. Refuses with 40037, 40246 or 45026."""
    found = LIBRARY.get(short_id)
    if found is None:
        raise Refusal(40037)
    if found.category:
        require(keywords, 40246)
        unknown = [word for word in keywords or () if word not in found.keywords]
        require(not unknown, 40246, f"keyword name invalid: {'、'.join(unknown)}")
    _room(world, account)
    content = content_of(found, keywords)
    return _store(world, account, short_id, found.title, content, "", industry=found.industry)


def add_own(world: World, account: AccountState, title: str, content: str) -> str:
    """新增测试模板: a test account writes its own."""
    _room(world, account)
    return _store(world, account, "", title, content, "")


def ensure(
    world: World, account: AccountState, title: str, content: str, template_id: str, example: str
) -> None:
    """For configuration files: the template is there, once."""
    known = world.db.value(
        "SELECT 1 FROM template WHERE appid = ? AND (template_id = ? OR title = ?)",
        account.appid,
        template_id,
        title,
    )
    if not known:
        _store(world, account, "", title, content, example, template_id)


def content_of(found: LibraryTemplate, keywords: list[str] | None) -> str:
    """The body with its places, in the order the keywords were chosen."""
    chosen = keywords if found.category and keywords else list(found.keywords)
    return "\n".join(f"{word}:{{{{{found.keywords[word]}.DATA}}}}" for word in chosen)


def _store(
    world: World,
    account: AccountState,
    short_id: str,
    title: str,
    content: str,
    example: str,
    template_id: str = "",
    industry: tuple[str, str] = ("", ""),
) -> str:
    template_id = template_id or world.ids.template_id()
    world.db.run(
        "INSERT INTO template (appid, template_id, short_id, title, content, example, primary_industry, "
        "deputy_industry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        account.appid,
        template_id,
        short_id,
        title,
        content,
        example,
        *industry,
    )
    return template_id


def listing(world: World, account: AccountState) -> list[Template]:
    rows = world.db.all(
        "SELECT template_id, title, content, example, primary_industry, deputy_industry, blocked FROM template "
        "WHERE appid = ? ORDER BY rowid",
        account.appid,
    )
    return [Template(**dict(row)) for row in rows]


def find(world: World, account: AccountState, template_id: str) -> Template:
    """Refuses with 40037."""
    row = world.db.one(
        "SELECT template_id, title, content, example, primary_industry, deputy_industry, blocked FROM template "
        "WHERE appid = ? AND template_id = ?",
        account.appid,
        template_id,
    )
    if row is None:
        raise Refusal(40037)
    return Template(**dict(row))


def delete(world: World, account: AccountState, template_id: str) -> None:
    gone = world.db.run(
        "DELETE FROM template WHERE appid = ? AND template_id = ?", account.appid, template_id
    )
    require(gone, 40037)


def sent_before(world: World, account: AccountState, openid: str, client_msg_id: str) -> int | None:
    """The msgid of an earlier send with the same client_msg_id within ten minutes."""
    msgid: int | None = world.db.value(
        "SELECT msgid FROM sent_once WHERE appid = ? AND openid = ? AND client_msg_id = ? AND time > ?",
        account.appid,
        openid,
        client_msg_id,
        world.now() - world.rules.client_msg_id_s,
    )
    return msgid


def remember(world: World, account: AccountState, openid: str, client_msg_id: str, msgid: int) -> None:
    world.db.run(
        "INSERT OR REPLACE INTO sent_once VALUES (?, ?, ?, ?, ?)",
        account.appid,
        openid,
        client_msg_id,
        msgid,
        world.now(),
    )


def lines(template: Template, data: Mapping[str, str]) -> list[dict[str, str]]:
    """What the phone shows: label and value of each place, without first and remark."""
    shown = []
    for line in template.content.splitlines():
        place = PLACE.search(line)
        if place is None or place[1].lower() in NOT_SHOWN:
            continue
        label = line[: place.start()].strip().rstrip(":：")
        value = PLACE.sub(lambda found: _shown(data.get(found[1], "")), line[place.start() :])
        shown.append({"label": label, "value": value.strip()})
    return shown


def _shown(value: str) -> str:
    """One value: on one line, without emoji, cut."""
    return EMOJI.sub("", value.replace("\n", " "))[:SHOWN_LENGTH]


def require_values(template: Template, data: Mapping[str, str]) -> None:
    """Refuse with 47003 the first keyword, in the template's own order, whose value is missing or wrong.

    Keywords that the template does not have, first and remark among them, are ignored.
    """
    for keyword in PLACE.findall(template.content):
        words = complaint(keyword, data.get(keyword, ""))
        require(not words, WRONG_VALUE, words)


def show(
    world: World,
    account: AccountState,
    tie: people.Relation,
    template: Template,
    data: Mapping[str, str],
    jump: dict[str, Any],
) -> None:
    """Put the message on the follower's phone."""
    if tie.person is not None:
        chats.add(
            world,
            account,
            tie.person,
            "account",
            "template",
            "template",
            title=template.title,
            lines=lines(template, data),
            **jump,
        )
