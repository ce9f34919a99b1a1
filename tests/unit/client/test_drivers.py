"""Carrying out steps, by blocking and by awaiting."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from gongzhong.client.drivers import Ask, Pause, Send, Step, Steps, Wait, drive, drive_awaiting
from gongzhong.client.transport import WireReply, WireRequest
from gongzhong.errors import NotReached

pytestmark = pytest.mark.anyio

REQUEST = WireRequest(method="GET", url="http://wx.test/x")
REPLY = WireReply(200, {}, b"{}")


class Road:
    def __init__(self, outcome: WireReply | Exception = REPLY) -> None:
        self.outcome = outcome

    def send(self, request: WireRequest, /) -> WireReply:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def close(self) -> None: ...


class AwaitingRoad:
    def __init__(self, outcome: WireReply | Exception = REPLY) -> None:
        self.road = Road(outcome)

    async def send(self, request: WireRequest, /) -> WireReply:
        return self.road.send(request)

    async def close(self) -> None: ...


def asking(step: Step) -> Steps[Any]:
    return (yield step)


async def both(step: Step) -> tuple[Any, Any]:
    return drive(asking(step), Road()), await drive_awaiting(asking(step), AwaitingRoad())


async def test_each_step_gives_its_result_in_both_worlds() -> None:
    landed: Future[None] = Future()
    landed.set_result(None)
    elsewhere = threading.get_ident() + 1
    assert await both(Send(REQUEST)) == (REPLY, REPLY)
    assert await both(Pause(0)) == (None, None)
    assert await both(Ask(lambda: 7)) == (7, 7)
    assert await both(Wait(landed, elsewhere, 1)) == (True, True)
    assert await both(Wait(Future(), elsewhere, 0.001)) == (False, False)


async def test_questions_are_asked_in_a_thread_when_awaiting() -> None:
    asked: set[int] = set()
    await drive_awaiting(asking(Ask(lambda: asked.add(threading.get_ident()))), AwaitingRoad())
    assert asked and threading.get_ident() not in asked


def recovering() -> Steps[str]:
    try:
        yield Send(REQUEST)
    except NotReached:
        return "recovered"
    return "arrived"


async def test_an_error_of_the_transport_reaches_the_rules() -> None:
    down = NotReached("断", "down")
    assert drive(recovering(), Road(down)) == "recovered"
    assert await drive_awaiting(recovering(), AwaitingRoad(down)) == "recovered"


async def test_a_waiter_may_be_cancelled_without_touching_what_it_waits_for() -> None:
    landed: Future[None] = Future()
    waiter = asyncio.create_task(drive_awaiting(asking(Wait(landed, 0, 60)), AwaitingRoad()))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert not landed.done()


def test_landing_after_a_waiter_s_loop_was_closed_is_harmless(caplog: pytest.LogCaptureFixture) -> None:
    landed: Future[None] = Future()
    assert asyncio.run(drive_awaiting(asking(Wait(landed, 0, 0.001)), AwaitingRoad())) is False
    landed.set_result(None)
    assert caplog.records == []
