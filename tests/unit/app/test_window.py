"""The reply window in virtual time: whatever a handler takes, it runs once and its answer arrives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gongzhong.app import OfficialAccount, Reason, Services
from gongzhong.errors import BadAnswer, BusyError, NotReached, OutcomeUnknown, SetupError
from gongzhong.messages import ReportLocation, Text, TextReply

from .conftest import ALICE, ORIGINAL_ID, START, Make, WeChat, account, click, refused, shown, text

pytestmark = pytest.mark.anyio

PLACEHOLDER = "还在处理中，请稍后回复“继续”查看结果。"
MORE = "\n\n（还有内容，回复“继续”查看）"
FAILURE = "抱歉，出了点问题，请稍后再试。"


def now() -> float:
    return asyncio.get_running_loop().time()


def slow(oa: OfficialAccount, seconds: float, answer: str = "好了") -> list[str]:
    """A handler for 慢 that takes its time; gives the list of its runs. Anything else is echoed."""
    runs: list[str] = []

    @oa.text("慢")
    async def take_time(message: Text) -> str:
        runs.append(message.content)
        await asyncio.sleep(seconds)
        return answer

    @oa.default
    async def echo(message: Text) -> str:
        return f"你说：{message.content}"

    return runs


async def test_a_quick_handler_answers_passively_and_at_once(make: Make) -> None:
    wechat = make()
    slow(wechat.oa, 1)
    assert await wechat.say("你好") == "你说：你好"
    assert now() == 0
    assert wechat.api.calls == []


@pytest.mark.parametrize("seconds", [0.5, 3.0, 4.4])
async def test_within_the_window_the_answer_is_passive(make: Make, seconds: float) -> None:
    wechat = make()
    runs = slow(wechat.oa, seconds)
    assert await wechat.say("慢") == "好了"
    assert (len(runs), wechat.api.sent, now()) == (1, [], seconds)


async def test_past_the_window_an_account_that_may_answers_through_customer_service(make: Make) -> None:
    wechat = make()
    runs = slow(wechat.oa, 12)
    assert await wechat.say("慢") is None
    assert now() == 4.5
    await asyncio.sleep(10)
    assert (len(runs), wechat.api.texts) == (1, ["好了"])
    assert wechat.api.sent[0].touser == ALICE
    assert 12 <= wechat.api.times[0] < 13
    assert wechat.oa.undelivered == []


async def test_without_permission_the_third_delivery_carries_the_answer(make: Make) -> None:
    wechat = make(may_send=False)
    runs = slow(wechat.oa, 12)
    assert await wechat.say("慢") == "好了"
    assert (len(runs), now(), wechat.api.sent) == (1, 12, [])
    assert wechat.oa.counters["held"] == 2
    assert wechat.oa.counters["joined"] == 2


async def test_without_permission_a_second_delivery_carries_what_takes_seven_seconds(make: Make) -> None:
    wechat = make(customer_service=False)
    runs = slow(wechat.oa, 7)
    assert await wechat.say("慢") == "好了"
    assert (len(runs), now()) == (1, 7)


async def test_the_last_delivery_gives_a_placeholder_and_the_next_message_the_answer(make: Make) -> None:
    wechat = make(customer_service=False)
    runs = slow(wechat.oa, 30)
    assert await wechat.say("慢") == PLACEHOLDER
    assert now() == 14.5
    await asyncio.sleep(20)
    waiting = wechat.oa.undelivered
    assert [(item.reason, item.waiting) for item in waiting] == [(Reason.SLOW, True)]
    assert await wechat.say("1") == "好了\n\n你说：1"
    assert (len(runs), wechat.oa.undelivered) == (1, [])
    assert await wechat.say("2") == "你说：2"


async def test_an_answer_that_waits_goes_out_although_the_next_handler_is_slow_too(make: Make) -> None:
    wechat = make(customer_service=False)
    slow(wechat.oa, 30)
    await wechat.say("慢")
    await asyncio.sleep(20)
    assert await wechat.say("慢") == f"好了\n\n{PLACEHOLDER}"
    await asyncio.sleep(40)
    assert await wechat.say("1") == "好了\n\n你说：1"


async def test_what_waits_but_does_not_fit_into_one_text_goes_first(make: Make) -> None:
    wechat = make(customer_service=False)
    slow(wechat.oa, 30, "答" * 680)
    await wechat.say("慢")
    await asyncio.sleep(20)
    first = await wechat.say("1")
    assert first is not None
    assert first.endswith(MORE)
    await asyncio.sleep(1)
    second = await wechat.say("2")
    assert second is not None
    rest, one, two = second.split("\n\n")
    assert (first.removesuffix(MORE) + rest, one, two) == ("答" * 680, "你说：1", "你说：2")


async def test_answers_wait_for_their_own_user_only(make: Make) -> None:
    wechat = make(customer_service=False)
    slow(wechat.oa, 30)
    await wechat.say("慢")
    await asyncio.sleep(20)
    assert await wechat.say("1", user="oBob") == "你说：1"
    assert await wechat.say("1") == "好了\n\n你说：1"


async def test_an_answer_that_nobody_fetches_is_kept_on_record(make: Make) -> None:
    wechat = make(customer_service=False)
    slow(wechat.oa, 30)
    await wechat.say("慢")
    await asyncio.sleep(48 * 3600)
    assert [(item.reason, item.waiting) for item in wechat.oa.undelivered] == [(Reason.SLOW, False)]
    assert await wechat.say("1") == "你说：1"


async def test_holds_are_rationed_below_the_alarm(make: Make) -> None:
    wechat = make(customer_service=False)
    slow(wechat.oa, 60)
    users = [f"oUser{number:02}" for number in range(40)]
    said = await asyncio.gather(*(wechat.say("慢", user=user) for user in users))
    assert set(said) == {PLACEHOLDER}
    assert wechat.oa.counters["held"] == 20
    await asyncio.sleep(300)
    assert await wechat.say("慢", user="oLate") == PLACEHOLDER
    assert wechat.oa.counters["held"] == 22


async def test_a_delivery_after_the_answer_gets_the_same_bytes(make: Make) -> None:
    for encryption in ("plain", "safe"):
        wechat = make(encryption=encryption)
        runs: list[str] = []

        @wechat.oa.default
        async def answer(message: Text, runs: list[str] = runs) -> str:
            runs.append(message.content)
            return "好"

        push = text("一")
        first = await wechat.deliver(push)
        await asyncio.sleep(60)
        assert await wechat.deliver(push) == first
        assert runs == ["一"]


async def test_answers_are_forgotten_after_a_while(make: Make) -> None:
    wechat = make()
    runs = slow(wechat.oa, 0)
    push = text("慢")
    await wechat.deliver(push)
    await asyncio.sleep(600)
    await wechat.say("别的")
    await wechat.deliver(push)
    assert len(runs) == 2


async def test_a_retry_of_an_event_does_not_run_its_handler_again(make: Make) -> None:
    wechat = make()
    runs: list[str] = []

    @wechat.oa.click("ORDER")
    async def order() -> str:
        runs.append("ORDER")
        return "收到"

    push = click("ORDER")
    assert shown(await wechat.push(push)) == shown(await wechat.push(push)) == "收到"
    assert runs == ["ORDER"]


async def test_an_answer_that_finishes_between_two_connections_reaches_the_next(make: Make) -> None:
    wechat = make(customer_service=False)
    runs = slow(wechat.oa, 6)
    push = text("慢")
    first = asyncio.ensure_future(wechat.deliver(push))
    await asyncio.sleep(8)
    assert first.done()
    assert shown(wechat.read(await wechat.deliver(push), push)) == "好了"
    assert len(runs) == 1
    await asyncio.sleep(30)
    assert wechat.oa.undelivered == []


async def test_an_answer_that_no_delivery_takes_waits_for_the_next_message(make: Make) -> None:
    wechat = make(customer_service=False)
    slow(wechat.oa, 6)
    with pytest.raises(TimeoutError):
        await wechat.push(text("慢"), deliveries=1)
    await asyncio.sleep(30)
    assert await wechat.say("1") == "好了\n\n你说：1"


async def test_a_connection_that_is_cut_does_not_stop_the_handler(make: Make) -> None:
    wechat = make()
    runs = slow(wechat.oa, 2)
    delivery = asyncio.ensure_future(wechat.deliver(text("慢")))
    await asyncio.sleep(1)
    delivery.cancel()
    await asyncio.sleep(30)
    assert (len(runs), wechat.api.texts) == (1, ["好了"])


async def test_a_long_text_continues_as_customer_service_messages(make: Make) -> None:
    wechat = make()
    long = "长" * 2000

    @wechat.oa.default
    async def answer() -> str:
        return long

    first = await wechat.say("?")
    await asyncio.sleep(5)
    assert first is not None
    parts = [first, *wechat.api.texts]
    assert "".join(parts) == long
    assert len(parts) == 3
    assert all(len(part.encode()) <= 2048 for part in parts)


async def test_only_as_many_messages_go_out_as_the_user_may_get(make: Make) -> None:
    wechat = make()
    long = "长" * 682 * 8
    slow(wechat.oa, 10, long)
    assert await wechat.say("慢") is None
    await asyncio.sleep(20)
    assert len(wechat.api.texts) == 5
    assert {item.reason for item in wechat.oa.undelivered} == {Reason.ALLOWANCE}
    assert await wechat.say("1") == long[682 * 5 : 682 * 6]


async def test_a_click_allows_three_messages_for_a_minute_only(make: Make) -> None:
    wechat = make()

    @wechat.oa.click("LATE")
    async def late() -> str:
        await asyncio.sleep(90)
        return "迟了"

    assert await wechat.push(click("LATE")) is None
    await asyncio.sleep(100)
    assert wechat.api.sent == []
    assert [(item.reason, item.waiting) for item in wechat.oa.undelivered] == [(Reason.ALLOWANCE, True)]


async def test_a_stream_answers_passively_first_and_goes_on_through_customer_service(make: Make) -> None:
    wechat = make()

    @wechat.oa.default
    async def count():  # type: ignore[no-untyped-def]
        yield "一"
        yield "二"
        await asyncio.sleep(8)
        yield None
        yield "三"

    assert await wechat.say("数") == "一"
    assert now() == 0
    await asyncio.sleep(20)
    assert wechat.api.texts == ["二", "三"]


async def test_a_slow_stream_keeps_its_order(make: Make) -> None:
    wechat = make()

    @wechat.oa.default
    async def count():  # type: ignore[no-untyped-def]
        await asyncio.sleep(6)
        yield "一"
        yield "二"

    assert await wechat.say("数") is None
    await asyncio.sleep(20)
    assert wechat.api.texts == ["一", "二"]


async def test_without_permission_the_rest_of_a_stream_waits(make: Make) -> None:
    wechat = make(may_send=False)

    @wechat.oa.text("数")
    async def count():  # type: ignore[no-untyped-def]
        yield "一"
        yield "二"

    assert await wechat.say("数") == "一"
    await asyncio.sleep(5)
    assert await wechat.say("然后呢") == "二"


@pytest.mark.parametrize(
    ("errcode", "reason", "waiting"),
    [(45047, Reason.ALLOWANCE, True), (43004, Reason.REFUSED, False), (48001, Reason.NOT_PERMITTED, True)],
)
async def test_a_refused_message_is_never_lost(
    make: Make, errcode: int, reason: Reason, waiting: bool, caplog: pytest.LogCaptureFixture
) -> None:
    wechat = make()
    slow(wechat.oa, 10)
    wechat.api.failures = [refused(errcode)]
    await wechat.say("慢")
    await asyncio.sleep(20)
    assert [(item.reason, item.waiting) for item in wechat.oa.undelivered] == [(reason, waiting)]
    assert wechat.oa.counters["customer_failed"] == 1
    assert "没有发出" in caplog.text


async def test_after_48001_the_account_counts_as_one_that_may_not(make: Make) -> None:
    wechat = make(customer_service=True)
    slow(wechat.oa, 12)
    wechat.api.failures = [refused(48001)]
    assert await wechat.say("慢") is None
    await asyncio.sleep(20)
    assert await wechat.say("嗯") == "好了\n\n你说：嗯"
    assert await wechat.say("慢") == "好了"
    assert wechat.oa.counters["held"] == 2


async def test_a_message_that_did_not_arrive_is_repeated(make: Make) -> None:
    wechat = make()
    slow(wechat.oa, 10)
    wechat.api.failures = [NotReached("断", "down"), NotReached("断", "down")]
    await wechat.say("慢")
    await asyncio.sleep(30)
    assert wechat.api.texts == ["好了"]


async def test_a_message_that_may_have_arrived_is_not_repeated(make: Make) -> None:
    wechat = make()
    slow(wechat.oa, 10)
    wechat.api.failures = [OutcomeUnknown("不知", "unknown")]
    await wechat.say("慢")
    await asyncio.sleep(60)
    assert wechat.api.texts == []
    assert [(item.reason, item.waiting) for item in wechat.oa.undelivered] == [(Reason.IN_DOUBT, False)]


@pytest.mark.parametrize("kind", [BusyError, BadAnswer])
async def test_after_a_doubtful_answer_of_wechat_a_message_is_on_record_and_the_next_goes_out(
    make: Make, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wechat = make()
    facts = {"call": "c", "errcode": -1, "errmsg": "system error"} if kind is BusyError else {}

    @wechat.oa.text("两条")
    async def two(message: Text) -> AsyncIterator[str]:
        await asyncio.sleep(6)
        yield "一"
        yield "二"

    wechat.api.failures = [kind("忙", "busy", **facts)]
    await wechat.say("两条")
    await asyncio.sleep(120)
    assert wechat.api.texts == ["二"]
    assert [(one.reply, one.reason, one.waiting) for one in wechat.oa.undelivered] == [
        (TextReply(content="一"), Reason.IN_DOUBT, False)
    ]
    assert "用户可能看到了，也可能没有" in caplog.text
    assert (
        wechat.oa.binding.allowance.left(ALICE, wechat.oa.clock.now()) == 3
    )  # both count: the first may be there


async def test_a_token_that_does_not_come_leaves_nothing_in_doubt(make: Make) -> None:
    wechat = make()
    slow(wechat.oa, 10)
    before = [BusyError("忙", "busy", call="t", errcode=-1, errmsg=""), OutcomeUnknown("不知", "unknown")]
    for problem in before:  # as the client says of what kept it from sending
        problem.may_be_done = False
    wechat.api.failures = list(before)
    await wechat.say("慢")
    await asyncio.sleep(30)
    assert wechat.api.texts == ["好了"]
    assert wechat.oa.undelivered == []


@pytest.mark.parametrize("code", [45009, 45011])
async def test_when_the_account_has_used_up_its_quota_the_answer_waits(make: Make, code: int) -> None:
    wechat = make()
    slow(wechat.oa, 10)
    wechat.api.failures = [refused(code)]
    await wechat.say("慢")
    await asyncio.sleep(30)
    assert [(item.reason, item.waiting) for item in wechat.oa.undelivered] == [(Reason.QUOTA, True)]
    assert await wechat.say("嗯") == "好了\n\n你说：嗯"


async def test_a_failing_handler_is_logged_counted_and_answered(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    wechat = make()

    @wechat.oa.default
    async def fail(message: Text) -> str:
        raise RuntimeError("坏了")

    assert await wechat.say("我的密码是 hunter2") == FAILURE
    assert wechat.oa.counters["handler_errors"] == 1
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.exc_info is not None
    assert ALICE in record.getMessage()
    assert "hunter2" not in record.getMessage()


async def test_a_slow_failure_is_answered_too(make: Make) -> None:
    wechat = make()

    @wechat.oa.default
    async def fail() -> str:
        await asyncio.sleep(8)
        raise RuntimeError("坏了")

    assert await wechat.say("?") is None
    await asyncio.sleep(10)
    assert wechat.api.texts == [FAILURE]


async def test_no_failure_text_means_no_answer(make: Make) -> None:
    wechat = make(failure_text="")

    @wechat.oa.default
    async def fail() -> str:
        raise RuntimeError("坏了")

    assert await wechat.say("?") is None


def position() -> ReportLocation:
    return ReportLocation(
        to_user_name=ORIGINAL_ID,
        from_user_name=ALICE,
        create_time=int(START),
        event="LOCATION",
        latitude=31.2,
        longitude=121.5,
        precision=65.0,
    )


async def test_what_cannot_be_answered_is_not_held(make: Make) -> None:
    wechat = make(customer_service=False)
    runs: list[ReportLocation] = []

    @wechat.oa.on(ReportLocation)
    async def track(event: ReportLocation) -> None:
        await asyncio.sleep(9)
        runs.append(event)

    assert await wechat.push(position()) is None
    assert now() == 4.5
    await asyncio.sleep(20)
    assert len(runs) == 1
    assert wechat.oa.counters["held"] == 0


@pytest.mark.parametrize("seconds", [0, 9])
async def test_a_default_answer_does_not_pester_users_whose_phone_reports_a_place(
    make: Make, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    wechat = make(customer_service=True)

    @wechat.oa.default
    async def what() -> str:
        await asyncio.sleep(seconds)
        return "听不懂"

    assert await wechat.push(position()) is None
    await asyncio.sleep(20)
    assert wechat.api.sent == []
    assert wechat.oa.counters["not_answerable"] == 1
    assert "微信不显示对它的回复" in caplog.text


async def test_a_stream_may_still_write_to_somebody_who_opened_a_page(make: Make) -> None:
    wechat = make(customer_service=True)

    @wechat.oa.default
    async def guide():  # type: ignore[no-untyped-def]
        yield None
        yield "需要帮忙吗？"

    await wechat.push(position())
    await wechat.oa.shutdown()
    assert wechat.api.texts == ["需要帮忙吗？"]


async def test_permission_is_asked_once_and_only_when_it_matters(make: Make) -> None:
    wechat = make()
    slow(wechat.oa, 6)
    await wechat.say("你好")
    assert wechat.api.calls == []
    await asyncio.gather(*(wechat.say("慢", user=f"oUser{number}") for number in range(5)))
    await asyncio.sleep(30)
    assert [call.name() for call in wechat.api.calls].count("cgi-bin/openapi/quota/get") == 1
    assert len(wechat.api.texts) == 5


async def test_shutdown_waits_for_handlers(make: Make) -> None:
    wechat: WeChat = make()
    slow(wechat.oa, 12)
    assert await wechat.say("慢") is None
    await wechat.oa.shutdown()
    assert wechat.api.texts == ["好了"]
    assert now() < 13


async def test_shutdown_does_not_wait_for_ever(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    wechat = make(drain_s=20.0)
    slow(wechat.oa, 3600)
    await wechat.say("慢")
    await wechat.oa.shutdown()
    assert now() == 24.5
    assert "停止时中断了" in caplog.text


async def test_without_a_placeholder_the_last_delivery_says_nothing(make: Make) -> None:
    wechat = make(customer_service=False, placeholder_text="")
    slow(wechat.oa, 30)
    assert await wechat.say("慢") is None
    await asyncio.sleep(20)
    assert await wechat.say("1") == "好了\n\n你说：1"


@pytest.mark.parametrize("window", [0, -1, 5, 60])
async def test_a_window_that_wechat_does_not_grant_is_refused(make: Make, window: float) -> None:
    with pytest.raises(SetupError, match="微信只等 5 秒"):
        make(window=window)


async def test_another_wechat_knows_nothing_of_this_one(make: Make) -> None:
    wechat, other = make(customer_service=False), make()
    slow(wechat.oa, 30)
    await wechat.say("慢")
    await asyncio.sleep(40)
    assert len(wechat.oa.undelivered) == 1
    api: Any = other.api
    services = Services(api=api, blocking_api=api, clock=other.oa.clock)
    with wechat.oa.bound_to(wechat.oa.bind(account(), services)):
        assert wechat.oa.undelivered == []
        assert await wechat.say("1") == "你说：1"
        assert wechat.oa.api is api
    assert len(wechat.oa.undelivered) == 1
    assert wechat.oa.api is wechat.api


async def test_a_held_delivery_is_answered_as_soon_as_wechat_says_that_messages_may_be_sent(
    make: Make,
) -> None:
    wechat = make(window=4.5)

    @wechat.oa.text
    async def slow() -> str:
        await asyncio.sleep(20)
        return "好了"

    at_once = wechat.api.look_up

    async def late(call: Any) -> Any:
        await asyncio.sleep(3.75)  # asked one second after the push: known when the delivery is held already
        return await at_once(call)

    wechat.api.look_up = late  # type: ignore[method-assign]
    assert await wechat.push(text("?"), deliveries=1) is None
    assert now() == pytest.approx(4.8)
    assert wechat.oa.counters["held"] == 1
    await asyncio.sleep(30)
    assert wechat.api.texts == ["好了"]
