"""Customer-service agents, sessions and records (客服管理), as the platform answers them."""

from __future__ import annotations

from ...catalogue import customer_service as agents_calls
from ...catalogue import customer_service as records_calls
from ...catalogue import customer_service as sessions_calls
from ...catalogue.model import Ok
from ..world import agents, people, sessions
from .registry import Caller, answers


@answers(agents_calls.AddAgent)
def add_agent(caller: Caller, call: agents_calls.AddAgent) -> Ok:
    agents.require_feature(caller.account)
    agents.add(caller.world, caller.account, call.kf_account, call.nickname)
    return Ok()


@answers(agents_calls.UpdateAgent)
def update_agent(caller: Caller, call: agents_calls.UpdateAgent) -> Ok:
    agents.require_feature(caller.account)
    agents.rename(caller.world, caller.account, call.kf_account, call.nickname)
    return Ok()


@answers(agents_calls.DeleteAgent)
def delete_agent(caller: Caller, call: agents_calls.DeleteAgent) -> Ok:
    agents.require_feature(caller.account)
    sessions.dismiss(caller.world, caller.account, call.kf_account)
    return Ok()


@answers(agents_calls.InviteAgent)
def invite_agent(caller: Caller, call: agents_calls.InviteAgent) -> Ok:
    agents.require_feature(caller.account)
    agents.invite(caller.world, caller.account, call.kf_account, call.invite_wx)
    return Ok()


@answers(agents_calls.UploadAgentPortrait)
def upload_agent_portrait(caller: Caller, call: agents_calls.UploadAgentPortrait) -> Ok:
    agents.portray(caller.world, caller.account, call.kf_account, call.media.content)
    return Ok()


def _listed(caller: Caller, agent: agents.Agent) -> agents_calls.AgentAccount:
    asked = agents.invitation(caller.world, caller.account, agent.kf_account)
    return agents_calls.AgentAccount(
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


@answers(agents_calls.GetAgents)
def get_agents(caller: Caller, call: agents_calls.GetAgents) -> agents_calls.AgentList:
    agents.require_feature(caller.account)
    known = agents.listing(caller.world, caller.account)
    return agents_calls.AgentList(kf_list=[_listed(caller, agent) for agent in known])


@answers(agents_calls.GetOnlineAgents)
def get_online_agents(caller: Caller, call: agents_calls.GetOnlineAgents) -> agents_calls.OnlineAgents:
    agents.require_feature(caller.account)
    world, account = caller.world, caller.account
    shown = [
        agents_calls.OnlineAgent(
            kf_account=agent.kf_account,
            status=1,
            kf_id=agent.kf_id,
            kf_openid=agents.openid(world, account, agent),
            accepted_case=len(sessions.of_agent(world, account, agent.kf_account)),
        )
        for agent in agents.online(world, account)
    ]
    return agents_calls.OnlineAgents(kf_online_list=shown)


@answers(sessions_calls.CreateSession)
def create_session(caller: Caller, call: sessions_calls.CreateSession) -> Ok:
    agents.require_feature(caller.account)
    tie = people.by_openid(caller.world, caller.account, call.openid)
    sessions.create(caller.world, caller.account, tie.openid, call.kf_account)
    return Ok()


@answers(sessions_calls.CloseSession)
def close_session(caller: Caller, call: sessions_calls.CloseSession) -> Ok:
    agents.require_feature(caller.account)
    tie = people.by_openid(caller.world, caller.account, call.openid)
    sessions.close(caller.world, caller.account, tie.openid, call.kf_account)
    return Ok()


@answers(sessions_calls.GetSession)
def get_session(caller: Caller, call: sessions_calls.GetSession) -> sessions_calls.PersonSession:
    agents.require_feature(caller.account)
    tie = people.by_openid(caller.world, caller.account, call.openid)
    found = sessions.of_person(caller.world, caller.account, tie.openid)
    if found is None:
        return sessions_calls.PersonSession(createtime=0, kf_account="")
    return sessions_calls.PersonSession(createtime=int(found.since), kf_account=found.kf_account)


@answers(sessions_calls.ListSessions)
def list_sessions(caller: Caller, call: sessions_calls.ListSessions) -> sessions_calls.SessionList:
    agents.require_feature(caller.account)
    agent = agents.find(caller.world, caller.account, call.kf_account)
    found = sessions.of_agent(caller.world, caller.account, agent.kf_account)
    shown = [sessions_calls.OpenSession(createtime=int(one.since), openid=one.openid) for one in found]
    return sessions_calls.SessionList(sessionlist=shown)


@answers(sessions_calls.GetWaiting)
def get_waiting(caller: Caller, call: sessions_calls.GetWaiting) -> sessions_calls.WaitingList:
    agents.require_feature(caller.account)
    waiting = sessions.queue(caller.world, caller.account)
    shown = [
        sessions_calls.WaitingPerson(
            latest_time=int(one.latest), openid=one.openid, createtime=int(one.since), kf_account=""
        )
        for one in waiting[: caller.world.rules.waiting_page]
    ]
    return sessions_calls.WaitingList(count=len(waiting), waitcaselist=shown)


@answers(records_calls.GetRecords)
def get_records(caller: Caller, call: records_calls.GetRecords) -> records_calls.RecordPage:
    agents.require_feature(caller.account)
    found = sessions.page(caller.world, caller.account, call.starttime, call.endtime, call.msgid, call.number)
    shown = [
        records_calls.Record(
            openid=one.openid,
            opercode=one.opercode,
            text=one.text,
            time=int(one.time),
            worker=one.kf_account,
        )
        for one in found
    ]
    next_one = found[-1].id + 1 if found else call.msgid
    return records_calls.RecordPage(recordlist=shown, number=len(shown), msgid=next_one)
