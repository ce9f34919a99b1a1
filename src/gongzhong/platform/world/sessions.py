"""Customer-service sessions (客服会话): the queue, who serves whom, and where a person's messages go meanwhile.

A message that the account's server hands over puts its sender into the queue, or with an agent that takes people by
itself. In the queue messages go to the server as ever; in a session they go to the agent, until it ends or has lasted
half an hour.

What agents and people said to each other, and the steps of their sessions (客服聊天记录).

What an agent does at the desk (客服工作台): write to the person who is served.

Nothing of it counts against the messages that the account may send by API.
"""

from __future__ import annotations

import enum
from typing import Any, Final

import msgspec

from ...messages import KfCloseSession, KfCreateSession, KfSwitchSession, Push, Text
from . import agents, chats, media, people
from .agents import Agent
from .refusal import Refusal, require
from .rendering import picture
from .world import AccountState, World

NO_SESSION, SERVED_BY_ANOTHER, NOT_ONLINE = 65413, 65414, 65415


class Session(msgspec.Struct, frozen=True, kw_only=True):
    openid: str
    kf_account: str
    since: float


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the queue; `text` is the message that was handed over."""

    openid: str
    since: float
    latest: float
    text: str


def of_person(world: World, account: AccountState, openid: str) -> Session | None:
    row = world.db.one(
        "SELECT openid, kf_account, since FROM service_session WHERE appid = ? AND openid = ?",
        account.appid,
        openid,
    )
    return None if row is None else Session(**dict(row))


def of_agent(world: World, account: AccountState, kf_account: str) -> list[Session]:
    rows = world.db.all(
        "SELECT openid, kf_account, since FROM service_session WHERE appid = ? AND kf_account = ? ORDER BY since",
        account.appid,
        kf_account,
    )
    return [Session(**dict(row)) for row in rows]


def queue(world: World, account: AccountState) -> list[Waiting]:
    """Everybody who waits, in the order of arrival."""
    rows = world.db.all(
        "SELECT openid, since, latest, text FROM waiting WHERE appid = ? ORDER BY id", account.appid
    )
    return [Waiting(**dict(row)) for row in rows]


def forwards(world: World, session: Session) -> bool:
    """Whether a session still takes the person's messages."""
    return world.now() - session.since < world.rules.session_forwarding_s


def hand_over(world: World, account: AccountState, push: Push, kf_account: str = "") -> None:
    """The account's server gave one message to customer service, to one agent or to whoever is free.

    A named agent gets the person even offline or full; a name that nobody works under counts as none. Without the
    function turned on nothing happens.
    """
    if not account.customer_service:
        return
    named = [
        agent for agent in agents.listing(world, account) if agent.kf_account == kf_account and agent.kf_wx
    ]
    taker = named[0] if named else _free_agent(world, account)
    openid, now = push.openid, world.now()
    world.db.run(
        "INSERT INTO waiting (appid, openid, since, latest, text) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (appid, openid) DO UPDATE SET latest = excluded.latest, text = excluded.text",
        account.appid,
        openid,
        now,
        now,
        text_of_push(push),
    )
    write(world, account, openid, "", Operation.WAITING)
    if taker is not None:
        _open(world, account, openid, taker, Operation.ACCEPTED)
    world.announce("state", {})


def _free_agent(world: World, account: AccountState) -> Agent | None:
    """The agent with the fewest sessions among those that take people by themselves and have room."""
    loads = [
        (len(of_agent(world, account, agent.kf_account)), agent) for agent in agents.online(world, account)
    ]
    free = [(load, agent.kf_id, agent) for load, agent in loads if load < agent.auto_accept]
    return min(free)[2] if free else None


def distribute(world: World, account: AccountState) -> None:
    """Give those who wait to agents that take people by themselves, for as long as there is room."""
    for waiting in queue(world, account):
        taker = _free_agent(world, account)
        if taker is None:
            return
        _open(world, account, waiting.openid, taker, Operation.ACCEPTED)


def _open(world: World, account: AccountState, openid: str, agent: Agent, how: Operation) -> None:
    text = world.db.value(
        "DELETE FROM waiting WHERE appid = ? AND openid = ? RETURNING text", account.appid, openid
    )
    world.db.run(
        "INSERT OR REPLACE INTO service_session VALUES (?, ?, ?, ?)",
        account.appid,
        openid,
        agent.kf_account,
        world.now(),
    )
    write(world, account, openid, agent.kf_account, how)
    if text:
        write(world, account, openid, agent.kf_account, Operation.RECEIVED, text)
    _tell(world, account, KfCreateSession(kf_account=agent.kf_account, **_envelope(world, account, openid)))


