"""Customer-service agents (客服账号): a name in the account's service, and the person who works under it.

An agent works once somebody has accepted the invitation to it. A person's WeChat id is their name here.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Literal

import msgspec

from ... import facts
from . import media, people
from .refusal import Refusal, require
from .rendering import media_url
from .world import AccountState, World

FEATURE_OFF, NO_SUCH_AGENT, NOT_BOUND, WRONG_NAME, TOO_MANY, EXISTS = 65400, 65401, 65402, 65404, 65405, 65406
ALREADY_YOURS, ALREADY_INVITED, WRONG_WECHAT, TOO_BUSY, INVITED, BOUND = (
    65407,
    65408,
    65409,
    65410,
    65411,
    65412,
)
PORTRAIT = media.KindRule(frozenset(), frozenset({"jpg"}), facts.AGENT_PORTRAIT_BYTES, media.BAD_IMAGE_SIZE)
FIRST_ID = 1001


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """`auto_accept` is how many people it takes without being asked; 0 is by hand."""

    kf_account: str
    kf_id: int
    nickname: str
    headimgurl: str
    kf_wx: str
    online: bool
    auto_accept: int


Invited = Literal["waiting", "rejected", "expired"]


class Invitation(msgspec.Struct, frozen=True):
    invite_wx: str
    expires_at: float
    status: Invited


def _agent(row: sqlite3.Row) -> Agent:
    values = dict(row)
    del values["appid"]
    values["online"] = bool(values["online"])
    return Agent(**values)


def require_feature(account: AccountState) -> None:
    """Refuse with 65400 while customer service is off."""
    require(account.customer_service, FEATURE_OFF)


def find(world: World, account: AccountState, kf_account: str) -> Agent:
    """The agent with this account name. Refuses with 65401 when there is none."""
    row = world.db.one("SELECT * FROM agent WHERE appid = ? AND kf_account = ?", account.appid, kf_account)
    if row is None:
        raise Refusal(NO_SUCH_AGENT)
    return _agent(row)


def nickname(world: World, account: AccountState, kf_account: str) -> str | None:
    """The name that people read; None when there is no such agent."""
    name: str | None = world.db.value(
        "SELECT nickname FROM agent WHERE appid = ? AND kf_account = ?", account.appid, kf_account
    )
    return name


def bound(world: World, account: AccountState, kf_account: str) -> Agent:
    """An agent that somebody works as; refuses with 65401 or 65402."""
    agent = find(world, account, kf_account)
    require(agent.kf_wx, NOT_BOUND)
    return agent


def listing(world: World, account: AccountState) -> list[Agent]:
    rows = world.db.all("SELECT * FROM agent WHERE appid = ? ORDER BY kf_id", account.appid)
    return [_agent(row) for row in rows]


def online(world: World, account: AccountState) -> list[Agent]:
    return [agent for agent in listing(world, account) if agent.online]


def openid(world: World, account: AccountState, agent: Agent) -> str:
    """The OpenID, at this account, of the person behind an agent."""
    return world.ids.openid(account.appid, agent.kf_wx)


def add(world: World, account: AccountState, kf_account: str, nickname: str) -> None:
    """A new agent, which nobody works as yet. Refuses with 65404, 65405 or 65406."""
    require(kf_account.rpartition("@")[2] == account.wechat_id, WRONG_NAME)
    known = [agent.kf_account for agent in listing(world, account)]
    require(kf_account not in known, EXISTS)
    require(len(known) < world.rules.agents_per_account, TOO_MANY)
    ensure(world, account, kf_account, nickname)


def ensure(
    world: World,
    account: AccountState,
    kf_account: str,
    nickname: str,
    *,
    kf_wx: str = "",
    online: bool = False,
) -> None:
    """For configuration files: the agent is there, once."""
    known = world.db.value(
        "SELECT 1 FROM agent WHERE appid = ? AND kf_account = ?", account.appid, kf_account
    )
    if not known:
        world.db.run(
            "INSERT INTO agent (appid, kf_account, kf_id, nickname, kf_wx, online) VALUES (?, ?, ?, ?, ?, ?)",
            account.appid,
            kf_account,
            world.db.next_number("agent", FIRST_ID),
            nickname,
            kf_wx,
            int(online),
        )


def _change(world: World, account: AccountState, kf_account: str, **values: Any) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    world.db.run(
        f"UPDATE agent SET {columns} WHERE appid = ? AND kf_account = ?",
        *values.values(),
        account.appid,
        kf_account,
    )


def rename(world: World, account: AccountState, kf_account: str, nickname: str) -> None:
    find(world, account, kf_account)
    _change(world, account, kf_account, nickname=nickname)


def portray(world: World, account: AccountState, kf_account: str, content: bytes) -> None:
    """Give the agent a portrait; refuses anything but jpg with 40005."""
    find(world, account, kf_account)
    media.accept_by(PORTRAIT, content, permanent=True)
    file = media.keep(world, account, "image", content, source="user")
    _change(world, account, kf_account, headimgurl=media_url(file.media_id))


def remove(world: World, account: AccountState, kf_account: str) -> None:
    for table in ("agent", "agent_invitation"):
        world.db.run(f"DELETE FROM {table} WHERE appid = ? AND kf_account = ?", account.appid, kf_account)


def appear(world: World, account: AccountState, kf_account: str, *, online: bool, auto_accept: int) -> None:
    """Go to work or leave it; refuses with 65402 an agent that nobody works as."""
    bound(world, account, kf_account)
    _change(world, account, kf_account, online=int(online), auto_accept=auto_accept)


def invitation(world: World, account: AccountState, kf_account: str) -> Invitation | None:
    """The latest invitation that was not accepted: waiting, rejected or expired."""
    row = world.db.one(
        "SELECT invite_wx, expires_at, rejected FROM agent_invitation WHERE appid = ? AND kf_account = ?",
        account.appid,
        kf_account,
    )
    if row is None:
        return None
    open_or_expired: Invited = "waiting" if row["expires_at"] > world.now() else "expired"
    return Invitation(row["invite_wx"], row["expires_at"], "rejected" if row["rejected"] else open_or_expired)


def invite(world: World, account: AccountState, kf_account: str, wechat: str) -> None:
    """Ask somebody to work as an agent. Refuses with 65401 and 65407 to 65412."""
    require(not find(world, account, kf_account).kf_wx, BOUND)
    before = invitation(world, account, kf_account)
    require(before is None or before.status != "waiting", INVITED)
    try:
        people.get(world, wechat)
    except KeyError:
        raise Refusal(WRONG_WECHAT) from None
    _require_free(world, account, wechat)
    world.db.run(
        "INSERT OR REPLACE INTO agent_invitation VALUES (?, ?, ?, ?, 0)",
        account.appid,
        kf_account,
        wechat,
        world.now() + world.rules.invitation_lifetime_s,
    )


def _require_free(world: World, account: AccountState, wechat: str) -> None:
    agents = listing(world, account)
    require(not any(agent.kf_wx == wechat for agent in agents), ALREADY_YOURS)
    open_ones = (invitation(world, account, agent.kf_account) for agent in agents)
    asked = any(one is not None and one.status == "waiting" and one.invite_wx == wechat for one in open_ones)
    require(not asked, ALREADY_INVITED)
    works_as: int = world.db.value("SELECT count(*) FROM agent WHERE kf_wx = ?", wechat)
    require(works_as < world.rules.agents_per_person, TOO_BUSY)


def answer(world: World, account: AccountState, kf_account: str, person: str, *, accept: bool) -> bool:
    """The person answers an invitation; False when there is none to answer."""
    found = invitation(world, account, kf_account)
    if found is None or found.status != "waiting" or found.invite_wx != person:
        return False
    if accept:
        _change(world, account, kf_account, kf_wx=person)
        world.db.run(
            "DELETE FROM agent_invitation WHERE appid = ? AND kf_account = ?", account.appid, kf_account
        )
    else:
        world.db.run(
            "UPDATE agent_invitation SET rejected = 1 WHERE appid = ? AND kf_account = ?",
            account.appid,
            kf_account,
        )
    return True
