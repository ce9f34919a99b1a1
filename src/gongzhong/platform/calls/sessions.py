"""Customer-service sessions and their records (客服会话控制, 获取聊天记录), as the platform answers them."""

from __future__ import annotations

from ...catalogue import records as record_catalogue
from ...catalogue import sessions as catalogue
from ...catalogue.model import Ok
from ..world import agents, people, records, sessions
from .registry import Caller, answers


@answers(catalogue.CreateSession)
def create_session(caller: Caller, call: catalogue.CreateSession) -> Ok:
    agents.require_feature(caller.account)
    tie = people.by_openid(caller.world, caller.account, call.openid)
    sessions.create(caller.world, caller.account, tie.openid, call.kf_account)
    return Ok()


@answers(catalogue.CloseSession)
def close_session(caller: Caller, call: catalogue.CloseSession) -> Ok:
    agents.require_feature(caller.account)
    tie = people.by_openid(caller.world, caller.account, call.openid)
    sessions.close(caller.world, caller.account, tie.openid, call.kf_account)
    return Ok()


@answers(catalogue.GetSession)
def get_session(caller: Caller, call: catalogue.GetSession) -> catalogue.PersonSession:
    agents.require_feature(caller.account)
    tie = people.by_openid(caller.world, caller.account, call.openid)
    found = sessions.of_person(caller.world, caller.account, tie.openid)
    if found is None:
        return catalogue.PersonSession(createtime=0, kf_account="")
    return catalogue.PersonSession(createtime=int(found.since), kf_account=found.kf_account)


@answers(catalogue.ListSessions)
def list_sessions(caller: Caller, call: catalogue.ListSessions) -> catalogue.SessionList:
    agents.require_feature(caller.account)
    agent = agents.find(caller.world, caller.account, call.kf_account)
    found = sessions.of_agent(caller.world, caller.account, agent.kf_account)
    shown = [catalogue.OpenSession(createtime=int(one.since), openid=one.openid) for one in found]
    return catalogue.SessionList(sessionlist=shown)


@answers(catalogue.GetWaiting)
def get_waiting(caller: Caller, call: catalogue.GetWaiting) -> catalogue.WaitingList:
    agents.require_feature(caller.account)
    waiting = sessions.queue(caller.world, caller.account)
    shown = [
        catalogue.WaitingPerson(
            latest_time=int(one.latest), openid=one.openid, createtime=int(one.since), kf_account=""
        )
        for one in waiting[: caller.world.rules.waiting_page]
    ]
    return catalogue.WaitingList(count=len(waiting), waitcaselist=shown)


@answers(record_catalogue.GetRecords)
def get_records(caller: Caller, call: record_catalogue.GetRecords) -> record_catalogue.RecordPage:
    agents.require_feature(caller.account)
    found = records.page(caller.world, caller.account, call.starttime, call.endtime, call.msgid, call.number)
    shown = [
        record_catalogue.Record(
            openid=one.openid,
            opercode=one.opercode,
            text=one.text,
            time=int(one.time),
            worker=one.kf_account,
        )
        for one in found
    ]
    next_one = found[-1].id + 1 if found else call.msgid
    return record_catalogue.RecordPage(recordlist=shown, number=len(shown), msgid=next_one)
