"""What an agent does at the desk (客服工作台): write to the person who is served.

Nothing of it counts against the messages that the account may send by API.
"""

from __future__ import annotations

from typing import Any

from . import agents, chats, media, people, records, sessions
from .records import Operation
from .refusal import require
from .rendering import picture
from .world import AccountState, World


def say(world: World, account: AccountState, kf_account: str, openid: str, text: str) -> dict[str, Any]:
    """Write text to a person in session; returns the chat line. Refuses with 65413, 65414, 44004, 43004."""
    require(text, 44004)
    return _write(world, account, kf_account, openid, "text", {"content": text})


def show(world: World, account: AccountState, kf_account: str, openid: str, content: bytes) -> dict[str, Any]:
    """Send a picture. Refuses also with 40005 and 40009."""
    media.accept("image", content, permanent=False)
    file = media.keep(world, account, "image", content, source="user")
    return _write(world, account, kf_account, openid, "image", picture(file.media_id))


def _write(
    world: World, account: AccountState, kf_account: str, openid: str, type: str, content: dict[str, Any]
) -> dict[str, Any]:
    agent = agents.bound(world, account, kf_account)
    sessions.require_session(world, account, openid, kf_account)
    tie = people.follower(world, account, openid)
    line = chats.add(
        world, account, tie.person or "", "account", "customer", type, **content, kf=agent.nickname
    )
    records.write(world, account, openid, kf_account, Operation.SAID, records.text_of(line))
    return line
