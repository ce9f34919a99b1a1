"""What stands around every handler."""

from __future__ import annotations

import pytest

from gongzhong.app import CallNext, Result
from gongzhong.messages import Push, Reply, Text, TextReply

from .conftest import Make, text

pytestmark = pytest.mark.anyio


async def test_the_first_registered_is_outermost(make: Make) -> None:
    wechat = make()
    order: list[str] = []

    @wechat.oa.middleware
    async def outer(push: Push, call_next: CallNext) -> Result:
        order.append("outer in")
        reply = await call_next(push)
        order.append("outer out")
        return reply

    @wechat.oa.middleware
    async def inner(push: Push, call_next: CallNext) -> Reply | None:
        order.append("inner in")
        reply = await call_next(push)
        order.append("inner out")
        return reply

    @wechat.oa.default
    async def handler() -> str:
        order.append("handler")
        return "好"

    assert await wechat.say("?") == "好"
    assert order == ["outer in", "inner in", "handler", "inner out", "outer out"]


async def test_it_may_answer_itself_or_change_what_passes(make: Make) -> None:
    wechat = make()

    @wechat.oa.middleware
    async def guard(push: Push, call_next: CallNext) -> Result:
        if isinstance(push, Text) and push.content == "禁":
            return "不许"
        reply = await call_next(text("改了"))
        assert isinstance(reply, TextReply)
        return f"{reply.content}！"

    @wechat.oa.default
    async def echo(message: Text) -> str:
        return message.content

    assert [await wechat.say("禁"), await wechat.say("原来")] == ["不许", "改了！"]


async def test_it_sees_the_exception_of_a_handler(make: Make) -> None:
    wechat = make()

    @wechat.oa.middleware
    async def rescue(push: Push, call_next: CallNext) -> Result:
        try:
            return await call_next(push)
        except ZeroDivisionError:
            return "除以零了"

    @wechat.oa.default
    def divide() -> str:
        return str(1 // 0)

    assert await wechat.say("?") == "除以零了"
    assert wechat.oa.counters["handler_errors"] == 0


async def test_it_sees_the_first_item_of_a_stream(make: Make) -> None:
    wechat = make(customer_service=True)

    @wechat.oa.middleware
    async def shout(push: Push, call_next: CallNext) -> Result:
        reply = await call_next(push)
        assert isinstance(reply, TextReply)
        return f"{reply.content}！"

    @wechat.oa.default
    async def count():  # type: ignore[no-untyped-def]
        yield "一"
        yield "二"

    assert await wechat.say("?") == "一！"
    await wechat.oa.shutdown()
    assert wechat.api.texts == ["二"]


async def test_it_also_stands_around_pushes_without_a_handler(make: Make) -> None:
    wechat = make()
    seen: list[Push] = []

    @wechat.oa.middleware
    async def count(push: Push, call_next: CallNext) -> Result:
        seen.append(push)
        return await call_next(push)

    assert await wechat.say("?") is None
    assert len(seen) == 1
    assert wechat.oa.counters["unhandled"] == 1


async def test_a_stream_is_closed_when_what_stands_around_it_fails(make: Make) -> None:
    wechat = make(failure_text="坏了")
    closed: list[bool] = []

    @wechat.oa.middleware
    async def fail(push: Push, call_next: CallNext) -> Result:
        await call_next(push)
        raise RuntimeError

    @wechat.oa.default
    async def count():  # type: ignore[no-untyped-def]
        try:
            yield "一"
            yield "二"
        finally:
            closed.append(True)

    assert await wechat.say("?") == "坏了"
    assert closed == [True]
    assert wechat.api.sent == []
