"""Trouble on order: errors, late answers, broken connections, pushes that come twice, late, lost or overtaken."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.errors import BadAnswer, BusyError, OutcomeUnknown, QuotaError
from gongzhong.platform.world.faults import Fault, Order
from gongzhong.platform.world.refusal import BadInput
from gongzhong.testing import Actor, LocalPlatform

SEND = "/cgi-bin/message/custom/send"


class Desk:
    """An account that keeps what it hears, and says it back."""

    def __init__(self, appid: str = "wx00000000000000f1") -> None:
        self.heard: list[str] = []
        self.oa = OfficialAccount(
            Account(appid=appid, secret=Secret("s" * 32), token=Secret("tok123"), aes_key=Secret("a" * 43))
        )
        self.oa.on(Text)(self.hear)

    async def hear(self, message: Text) -> str:
        self.heard.append(message.content)
        return f"收到 {message.content}"


@pytest.fixture
def desk(platform: LocalPlatform) -> Desk:
    desk = Desk()
    platform.connect(desk.oa)
    return desk


@pytest.fixture
def alice(platform: LocalPlatform, desk: Desk) -> Actor:
    alice = platform.person("alice")
    alice.follows()
    return alice


def speak(platform: LocalPlatform, desk: Desk, alice: Actor, text: str = "您好") -> None:
    platform.client(desk.oa).customer.send_text(touser=alice.openid(), content=text)


def test_a_busy_system_answers_minus_one_once(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    fault = platform.trouble("api", "errcode", SEND, times=1)
    with pytest.raises(BusyError):
        speak(platform, desk, alice)
    assert alice.inbox == []
    assert platform.calls[-1].fault == fault.id
    speak(platform, desk, alice)
    assert alice.inbox[-1].text == "您好"


def test_any_code_may_be_ordered_for_one_call(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    platform.trouble("api", "errcode", SEND, errcode=45009)
    assert platform.client(desk.oa).users.get(openid=alice.openid()).subscribe == 1
    with pytest.raises(QuotaError):
        speak(platform, desk, alice)


def test_a_dropped_connection_leaves_the_outcome_open(
    platform: LocalPlatform, desk: Desk, alice: Actor
) -> None:
    platform.trouble("api", "drop", SEND, times=1)
    with pytest.raises(OutcomeUnknown):
        speak(platform, desk, alice, "到了吗")
    assert alice.inbox[-1].text == "到了吗"
    platform.trouble("api", "drop", SEND, times=1, carried_out=False)
    with pytest.raises(OutcomeUnknown):
        speak(platform, desk, alice, "没有到")
    assert alice.inbox[-1].text == "到了吗"


def test_a_gateway_page_is_no_answer(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    platform.trouble("api", "status", SEND, status=502)
    with pytest.raises(BadAnswer):
        speak(platform, desk, alice)
    assert platform.calls[-1].status == 502
    assert not platform.calls[-1].verdict.ok


def test_a_late_answer_is_waited_for_or_given_up(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    platform.trouble("api", "delay", SEND, delay_s=3, times=1)
    before = platform.clock.now()
    speak(platform, desk, alice)
    assert platform.clock.now() - before == pytest.approx(3, abs=0.5)
    platform.trouble("api", "delay", SEND, delay_s=60, times=1)
    with pytest.raises(OutcomeUnknown):
        speak(platform, desk, alice)


def test_another_account_is_spared(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    other = Desk("wx00000000000000f2")
    platform.connect(other.oa)
    platform.trouble("api", "errcode", oa=other.oa)
    assert platform.client(desk.oa).users.get(openid=alice.openid(desk.oa)).subscribe == 1
    with pytest.raises(BusyError):
        platform.client(other.oa).menu.get()


def test_chance_is_the_same_on_every_run() -> None:
    def strikes(seed: int) -> list[bool]:
        fault = Fault(
            id=1,
            appid="",
            target="",
            side="api",
            kind="errcode",
            errcode=-1,
            rate=0.3,
            seed=seed,
            status=502,
            delay_s=0,
            carried_out=False,
            times=None,
        )
        return [fault.draw() for _ in range(1000)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 250 < sum(strikes(1)) < 350


def test_a_push_that_comes_twice_is_answered_once(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    platform.trouble("push", "duplicate", "text")
    alice.says("一")
    assert len([push for push in platform.pushes if push.title == "text"]) == 2
    assert desk.heard == ["一"]


@pytest.mark.parametrize(("arrives", "kind"), [(True, "timeout"), (False, "connect")])
def test_a_lost_attempt_is_repeated(
    platform: LocalPlatform, desk: Desk, alice: Actor, arrives: bool, kind: str
) -> None:
    platform.trouble("push", "drop", "text", carried_out=arrives)
    alice.says("一")
    first, second = (push for push in platform.pushes if push.title == "text")
    assert (first.verdict.kind, first.attempt, second.attempt) == (kind, 1, 2)
    assert second.verdict.ok
    assert desk.heard == ["一"]
    assert alice.inbox[-1].text == "收到 一"


def test_a_late_push_arrives_later(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    platform.trouble("push", "delay", "text", delay_s=7)
    before = platform.clock.now()
    alice.says("一")
    assert platform.pushes[-1].time - before == pytest.approx(7, abs=0.5)
    assert desk.heard == ["一"]


def test_a_push_may_be_overtaken(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    platform.trouble("push", "reorder", "text", times=1, delay_s=30)
    world, account = platform.world, platform.account_of(desk.oa)

    async def both() -> None:
        from gongzhong.platform.world import acts
        from gongzhong.platform.world.acts import Saying

        said = [acts.say(world, account, "alice", Saying(content=word)) for word in ("一", "二")]
        await asyncio.gather(*(platform.platform.carry_out(act, wait=True) for act in said))

    before = platform.clock.now()
    platform.run(both())
    assert desk.heard == ["二", "一"]
    assert platform.clock.now() - before < 30
    platform.trouble("push", "reorder", "text", times=1, delay_s=4)
    alice.says("三")
    assert desk.heard[-1] == "三"


def test_a_push_that_goes_nowhere_meets_no_trouble(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    fault = platform.trouble("push", "drop")
    platform.change(desk.oa, url="")
    alice.says("一")
    assert fault.draws == 0


def test_lifted_faults_are_over(platform: LocalPlatform, desk: Desk, alice: Actor) -> None:
    first = platform.trouble("api", "errcode")
    platform.trouble("push", "duplicate")
    faults = platform.platform.faults
    assert faults.lift(first.id) == 1
    assert [fault.kind for fault in faults.listing()] == ["duplicate"]
    assert faults.lift() == 1
    alice.says("一")
    assert len([push for push in platform.pushes if push.title == "text"]) == 1


@pytest.mark.parametrize(
    "order",
    [
        Order(side="api", kind="duplicate"),
        Order(side="push", kind="errcode"),
        Order(side="api", kind="errcode", errcode=0),
        Order(side="api", kind="errcode", errcode=123456789),
        Order(side="api", kind="status", status=404),
        Order(side="api", kind="delay", delay_s=601),
        Order(side="api", kind="delay", rate=1.1),
        Order(side="api", kind="drop", times=0),
        Order(side="api", kind="drop", target="no/such/call"),
        Order(side="push", kind="drop", target="NOSUCHEVENT"),
    ],
)
def test_an_impossible_fault_is_refused(platform: LocalPlatform, order: Order) -> None:
    with pytest.raises(BadInput):
        platform.platform.faults.order(order)
    assert platform.platform.faults.listing() == []


@pytest.mark.parametrize(
    ("side", "given", "kept"),
    [
        ("api", "SendCustomerMessage", SEND),
        ("api", "message/custom/send", SEND),
        ("push", "CLICK", "event:click"),
        ("push", "event:CLICK", "event:click"),
    ],
)
def test_a_target_may_be_named_in_several_ways(
    platform: LocalPlatform, side: str, given: str, kept: str
) -> None:
    assert platform.trouble(side, "delay", given).target == kept  # type: ignore[arg-type]
