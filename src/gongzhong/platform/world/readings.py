"""Who read and who shared which article, when, and from where: what statistics are counted from."""

from __future__ import annotations

from typing import Final, Literal, get_args

from . import articles, people
from .articles import Page
from .world import World

Source = Literal["message", "chat", "moments", "profile", "recommended", "search", "other"]
"""Where a reader came from: 公众号消息, 聊天会话, 朋友圈, 公众号主页, 推荐, 搜一搜, 其他."""
SOURCES: Final[frozenset[str]] = frozenset(get_args(Source))

Target = Literal["friend", "moments", "other"]
"""Where a share goes: 好友, 朋友圈, 其他."""

# How links that were shared from WeChat say where they were opened.
FROM_QUERY: Final[dict[str, Source]] = {
    "singlemessage": "chat",
    "groupmessage": "chat",
    "timeline": "moments",
    "search": "search",
}


def read(world: World, page: Page, person: str, source: Source) -> None:
    """Somebody opened an article that is there to be read."""
    if page.readable:
        _record(world, page, person, "read", source)


def share(world: World, page: Page, person: str, target: Target) -> None:
    """Somebody passed an article on."""
    if page.readable:
        _record(world, page, person, "share", target)


def _record(world: World, page: Page, person: str, act: str, source: str) -> None:
    publication = articles.of_page(world, page)
    tie = people.relation(world, world.accounts[publication.appid], person)
    world.db.run(
        "INSERT INTO read_event (appid, article, msg_data_id, idx, openid, act, source, time) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        publication.appid,
        page.key,
        publication.msg_data_id,
        page.idx,
        tie.openid,
        act,
        source,
        world.now(),
    )


def count(world: World, page: Page, act: Literal["read", "share"] = "read") -> int:
    """How often an article was read or shared."""
    number: int = world.db.value(
        "SELECT count(*) FROM read_event WHERE article = ? AND act = ?", page.key, act
    )
    return number
