"""What made an answer disappear, come twice, or come in the wrong order; each with its right outcome.

Numbers of WeChat (5 s, three deliveries, 2048 bytes, 5 messages in 48 h): 被动回复用户消息, 发送客服消息.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.app import Piece, Reason
from gongzhong.testing import LocalPlatform

FAILURE = "抱歉，出了点问题，请稍后再试。"
MORE = "\n\n（还有内容，回复“继续”查看）"
LIMIT = 2048


def official_account(**options: Any) -> OfficialAccount:
    account = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))
    return OfficialAccount(account, **options)


def slow(oa: OfficialAccount, seconds: float, answer: str = "好了") -> list[str]:
    asked: list[str] = []

    @oa.default
    async def model(message: Text) -> str:
        asked.append(message.content)
        await asyncio.sleep(seconds)
        return f"{answer}：{message.content}"

    return asked


def said(person: Any) -> list[str]:
    return [line.text for line in person.screen if line.side == "account"]


UNVERIFIED = {"kind": "subscription", "verified": False}


def test_no_test_spends_the_holds_of_the_next() -> None:
    oa = official_account(customer_service=False)
    slow(oa, 7)
    for _ in range(22):
        local = LocalPlatform()
        local.connect(oa, kind="subscription", verified=False)
        alice = local.person("alice")
        alice.follows(oa)
        alice.says("慢")
        assert said(alice)[-1] == "好了：慢"
        local.close()


def test_the_word_of_the_placeholder_fetches_and_asks_nothing(platform: LocalPlatform) -> None:
    oa = official_account()
    asked = slow(oa, 40)
    platform.connect(oa, **UNVERIFIED)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("讲个故事")
    assert "回复“继续”" in said(alice)[-1]
    platform.clock.advance(minutes=1)
    alice.says("继续")
    assert said(alice)[-1] == "好了：讲个故事"
    assert asked == ["讲个故事"]
    alice.says("继续")
    assert asked == ["讲个故事", "继续"], "nothing waits: an ordinary word"


@pytest.mark.parametrize("word", ["继续", "好", "好的"])
def test_yes_fetches_while_something_is_promised_and_is_a_word_like_any_other_afterwards(
    platform: LocalPlatform, word: str
) -> None:
    oa = official_account()

    @oa.text("慢")
    async def late() -> str:
        await asyncio.sleep(600)
        return "好了"

    @oa.default
    async def echo(message: Text) -> str:
        return f"你说：{message.content}"

    platform.connect(oa, **UNVERIFIED)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("慢")
    alice.says(word)
    assert "处理中" in said(alice)[-1], "too early: no handler runs for it"
    platform.clock.advance(minutes=20)
    alice.says(word)
    assert said(alice)[-1] == "好了"
    alice.says(word)
    assert said(alice)[-1] == f"你说：{word}"


def test_the_words_that_fetch_can_be_chosen(platform: LocalPlatform) -> None:
    oa = official_account(fetch_words=("好", "继续"))
    asked = slow(oa, 40)
    platform.connect(oa, **UNVERIFIED)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("讲个故事")
    platform.clock.advance(minutes=1)
    alice.says("好")
    assert (said(alice)[-1], asked) == ("好了：讲个故事", ["讲个故事"])


def test_fetching_too_early_says_so_and_starts_nothing(platform: LocalPlatform) -> None:
    oa = official_account()
    asked: list[str] = []

    @oa.default
    async def model(message: Text) -> str:
        asked.append(message.content)
        await asyncio.sleep(300)
        return "好了"

    platform.connect(oa, **UNVERIFIED)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("慢")
    for _ in range(2):
        alice.says("继续")
        assert "还在处理中" in said(alice)[-1]
    platform.clock.advance(minutes=10)
    alice.says("继续")
    assert (said(alice)[-1], asked) == ("好了", ["慢"])


def test_another_message_is_handled_and_what_waits_stands_before_its_answer(platform: LocalPlatform) -> None:
    oa = official_account()

    @oa.text("慢")
    async def late() -> str:
        await asyncio.sleep(40)
        return "好了"

    @oa.default
    async def echo(message: Text) -> str:
        return message.content

    platform.connect(oa, **UNVERIFIED)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("慢")
    platform.clock.advance(minutes=1)
    alice.says("别的")
    assert said(alice)[-1] == "好了\n\n别的"


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("pieces", [True, False])
def test_forty_pieces_reach_the_person_whole_and_in_order(
    platform: LocalPlatform, verified: bool, pieces: bool
) -> None:
    oa = official_account()
    parts = [f"第{number}句，说得不短也不长。" for number in range(1, 41)]

    @oa.default
    async def model(message: Text) -> AsyncIterator[Any]:
        for part in parts:
            await asyncio.sleep(0.6)
            yield Piece(part) if pieces else part

    platform.connect(oa, kind="service" if verified else "subscription", verified=verified)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("讲")
    platform.clock.advance(minutes=2)
    for _ in range(3):
        if oa.undelivered:
            alice.says("继续")
    lines = said(alice)
    text = "".join(line.removesuffix(MORE) for line in lines if "还在处理中" not in line)
    assert text.replace("\n\n", "") == "".join(parts)
    assert all(len(line.encode()) <= LIMIT for line in lines)
    assert oa.undelivered == []
    assert len(lines) <= 6, "a passive reply and five messages"


def test_a_text_too_long_for_the_allowance_says_that_there_is_more(platform: LocalPlatform) -> None:
    oa = official_account()
    whole = "这是一句话，不太长。" * 600

    @oa.text("讲")
    async def tell() -> str:
        return whole

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("讲")
    assert len(said(alice)) == 6
    assert said(alice)[-1].endswith(MORE)
    while oa.undelivered:
        alice.says("继续")
    assert "".join(line.removesuffix(MORE) for line in said(alice)) == whole
    assert all(line.removesuffix(MORE).endswith("。") for line in said(alice)), "cut between sentences"


@pytest.mark.parametrize("seconds", [0, 12])
def test_half_an_emoji_is_replaced_and_the_answer_arrives(platform: LocalPlatform, seconds: float) -> None:
    oa = official_account()

    @oa.default
    async def model(message: Text) -> str:
        await asyncio.sleep(seconds)
        return "好的\ud83d"

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("在吗")
    assert said(alice)[-1] == "好的\ufffd"


def self_cancelled() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


ENDS: list[BaseException] = [
    asyncio.CancelledError(),
    SystemExit(3),
    KeyboardInterrupt(),
    GeneratorExit(),
    StopIteration(),
    BaseException("odd"),
]


@pytest.mark.parametrize("problem", ENDS, ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize("thread", [False, True])
def test_whatever_a_handler_raises_is_a_failure_like_any_other(
    platform: LocalPlatform, problem: BaseException, thread: bool
) -> None:
    oa = official_account()

    def plain(message: Text) -> str:
        raise problem

    async def awaiting(message: Text) -> str:
        raise problem

    oa.text("坏")(plain if thread else awaiting)

    @oa.default
    async def echo(message: Text) -> str:
        return message.content

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("坏")
    assert said(alice)[-1] == FAILURE
    assert oa.counters["handler_errors"] == 1
    alice.says("好吗")
    assert said(alice)[-1] == "好吗"


def test_a_handler_that_cancels_itself_is_answered(platform: LocalPlatform) -> None:
    oa = official_account()

    @oa.default
    async def model(message: Text) -> str:
        self_cancelled()
        await asyncio.sleep(1)
        return "?"

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("坏")
    assert said(alice)[-1] == FAILURE


def test_an_answer_of_ten_megabytes_is_an_error_and_blocks_nothing(
    platform: LocalPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    oa = official_account()

    @oa.default
    async def model(message: Text) -> str:
        return "长" * 10_000_000

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    began = time.monotonic()
    alice.says("讲")
    assert time.monotonic() - began < 5
    assert said(alice)[-1] == FAILURE
    assert "100000" in caplog.text


def test_an_endless_stream_ends_in_an_error(platform: LocalPlatform) -> None:
    oa = official_account()

    @oa.default
    async def model(message: Text) -> AsyncIterator[Piece]:
        while True:
            await asyncio.sleep(0.01)
            yield Piece("说个没完。" * 100)

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("讲")
    assert oa.counters["handler_errors"] == 1


def test_what_a_stop_cuts_off_is_recorded_and_logged(
    platform: LocalPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    oa = official_account(drain_s=20.0)

    @oa.default
    async def model(message: Text) -> str:
        await asyncio.sleep(3600)
        return "好"

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("下单")
    platform.run(oa.shutdown())
    assert [(item.reason, item.reply) for item in oa.undelivered] == [(Reason.SHUTDOWN, None)]
    assert oa.counters["shutdown"] == 1
    assert "停止时还有未送达的答复：shutdown 1" in caplog.text
    assert "下单" not in caplog.text


def test_an_answer_finished_on_an_abandoned_connection_keeps_its_order(platform: LocalPlatform) -> None:
    oa = official_account(customer_service=False)

    @oa.text("慢")
    async def late() -> str:
        await asyncio.sleep(40)
        return "甲" * 600 + "。" + "乙" * 600

    @oa.default
    async def echo(message: Text) -> str:
        return message.content

    platform.connect(oa, **UNVERIFIED)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("慢")
    platform.clock.advance(minutes=1)
    before = len(said(alice))
    for _ in range(3):
        alice.says("继续")
    read = "".join(line.removesuffix(MORE) for line in said(alice)[before:])
    assert read == "甲" * 600 + "。" + "乙" * 600 + "继续"


async def delivered(oa: OfficialAccount, gone: Any, msg_id: int, content: str) -> str:
    from gongzhong.messages import encode
    from gongzhong.wire import PushWriter

    push = Text(to_user_name="gh_1", from_user_name="o1", create_time=1, msg_id=msg_id, content=content)
    writer = PushWriter("tok123", "", oa.account.appid, "plain")
    sealed = writer.seal(encode(push), int(oa.clock.now()), str(msg_id), "o1")
    return (await oa.handle(sealed.query, sealed.body, gone=gone)).body.decode()


def test_a_waiting_answer_is_not_spent_on_a_connection_that_is_gone(platform: LocalPlatform) -> None:
    oa = official_account(customer_service=False)

    @oa.text("慢")
    async def late() -> str:
        await asyncio.sleep(20)
        return "好了"

    @oa.default
    async def echo(message: Text) -> str:
        return message.content

    platform.connect(oa, **UNVERIFIED)

    async def scene() -> list[str]:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(delivered(oa, None, 1, "慢"), 5)
        await asyncio.sleep(60)
        gone = await delivered(oa, lambda: True, 2, "一")
        await asyncio.sleep(60)
        return [gone, await delivered(oa, lambda: False, 3, "二")]

    gone, there = platform.run(scene())
    assert "好了" not in gone
    assert "好了\n\n一\n\n二" in there


def test_hanging_plain_handlers_stop_nobody(platform: LocalPlatform) -> None:
    import threading

    release = threading.Event()
    oa = official_account(customer_service=True)

    @oa.text("挂")
    def hang() -> str:
        release.wait(30)
        return "醒了"

    @oa.text("快")
    def quick() -> str:
        return "到"

    async def scene() -> list[str]:
        hanging = [asyncio.ensure_future(delivered(oa, None, number, "挂")) for number in range(20)]
        began = time.monotonic()
        answers = await asyncio.gather(*(delivered(oa, None, 100 + number, "快") for number in range(20)))
        assert time.monotonic() - began < 3
        release.set()
        await asyncio.gather(*hanging)
        return answers

    assert all("到" in answer for answer in asyncio.run(scene()))


ODD = st.one_of(
    st.none(),
    st.integers(),
    st.binary(max_size=40).map(bytearray),
    st.text(max_size=40),
    st.dictionaries(st.text(max_size=9), st.lists(st.text(max_size=9))),
    st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9))),
    st.just(object()),
    st.just({"signature": {"a": [1]}, "timestamp": None}),
    st.just({"signature": ["x"], "timestamp": ["1"], "nonce": ["1"]}),
    st.just("a" * 3_000_000),
)


@settings(max_examples=150, deadline=None)
@given(query=ODD, body=ODD, method=st.one_of(st.sampled_from(["GET", "POST"]), st.none(), st.integers()))
def test_no_value_of_any_type_is_an_exception(query: Any, body: Any, method: Any) -> None:
    answer = asyncio.run(official_account().handle(query, body, method))
    assert answer.status in (400, 403, 405, 413)


def test_a_recorded_push_is_refused_a_minute_or_a_day_later(platform: LocalPlatform) -> None:
    from gongzhong.messages import encode
    from gongzhong.wire import PushWriter

    oa = official_account()
    runs = slow(oa, 0)
    platform.connect(oa)
    push = Text(to_user_name="gh_1", from_user_name="o1", create_time=1, msg_id=9, content="转账")
    sealed = PushWriter("tok123", "", oa.account.appid, "plain").seal(
        encode(push), int(oa.clock.now()), "n", "o1"
    )

    def again() -> int:
        return platform.run(oa.handle(sealed.query, sealed.body)).status

    assert again() == 200
    platform.clock.advance(seconds=5)
    assert again() == 200, "WeChat's own repeat joins"
    platform.clock.advance(minutes=4)
    platform.run(delivered(oa, None, 10, "别的"))  # what is settled for long is forgotten by then
    assert again() == 403
    platform.clock.advance(days=1)
    assert again() == 403
    assert runs == ["转账", "别的"]
    assert oa.counters["refused.replay"] == 2
