"""Statistics of articles (发表内容数据, 图文分析), counted from who read and shared them on this platform.

What a page cannot tell (how far somebody read, favourites, hearts) is 0: nothing is ever estimated.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from . import articles
from .articles import Page, Publication
from .statistics import Period
from .world import AccountState, World

Act = Literal["read", "share"]

DAY: Final = "date(time, 'unixepoch', '+8 hours')"
HOUR: Final = "CAST(strftime('%H', time, 'unixepoch', '+8 hours') AS INTEGER)"
"""China's day and hour of an event."""


class Count(msgspec.Struct, frozen=True):
    """People and times, of one source (or target) on one day in one hour."""

    day: str
    hour: int
    source: str
    people: int
    times: int


class Tally(msgspec.Struct, frozen=True):
    """Reads and shares of one article, or of all: in sum, and by source or target."""

    readers: int
    reads: int
    by_source: dict[str, tuple[int, int]]
    sharers: int
    shares: int
    by_target: dict[str, tuple[int, int]]
    following_readers: int
    comments: int


def _events(
    world: World, account: AccountState, act: Act, period: Period, extra: str, values: tuple[Any, ...]
) -> tuple[int, int, dict[str, tuple[int, int]]]:
    where = f"appid = ? AND act = ? AND {DAY} BETWEEN ? AND ? {extra}"
    given = (account.appid, act, period.first, period.last, *values)
    people, times = world.db.one(
        f"SELECT count(DISTINCT openid), count(*) FROM read_event WHERE {where}", *given
    ) or (0, 0)
    rows = world.db.all(
        f"SELECT source, count(DISTINCT openid), count(*) FROM read_event WHERE {where} "
        "GROUP BY source ORDER BY source",
        *given,
    )
    return people, times, {source: (readers, count) for source, readers, count in rows}


def tally(world: World, account: AccountState, period: Period, page: Page | None = None) -> Tally:
    """What happened in a period to one article, or to all of them."""
    extra, values = ("", ()) if page is None else ("AND article = ?", (page.key,))
    readers, reads, by_source = _events(world, account, "read", period, extra, values)
    sharers, shares, by_target = _events(world, account, "share", period, extra, values)
    following = world.db.value(
        "SELECT count(DISTINCT read_event.openid) FROM read_event JOIN relation ON relation.appid = read_event.appid "
        "AND relation.openid = read_event.openid AND relation.subscribed = 1 WHERE read_event.appid = ? "
        f"AND act = 'read' AND {DAY} BETWEEN ? AND ? {extra}",
        account.appid,
        period.first,
        period.last,
        *values,
    )
    comments = world.db.value(
        "SELECT count(*) FROM comment JOIN article ON article.key = comment.article "
        "JOIN publication ON publication.article_id = article.article_id "
        f"WHERE publication.appid = ? AND {DAY} BETWEEN ? AND ? {extra.replace('article =', 'article.key =')}",
        account.appid,
        period.first,
        period.last,
        *values,
    )
    return Tally(readers, reads, by_source, sharers, shares, by_target, following, comments)


def by_hour(world: World, account: AccountState, act: Act, period: Period, *, hourly: bool) -> list[Count]:
    """Reads or shares of all articles by day (or hour) and source; the source "" is all of them together."""
    hour = HOUR if hourly else "0"
    counted = "count(DISTINCT openid), count(*) FROM read_event"
    where = f"appid = ? AND act = ? AND {DAY} BETWEEN ? AND ?"
    given = (account.appid, act, period.first, period.last)
    rows = world.db.all(
        f"SELECT {DAY} AS day, {hour} AS at, '' AS place, {counted} WHERE {where} GROUP BY day, at "
        f"UNION ALL SELECT {DAY} AS day, {hour} AS at, source AS place, {counted} WHERE {where} "
        "GROUP BY day, at, place ORDER BY day, at, place",
        *given,
        *given,
    )
    return [Count(*row) for row in rows]


def touched(world: World, account: AccountState, act: Act, day: str) -> list[tuple[Publication, Page]]:
    """The articles that were read or shared on a day."""
    keys = world.db.column(
        f"SELECT DISTINCT article FROM read_event WHERE appid = ? AND act = ? AND {DAY} = ? "
        "ORDER BY msg_data_id, idx",
        account.appid,
        act,
        day,
    )
    pages = (articles.page(world, key) for key in keys)
    return [(articles.of_page(world, page), page) for page in pages if page is not None]


def published(
    world: World, account: AccountState, day: str, *, only_mass: bool = False
) -> list[tuple[Publication, Page]]:
    """The articles that appeared on a day, deleted ones included."""
    ids = world.db.column(
        "SELECT article_id FROM publication WHERE appid = ? "
        "AND date(created_at, 'unixepoch', '+8 hours') = ? ORDER BY msg_data_id",
        account.appid,
        day,
    )
    found = [articles.find(world, account, article_id) for article_id in ids]
    chosen = [one for one in found if not only_mass or one.via == "mass"]
    return [(one, page) for one in chosen for page in articles.pages(world, one)]


def reached(world: World, publication: Publication) -> int:
    """On how many phones a mass send put an article; 0 for one that was only published."""
    count: int | None = world.db.value(
        "SELECT reached FROM mass_tally WHERE msg_data_id = ?", publication.msg_data_id
    )
    return count or 0
