"""What is remembered about a user between two messages."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong.app import MemorySessionStore, Session
from gongzhong.app.sessions import Sessions
from gongzhong.clock import MovableClock
from gongzhong.messages import Text

from .conftest import Make

pytestmark = pytest.mark.anyio


async def test_a_session_lasts_from_message_to_message_for_each_user(make: Make) -> None:
    wechat = make()

    @wechat.oa.default
    async def count(session: Session) -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    said = [await wechat.say("?"), await wechat.say("?"), await wechat.say("?", user="oBob")]
    assert said == ["1", "2", "1"]


async def test_an_untouched_session_ends(make: Make) -> None:
    wechat = make(session_lifetime_s=60)

    @wechat.oa.default
    def count(session: Session) -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    first = await wechat.say("?")
    await asyncio.sleep(59)
    second = await wechat.say("?")
    await asyncio.sleep(61)
    assert [first, second, await wechat.say("?")] == ["1", "2", "1"]


async def test_handlers_at_the_same_time_do_not_overwrite_each_other(make: Make) -> None:
    wechat = make()

    @wechat.oa.text("记住 (?P<word>.)")
    async def remember(session: Session, word: str) -> str:
        await asyncio.sleep(2)
        session[word] = True
        await asyncio.sleep(1)
        return "好"

    @wechat.oa.default
    async def recall(session: Session) -> str:
        return "".join(sorted(session))

    await asyncio.gather(wechat.say("记住 甲"), wechat.say("记住 乙"))
    assert await wechat.say("?") == "乙甲"


async def test_what_a_failing_handler_noted_is_kept(make: Make) -> None:
    wechat = make()

    @wechat.oa.text("坏")
    async def fail(session: Session) -> str:
        session["seen"] = True
        raise RuntimeError

    @wechat.oa.default
    async def recall(session: Session) -> str:
        return str(dict(session))

    await wechat.say("坏")
    assert await wechat.say("?") == "{'seen': True}"


async def test_a_stream_keeps_its_session_to_the_end(make: Make) -> None:
    wechat = make(customer_service=True)

    @wechat.oa.text("数")
    async def count(session: Session):  # type: ignore[no-untyped-def]
        yield "一"
        await asyncio.sleep(8)
        session["counted"] = True
        yield "二"

    @wechat.oa.default
    async def recall(session: Session) -> str:
        return str(dict(session))

    await wechat.say("数")
    await asyncio.sleep(20)
    assert await wechat.say("?") == "{'counted': True}"


async def test_only_json_can_be_remembered(make: Make) -> None:
    wechat = make(failure_text="坏了")

    @wechat.oa.default
    async def wrong(session: Session, message: Text) -> str:
        session["what"] = object()
        return "好"

    assert await wechat.say("?") == "坏了"


async def test_an_emptied_session_is_deleted() -> None:
    store = MemorySessionStore()
    sessions = Sessions(store, "wx1")
    async with sessions.borrow("o1") as session:
        session["a"] = 1
    assert await store.load("wx1:o1") == b'{"a":1}'
    async with sessions.borrow("o1") as session:
        session.clear()
    assert await store.load("wx1:o1") is None


async def test_a_failing_store_does_not_poison_the_next_loan() -> None:
    class Flaky(MemorySessionStore):
        broken = True

        async def load(self, key: str) -> bytes | None:
            if self.broken:
                raise OSError("down")
            return await super().load(key)

    store = Flaky()
    sessions = Sessions(store, "wx1")
    with pytest.raises(OSError, match="down"):
        async with sessions.borrow("o1"):
            pytest.fail("a session that could not be loaded")
    store.broken = False
    async with sessions.borrow("o1") as session:
        assert session == {}


async def test_the_longest_untouched_session_goes_first() -> None:
    clock = MovableClock(frozen=True)
    store = MemorySessionStore(clock, most=2)
    for key in ("a", "b", "a", "c"):
        await store.save(key, b"{}", 60)
    assert [await store.load(key) for key in "abc"] == [b"{}", None, b"{}"]
    clock.advance(61)
    assert [await store.load(key) for key in "abc"] == [None, None, None]
