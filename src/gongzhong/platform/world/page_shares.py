"""Web pages that people pass on from WeChat's browser (分享).

A friend finds the page's card in the chat, beside the account's messages: the only chat there is here. The link
must belong to the account's domains; otherwise the page itself is shared.
"""

from __future__ import annotations

import sqlite3
from typing import Literal

import msgspec

from . import chats, domains, people
from .world import AccountState, World

Target = Literal["friend", "timeline", "qq", "weibo", "qzone"]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is shared; `page` is the address of the page that it is shared from."""

    page: str
    title: str = ""
    description: str = ""
    link: str = ""
    picture: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One page passed on; `receiver` is a person, for a friend."""

    appid: str
    person: str
    target: str
    receiver: str
    title: str
    description: str
    link: str
    picture: str
    time: float


def share(
    world: World, account: AccountState, person: str, card: Card, target: Target, receiver: str = ""
) -> Share:
    """Pass a page on. Raises KeyError for an unknown receiver."""
    trusted = domains.covers(account.js_domains, card.link, any_port=world.rules.any_port)
    made = Share(
        appid=account.appid,
        person=person,
        target=target,
        receiver=people.get(world, receiver).name if receiver else "",
        title=card.title or card.page,
        description=card.description,
        link=card.link if trusted else card.page,
        picture=card.picture,
        time=world.now(),
    )
    columns = msgspec.structs.asdict(made)
    marks = ", ".join("?" for _ in columns)
    world.db.run(f"INSERT INTO page_share ({', '.join(columns)}) VALUES ({marks})", *columns.values())
    if made.receiver:
        _deliver(world, account, made)
    return made


def _deliver(world: World, account: AccountState, made: Share) -> None:
    chats.add(
        world,
        account,
        made.receiver,
        "system",
        "platform",
        "link",
        title=made.title,
        description=made.description,
        url=made.link,
        picurl=made.picture,
        sharer=people.get(world, made.person).nickname,
    )


def listing(world: World, account: AccountState) -> list[Share]:
    """Everything that was shared of this account's pages, the latest first."""
    rows = world.db.all("SELECT * FROM page_share WHERE appid = ? ORDER BY id DESC", account.appid)
    return [_share(row) for row in rows]


def _share(row: sqlite3.Row) -> Share:
    values = dict(row)
    del values["id"]
    return Share(**values)
