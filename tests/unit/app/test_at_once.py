"""Handlers that are done in their first step: the short way gives what the decisions of `claims.py` give."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.app.arguments import as_handler
from gongzhong.app.claims import (
    Answer,
    Claim,
    ConnectionClosed,
    Delivered,
    FirstResult,
    Phase,
    Rules,
    Start,
    Tick,
    Wake,
    decide,
)
from gongzhong.app.pieces import Piece, fits
from gongzhong.app.reception import Replays
from gongzhong.clock import MovableClock
from gongzhong.errors import Replayed
from gongzhong.messages import ImageReply, Reply, TextReply, Voice, encode, parse_reply
from gongzhong.wire import PushWriter, read_xml

ACCOUNT = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), token=Secret("tok123"))


def in_a_loop_of_its_own(test: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(test)
    def run(**given: Any) -> None:
        asyncio.run(test(**given))

    return run


def official_account(**options: Any) -> OfficialAccount:
    return OfficialAccount(ACCOUNT, **{"customer_service": False, **options})


async def delivered(oa: OfficialAccount, content: str, number: int, **options: Any) -> str | None:
    """What the person reads; None for `success`."""
    push = Text(
        to_user_name="gh_a1b2c3d4e5f6", from_user_name="o1", create_time=1, msg_id=number, content=content
    )
    now = int(time.time())
    sealed = PushWriter("tok123", "", ACCOUNT.appid, "plain").seal(encode(push), now, str(number), "o1")
    answer = await oa.handle(sealed.query, sealed.body, **options)
    if answer.body == b"success":
        return None
    reply = parse_reply(read_xml(answer.body))
    assert isinstance(reply, TextReply)
    return reply.content


@given(
    st.one_of(
        st.none(),
        st.builds(TextReply, st.text(max_size=20) | st.sampled_from(["x" * 2048, "字" * 682, "x" * 2049])),
    ),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.sampled_from([1, 8]),
)
def test_what_fits_is_answered_as_the_decisions_say(
    reply: Reply | None, answerable: bool, may_send: bool | None, articles: int
) -> None:
    if not fits(reply) or (reply is not None and not answerable):
        return
    rules = Rules(placeholder=TextReply(content="稍等"), more="（还有）")
    claim, acts = decide(Claim("k", "o1", answerable, articles=articles), Delivered(), rules)
    assert list(acts) == [Start()]
    claim, acts = decide(claim, FirstResult(reply), rules)
    assert list(acts) == [Wake()]
    claim, acts = decide(claim, Tick(1, 10.0, 10.0, may_send), rules)
    assert list(acts) == [Answer(reply)]
    claim, acts = decide(claim, ConnectionClosed(sure=True), rules)
    assert list(acts) == []
    settled = claim.phase is Phase.CLOSED and claim.ended and not claim.open
    assert settled and not claim.replies and claim.shown is None and not claim.promised


@pytest.mark.parametrize(
    "reply",
    [
        TextReply(content=""),
        TextReply(content="字" * 683),
        TextReply(content="\ud83d"),
        Piece("半"),
        ImageReply("m"),
    ],
)
def test_what_has_to_be_checked_or_cut_takes_the_long_way(reply: Reply) -> None:
    assert not fits(reply)


async def at_once(message: Text) -> str:
    return message.content


async def in_a_block(message: Text) -> str:
    async with contextlib.AsyncExitStack():
        return message.content


async def in_a_loop(message: Text) -> str:
    return "".join([part async for part in _parts()])


async def waiting(message: Text) -> str:
    await asyncio.sleep(0)
    return message.content


async def _parts() -> Any:
    yield "x"


async def with_a_session(message: Text, session: Any) -> str:
    return message.content


def plain(message: Text) -> str:
    return message.content


async def stream(message: Text) -> Any:
    yield message.content


class Bot:
    async def method(self, message: Text) -> str:
        return message.content

    async def __call__(self, message: Text) -> str:
        await asyncio.sleep(0)
        return message.content


@functools.wraps(at_once)
async def wrapped(*args: Any, **given: Any) -> str:
    await asyncio.sleep(0)
    return await at_once(*args, **given)


@pytest.mark.parametrize(
    ("handler", "waits"),
    [
        (at_once, False),
        (Bot().method, False),
        (waiting, True),
        (in_a_block, True),
        (in_a_loop, True),
        (with_a_session, True),
        (plain, True),
        (stream, True),
        (Bot(), True),
        (wrapped, True),
        (functools.partial(waiting), True),
    ],
)
def test_only_a_handler_that_awaits_nothing_runs_without_a_task(
    handler: Callable[..., Any], waits: bool
) -> None:
    assert as_handler(handler).waits is waits


@in_a_loop_of_its_own
async def test_a_handler_in_place_has_a_context_of_its_own_and_no_turn_of_the_loop() -> None:
    seen = contextvars.ContextVar("seen", default="")
    oa = official_account()

    @oa.text
    async def remember(message: Text) -> str:
        before = seen.get()
        seen.set(message.content)
        return f"{before}|{message.content}"

    turned: list[str] = []
    asyncio.get_running_loop().call_soon(turned.append, "turn")
    assert await delivered(oa, "一", 1) == "|一"
    assert turned == []
    assert await delivered(oa, "二", 2) == "|二"
    assert seen.get() == ""
    assert not oa.busy


@pytest.mark.parametrize(
    "ending", [ValueError, SystemExit, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit]
)
@in_a_loop_of_its_own
async def test_whatever_a_handler_in_place_raises_is_its_failure(ending: type[BaseException]) -> None:
    oa = official_account(failure_text="出错了")

    @oa.text
    async def broken(message: Text) -> str:
        raise ending

    assert await delivered(oa, "一", 1) == "出错了"
    assert oa.counters["handler_errors"] == 1
    assert await delivered(oa, "一", 1) == "出错了"
    assert oa.counters["handler_errors"] == 1 and oa.counters["joined"] == 1


@in_a_loop_of_its_own
async def test_what_waits_stands_before_an_answer_given_at_once() -> None:
    oa = official_account(window=0.05)
    ready = asyncio.Event()

    @oa.text("慢")
    async def slow() -> str:
        await ready.wait()
        return "慢的"

    @oa.text
    async def quick(message: Text) -> str:
        return message.content

    oa.binding.outbox.keep("o1", [TextReply(content="旧的")])
    assert await delivered(oa, "快", 2) == "旧的\n\n快"
    assert await delivered(oa, "快", 2) == "旧的\n\n快"


@in_a_loop_of_its_own
async def test_an_answer_given_at_once_to_a_peer_that_has_gone_is_kept_for_the_next_delivery() -> None:
    oa = official_account()
    calls = []

    @oa.text
    async def quick(message: Text) -> str:
        calls.append(1)
        return message.content

    await delivered(oa, "一", 1, gone=lambda: True)
    assert [run.claim.phase for run in oa.binding.claims.runs()] == [Phase.ANSWERED]
    assert await delivered(oa, "一", 1, gone=lambda: False) == "一"
    assert oa.binding.claims.runs() == [] and calls == [1]


@in_a_loop_of_its_own
async def test_a_long_answer_given_at_once_is_cut_and_the_rest_waits() -> None:
    oa = official_account()

    @oa.text
    async def long(message: Text) -> str:
        return "字" * 1000

    first = await delivered(oa, "一", 1)
    assert first is not None and len(first.encode()) <= 2048 and first.startswith("字" * 600)
    rest = await delivered(oa, "继续", 2)
    assert rest is not None and first.count("字") + rest.count("字") == 1000


@in_a_loop_of_its_own
async def test_a_push_that_nobody_handles_is_counted_and_answered_with_success() -> None:
    oa = official_account()

    @oa.on(Voice)
    async def voice(message: Voice) -> str:
        return "听到了"

    assert await delivered(oa, "一", 1) is None
    assert oa.counters["unhandled"] == 1


# ---- replays


def test_a_push_is_remembered_for_the_whole_window_and_then_forgotten() -> None:
    clock = MovableClock(1_000_000.0, frozen=True)
    replays = Replays(600.0, clock)
    replays.check("first", "1000000", "k")
    for step in range(59):
        clock.advance(10)
        replays.check(f"s{step}", str(int(clock.now())), "k")
        with pytest.raises(Replayed):
            replays.check("first", "1000000", "k")
    for step in range(200):
        clock.advance(10)
        replays.check(f"t{step}", str(int(clock.now())), "k")
    assert len(replays) <= 120  # two windows


def test_of_too_many_pushes_the_oldest_are_forgotten_and_refused() -> None:
    clock = MovableClock(1_000_000.0, frozen=True)
    replays = Replays(600.0, clock, size=128)
    for number in range(400):
        clock.advance(1)
        replays.check(f"s{number}", str(int(clock.now())), "k")
        assert 64 <= len(replays) <= 128 or number < 64
    for number in range(400):
        with pytest.raises(Replayed):
            replays.check(f"s{number}", str(1_000_001 + number), "k")
