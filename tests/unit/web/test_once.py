"""One fetch per key, its answer for a minute, its failure for nobody later."""

from __future__ import annotations

import pytest

from gongzhong.clock import MovableClock
from gongzhong.web.once import Abandoned, Once


def test_the_second_gets_the_answer_of_the_first() -> None:
    once: Once[str] = Once(MovableClock(frozen=True))
    answer, mine = once.claim("code")
    again, mine_again = once.claim("code")
    with once.settling("code", answer):
        answer.set_result("who")
    assert (mine, mine_again) == (True, False)
    assert again.result(timeout=0) == "who"


def test_keys_do_not_mix() -> None:
    once: Once[str] = Once(MovableClock(frozen=True))
    assert once.claim("one")[1]
    assert once.claim("two")[1]


def test_an_answer_is_forgotten_after_a_minute() -> None:
    clock = MovableClock(1_700_000_000, frozen=True)
    once: Once[str] = Once(clock)
    once.claim("code")
    clock.advance(59)
    assert not once.claim("code")[1]
    clock.advance(1)
    assert once.claim("code")[1]


def test_a_failure_reaches_those_who_wait_and_is_tried_again() -> None:
    once: Once[str] = Once(MovableClock(frozen=True))
    answer, _ = once.claim("code")
    waiting, _ = once.claim("code")
    with pytest.raises(ValueError, match="down"), once.settling("code", answer):
        raise ValueError("down")
    with pytest.raises(ValueError, match="down"):
        waiting.result(timeout=0)
    assert once.claim("code")[1]


def test_an_interrupted_fetch_does_not_strand_those_who_wait() -> None:
    once: Once[str] = Once(MovableClock(frozen=True))
    answer, _ = once.claim("code")
    with pytest.raises(KeyboardInterrupt), once.settling("code", answer):
        raise KeyboardInterrupt
    with pytest.raises(Abandoned):
        answer.result(timeout=0)


def test_a_late_failure_does_not_take_away_a_newer_claim() -> None:
    clock = MovableClock(1_700_000_000, frozen=True)
    once: Once[str] = Once(clock)
    old, _ = once.claim("code")
    clock.advance(61)
    new, mine = once.claim("code")
    with pytest.raises(ValueError, match="late"), once.settling("code", old):
        raise ValueError("late")
    assert mine
    assert once.claim("code") == (new, False)


def test_memory_is_bounded() -> None:
    once: Once[str] = Once(MovableClock(frozen=True), most=3)
    for key in "abcd":
        once.claim(key)
    assert not once.claim("d")[1]
    assert once.claim("a")[1]
