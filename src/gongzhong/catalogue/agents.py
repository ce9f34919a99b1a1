"""Customer-service agents (客服账号管理): who answers in the account's name, and with which WeChat they work."""

from __future__ import annotations

from typing import Annotated

import msgspec

from . import limits
from .fields import Violation, always, coded
from .media import File
from .model import VERIFIED, Call, Ok, Repeat, Reply, Spec

NewAgentName = Annotated[
    str,
    coded(
        invalid=65404,
        missing=65404,
        pattern=rf"^[A-Za-z0-9_]{{1,{limits.AGENT_PREFIX_LENGTH}}}@[A-Za-z0-9_-]+$",
        max_length=limits.AGENT_NAME_LENGTH,
    ),
]
"""`prefix@WeChat id of the account`; the prefix is letters, digits and underscores."""
AgentName = Annotated[str, coded(invalid=65401, missing=65401, min_length=1)]
"""An agent that exists, such as `anna@shopid`."""
AgentNickname = Annotated[
    str, coded(invalid=65403, missing=65403, min_length=1, max_length=limits.AGENT_NICKNAME_LENGTH)
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
        size, largest = self.media.size, limits.AGENT_PORTRAIT_BYTES
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
