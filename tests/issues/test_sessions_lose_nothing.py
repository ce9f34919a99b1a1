"""What handlers remember about a person is not lost without a word, in one process or several."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from gongzhong import HandlerError, OfficialAccount, Session, Text
from gongzhong.app import MemorySessionStore
from gongzhong.app.sessions import PLACE, Sessions
from gongzhong.clock import MovableClock
from gongzhong.testing import LocalPlatform

pytestmark = pytest.mark.anyio


class Plain:
    """A store as a program may have written it: no compare-and-swap."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def load(self, key: str) -> bytes | None:
        await asyncio.sleep(0)
        return self.kept.get(key)

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None:
        self.kept[key] = data

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


@pytest.mark.parametrize("make", [Plain, MemorySessionStore])
async def test_two_processes_that_change_different_keys_keep_both(make: Any) -> None:
    store = make()
    here, there = Sessions(store, "wx1"), Sessions(store, "wx1")
    async with here.borrow("o") as first:
        first["start"] = 0
    async with here.borrow("o") as mine, there.borrow("o") as theirs:
        mine["a"] = 1
        theirs["b"] = 2
        del theirs["start"]
    async with here.borrow("o") as session:
        assert session == {"a": 1, "b": 2}


@pytest.mark.parametrize("make", [Plain, MemorySessionStore])
async def test_the_same_key_changed_twice_is_said(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = make()
    here, there = Sessions(store, "wx1"), Sessions(store, "wx1")
    with caplog.at_level(logging.WARNING):
        async with here.borrow("o") as mine, there.borrow("o") as theirs:
            mine["cart"] = ["secret wish"]
            theirs["cart"] = ["another wish"]
    async with here.borrow("o") as session:
        assert session == {"cart": ["secret wish"]}  # saved last
    assert "cart" in caplog.text
    assert "wish" not in caplog.text


async def test_a_swap_that_fails_is_repeated_with_what_the_other_wrote() -> None:
    class Busy(MemorySessionStore):
        refusals = 0

        async def swap(self, key: str, loaded: bytes | None, data: bytes | None, lifetime_s: float) -> bool:
            if self.refusals < 2:
                self.refusals += 1
                await self.save(key, b'{"theirs": %d}' % self.refusals, 60)
                return False
            return await super().swap(key, loaded, data, lifetime_s)

    store = Busy()
    async with Sessions(store, "wx1").borrow("o") as session:
        session["mine"] = 1
    assert await store.load("wx1:o") in (b'{"theirs":2,"mine":1}', b'{"mine":1,"theirs":2}')


async def test_a_handler_that_still_runs_sees_what_was_merged() -> None:
    store = MemorySessionStore()
    here, there = Sessions(store, "wx1"), Sessions(store, "wx1")
    async with here.borrow("o") as long_running:
        async with there.borrow("o") as theirs:
            theirs["b"] = 2
        async with here.borrow("o") as short:
            short["a"] = 1
        assert long_running == {"a": 1, "b": 2}


@pytest.mark.parametrize("value", [object(), {1, 2j}, [object()], {"deep": [object()]}, lambda: None])
async def test_what_cannot_be_stored_names_its_key_not_its_value_and_the_rest_is_kept(value: Any) -> None:
    store = MemorySessionStore()
    sessions = Sessions(store, "wx1")
    with pytest.raises(HandlerError) as caught:
        async with sessions.borrow("o") as session:
            session["fine"] = "private words"
            session["basket"] = value
    assert "session['basket']" in caught.value.zh
    assert "session['basket']" in caught.value.en
    assert "private" not in caught.value.text("zh") + caught.value.text("en")
    assert await store.load("wx1:o") == b'{"fine":"private words"}'


@pytest.mark.parametrize("key", [3, None, ("a", "b"), PLACE])
async def test_keys_are_texts(key: Any) -> None:
    with pytest.raises(HandlerError, match=r"键|keys"):
        async with Sessions(MemorySessionStore(), "wx1").borrow("o") as session:
            session[key] = 1


async def test_nesting_without_end_is_an_error_like_any_other() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(HandlerError, match="session\\['x'\\]"):
        async with Sessions(MemorySessionStore(), "wx1").borrow("o") as session:
            session["x"] = endless


@pytest.mark.parametrize("data", [b"no json", b"[1]", b'{"gongzhong.dialogue": 3}', b"\xff"])
async def test_a_stored_session_that_is_damaged_begins_anew_and_says_so(
    data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemorySessionStore()
    await store.save("wx1:o", data, 60)
    async with Sessions(store, "wx1").borrow("o") as session:
        assert session == {}
        session["a"] = 1
    assert await store.load("wx1:o") == b'{"a":1}'
    assert "读不懂" in caplog.text


async def test_the_memory_store_swaps_only_what_is_still_there() -> None:
    clock = MovableClock(frozen=True)
    store = MemorySessionStore(clock)
    assert not await store.swap("k", b"1", b"2", 60)
    assert await store.swap("k", None, b"1", 60)
    assert not await store.swap("k", None, b"2", 60)
    assert await store.swap("k", b"1", b"2", 60)
    clock.advance(61)
    assert await store.swap("k", None, None, 60)
    assert await store.load("k") is None


def test_two_messages_at_once_share_one_session(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env(customer_service=True)

    @oa.default
    async def add(message: Text, session: Session) -> str:
        session.setdefault("words", []).append(message.content)
        await asyncio.sleep(6)
        return "、".join(session["words"])

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    for word in ("甲", "乙"):
        alice.says(word)
    assert alice.inbox[-1].text == "甲、乙"


class Failing(Plain):
    """A store that fails or hangs at `save`, or at `load`."""

    def __init__(self, where: str, how: str) -> None:
        super().__init__()
        self.where, self.how = where, how

    async def trouble(self, where: str, quoted: object) -> None:
        if where == self.where and self.how == "hangs":
            await asyncio.sleep(3600)
        if where == self.where:
            raise ConnectionError(f"cannot write {quoted!r}")

    async def load(self, key: str) -> bytes | None:
        await self.trouble("load", key)
        return await super().load(key)

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None:
        await self.trouble("save", data)
        await super().save(key, data, lifetime_s)


def noting(store: Failing) -> OfficialAccount:
    oa = OfficialAccount.from_env(sessions=store, customer_service=False)

    @oa.text
    async def note(message: Text, session: Session) -> str:
        session["wish"] = message.content
        return "记下了"

    return oa


@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_a_store_that_cannot_save_costs_no_answer(
    platform: LocalPlatform, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    platform.connect(noting(Failing("save", how)))
    alice = platform.person("alice")
    alice.follows()
    for _ in range(2):
        began = platform.clock.now()
        assert alice.says("一块秘密的表").texts == ["记下了"]
        assert platform.clock.now() - began < 4.5
    assert caplog.text.count("会话没有保存") == 2
    assert "秘密" not in caplog.text


@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_a_store_that_cannot_load_is_the_handlers_failure(platform: LocalPlatform, how: str) -> None:
    platform.connect(noting(Failing("load", how)))
    alice = platform.person("alice")
    alice.follows()
    began = platform.clock.now()
    assert alice.says("一块表").texts == ["抱歉，出了点问题，请稍后再试。"]
    assert platform.clock.now() - began < 4.5
