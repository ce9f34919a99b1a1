"""What agents and people said to each other, and the steps of their sessions (客服聊天记录)."""

from __future__ import annotations

import enum
from typing import Any, Final

import msgspec

from ...messages import Push, Text
from .world import AccountState, World


class Operation(enum.IntEnum):
    """opercode; the current page knows the last two, the others stand on older ones."""

    WAITING = 1000
    ACCEPTED = 1001
    STARTED = 1002
    SWITCHED = 1003
    CLOSED = 1004
    SAID = 2002
    RECEIVED = 2003


CURRENT: Final = (Operation.SAID, Operation.RECEIVED)

PLACEHOLDERS: Final = {
    "image": "[图片]",
    "voice": "[语音]",
    "video": "[视频]",
    "shortvideo": "[小视频]",
    "location": "[位置]",
    "link": "[链接]",
}


class Record(msgspec.Struct, frozen=True):
    id: int
    openid: str
    kf_account: str
    opercode: int
    text: str
    time: float


def text_of(item: dict[str, Any]) -> str:
    """A chat line as the records show it: text, or a word in brackets for everything else."""
    kind = item["type"]
    return str(item["content"]) if kind == "text" else PLACEHOLDERS.get(kind, f"[{kind}]")


def text_of_push(push: Push) -> str:
    return push.content if isinstance(push, Text) else PLACEHOLDERS.get(push.msg_type, f"[{push.msg_type}]")


def write(
    world: World, account: AccountState, openid: str, kf_account: str, operation: Operation, text: str = ""
) -> None:
    world.db.run(
        "INSERT INTO service_record (appid, openid, kf_account, opercode, text, time) VALUES (?, ?, ?, ?, ?, ?)",
        account.appid,
        openid,
        kf_account,
        operation,
        text,
        world.now(),
    )


def page(world: World, account: AccountState, start: int, end: int, first: int, number: int) -> list[Record]:
    """Up to `number` records of a period (unix seconds, both ends included), from the id `first` on."""
    shown = tuple(Operation) if world.rules.session_steps_in_records else CURRENT
    marks = ", ".join("?" * len(shown))
    rows = world.db.all(
        "SELECT id, openid, kf_account, opercode, text, time FROM service_record WHERE appid = ? AND id >= ? "
        f"AND time >= ? AND time < ? AND opercode IN ({marks}) ORDER BY id LIMIT ?",
        account.appid,
        first,
        start,
        end + 1,
        *shown,
        number,
    )
    return [Record(**dict(row)) for row in rows]
