"""Customer service as everybody sees it: the person, the agents at their desks, and the account's server."""

from __future__ import annotations

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.client import Client
from gongzhong.errors import CallError
from gongzhong.messages import KfCloseSession, KfCreateSession, KfSwitchSession, TransferReply
from gongzhong.testing import PNG, Actor, LocalPlatform, ServiceAgent


class HelpDesk:
    """An account that hands "人工" over, to one agent if it is named, and echoes the rest."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000cc", secret=Secret("s" * 32), token=Secret("tok123"))
        )
        self.oa.text(r"人工 (?P<agent>\w+)")(self.transfer_to)
        self.oa.text("人工")(self.transfer)
        self.oa.default(self.echo)
        self.oa.on(KfCreateSession)(self.opened)
        self.oa.on(KfCloseSession)(self.closed)
        self.oa.on(KfSwitchSession)(self.switched)

    def transfer(self, message: Text) -> TransferReply:
        return TransferReply()

    def transfer_to(self, message: Text, agent: str) -> TransferReply:
        return TransferReply(kf_account=f"{agent}@shop")

    def echo(self, message: Text) -> str:
        return f"机器人：{message.content}"

    def opened(self, event: KfCreateSession) -> None:
        self.events.append(f"open {event.kf_account}")

    def closed(self, event: KfCloseSession) -> None:
        self.events.append(f"close {event.kf_account}")

    def switched(self, event: KfSwitchSession) -> None:
        self.events.append(f"switch {event.from_kf_account} {event.to_kf_account}")


@pytest.fixture
def desk(platform: LocalPlatform) -> HelpDesk:
    desk = HelpDesk()
    platform.connect(desk.oa, wechat_id="shop")
    return desk


@pytest.fixture
def alice(platform: LocalPlatform, desk: HelpDesk) -> Actor:
    alice = platform.person("alice")
    alice.follows(desk.oa)
    return alice


@pytest.fixture
def anna(platform: LocalPlatform, desk: HelpDesk) -> ServiceAgent:
    return platform.agent("anna", "安娜")


@pytest.fixture
def client(platform: LocalPlatform, desk: HelpDesk) -> Client:
    return platform.client(desk.oa)


def code_of(refused: pytest.ExceptionInfo[CallError]) -> int:
    return refused.value.errcode


def test_from_the_queue_to_an_agent_and_back(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, anna: ServiceAgent, client: Client
) -> None:
    alice.says("人工")
    waiting = client.sessions.waiting()
    assert (waiting.count, waiting.waitcaselist[0].openid) == (1, alice.openid())
    alice.says("还在吗")
    assert alice.inbox[-1].text == "机器人：还在吗"

    anna.accepts(alice)
    assert client.sessions.waiting().count == 0
    assert client.sessions.of_person(openid=alice.openid()).kf_account == "anna@shop"
    pushed = len(platform.pushes)
    alice.says("您好")
    alice.sends("image")
    assert len(platform.pushes) == pushed
    anna.says("请讲", to=alice)
    assert (alice.inbox[-1].text, alice.inbox[-1].content["kf"]) == ("请讲", "安娜")

    anna.closes(alice)
    assert client.sessions.of_person(openid=alice.openid()).kf_account == ""
    alice.says("再见")
    assert alice.inbox[-1].text == "机器人：再见"
    assert desk.events == ["open anna@shop", "close anna@shop"]


def test_half_an_hour_without_closing_gives_the_messages_back(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, anna: ServiceAgent
) -> None:
    alice.says("人工")
    anna.accepts(alice)
    platform.clock.advance(minutes=29)
    alice.says("你好")
    assert not [line for line in alice.inbox if "机器人" in line.text]
    platform.clock.advance(minutes=1)
    alice.says("有人吗")
    assert alice.inbox[-1].text == "机器人：有人吗"


def test_agents_that_accept_by_themselves_share_the_people(
    platform: LocalPlatform, desk: HelpDesk, anna: ServiceAgent
) -> None:
    bo = platform.agent("bo", "小波")
    people = [platform.person(name) for name in ("p1", "p2", "p3")]
    for person in people:
        person.follows(desk.oa)
    anna.goes_online(auto_accept=1)
    bo.goes_online(auto_accept=1)
    for person in people:
        person.says("人工")
    assert (anna.serves, bo.serves) == (["p1"], ["p2"])
    anna.closes(people[0])
    assert anna.serves == ["p3"]


def test_a_named_agent_gets_the_person_even_offline(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, anna: ServiceAgent
) -> None:
    anna.goes_offline()
    alice.says("人工 anna")
    assert anna.serves == ["alice"]
    assert desk.events == ["open anna@shop"]


def test_nobody_works_under_a_wrong_name(desk: HelpDesk, alice: Actor, client: Client) -> None:
    alice.says("人工 nobody")
    assert client.sessions.waiting().count == 1


def test_a_session_is_handed_on(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, anna: ServiceAgent
) -> None:
    bo = platform.agent("bo", "小波")
    alice.says("人工 anna")
    anna.hands_on(alice, to=bo)
    assert (anna.serves, bo.serves) == ([], ["alice"])
    assert desk.events[-1] == "switch anna@shop bo@shop"
    bo.sends_picture(PNG, to=alice)
    assert alice.inbox[-1].content["kf"] == "小波"


def test_records_of_the_conversation(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, anna: ServiceAgent, client: Client
) -> None:
    start = int(platform.clock.now())
    alice.says("人工")
    anna.accepts(alice)
    alice.sends("image")
    anna.says("收到", to=alice)
    end = int(platform.clock.now())
    found = list(client.sessions.walk_records(starttime=start, endtime=end, number=2))
    assert [(one.opercode, one.text, one.worker) for one in found] == [
        (2003, "人工", "anna@shop"),
        (2003, "[图片]", "anna@shop"),
        (2002, "收到", "anna@shop"),
    ]
    assert {one.openid for one in found} == {alice.openid()}
    with pytest.raises(CallError) as refused:
        client.sessions.list_records(starttime=start, endtime=start + 86_401)
    assert code_of(refused) == 65417
    with pytest.raises(CallError) as refused:
        client.sessions.old_records(starttime=start, endtime=end, pagesize=1, pageindex=1)
    assert code_of(refused) == 45106


def test_an_agent_works_once_somebody_has_accepted(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, client: Client
) -> None:
    client.agents.add(kf_account="anna@shop", nickname="安娜")
    openid = alice.openid()
    with pytest.raises(CallError) as refused:
        client.sessions.create(kf_account="anna@shop", openid=openid)
    assert code_of(refused) == 65402
    platform.person("worker")
    client.agents.invite(kf_account="anna@shop", invite_wx="worker")
    (listed,) = client.agents.list().kf_list
    assert (listed.invite_wx, listed.invite_status, listed.kf_wx) == ("worker", "waiting", None)
    platform.clock.advance(days=3)
    assert client.agents.list().kf_list[0].invite_status == "expired"
    client.agents.invite(kf_account="anna@shop", invite_wx="worker")
    assert platform.person("worker").answers_invitation("anna@shop", accept=False)
    assert client.agents.list().kf_list[0].invite_status == "rejected"
    client.agents.invite(kf_account="anna@shop", invite_wx="worker")
    assert platform.person("worker").answers_invitation("anna@shop")
    assert not platform.person("worker").answers_invitation("anna@shop")
    assert client.agents.list().kf_list[0].kf_wx == "worker"
    with pytest.raises(CallError) as refused:
        client.sessions.create(kf_account="anna@shop", openid=openid)
    assert code_of(refused) == 65415
    assert client.agents.online().kf_online_list == []


def test_sessions_by_api(
    platform: LocalPlatform, desk: HelpDesk, alice: Actor, anna: ServiceAgent, client: Client
) -> None:
    platform.agent("bo", "小波")
    openid = alice.openid()
    client.sessions.create(kf_account="anna@shop", openid=openid)
    client.sessions.create(kf_account="anna@shop", openid=openid)
    (online, _) = client.agents.online().kf_online_list
    assert (online.kf_account, online.accepted_case) == ("anna@shop", 1)
    assert [one.openid for one in client.sessions.of_agent(kf_account="anna@shop").sessionlist] == [openid]
    for call, code in [
        (lambda: client.sessions.create(kf_account="bo@shop", openid=openid), 65414),
        (lambda: client.sessions.close(kf_account="bo@shop", openid=openid), 65414),
        (lambda: client.sessions.close(kf_account="x@shop", openid=openid), 65401),
        (lambda: client.sessions.create(kf_account="anna@shop", openid="nobody"), 40003),
    ]:
        with pytest.raises(CallError) as refused:
            call()
        assert code_of(refused) == code
    client.agents.delete(kf_account="anna@shop")
    with pytest.raises(CallError) as refused:
        client.sessions.close(kf_account="bo@shop", openid=openid)
    assert code_of(refused) == 65413
    assert desk.events == ["open anna@shop", "close anna@shop"]


def test_the_function_is_off(platform: LocalPlatform, desk: HelpDesk, alice: Actor, client: Client) -> None:
    platform.change(desk.oa, customer_service=False)
    alice.says("人工")
    with pytest.raises(CallError) as refused:
        client.sessions.waiting()
    assert code_of(refused) == 65400
    platform.change(desk.oa, customer_service=True)
    assert client.sessions.waiting().count == 0
