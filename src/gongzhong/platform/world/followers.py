"""What an account may do with its followers: list them, read what is left of a profile, remark, block (用户管理)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

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


def search(
    world: World,
    account: AccountState,
    *,
    text: str = "",
    tag: int | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Relation]:
    """Followers in the order of following, from the relation with id `after` on, whose OpenID, person or remark holds
    `text` and who carry `tag`."""
    openids = world.db.column(
        "SELECT openid FROM relation WHERE appid = ?1 AND subscribed = 1 AND id > ?2 "
        "AND (?3 = '' OR instr(lower(openid || char(10) || coalesce(person, '') || char(10) || remark), lower(?3))) "
        "AND (?4 IS NULL OR id IN (SELECT relation FROM tagging WHERE appid = ?1 AND tag = ?4)) ORDER BY id LIMIT ?5",
        account.appid,
        after,
        text,
        tag,
        limit,
    )
    return [people.by_openid(world, account, openid) for openid in openids]


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


class Bulk:
    """New followers of one account, gathered and written many rows with one statement. Made by `in_bulk`."""

    def __init__(self, world: World, account: AccountState, openids: Sequence[str]) -> None:
        self._db, self._appid = world.db, account.appid
        rows = self._db.all(
            "SELECT openid, id FROM relation WHERE appid = ? AND openid IN (SELECT value FROM json_each(?))",
            self._appid,
            msgspec.json.encode(openids).decode(),
        )
        self.known: dict[str, int] = {row["openid"]: row["id"] for row in rows}
        """The ids of those of `openids` that are there, added ones included."""
        self.unwritten: set[str] = set()
        """The added ones that are not in the table yet."""
        self._rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._tagged: list[tuple[str, int, int]] = []
        self._last_id: int = self._db.value("SELECT coalesce(max(id), 0) FROM relation")

    def add(self, openid: str, values: Mapping[str, object]) -> int:
        """One more relation, with the columns of `values`; returns its id."""
        self._last_id += 1
        self.known[openid] = self._last_id
        self.unwritten.add(openid)
        rows = self._rows.setdefault(tuple(values), [])
        rows.append((self._last_id, self._appid, openid, *values.values()))
        return self._last_id

    def tag(self, relation: int, tag: int) -> None:
        """Put a tag on a relation; one that is on it already stays where it is."""
        self._tagged.append((self._appid, tag, relation))

    def write(self) -> None:
        """Put everything gathered so far into the tables."""
        db = self._db
        for names, rows in self._rows.items():
            columns = ", ".join(("id", "appid", "openid", *names))
            places = ", ".join("?" * (len(names) + 3))
            db.many(f"INSERT INTO relation ({columns}) VALUES ({places})", rows)
        start = db.next_number("tagging", 1)
        db.many(
            "INSERT OR IGNORE INTO tagging VALUES (?, ?, ?, ?)",
            ((*tagging, start + place) for place, tagging in enumerate(self._tagged)),
        )
        db.run("UPDATE counter SET value = value + ? WHERE name = 'tagging'", len(self._tagged))
        self._rows.clear()
        self.unwritten.clear()
        self._tagged.clear()


@contextmanager
def in_bulk(world: World, account: AccountState, openids: Sequence[str]) -> Iterator[Bulk]:
    """One transaction about these OpenIDs; what was gathered is written at its end."""
    with world.db.transaction():
        bulk = Bulk(world, account, openids)
        yield bulk
        bulk.write()
