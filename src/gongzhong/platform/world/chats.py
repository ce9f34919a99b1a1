"""What a person sees in the chat with an account: the lines of both sides and WeChat's system lines.

When an account may write to a person first (客服消息下发规则).

Each act of the person opens a window with a number of messages: a message 5 in 48 hours; a menu click, a follow
or a scan 3 in one minute. Whether windows add up is not stated for official accounts; here each keeps its own
count, and the one that closes first is used first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ...wire.surrogates import mended_value
from .refusal import Refusal
from .world import AccountState, World

Side = Literal["person", "account", "system"]
Via = Literal["message", "passive", "customer", "template", "mass", "menu", "platform"]

FAILURE_LINE = "该公众号提供的服务出现故障，请稍后再试"


def add(
    world: World, account: AccountState, person: str, side: Side, via: Via, type: str, **content: Any
) -> dict[str, Any]:
    """Write one line and show it at once on the person's phone; half an emoji is shown as U+FFFD."""
    try:
        document = msgspec.json.encode(content)
    except UnicodeEncodeError:
        content = mended_value(content)
        document = msgspec.json.encode(content)
    time = world.now()
    seq = world.db.insert(
        "INSERT INTO chat (appid, person, time, side, via, type, document) VALUES (?, ?, ?, ?, ?, ?, ?)",
        account.appid,
        person,
        time,
        side,
        via,
        type,
        document.decode(),
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


Act = Literal["message", "menu", "follow", "scan"]

OUT_OF_WINDOW = 45015
OUT_OF_COUNT = 45047


def open_window(world: World, account: AccountState, openid: str, act: Act) -> None:
    """The person did something: the window of that act starts again with its full count."""
    rules = world.rules
    count, seconds = (
        (rules.after_message, rules.after_message_s)
        if act == "message"
        else (rules.after_act, rules.after_act_s)
    )
    world.db.run(
        "INSERT INTO allowance VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET remaining = excluded.remaining, "
        "expires_at = excluded.expires_at",
        account.appid,
        openid,
        act,
        count,
        world.now() + seconds,
    )


def wrote(world: World, account: AccountState, openid: str, seconds_ago: float) -> None:
    """The person last wrote so long ago: what is left of that window is open, with its full count."""
    open_window(world, account, openid, "message")
    world.db.run(
        "UPDATE allowance SET expires_at = expires_at - ? WHERE appid = ? AND openid = ? AND kind = 'message'",
        seconds_ago,
        account.appid,
        openid,
    )


def spend(world: World, account: AccountState, openid: str) -> None:
    """Use up one message of the allowance. Refuses with 45015 when no window is open, with 45047 when all are empty."""
    rows = world.db.all(
        "SELECT kind, remaining FROM allowance WHERE appid = ? AND openid = ? AND expires_at > ? ORDER BY expires_at",
        account.appid,
        openid,
        world.now(),
    )
    if not rows:
        raise Refusal(OUT_OF_WINDOW)
    for row in rows:
        if row["remaining"] > 0:
            world.db.run(
                "UPDATE allowance SET remaining = remaining - 1 WHERE appid = ? AND openid = ? AND kind = ?",
                account.appid,
                openid,
                row["kind"],
            )
            return
    raise Refusal(OUT_OF_COUNT)


def start_typing(world: World, account: AccountState, openid: str) -> None:
    """Show 对方正在输入… to a person, for `typing_s` of the rules."""
    until = world.now() + world.rules.typing_s
    world.db.run("INSERT OR REPLACE INTO typing VALUES (?, ?, ?)", account.appid, openid, until)


def stop_typing(world: World, account: AccountState, openid: str) -> None:
    """A message or CancelTyping ends what `start_typing` began."""
    world.db.run("DELETE FROM typing WHERE appid = ? AND openid = ?", account.appid, openid)


def is_typing(world: World, account: AccountState, openid: str) -> bool:
    """Whether the person sees 对方正在输入… now."""
    until: float | None = world.db.value(
        "SELECT until FROM typing WHERE appid = ? AND openid = ?", account.appid, openid
    )
    return until is not None and until > world.now()


def last_exchange(world: World, account: AccountState, person: str) -> float:
    """When the account and the person last exchanged a message; 0 if never."""
    time = world.db.value(
        "SELECT max(time) FROM chat WHERE appid = ? AND person = ? AND side IN ('person', 'account')",
        account.appid,
        person,
    )
    return time or 0.0
