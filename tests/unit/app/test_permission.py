"""Finding out whether customer-service messages are allowed."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong.app.permission import Permission
from gongzhong.clock import MovableClock
from gongzhong.errors import NotReached

from .conftest import refused

pytestmark = pytest.mark.anyio


class Quota:
    """WeChat's answer to the question for the quota."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> None:
        self.asked += 1
        await asyncio.sleep(1)
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer


@pytest.mark.parametrize(
    ("answer", "allowed"), [(None, True), (refused(48001), False), (refused(76022), False)]
)
async def test_wechat_knows(answer: Exception | None, allowed: bool) -> None:
    quota = Quota(answer)
    permission = Permission(quota, MovableClock(frozen=True))
    assert permission.known is None
    assert await asyncio.gather(*(permission.find_out() for _ in range(5))) == [allowed] * 5
    assert (permission.known, quota.asked) == (allowed, 1)


async def test_what_was_declared_is_not_asked() -> None:
    quota = Quota()
    for declared in (True, False):
        permission = Permission(quota, MovableClock(frozen=True), declared)
        assert await permission.find_out() is declared
    assert quota.asked == 0


async def test_a_failed_question_is_asked_again_after_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = MovableClock(frozen=True)
    quota = Quota(NotReached("断", "down"), refused(45009), None)
    permission = Permission(quota, clock)
    assert await permission.find_out() is None
    assert await permission.find_out() is None
    assert quota.asked == 1
    clock.advance(61)
    assert await permission.find_out() is None
    clock.advance(61)
    assert await permission.find_out() is True
    assert caplog.text.count("没能查到客服消息权限") == 2


async def test_an_old_answer_is_asked_again_while_it_still_counts() -> None:
    clock = MovableClock(frozen=True)
    quota = Quota(refused(48001), None)
    permission = Permission(quota, clock)
    await permission.find_out()
    clock.advance(hours=2)
    assert await permission.find_out() is False
    await asyncio.sleep(2)
    assert permission.known is True


async def test_a_refusal_counts_more_than_a_declaration() -> None:
    permission = Permission(Quota(), MovableClock(frozen=True), True)
    permission.denied()
    assert permission.known is False
