"""Answers that have not arrived: bounded, and never dropped without a record."""

from __future__ import annotations

import pytest

from gongzhong.app.outbox import Outbox, Reason, Undelivered
from gongzhong.clock import MovableClock
from gongzhong.messages import TextReply


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(1_700_000_000, frozen=True)


def answer(clock: MovableClock, words: str, openid: str = "o1") -> Undelivered:
    return Undelivered(openid=openid, reply=TextReply(content=words), reason=Reason.SLOW, since=clock.now())


def words(outbox: Outbox) -> list[tuple[str, bool]]:
    found = []
    for item in outbox.undelivered():
        assert isinstance(item.reply, TextReply)
        found.append((item.reply.content, item.waiting))
    return found


def test_taking_empties_the_shelf_in_order(clock: MovableClock) -> None:
    outbox = Outbox(clock)
    for content in ("一", "二"):
        outbox.keep(answer(clock, content))
    assert outbox.waits_for("o1")
    assert outbox.take("o1") == [TextReply(content="一"), TextReply(content="二")]
    assert outbox.take("o1") == []
    assert outbox.undelivered() == []


def test_an_answer_too_old_is_recorded_not_sent(clock: MovableClock) -> None:
    outbox = Outbox(clock, waits_s=60)
    outbox.keep(answer(clock, "旧"))
    clock.advance(30)
    outbox.keep(answer(clock, "新"))
    clock.advance(30)
    assert outbox.take("o1") == [TextReply(content="新")]
    assert words(outbox) == [("旧", False)]
    assert not outbox.waits_for("o1")


def test_too_many_for_one_user_push_the_oldest_out(clock: MovableClock) -> None:
    outbox = Outbox(clock, per_user=2)
    for content in "一二三":
        outbox.keep(answer(clock, content))
        clock.advance(1)
    assert words(outbox) == [("一", False), ("二", True), ("三", True)]


def test_too_many_users_push_the_first_out(clock: MovableClock) -> None:
    outbox = Outbox(clock, users=2)
    for openid in ("o1", "o2", "o3"):
        outbox.keep(answer(clock, openid, openid))
        clock.advance(1)
    assert words(outbox) == [("o1", False), ("o2", True), ("o3", True)]


def test_the_record_is_bounded(clock: MovableClock) -> None:
    outbox = Outbox(clock, stuck=2)
    for content in "一二三":
        outbox.record(answer(clock, content))
        clock.advance(1)
    assert words(outbox) == [("二", False), ("三", False)]
