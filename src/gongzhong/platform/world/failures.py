"""Refused API calls, kept under their rid for the call 查询rid信息 (/cgi-bin/openapi/rid/get)."""

from __future__ import annotations

import msgspec

from .world import World


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One refused call. The texts are masked before they come here: no secret is kept."""

    rid: str
    appid: str
    """Empty when nobody knows whose call it was."""
    time: int
    """Unix seconds."""
    cost_ms: int
    query: str
    request: str
    response: str
    client_ip: str
    path: str


def keep(world: World, failure: Failure) -> None:
    """Store a refused call."""
    world.db.run("INSERT INTO failure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *msgspec.structs.astuple(failure))


def find(world: World, rid: str) -> Failure | None:
    """The refused call with this rid, upper or lower case; None if there is none."""
    row = world.db.one("SELECT * FROM failure WHERE rid = ?", rid.lower())
    return None if row is None else Failure(**dict(row))


def latest(world: World, appid: str) -> str | None:
    """The rid of the account's latest refused call."""
    found: str | None = world.db.value(
        "SELECT rid FROM failure WHERE appid = ? ORDER BY time DESC, rowid DESC LIMIT 1", appid
    )
    return found
