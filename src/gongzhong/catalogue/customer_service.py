"""Customer service: agents (客服账号管理), their sessions (客服会话控制), and what was written (客服聊天记录)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .. import facts
from .fields import OpenID, Violation, always, coded
from .media import File
from .model import VERIFIED, Acknowledged, Call, Ok, PagedCall, Repeat, Reply, Spec, Status

NewAgentName = Annotated[
    str,
    coded(
        invalid=65404,
        missing=65404,
        pattern=rf"^[A-Za-z0-9_]{{1,{facts.AGENT_PREFIX_LENGTH}}}@[A-Za-z0-9_-]+$",
        max_length=facts.AGENT_NAME_LENGTH,
    ),
]
"""`prefix@WeChat id of the account`; the prefix is letters, digits and underscores."""
AgentName = Annotated[str, coded(invalid=65401, missing=65401, min_length=1)]
"""An agent that exists, such as `anna@shopid`."""
AgentNickname = Annotated[
    str, coded(invalid=65403, missing=65403, min_length=1, max_length=facts.AGENT_NICKNAME_LENGTH)
]


class AddAgent(Call[Ok], kw_only=True, frozen=True):
    """Add an agent (添加客服账号); it works once somebody has accepted an invitation to it.

    `business_id` names a sub-merchant.
    """

    spec = Spec(
        "POST",
        "/customservice/kfaccount/add",
        document="添加客服账号",
        accounts=VERIFIED,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 40003, 40005, 40009, 65400, 65401, 65402, 65403, 65404, 65405, 65406),
    )
    kf_account: NewAgentName
    nickname: AgentNickname
    business_id: str | None = None


class UpdateAgent(Call[Ok], kw_only=True, frozen=True):
    """Change an agent's nickname (设置客服信息)."""

    spec = Spec(
        "POST",
        "/customservice/kfaccount/update",
        document="设置客服信息",
        accounts=VERIFIED,
        errors=(-1, 40001, 65400, 65401, 65403),
    )
    kf_account: AgentName
    nickname: AgentNickname


class DeleteAgent(Call[Ok], kw_only=True, frozen=True):
    """Remove an agent (删除客服账号)."""

    spec = Spec(
        "POST",
        "/customservice/kfaccount/del",
        document="删除客服账号",
        accounts=VERIFIED,
        errors=(-1, 40001, 65400, 65401),
        forms=True,
        older_verb="GET",
    )
    kf_account: AgentName
    business_id: str | None = None


class InviteAgent(Call[Ok], kw_only=True, frozen=True):
    """Ask somebody, by WeChat id, to work as an agent (邀请绑定客服账号); they confirm in WeChat."""

    spec = Spec(
        "POST",
        "/customservice/kfaccount/inviteworker",
        document="邀请绑定客服账号",
        accounts=VERIFIED,
        repeat=Repeat.IF_NOT_SENT,
        errors=(-1, 40001, 65400, 65401, 65407, 65408, 65409, 65410, 65411, 65412),
    )
    kf_account: AgentName
    invite_wx: Annotated[str, coded(invalid=65409, missing=65409, min_length=1)]


class UploadAgentPortrait(Call[Ok], kw_only=True, frozen=True):
    """Give an agent a portrait (上传客服头像): jpg below 5 MB, best 640×640."""

    spec = Spec(
        "POST",
        "/customservice/kfaccount/uploadheadimg",
        file_kind="image",
        document="上传客服头像",
        accounts=VERIFIED,
        query=frozenset({"kf_account"}),
        errors=(-1, 40001, 40005, 40009, 65401),
    )
    kf_account: AgentName
    media: File

    def cross_check(self) -> Violation | None:
        size, largest = self.media.size, facts.AGENT_PORTRAIT_BYTES
        if size <= largest:
            return None
        zh, en = f"头像最大 {largest} 字节, 现有 {size}", f"a portrait may have {largest} bytes, not {size}"
        return Violation(path="media", code=40009, zh=zh, en=en)


