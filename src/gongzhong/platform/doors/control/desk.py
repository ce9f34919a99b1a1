"""Control routes for customer service: the agents, their desk, and the people who are asked to be one."""

from __future__ import annotations

from typing import Any

import msgspec

from ...world import agents, people, sessions
from ...world.acts import NotPossible
from ...world.world import AccountState, World
from .acts import account_of, person_of
from .lines import ChatLine
from .route import WITH_FILES, Given, NotFound, Route


class Invited(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer to an invitation."""

    appid: str
    kf_account: str
    accept: bool = True


class NewAgent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An agent with somebody to work as it from the start."""

    prefix: str
    nickname: str
    person: str


class Presence(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    kf_account: str
    online: bool
    auto_accept: int = 0


class Serving(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person and the agent who is to serve them."""

    kf_account: str
    person: str


class AgentSpeaking(Serving, kw_only=True, forbid_unknown_fields=True):
    content: str = ""
    file: bytes = b""


class Switching(Serving, kw_only=True, forbid_unknown_fields=True):
    to: str


class AgentView(msgspec.Struct, kw_only=True):
    kf_account: str
    nickname: str
    headimgurl: str
    kf_wx: str
    online: bool
    auto_accept: int
    invitation: agents.Invitation | None


class WaitingView(msgspec.Struct, kw_only=True):
    person: str
    openid: str
    since: float
    latest: float
    text: str


class SessionView(msgspec.Struct, kw_only=True):
    """`forwards` is false after half an hour: messages go to the account's server again."""

    person: str
    openid: str
    kf_account: str
    since: float
    forwards: bool


class DeskView(msgspec.Struct, kw_only=True):
    """Everything that an agent's screen shows besides the chats."""

    enabled: bool
    agents: list[AgentView]
    waiting: list[WaitingView]
    sessions: list[SessionView]


def _name(world: World, account: AccountState, openid: str) -> str:
    return people.by_openid(world, account, openid).person or openid


def _openid(given: Given[Any], account: AccountState, person: str) -> str:
    try:
        name = people.get(given.platform.world, person).name
    except KeyError:
        raise NotFound(f"没有这个人：{person}", f"no such person: {person}") from None
    return people.relation(given.platform.world, account, name).openid


def _view(world: World, account: AccountState) -> DeskView:
    known = agents.listing(world, account)
    open_sessions = [one for agent in known for one in sessions.of_agent(world, account, agent.kf_account)]
    return DeskView(
        enabled=account.customer_service,
        agents=[
            AgentView(
                kf_account=agent.kf_account,
                nickname=agent.nickname,
                headimgurl=agent.headimgurl,
                kf_wx=agent.kf_wx,
                online=agent.online,
                auto_accept=agent.auto_accept,
                invitation=agents.invitation(world, account, agent.kf_account),
            )
            for agent in known
        ],
        waiting=[
            WaitingView(person=_name(world, account, one.openid), **msgspec.structs.asdict(one))
            for one in sessions.queue(world, account)
        ],
        sessions=[
            SessionView(
                person=_name(world, account, one.openid),
                forwards=sessions.forwards(world, one),
                **msgspec.structs.asdict(one),
            )
            for one in open_sessions
        ],
    )


def _served(given: Given[Any]) -> AccountState:
    """The account of the path; a recording is told that an agent acts."""
    account = account_of(given, given.path["appid"])
    given.platform.recording.note_service(account)
    return account


async def show_desk(given: Given[None]) -> DeskView:
    return _view(given.platform.world, account_of(given, given.path["appid"]))


async def employ(given: Given[NewAgent]) -> DeskView:
    """An agent for the pages: added, bound and online in one step."""
    world, body, account = given.platform.world, given.body, _served(given)
    _openid(given, account, body.person)
    kf_account = f"{body.prefix}@{account.wechat_id}"
    with world.db.transaction():
        agents.add(world, account, kf_account, body.nickname)
        agents.invite(world, account, kf_account, body.person)
        agents.answer(world, account, kf_account, body.person, accept=True)
        agents.appear(world, account, kf_account, online=True, auto_accept=0)
    return _view(world, account)


async def appear(given: Given[Presence]) -> DeskView:
    world, body, account = given.platform.world, given.body, _served(given)
    agents.appear(world, account, body.kf_account, online=body.online, auto_accept=body.auto_accept)
    sessions.distribute(world, account)
    return _view(world, account)


async def accept(given: Given[Serving]) -> DeskView:
    world, body, account = given.platform.world, given.body, _served(given)
    sessions.create(world, account, _openid(given, account, body.person), body.kf_account)
    return _view(world, account)


async def say(given: Given[AgentSpeaking]) -> dict[str, Any]:
    world, body, account = given.platform.world, given.body, _served(given)
    openid = _openid(given, account, body.person)
    if body.file:
        return sessions.show(world, account, body.kf_account, openid, body.file)
    return sessions.say(world, account, body.kf_account, openid, body.content)


async def close(given: Given[Serving]) -> DeskView:
    world, body, account = given.platform.world, given.body, _served(given)
    sessions.close(world, account, _openid(given, account, body.person), body.kf_account)
    return _view(world, account)


async def switch(given: Given[Switching]) -> DeskView:
    world, body, account = given.platform.world, given.body, _served(given)
    sessions.switch(world, account, _openid(given, account, body.person), body.kf_account, body.to)
    return _view(world, account)


async def answer_invitation(given: Given[Invited]) -> DeskView:
    world, body = given.platform.world, given.body
    account = account_of(given, body.appid)
    if not agents.answer(world, account, body.kf_account, person_of(given), accept=body.accept):
        raise NotPossible("没有等待答复的邀请", "there is no invitation to answer")
    return _view(world, account)


DESK = "/accounts/{appid}/desk"
ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path=DESK, function=show_desk, answer=DeskView),
    Route(verb="POST", path=f"{DESK}/agents", function=employ, body=NewAgent, answer=DeskView),
    Route(verb="POST", path=f"{DESK}/presence", function=appear, body=Presence, answer=DeskView),
    Route(verb="POST", path=f"{DESK}/accept", function=accept, body=Serving, answer=DeskView),
    Route(
        verb="POST", path=f"{DESK}/say", function=say, body=AgentSpeaking, largest=WITH_FILES, answer=ChatLine
    ),
    Route(verb="POST", path=f"{DESK}/close", function=close, body=Serving, answer=DeskView),
    Route(verb="POST", path=f"{DESK}/switch", function=switch, body=Switching, answer=DeskView),
    Route(
        verb="POST",
        path="/people/{name}/invitation",
        function=answer_invitation,
        body=Invited,
        answer=DeskView,
    ),
]
