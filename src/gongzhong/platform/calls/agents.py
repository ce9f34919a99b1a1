"""Customer-service agents (客服账号管理), as the platform answers them."""

from __future__ import annotations

from ...catalogue import agents as catalogue
from ...catalogue.model import Ok
from ..world import agents, sessions
from .registry import Caller, answers


@answers(catalogue.AddAgent)
def add_agent(caller: Caller, call: catalogue.AddAgent) -> Ok:
    agents.require_feature(caller.account)
    agents.add(caller.world, caller.account, call.kf_account, call.nickname)
    return Ok()


@answers(catalogue.UpdateAgent)
def update_agent(caller: Caller, call: catalogue.UpdateAgent) -> Ok:
    agents.require_feature(caller.account)
    agents.rename(caller.world, caller.account, call.kf_account, call.nickname)
    return Ok()


@answers(catalogue.DeleteAgent)
def delete_agent(caller: Caller, call: catalogue.DeleteAgent) -> Ok:
    agents.require_feature(caller.account)
    sessions.dismiss(caller.world, caller.account, call.kf_account)
    return Ok()


@answers(catalogue.InviteAgent)
def invite_agent(caller: Caller, call: catalogue.InviteAgent) -> Ok:
    agents.require_feature(caller.account)
    agents.invite(caller.world, caller.account, call.kf_account, call.invite_wx)
    return Ok()


@answers(catalogue.UploadAgentPortrait)
def upload_agent_portrait(caller: Caller, call: catalogue.UploadAgentPortrait) -> Ok:
    agents.portray(caller.world, caller.account, call.kf_account, call.media.content)
    return Ok()


def _listed(caller: Caller, agent: agents.Agent) -> catalogue.AgentAccount:
    asked = agents.invitation(caller.world, caller.account, agent.kf_account)
    return catalogue.AgentAccount(
        kf_account=agent.kf_account,
        kf_nick=agent.nickname,
        kf_id=str(agent.kf_id),
        kf_headimgurl=agent.headimgurl,
        kf_wx=agent.kf_wx or None,
        invite_wx=asked.invite_wx if asked else None,
        invite_expire_time=int(asked.expires_at) if asked else None,
        invite_status=asked.status if asked else None,
        kf_openid=agents.openid(caller.world, caller.account, agent) if agent.kf_wx else None,
    )


@answers(catalogue.GetAgents)
def get_agents(caller: Caller, call: catalogue.GetAgents) -> catalogue.AgentList:
    agents.require_feature(caller.account)
    known = agents.listing(caller.world, caller.account)
    return catalogue.AgentList(kf_list=[_listed(caller, agent) for agent in known])


@answers(catalogue.GetOnlineAgents)
def get_online_agents(caller: Caller, call: catalogue.GetOnlineAgents) -> catalogue.OnlineAgents:
    agents.require_feature(caller.account)
    world, account = caller.world, caller.account
    shown = [
        catalogue.OnlineAgent(
            kf_account=agent.kf_account,
            status=1,
            kf_id=agent.kf_id,
            kf_openid=agents.openid(world, account, agent),
            accepted_case=len(sessions.of_agent(world, account, agent.kf_account)),
        )
        for agent in agents.online(world, account)
    ]
    return catalogue.OnlineAgents(kf_online_list=shown)
