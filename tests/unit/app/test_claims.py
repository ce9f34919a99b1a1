"""What is remembered of a push that was answered: its answer, for a while, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong.app.claims import Claim, Claims

from .conftest import text

pytestmark = pytest.mark.anyio

NOW = 1000.0


def claim(key: str, answer: bytes | None = b"<xml/>") -> Claim:
    loop = asyncio.get_running_loop()
    made = Claim(key, text("?"), loop, loop.create_future())
    made.answer = answer
    return made


def settled(claims: Claims, key: str, now: float) -> None:
    one = claim(key)
    claims.add(one)
    claims.settle(one, now)


async def test_of_a_settled_claim_only_the_answer_stays() -> None:
    claims = Claims()
    one = claim("k")
    claims.add(one)
    assert (claims.get("k"), claims.answer("k")) == (one, None)
    claims.settle(one, NOW)
    assert (claims.get("k"), claims.answer("k")) == (None, b"<xml/>")


async def test_a_claim_without_an_answer_stays_under_way() -> None:
    claims = Claims()
    one = claim("k", None)
    claims.add(one)
    claims.settle(one, NOW)
    assert claims.get("k") is one


async def test_answers_are_forgotten_after_their_time() -> None:
    claims = Claims(kept_s=120)
    settled(claims, "old", NOW)
    settled(claims, "young", NOW + 119)
    assert claims.answer("old") is not None
    settled(claims, "new", NOW + 120)
    assert [claims.answer(key) is None for key in ("old", "young", "new")] == [True, False, False]


async def test_the_oldest_answers_give_way_when_there_are_too_many() -> None:
    claims = Claims(most=2)
    for number, key in enumerate(("a", "b", "c")):
        settled(claims, key, NOW + number)
    assert [claims.answer(key) is None for key in ("a", "b", "c")] == [True, False, False]


@pytest.mark.parametrize(
    ("answer", "gone_out", "handed_over", "expected"),
    [
        (b"", True, False, True),
        (b"", False, True, True),
        (b"", False, False, False),
        (None, False, True, False),
    ],
)
async def test_settled_means_that_no_delivery_can_change_the_answer(
    answer: bytes | None, gone_out: bool, handed_over: bool, expected: bool
) -> None:
    one = claim("k", answer)
    one.gone_out, one.handed_over = gone_out, handed_over
    assert one.settled is expected
