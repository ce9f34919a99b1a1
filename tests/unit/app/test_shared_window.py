"""Deliveries among several processes, in virtual time: what cannot be taken gets no answer, what is taken is kept."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from gongzhong import Text
from gongzhong.app import App, Services
from gongzhong.app.binding import Binding
from gongzhong.errors import StateDown
from gongzhong.messages import encode
from gongzhong.state import MemoryState
from gongzhong.store import MemoryWork
from gongzhong.testing.virtual_time import VirtualClock
from gongzhong.wire import PushWriter

from .conftest import AES_KEY, APPID, START, TOKEN, FakeApi, account, text

pytestmark = pytest.mark.anyio


class Shared(MemoryState):
    """A state of several processes; while `down` holds, out of reach."""

    shared = True
    down = False

    async def _within(self, operation: Any) -> Any:
        if self.down:
            raise StateDown("断了", "down")
        return await super()._within(operation)


class Cluster:
    """Some processes of one program over one state and one table of work."""

    def __init__(self, processes: int, *, may_send: bool = True) -> None:
        clock = VirtualClock(asyncio.get_running_loop(), START)
        self.state, self.store, self.api = Shared(clock), MemoryWork(clock), FakeApi()
        self.api.may_send = may_send
        self.runs: list[str] = []
        app = App()

        @app.text()
        async def answer(message: Text) -> str:
            self.runs.append(message.content)
            await asyncio.sleep(float(message.content))
            return f"答{message.content}"

        services = Services(clock=clock, api=cast(Any, self.api), state=self.state, store=self.store)
        self.bindings = [app.bind(account(), services) for _ in range(processes)]
        self.clock = clock

    async def deliver(self, binding: Binding, push: Text) -> tuple[int, bytes, float]:
        """Status, body and how long it took; WeChat hangs up after five seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        sealed = PushWriter(TOKEN, AES_KEY, APPID, "plain").seal(
            encode(push), int(self.clock.now()), str(began), push.openid
        )
        answer = await binding.handle(sealed.query, sealed.body, gone=lambda: loop.time() >= began + 5.0)
        return answer.status, answer.body, loop.time() - began

    async def close(self) -> None:
        for binding in self.bindings:
            await binding.shutdown(0.1)


async def test_what_cannot_be_taken_gets_no_answer_before_wechat_hangs_up() -> None:
    """An HTTP error might not be repeated; a timeout is."""
    cluster = Cluster(1)
    await cluster.bindings[0].ready()
    cluster.state.down = True
    push = text("0")
    status, _, took = await cluster.deliver(cluster.bindings[0], push)
    assert (status, cluster.runs) == (503, [])
    assert took >= 5.0
    cluster.state.down = False
    status, body, _ = await cluster.deliver(cluster.bindings[0], push)
    assert (status, cluster.runs) == (200, ["0"])
    assert "答0".encode() in body
    await cluster.close()


async def test_a_repeat_that_comes_to_another_process_joins_the_handler() -> None:
    cluster = Cluster(2, may_send=False)
    one, other = cluster.bindings
    push = text("7")
    first = asyncio.ensure_future(cluster.deliver(one, push))
    await asyncio.sleep(5)
    status, body, _ = await cluster.deliver(other, push)
    assert (status, cluster.runs) == (200, ["7"])
    assert "答7".encode() in body
    assert other.counters["passed_on"] == 1
    assert (one.counters["received"], other.counters["received"]) == (1, 1), (
        "each counts what WeChat sent to it"
    )
    await first
    await cluster.close()


async def test_a_message_is_in_the_inbox_before_wechat_is_told_that_it_was_taken() -> None:
    cluster = Cluster(1)
    [binding] = cluster.bindings
    status, body, _ = await cluster.deliver(binding, text("20"))
    assert (status, body) == (200, b"success")
    [row] = await cluster.store.show()
    assert (row.kind, row.stage) == ("push", "running")
    await asyncio.sleep(20)
    assert cluster.api.texts == ["答20"]
    assert await cluster.store.show() == []
    await cluster.close()


async def test_an_answer_that_waits_is_given_by_another_process() -> None:
    cluster = Cluster(2, may_send=False)
    one, other = cluster.bindings
    push = text("20")
    for _ in range(3):
        await cluster.deliver(one, push)
    await asyncio.sleep(10)
    [row] = await cluster.store.show()
    assert row.kind == "answer"
    _, body, _ = await cluster.deliver(other, text("0"))
    assert "答20".encode() in body
    assert "答0".encode() in body
    await asyncio.sleep(1)
    assert await cluster.store.show() == []
    await cluster.close()


async def test_what_a_stop_cuts_off_is_begun_anew_by_another_process() -> None:
    cluster = Cluster(2)
    one, other = cluster.bindings
    await other.ready()
    await cluster.deliver(one, text("20"))
    await one.shutdown(1.0)
    await asyncio.sleep(30)
    assert cluster.runs == ["20", "20"]
    assert cluster.api.texts == ["答20"]
    await cluster.close()