def _envelope(world: World, account: AccountState, openid: str) -> dict[str, Any]:
    return {
        "to_user_name": account.original_id,
        "from_user_name": openid,
        "create_time": world.seconds(),
    }


def _tell(world: World, account: AccountState, push: Push) -> None:
    world.outgoing(account, push)
    world.announce("state", {})


def _worker(world: World, account: AccountState, kf_account: str) -> Agent:
    agent = agents.bound(world, account, kf_account)
    require(agent.online, NOT_ONLINE)
    return agent


def create(world: World, account: AccountState, openid: str, kf_account: str) -> None:
    """Put a person with an agent. Refuses with 65401, 65402, 65415, and 65414 while another agent serves."""
    agent = _worker(world, account, kf_account)
    current = of_person(world, account, openid)
    if current is not None and forwards(world, current):
        require(current.kf_account == kf_account, SERVED_BY_ANOTHER)
        return
    waits = world.db.value("SELECT 1 FROM waiting WHERE appid = ? AND openid = ?", account.appid, openid)
    _open(world, account, openid, agent, Operation.ACCEPTED if waits else Operation.STARTED)


def require_session(world: World, account: AccountState, openid: str, kf_account: str) -> Session:
    """The session of this person with this agent; refuses with 65413 or 65414."""
    found = of_person(world, account, openid)
    if found is None:
        raise Refusal(NO_SESSION)
    require(found.kf_account == kf_account, SERVED_BY_ANOTHER)
    return found


def close(world: World, account: AccountState, openid: str, kf_account: str) -> None:
    """End a session. Refuses with 65401, 65413 when there is none, 65414 when it is another agent's."""
    agents.find(world, account, kf_account)
    _end(world, account, require_session(world, account, openid, kf_account))
    distribute(world, account)


def _end(world: World, account: AccountState, session: Session) -> None:
    openid, kf_account = session.openid, session.kf_account
    world.db.run("DELETE FROM service_session WHERE appid = ? AND openid = ?", account.appid, openid)
    write(world, account, openid, kf_account, Operation.CLOSED)
    _tell(world, account, KfCloseSession(kf_account=kf_account, **_envelope(world, account, openid)))


def switch(world: World, account: AccountState, openid: str, kf_account: str, to: str) -> None:
    """Hand a session on to another agent. Refuses with 65401, 65402, 65413, 65414, 65415."""
    taker = _worker(world, account, to)
    require_session(world, account, openid, kf_account)
    world.db.run(
        "UPDATE service_session SET kf_account = ?, since = ? WHERE appid = ? AND openid = ?",
        taker.kf_account,
        world.now(),
        account.appid,
        openid,
    )
    write(world, account, openid, taker.kf_account, Operation.SWITCHED)
    _tell(
        world,
        account,
        KfSwitchSession(from_kf_account=kf_account, to_kf_account=to, **_envelope(world, account, openid)),
    )


def dismiss(world: World, account: AccountState, kf_account: str) -> None:
    """Remove an agent, which ends its sessions. Refuses with 65401."""
    agents.find(world, account, kf_account)
    agents.remove(world, account, kf_account)
    for session in of_agent(world, account, kf_account):
        _end(world, account, session)
    distribute(world, account)


def leave(world: World, account: AccountState, openid: str) -> None:
    """Remove a person from the queue and end their session, when they closed their WeChat account."""
    world.db.run("DELETE FROM waiting WHERE appid = ? AND openid = ?", account.appid, openid)
    session = of_person(world, account, openid)
    if session is not None:
        _end(world, account, session)


def takes(world: World, account: AccountState, openid: str, items: list[dict[str, Any]]) -> bool:
    """Whether an agent gets these chat lines of a person, so that no push is made of them."""
    session = of_person(world, account, openid)
    if session is None or not forwards(world, session):
        world.db.run(
            "UPDATE waiting SET latest = ? WHERE appid = ? AND openid = ?", world.now(), account.appid, openid
        )
        return False
    for item in items:
        write(world, account, openid, session.kf_account, Operation.RECEIVED, text_of(item))
    return True


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
    require_session(world, account, openid, kf_account)
    tie = people.follower(world, account, openid)
    line = chats.add(
        world, account, tie.person or "", "account", "customer", type, **content, kf=agent.nickname
    )
    write(world, account, openid, kf_account, Operation.SAID, text_of(line))
    return line