class AgentAccount(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An agent: bound to the WeChat `kf_wx`, or with an invitation under way.

    `invite_status` is `waiting`, `rejected` or `expired`, `invite_expire_time` unix seconds.
    """

    kf_account: str
    kf_nick: str = always("")
    kf_id: str
    kf_headimgurl: str = ""
    kf_wx: str | None = None
    invite_wx: str | None = None
    invite_expire_time: int | None = None
    invite_status: str | None = None
    kf_openid: str | None = None


class AgentList(Reply, kw_only=True, frozen=True):
    """All agents of the account."""

    kf_list: list[AgentAccount]


class GetAgents(Call[AgentList], kw_only=True, frozen=True):
    """List the agents (获取客服列表)."""

    spec = Spec(
        "GET",
        "/cgi-bin/customservice/getkflist",
        document="获取客服列表",
        accounts=VERIFIED,
        errors=(-1, 40001, 65400),
    )
    business_id: str | None = None


class OnlineAgent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An agent at work; `status` 1 is online, `accepted_case` the number of open sessions."""

    kf_account: str
    status: int
    kf_id: int
    kf_openid: str | None = None
    accepted_case: int | None = None


class OnlineAgents(Reply, kw_only=True, frozen=True):
    """The agents that are online."""

    kf_online_list: list[OnlineAgent]


class GetOnlineAgents(Call[OnlineAgents], kw_only=True, frozen=True):
    """List the agents that are online, with their sessions (获取在线客服列表)."""

    spec = Spec(
        "GET",
        "/cgi-bin/customservice/getonlinekflist",
        document="获取在线客服列表",
        accounts=VERIFIED,
        errors=(-1, 40001, 65400),
    )
    business_id: str | None = None


Moment = Annotated[int, coded(invalid=65416, missing=65416, ge=0)]
"""Unix seconds."""


def _period(start: int, end: int) -> Violation | None:
    if end < start:
        return Violation(
            path="endtime", code=65416, zh="endtime 早于 starttime", en="endtime is before starttime"
        )
    if end - start > facts.RECORD_SPAN_S:
        zh, en = "起止时间不能超过 24 小时", "the period may have 24 hours at most"
        return Violation(path="endtime", code=65417, zh=zh, en=en)
    return None


class Record(msgspec.Struct, kw_only=True, frozen=True):
    """One line. `opercode` 2002 is said by the agent `worker`, 2003 by the person; pictures and the like come
    as `[图片]`."""

    openid: str
    opercode: int
    text: str
    time: int
    worker: str


class RecordPage(Reply, kw_only=True, frozen=True):
    """A page of records; `msgid` is where the next one begins."""

    recordlist: list[Record]
    number: int
    msgid: int


class GetRecords(PagedCall[RecordPage, Record], kw_only=True, frozen=True):
    """Read the conversations of agents within at most 24 hours (获取聊天记录)."""

    spec = Spec(
        "POST",
        "/customservice/msgrecord/getmsglist",
        document="获取聊天记录",
        accounts=VERIFIED,
        daily=facts.RECORDS_DAILY,
        errors=(-1, 40001, 45009, 65400, 65416, 65417),
    )
    starttime: Moment
    endtime: Moment
    msgid: Annotated[int, coded(invalid=65416, ge=0)] = always(1)
    number: Annotated[int, coded(invalid=65416, ge=1, le=facts.RECORD_PAGE)] = always(facts.RECORD_PAGE)

    def cross_check(self) -> Violation | None:
        return _period(self.starttime, self.endtime)

    def items(self, page: RecordPage) -> list[Record]:
        return page.recordlist

    def following(self, page: RecordPage) -> GetRecords | None:
        more = page.number >= self.number and page.msgid > self.msgid
        return msgspec.structs.replace(self, msgid=page.msgid) if more else None


class OldRecords(Acknowledged, kw_only=True, frozen=True):
    """Records as the old call gave them."""

    recordlist: list[Record]


class GetOldRecords(Call[OldRecords], kw_only=True, frozen=True):
    """Read records by page number (获取客服聊天记录, 旧接口); replaced by GetRecords."""

    spec = Spec(
        "POST",
        "/customservice/msgrecord/getrecord",
        document="获取客服聊天记录（旧）",
        accounts=VERIFIED,
        errors=(-1, 40001, 45106),
        status=Status.RETIRED,
    )
    starttime: Moment
    endtime: Moment
    pagesize: Annotated[int, coded(invalid=65416, ge=1)]
    pageindex: Annotated[int, coded(invalid=65416, ge=1)]
    openid: str | None = None


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
