"""Counting what happens, as it happens, for the statistics of the days to come: nothing here is ever estimated."""

from __future__ import annotations

import datetime
from typing import Final

from .world import CHINA, AccountState, World

SOURCES: Final = {
    "ADD_SCENE_SEARCH": 1,
    "ADD_SCENE_PROFILE_CARD": 17,
    "ADD_SCENE_QR_CODE": 30,
    "ADD_SCENE_PROFILE_LINK": 57,
    "ADD_SCENE_PROFILE_ITEM": 57,
    "ADD_SCENE_WECHAT_ADVERTISEMENT": 100,
    "ADD_SCENE_REPRINT": 161,
    "ADD_SCENE_LIVESTREAM": 201,
    "ADD_SCENE_CHANNELS": 200,
    "ADD_SCENE_MINI_PROGRAM": 149,
}
"""Way of coming → user_source of the statistics; all others are 0."""

MESSAGE_TYPES: Final = {"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4, "link": 6}
"""Kind of message → msg_type of the statistics; places have none."""


def moment(world: World) -> tuple[str, int]:
    """Day and hour in China."""
    now = datetime.datetime.fromtimestamp(world.now(), CHINA)
    return now.strftime("%Y-%m-%d"), now.hour


def begin(world: World, appid: str) -> None:
    """An account exists from now on."""
    world.db.run("INSERT OR IGNORE INTO account_beginning VALUES (?, ?)", appid, world.today())


def beginning(world: World, account: AccountState) -> str:
    day: str | None = world.db.value("SELECT day FROM account_beginning WHERE appid = ?", account.appid)
    return day or world.today()


def _follower(world: World, account: AccountState, how: str, came: int, went: int) -> None:
    world.db.run(
        "INSERT INTO follow_tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET came = came + excluded.came, "
        "went = went + excluded.went",
        account.appid,
        world.today(),
        SOURCES.get(how, 0),
        came,
        went,
    )


def followed(world: World, account: AccountState, how: str) -> None:
    """Somebody who did not follow does now; `how` is the subscribe_scene."""
    _follower(world, account, how, 1, 0)


def unfollowed(world: World, account: AccountState, how: str) -> None:
    """A follower is gone, who had come by `how`."""
    _follower(world, account, how, 0, 1)


def said(world: World, account: AccountState, openid: str, kind: str) -> None:
    """A person sent a message."""
    if kind not in MESSAGE_TYPES:
        return
    day, hour = moment(world)
    world.db.run(
        "INSERT INTO message_tally VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        account.appid,
        day,
        hour,
        MESSAGE_TYPES[kind],
        openid,
    )


def pushed(world: World, account: AccountState, *, ok: bool, began: float) -> None:
    """A request to the account's server has ended, on the world's clock; `began` is when it began."""
    day, hour = moment(world)
    cost_ms = round((world.now() - began) * 1000)
    world.db.run(
        "INSERT INTO callback_tally VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + 1, "
        "failed = failed + excluded.failed, total_ms = total_ms + excluded.total_ms, "
        "longest_ms = max(longest_ms, excluded.longest_ms)",
        account.appid,
        day,
        hour,
        int(not ok),
        cost_ms,
        cost_ms,
    )


def reached(world: World, msg_data_id: int, count: int) -> None:
    """A mass send of articles came to so many phones."""
    world.db.run("INSERT OR REPLACE INTO mass_tally VALUES (?, ?)", msg_data_id, count)
