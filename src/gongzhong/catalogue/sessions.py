"""Customer-service sessions (客服会话控制): who serves whom, and who waits."""

from __future__ import annotations

import msgspec

from .agents import AgentName
from .fields import OpenID, always
from .model import VERIFIED, Call, Ok, Repeat, Reply, Spec


class CreateSession(Call[Ok], kw_only=True, frozen=True):
    """Put a person into the hands of an agent that is online (创建会话)."""

    spec = Spec(
        "POST",
        "/customservice/kfsession/create",
        document="创建会话",
        accounts=VERIFIED,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 65400, 65401, 65402, 65414, 65415),
    )
    kf_account: AgentName
    openid: OpenID


class CloseSession(Call[Ok], kw_only=True, frozen=True):
    """End the session of a person with an agent (关闭会话)."""

    spec = Spec(
        "POST",
        "/customservice/kfsession/close",
        document="关闭会话",
        accounts=VERIFIED,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 65400, 65401, 65413, 65414),
    )
    kf_account: AgentName
    openid: OpenID


class PersonSession(Reply, kw_only=True, frozen=True):
    """Who serves a person since when (unix seconds): an empty name and 0 when nobody does."""

    createtime: int = always(0)
    kf_account: str = always("")


class GetSession(Call[PersonSession], kw_only=True, frozen=True):
    """Read who serves a person (获取客户会话状态)."""

    spec = Spec(
        "GET",
        "/customservice/kfsession/getsession",
        document="获取客户会话状态",
        accounts=VERIFIED,
        errors=(-1, 40001, 40003, 65400),
    )
    openid: OpenID


class OpenSession(msgspec.Struct, kw_only=True, frozen=True):
    """One session of an agent, open since `createtime` (unix seconds)."""

    createtime: int
    openid: str


class SessionList(Reply, kw_only=True, frozen=True):
    """The sessions of one agent."""

    sessionlist: list[OpenSession]


class ListSessions(Call[SessionList], kw_only=True, frozen=True):
    """List whom an agent serves (获取客服会话列表)."""

    spec = Spec(
        "GET",
        "/customservice/kfsession/getsessionlist",
        document="获取客服会话列表",
        accounts=VERIFIED,
        errors=(-1, 40001, 65400, 65401),
    )
    kf_account: AgentName


class WaitingPerson(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Somebody in the queue; `latest_time` is that of the latest message, `kf_account` the agent waited
    for."""

    latest_time: int
    openid: str
    createtime: int | None = None
    kf_account: str | None = None


class WaitingList(Reply, kw_only=True, frozen=True):
    """The queue in the order of arrival: the first 100 of `count`."""

    count: int
    waitcaselist: list[WaitingPerson] = always([])


class GetWaiting(Call[WaitingList], kw_only=True, frozen=True):
    """List who waits for an agent (获取未接入会话列表)."""

    spec = Spec(
        "GET",
        "/customservice/kfsession/getwaitcase",
        document="获取未接入会话列表",
        accounts=VERIFIED,
        errors=(-1, 40001, 65400),
    )
