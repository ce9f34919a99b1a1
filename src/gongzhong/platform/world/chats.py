"""What a person sees in the chat with an account: the lines of both sides and WeChat's own grey ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .world import AccountState, World

Side = Literal["person", "account", "system"]
Via = Literal["message", "passive", "customer", "template", "mass", "menu", "platform"]

FAILURE_LINE = "该公众号提供的服务出现故障，请稍后再试"


def add(
    world: World, account: AccountState, person: str, side: Side, via: Via, type: str, **content: Any
) -> dict[str, Any]:
    """Write one line and show it at once on the person's phone."""
    time = world.now()
    seq = world.db.insert(
        "INSERT INTO chat (appid, person, time, side, via, type, document) VALUES (?, ?, ?, ?, ?, ?, ?)",
        account.appid,
        person,
        time,
        side,
        via,
        type,
        msgspec.json.encode(content).decode(),
    )
    item = {
        "seq": seq,
        "time": time,
        "appid": account.appid,
        "person": person,
        "side": side,
        "via": via,
        "type": type,
        **content,
    }
    world.announce("chat", item)
    return item


def read(world: World, appid: str, person: str, after: int = 0) -> list[dict[str, Any]]:
    """The lines after a sequence number, oldest first."""
    rows = world.db.all(
        "SELECT * FROM chat WHERE appid = ? AND person = ? AND seq > ? ORDER BY seq", appid, person, after
    )
    return [_item(dict(row)) for row in rows]


def last(world: World) -> int:
    """The number of the newest line of any chat, 0 before the first."""
    number: int = world.db.value("SELECT coalesce(max(seq), 0) FROM chat")
    return number


def spoken(line: Mapping[str, Any]) -> str:
    """What a person would read out of a line; empty for what cannot be read."""
    if "content" in line:
        return str(line["content"])
    match line["type"]:
        case "news":
            return "\n".join(str(article["title"]) for article in line["articles"])
        case "template":
            lines = [f"{part['label']}：{part['value']}" for part in line["lines"]]
            return "\n".join([line["title"], *lines])
        case "msgmenu":
            return "\n".join([line["head"], *(option["content"] for option in line["list"]), line["tail"]])
    return str(line.get("title") or "")


def _item(row: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(row.pop("document"))
    return {**row, **content}
