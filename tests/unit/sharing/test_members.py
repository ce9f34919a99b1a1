"""Leases of processes: who counts as dead, and what a process notices that did."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gongzhong.sharing.members import LONG_DEAD_S, Beat, Member
from gongzhong.state import MemoryState
from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop

pytestmark = pytest.mark.anyio
BEAT = Beat(lease_s=8.0, every_s=2.0, margin_s=1.0)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def on_loop() -> MemoryState:
    return MemoryState(VirtualClock(asyncio.get_running_loop(), 1_790_000_000.0))


def member(state: MemoryState, lost: list[str], name: str) -> Member:
    names = iter(f"{name}{number}" for number in range(9))

    async def note() -> None:
        lost.append(name)

    return Member(state, note, BEAT, new_name=lambda: next(names))


async def joined(state: MemoryState, lost: list[str], name: str) -> Member:
    made = member(state, lost, name)
    await made.join()
    return made


async def test_a_process_is_sure_of_its_lease_for_a_little_less_than_the_others_wait() -> None:
    state, lost = on_loop(), list[str]()
    one, other = await joined(state, lost, "a"), await joined(state, lost, "b")
    await asyncio.sleep(6.9)
    assert one.sure
    assert not await other.dead(one.name)
    await asyncio.sleep(0.2)
    assert not one.sure
    await asyncio.sleep(1.0)
    assert await other.dead(one.name)


async def test_a_process_that_was_taken_for_dead_gives_up_and_comes_back_under_a_new_name() -> None:
    state, lost = on_loop(), list[str]()
    one, other, third = [await joined(state, lost, name) for name in "abc"]
    await asyncio.sleep(9)
    for asking in (other, third):
        await asking.renew()
        assert await asking.dead("a0"), "everybody who asks is told so"
    await one.renew()
    assert (lost, one.name) == (["a"], "a1")
    assert one.sure
    assert await other.dead("a0"), "the old name stays dead"
    assert not await other.dead("a1")


async def test_a_lease_that_ended_unnoticed_is_taken_up_again() -> None:
    """The state was down for everybody for half a minute: nobody can have taken anything over."""
    state, lost = on_loop(), list[str]()
    one = await joined(state, lost, "a")
    await asyncio.sleep(LONG_DEAD_S / 2 - 1)
    await one.renew()
    assert (lost, one.name) == ([], "a0")
    await asyncio.sleep(LONG_DEAD_S)
    await one.renew()
    assert lost == ["a"], "so long after, somebody may have"


async def test_who_leaves_is_dead_at_once() -> None:
    state, lost = on_loop(), list[str]()
    one, other = await joined(state, lost, "a"), await joined(state, lost, "b")
    name = one.name
    await one.leave()
    assert await other.dead(name)


async def test_waiting_until_sure_ends_with_the_next_renewal() -> None:
    state, lost = on_loop(), list[str]()
    one = await joined(state, lost, "a")
    await asyncio.sleep(7.5)
    waiting = asyncio.ensure_future(one.until_sure())
    await asyncio.sleep(0)
    assert not waiting.done()
    await one.renew()
    await waiting
