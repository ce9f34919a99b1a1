"""Answers that have not arrived: bounded, and never dropped without a record."""

from __future__ import annotations

import pytest

from gongzhong.app.outbox import Outbox, Reason, Undelivered
from gongzhong.app.pieces import Piece
from gongzhong.clock import MovableClock
from gongzhong.messages import Reply, TextReply


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(1_700_000_000, frozen=True)


def answer(clock: MovableClock, words: str, openid: str = "o1") -> Undelivered:
    return Undelivered(openid=openid, reply=TextReply(content=words), reason=Reason.SLOW, since=clock.now())


def keep(outbox: Outbox, words: str, openid: str = "o1", *, ahead: bool = False) -> None:
    outbox.keep(openid, [TextReply(content=words)], ahead=ahead)


def take(outbox: Outbox, openid: str) -> tuple[Reply, ...]:
    waiting = outbox.waiting(openid)
    outbox.take(openid)
    return waiting


def words(outbox: Outbox) -> list[tuple[str, bool]]:
    found = []
    for item in outbox.undelivered():
        assert isinstance(item.reply, TextReply)
        found.append((item.reply.content, item.waiting))
    return found


def test_taking_empties_the_line_in_order(clock: MovableClock) -> None:
    outbox = Outbox(clock)
    for content in ("一", "二"):
        keep(outbox, content)
    keep(outbox, "零", ahead=True)
    assert take(outbox, "o1") == tuple(TextReply(content=content) for content in "零一二")
    assert take(outbox, "o1") == ()
    assert outbox.undelivered() == []


def test_an_answer_too_old_is_recorded_not_sent(clock: MovableClock) -> None:
    outbox = Outbox(clock, waits_s=60)
    keep(outbox, "旧")
    clock.advance(30)
    keep(outbox, "新")
    clock.advance(30)
    assert take(outbox, "o1") == (TextReply(content="新"),)
    assert words(outbox) == [("旧", False)]


def test_too_many_for_one_user_push_the_oldest_out(clock: MovableClock) -> None:
    outbox = Outbox(clock, per_user=2)
    for content in "一二三":
        keep(outbox, content)
        clock.advance(1)
    assert words(outbox) == [("一", False), ("二", True), ("三", True)]


def test_too_many_users_push_the_first_out(clock: MovableClock) -> None:
    outbox = Outbox(clock, users=2)
    for openid in ("o1", "o2", "o3"):
        keep(outbox, openid, openid)
        clock.advance(1)
    assert words(outbox) == [("o1", False), ("o2", True), ("o3", True)]


def test_the_record_is_bounded(clock: MovableClock) -> None:
    outbox = Outbox(clock, stuck=2)
    for content in "一二三":
        outbox.record(answer(clock, content))
        clock.advance(1)
    assert words(outbox) == [("二", False), ("三", False)]


def test_nothing_overtakes_a_message_that_is_under_way(clock: MovableClock) -> None:
    outbox = Outbox(clock)
    keep(outbox, "二")
    outbox.line("o1").in_flight = answer(clock, "一")
    assert outbox.waiting("o1") == ()
    assert words(outbox) == [("一", True), ("二", True)]


def test_pieces_of_a_running_text_are_one_answer(clock: MovableClock) -> None:
    outbox = Outbox(clock)
    outbox.keep("o1", [Piece(content="今"), Piece(content="天")])
    assert outbox.waiting("o1") == (Piece(content="今天"),)
    assert outbox.summary() == "slow 1"
